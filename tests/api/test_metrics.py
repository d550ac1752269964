from fastapi.testclient import TestClient

from api.application import create_app
from api.services import Reader
from domain.alarm import AlarmKind
from domain.record import Quarantined
from domain.sample import RefusalReason
from tests.api.conftest import Plant


def lines(text: str) -> set[str]:
    return {line for line in text.splitlines() if not line.startswith("#")}


def test_says_how_the_pipeline_is(plant: Plant) -> None:
    plant.readers = {"watch": Reader(7, 1.5), "write": Reader(900, 60.0)}
    plant.hear("G1", frames=40, duplicates=2, missing=3, shift_ns=90_000_000_000)
    plant.leak("G1")
    plant.find(AlarmKind.LINKAGE_FAILED, "V1")
    with TestClient(create_app(plant.services())) as client:
        found = lines(client.get("/metrics").text)
        assert client.get("/api/v1/metrics").status_code == 200
    assert {
        'log_unread_frames{reader="watch"} 7.0',
        'log_lag_seconds{reader="write"} 60.0',
        "ingest_frames_total 40.0",
        "ingest_duplicates_total 2.0",
        "ingest_gap_messages 3.0",
        'device_clock_skew_seconds{device="G1"} 90.0',
        'alarms_standing{answered="false",priority="3"} 1.0',
        'alarms_standing{answered="false",priority="1"} 1.0',
        'alarms_standing{answered="true",priority="4"} 0.0',
    } <= found


def test_counts_what_was_refused_by_reason(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as client:
        before = lines(client.get("/metrics").text)
        assert not [line for line in before if line.startswith("quarantine_total")]
        entry = Quarantined(1, "values.x", RefusalReason.NON_FINITE, "", "G1", "S1", "t", b"{}", plant.clock_ns())
        with plant.records.unit() as unit:
            unit.quarantine([entry])
        assert 'quarantine_total{reason="non_finite"} 1.0' in lines(client.get("/metrics").text)

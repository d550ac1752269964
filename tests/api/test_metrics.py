from dataclasses import replace
from math import inf

from fastapi.testclient import TestClient

from api.application import create_app
from api.services import Reader
from domain.alarm import AlarmKind
from domain.parcel import Parcel, ParcelState
from domain.record import Gap, Notice, Quarantined
from domain.sample import RefusalReason
from lifeline.collect import cursors
from tests.api.conftest import Plant, S, login


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
        "device_clock_skew_max_seconds 90.0",
        "ingest_gaps 0.0",
        'alarms_standing{answered="false",priority="3"} 1.0',
        'alarms_standing{answered="false",priority="1"} 1.0',
        'alarms_standing{answered="true",priority="4"} 0.0',
    } <= found


def test_counts_what_was_refused_by_reason(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as client:
        before = lines(client.get("/metrics").text)  # from zero, or Prometheus takes the first thousand for none
        assert {f'quarantine_total{{reason="{reason}"}} 0.0' for reason in RefusalReason} <= before
        assert 'series_write_refused_total{reason="unavailable"} 0.0' in before
        entry = Quarantined(1, "values.x", RefusalReason.NON_FINITE, "", "G1", "S1", "t", b"{}", plant.clock_ns())
        with plant.records.unit() as unit:
            unit.quarantine([entry])
        assert 'quarantine_total{reason="non_finite"} 1.0' in lines(client.get("/metrics").text)


def test_says_how_long_the_newest_test_alarm_took(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as client:
        assert "canary" not in client.get("/metrics").text
        login(client)
        assert client.get("/api/v1/canary").json()["items"] == []
        now_ns = plant.clock_ns()
        plant.pipeline = plant.pipeline._replace(canary=(now_ns - 7 * S, now_ns - 4 * S))
        assert {"canary_latency_seconds 3.0", "canary_age_seconds 4.0"} <= lines(client.get("/metrics").text)
        (shown,) = client.get("/api/v1/canary").json()["items"]
    assert (shown["sent"], shown["took_s"]) == ("2026-01-15T11:59:53.000+08:00", 3.0)


def test_says_what_the_roles_say_of_themselves(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as client:
        assert "broker_dropped_total" not in client.get("/metrics").text  # a broker that does not count
        plant.pipeline = plant.pipeline._replace(
            dropped=20, refused={"busy": 3, "line": 1}, commits=((0.001, 5), (0.01, 2), (inf, 1)), commits_s=0.25
        )
        with plant.records.unit() as unit:
            unit.gap(Gap("G1", "b", 3, 5, plant.clock_ns()))
        found = lines(client.get("/metrics").text)
    assert {
        "broker_dropped_total 20.0",
        'series_write_refused_total{reason="busy"} 3.0',
        'series_write_refused_total{reason="line"} 1.0',
        'log_commit_seconds_bucket{le="0.001"} 5.0',
        'log_commit_seconds_bucket{le="0.01"} 7.0',
        'log_commit_seconds_bucket{le="+Inf"} 8.0',
        "log_commit_seconds_count 8.0",
        "log_commit_seconds_sum 0.25",
        "ingest_gaps 1.0",
    } <= found


def test_what_left_the_quarantine_by_age_stays_counted(plant: Plant) -> None:
    plant.pipeline = plant.pipeline._replace(forgotten={"bad_json": 7, "non_finite": 1})
    entry = Quarantined(1, "values.x", RefusalReason.NON_FINITE, "", "G1", "S1", "t", b"{}", plant.clock_ns())
    with plant.records.unit() as unit:
        unit.quarantine([entry])
    with TestClient(create_app(plant.services())) as client:
        found = lines(client.get("/metrics").text)
    assert {'quarantine_total{reason="bad_json"} 7.0', 'quarantine_total{reason="non_finite"} 2.0'} <= found


def test_a_gateway_with_a_wrong_clock_is_not_a_thousand_series(plant: Plant) -> None:
    for n in range(150):
        plant.hear(f"X{n}", shift_ns=(n + 61) * 1_000_000_000)
    with TestClient(create_app(plant.services())) as client:
        found = lines(client.get("/metrics").text)
    assert sum(line.startswith("device_clock_skew_seconds{") for line in found) == 100
    assert {'device_clock_skew_seconds{device="X149"} 210.0', "device_clock_skew_max_seconds 210.0"} <= found


def test_says_what_waits_for_the_citys_platforms(plant: Plant) -> None:
    made_ns = plant.clock_ns() - 9 * S
    waiting = Parcel("province", "alarm", "a-1", "j1", "{}", made_ns=made_ns, answer="503 busy")
    dead = Parcel("province", "alarm", "a-2", "j2", "{}", state=ParcelState.DEAD, answer="422 township")
    plant.leak()
    with TestClient(create_app(replace(plant.services(), targets=["city", "province"]))) as client:
        plant.records.enqueue([waiting, dead], {cursors("province").line: 2})
        found = lines(client.get("/metrics").text)
        login(client)
        new, shown = client.get("/api/v1/lifeline/status").json()["items"]
        (refused,) = shown["refused"]
        (hidden,) = login(client, "local").get("/api/v1/lifeline/status").json()["items"][1:]
    assert {'city_waiting{target="province"} 1.0', 'city_oldest_seconds{target="province"} 9.0'} <= found
    assert (shown["waiting"], shown["dead"], shown["trouble"], shown["accepted"]) == (1, 1, "503 busy", None)
    assert (refused["key"], refused["answer"], hidden["refused"]) == ("alarm/a-2/j2", "422 township", [])
    assert (new["target"], new["waiting"], new["unread"], shown["unread"]) == ("city", 0, 2, 0)


def test_a_role_that_is_configured_has_an_age(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as client:
        assert "role_age_seconds{" not in client.get("/metrics").text
        plant.pipeline = plant.pipeline._replace(turned={"connect": plant.clock_ns() - 7 * S})
        assert 'role_age_seconds{role="connect"} 7.0' in lines(client.get("/metrics").text)


def test_says_what_went_through_the_log_and_what_waits_to_be_sent(plant: Plant) -> None:
    plant.pipeline = plant.pipeline._replace(channels=["sms"], frames=90, stored=70, space=(5, 20, 300))
    row = plant.leak("G1")
    with plant.records.unit() as unit:
        for key, due_ns in (("a", plant.clock_ns() - 9 * S), ("b", plant.clock_ns() + 60 * S)):
            unit.notice(Notice(key, row.id, 1, "webhook", "yang", "{}", due_ns))
    with TestClient(create_app(plant.services())) as client:
        found = lines(client.get("/metrics").text)
    assert {
        'notice_waiting{channel="sms"} 0.0',
        'notice_oldest_seconds{channel="sms"} 0.0',
        'notice_waiting{channel="webhook"} 2.0',
        'notice_failing{channel="webhook"} 0.0',
        'notice_oldest_seconds{channel="webhook"} 9.0',
        "log_frames_total 90.0",
        "series_frames_total 70.0",
        "log_bytes 5.0",
        "log_limit_bytes 20.0",
        "log_disk_free_bytes 300.0",
    } <= found

"""What a technician does with a keyboard: publish frames, good and bad, and look at what became of them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from app.clock import now_ns
from domain.alarm import Alarm, AlarmKind
from domain.quantity import Quantity
from store.records import Records
from store.series import EmbeddedSeries
from tests.end_to_end.support import COMMAND, Installation, wait_for

PUBLISH = shutil.which("mosquitto_pub")
BROKEN, STRANGERS = "{not json", 3

pytestmark = [
    pytest.mark.slow,
    pytest.mark.server,
    pytest.mark.timeout(120),
    pytest.mark.skipif(PUBLISH is None, reason="mosquitto_pub is not installed (Debian package mosquitto-clients)"),
]


def publish(port: int, topic: str, message: str) -> None:
    command = [str(PUBLISH), "-h", "127.0.0.1", "-p", str(port), "-q", "1", "-t", f"gas/v1/{topic}/telemetry"]
    subprocess.run([*command, "-m", message], check=True, timeout=20)


def reading(values: str) -> str:
    return f'{{"time":{now_ns() // 1_000_000},"values":{{{values}}}}}'


def listed(installation: Installation, *more: str) -> dict[str, list[str]]:
    """What `quarantine list` says, by topic."""
    command = [*COMMAND, "quarantine", "list", "--config", str(installation.config), *more]
    out = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
    found: dict[str, list[str]] = {}
    for line in out.splitlines():
        _, reason, topic, said = line.split(maxsplit=3)
        found.setdefault(topic, []).append(f"{reason} {said}")
    return found


def values(data: Path, device: str, quantity: Quantity) -> list[float]:
    series = EmbeddedSeries(data / "series.db")
    found = series.series(device, quantity, 0, 1 << 62, 100).value
    series.close()
    return found


def test_good_frames_show_and_bad_ones_are_kept_with_a_reason_that_a_person_understands(
    installation: Installation, broker: int
) -> None:
    for role in ("ingest", "watch", "write"):
        installation.start(role)
    data, errors = installation.folder / "data", installation.folder / "ingest.err"
    wait_for(lambda: b"receiving" in errors.read_bytes(), 60, "the subscription")

    publish(broker, "S1/G1", reading('"gas_pct_lel":3.25'))
    publish(broker, "S2/G2", BROKEN)
    for _ in range(STRANGERS):
        publish(broker, "S3/XX-9", reading('"gas_pct_lel":3.5'))
    publish(broker, "S4/G4", reading('"gas_pct_lel":60,"temperature_c":NaN'))

    wait_for(lambda: values(data, "G1", Quantity.GAS_PCT_LEL) == [3.25], 30, "the good frame in the series")
    wait_for(lambda: values(data, "G4", Quantity.GAS_PCT_LEL) == [60.0], 30, "the value beside the one that is none")
    assert values(data, "G4", Quantity.TEMPERATURE_C) == []

    records = Records(f"sqlite:///{data / 'records.db'}")
    wait_for(lambda: len(records.quarantine()) == 2 + STRANGERS, 30, "the quarantine")
    found = listed(installation)
    assert len(found.pop("gas/v1/S3/XX-9/telemetry")) == STRANGERS
    assert set(listed(installation)["gas/v1/S3/XX-9/telemetry"]) == {
        "unknown_device frame: device XX-9 is not registered"
    }
    (broken,) = found["gas/v1/S2/G2/telemetry"]
    assert broken.startswith("bad_json frame: ")
    assert broken.endswith("; expected a JSON object")
    (refused,) = found["gas/v1/S4/G4/telemetry"]
    assert refused.startswith("non_finite values.temperature_c: temperature_c is not a number (NaN, Infinity or null);")
    assert refused.endswith("; expected a finite number in °C")

    def alarms(kind: AlarmKind) -> list[Alarm]:
        return records.alarms(kind=kind)

    wait_for(lambda: alarms(AlarmKind.GAS_HIGH), 30, "the alarm of 60 %LEL")
    (high,) = alarms(AlarmKind.GAS_HIGH)
    assert (high.device, high.site, high.value, high.limit, high.priority) == ("G4", "S4", 60.0, 50.0, 2)
    (stranger,) = alarms(AlarmKind.UNKNOWN_DEVICE)
    assert (stranger.device, stranger.life.occurrence) == ("XX-9", 1)
    assert {alarm.device for alarm in alarms(AlarmKind.DEVICE_FAULT)} == {"G4"}
    records.close()

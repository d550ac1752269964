"""Own health with real processes: who is gone is told within seconds, and what the broker dropped is an alarm."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from domain.alarm import AlarmKind
from ingest.mqtt import Publisher
from store.records import Records
from tests.end_to_end.support import MOSQUITTO, Installation, wait_for
from tests.ingest.conftest import Mosquitto

RED_S = 15
QUEUE = 1_200  # the probe passes, and a client that is away for long still loses something
SETTINGS = f"LISTENER\nallow_anonymous true\nmax_queued_messages {QUEUE}\nmax_inflight_messages 1000\nsys_interval 1\n"

pytestmark = [pytest.mark.server, pytest.mark.timeout(150)]


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    broker = Mosquitto(MOSQUITTO, tmp_path, SETTINGS)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture
def town(tmp_path: Path, mosquitto: Mosquitto) -> Iterator[Installation]:
    town = Installation(tmp_path / "town", mosquitto.port, detectors=3)
    for role in ("ingest", "watch", "api"):
        town.start(role)
    wait_for(lambda: not reasons(town), 60, "a green readiness")
    yield town
    town.stop()


def reasons(town: Installation) -> dict[str, Any]:
    """What is red, by its name."""
    try:
        answer = httpx2.get(f"http://127.0.0.1:{town.console}/readyz", timeout=5)
    except httpx2.HTTPError:
        return {"api": "is away"}
    checks = answer.json()["checks"]
    assert (answer.status_code == 200) is all(check["ok"] for check in checks.values())
    return {name: check["text"] for name, check in checks.items() if not check["ok"]}


def test_a_killed_ingest_and_a_broker_that_is_gone_turn_it_red_within_seconds(
    town: Installation, mosquitto: Mosquitto
) -> None:
    town.kill("ingest")
    wait_for(lambda: "ingest has said nothing" in reasons(town).get("broker", ""), RED_S, "red without ingest")
    town.start("ingest")
    wait_for(lambda: not reasons(town), 30, "green again")
    mosquitto.stop()
    wait_for(lambda: reasons(town).keys() == {"broker"}, RED_S, "red without a broker")
    mosquitto.start()
    wait_for(lambda: not reasons(town), 60, "green again")
    town.kill("watch")
    wait_for(lambda: "the watch is" in reasons(town).get("watch", ""), RED_S + 10, "red without a watch")


def test_what_the_broker_drops_is_an_alarm_of_priority_2_and_a_metric(town: Installation, mosquitto: Mosquitto) -> None:
    town.kill("ingest")  # the case that matters: it happens while nobody is here
    sleeper = Publisher("127.0.0.1", mosquitto.port, "sleeper", protocol=5, session_s=300)
    sleeper.subscribe("other/#", lambda _topic, _payload: None)
    sleeper.start()
    sleeper.publish("other/x", b"here")
    assert sleeper.drain(10)
    sleeper.stop()
    publisher = Publisher("127.0.0.1", mosquitto.port, "publisher")
    publisher.start()
    for number in range(QUEUE + 50):
        publisher.publish("other/x", b"%d" % number)
    assert publisher.drain(30)
    publisher.stop()
    records = Records(f"sqlite:///{town.folder / 'data' / 'records.db'}")
    assert records.alarms(kind=AlarmKind.BROKER_DROPPED) == []
    town.start("ingest")
    wait_for(lambda: records.alarms(kind=AlarmKind.BROKER_DROPPED), 60, "the alarm")
    (alarm,) = records.alarms(kind=AlarmKind.BROKER_DROPPED)
    assert (alarm.priority, alarm.value, alarm.reason, alarm.life.active) == (2, 50, "dropped", True)
    metrics = httpx2.get(f"http://127.0.0.1:{town.console}/metrics").text
    assert "\nbroker_dropped_total 50.0\n" in metrics
    assert 'log_commit_seconds_bucket{le="+Inf"}' in metrics
    records.close()

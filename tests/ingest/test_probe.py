"""Brokers that keep everything, and brokers that do not."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from domain.errors import ConfigurationError
from ingest import probe
from ingest.mqtt import Publisher
from ingest.probe import Connect, comes_back, probe_queue
from ingest.topics import canary_topic
from tests.ingest.authority import DEPLOY
from tests.ingest.support import Log, publishing, running, wait_until

if TYPE_CHECKING:
    from tests.ingest.conftest import Mosquitto

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
Start = Callable[[str], "Mosquitto"]


def connect(port: int, protocol: int = 5) -> Connect:
    return lambda name, session_s: Publisher("127.0.0.1", port, name, protocol=protocol, session_s=session_s)


@pytest.mark.parametrize("protocol", [5, 311])
@pytest.mark.parametrize(
    ("limit", "kept"),
    [("", "1000"), ("max_queued_messages 1099\n", "1099"), ("max_queued_messages 100\n", "100")],
    ids=["the default", "one too few", "a few"],
)
def test_a_broker_that_drops_is_found_out(start_mosquitto: Start, limit: str, kept: str, protocol: int) -> None:
    port = start_mosquitto(f"LISTENER\nallow_anonymous true\n{limit}").port
    with pytest.raises(ConfigurationError) as caught:
        probe_queue(connect(port, protocol))
    assert caught.value.problems == (f"broker keeps only {kept} queued messages; set max_queued_messages 0",)


@pytest.mark.parametrize("protocol", [5, 311])
def test_a_broker_that_keeps_everything_passes_and_keeps_nothing_of_the_probe(
    start_mosquitto: Start, protocol: int
) -> None:
    port = start_mosquitto("LISTENER\nallow_anonymous true\nmax_queued_messages 0\nsys_interval 1\n").port
    sessions: list[int] = []
    log = Log()
    with running(log, port), publishing(port) as publisher:
        publisher.subscribe("$SYS/broker/clients/total", lambda _topic, payload: sessions.append(int(payload)))
        wait_until(lambda: sessions)
        probe_queue(connect(port, protocol))
        sessions.clear()
        wait_until(lambda: sessions[-1:] == [2])
    assert not log.entries


@pytest.mark.parametrize("protocol", [5, 311])
def test_the_shipped_rights_hand_back_the_test_alarm_of_the_service_and_of_nobody_else(
    start_mosquitto: Start, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    port = start_mosquitto(f"LISTENER\nallow_anonymous true\nacl_file {DEPLOY / 'acl'}\n").port

    def known_as(user: str) -> Connect:
        return lambda name, _session_s: Publisher("127.0.0.1", port, name, protocol=protocol, username=user)

    assert comes_back(known_as("ingest"), canary_topic("gas/v1"))
    monkeypatch.setattr(probe, "_PATIENCE_S", 0.3)
    assert not comes_back(known_as("DL-GD-0001"), canary_topic("gas/v1"))


def test_no_broker_is_no_proof_that_it_drops(mosquitto: "Mosquitto") -> None:
    mosquitto.stop()
    with pytest.raises(ConnectionError, match=r"broker cannot be reached: .*refused"):
        probe_queue(connect(mosquitto.port))


def test_a_broker_that_refuses_us_is_named(start_mosquitto: Start) -> None:
    port = start_mosquitto("LISTENER\nallow_anonymous false\n").port
    with pytest.raises(ConnectionError, match="refuses the connection: Not authorized; expected user name"):
        probe_queue(connect(port))

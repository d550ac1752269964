import importlib.util
import shutil
from pathlib import Path

import pytest

from app import broker
from app.broker import embedded_broker, free_port, reach
from domain.errors import ConfigurationError
from ingest.mqtt import Publisher
from tests.app.support import wait_for

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin")


@pytest.fixture
def without_iotcore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)


def carries_a_large_message() -> bool:
    """A batch of a gateway may hold 64 KiB; many brokers take less by default."""
    heard: list[int] = []
    with embedded_broker() as port:
        publisher = Publisher("127.0.0.1", port, "both")
        publisher.start()
        publisher.subscribe("a/#", lambda _topic, payload: heard.append(len(payload)))
        publisher.publish("a/b", b"x" * 65_536, retain=True)
        wait_for(lambda: heard)
        publisher.stop()
    return set(heard) == {65_536}


def test_carries_the_largest_message_of_ours() -> None:
    assert carries_a_large_message()


@pytest.mark.usefixtures("without_iotcore")
@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
def test_a_mosquitto_does_as_well() -> None:
    assert carries_a_large_message()


@pytest.mark.usefixtures("without_iotcore")
def test_without_any_broker_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name, path=None: path and None)
    with pytest.raises(ConfigurationError, match="install Debian's package mosquitto"), embedded_broker():
        pass


@pytest.mark.usefixtures("without_iotcore")
def test_a_broker_that_does_not_start_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "mosquitto"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _name, path=None: str(broken) if path is None else None)
    with pytest.raises(ConfigurationError, match="the MQTT broker did not start"), embedded_broker():
        pass


def test_reach_tells_who_does_not_listen() -> None:
    port = free_port()
    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{port} cannot be reached: .*refused"):
        reach("127.0.0.1", port)
    with embedded_broker() as port:
        reach("127.0.0.1", port)


def test_only_this_machine_can_reach_the_broker() -> None:
    assert "listener {port} 127.0.0.1" in broker._MOSQUITTO  # noqa: SLF001 - its other address cannot be tried here

"""PostgreSQL falls in the middle: the watch goes on detecting, and on its return everything is recorded once."""

import signal
import time
from pathlib import Path

import httpx2
import msgspec
import pytest

from app.clock import now_ns
from ingest.mqtt import Publisher
from store.framelog import FrameLog
from store.records import Records
from tests.end_to_end.support import Installation, wait_for
from tests.end_to_end.test_kill import replay, story
from tests.end_to_end.test_webhook import Receiver, receiver
from tests.store.postgres_server import PostgresServer

__all__ = ["receiver"]


RELAY = "gas/_relay/alarm"


def ready(installation: Installation) -> int:
    try:
        return httpx2.get(f"http://127.0.0.1:{installation.console}/readyz", timeout=5).status_code
    except httpx2.HTTPError:
        return 0


def configure(installation: Installation, receiver: Receiver) -> None:
    """Let high gas be of priority 1, and tell of it in both ways."""
    rulebook = installation.folder / "rulebook.toml"
    text = rulebook.read_text(encoding="utf-8")
    rulebook.write_text(text.replace("[gas_high.priority]\nvalue = 2", "[gas_high.priority]\nvalue = 1"))
    (installation.folder / "secret").write_text("a key of this test alone")
    with installation.config.open("a") as config:
        config.write(f'[webhook]\nurl = "{receiver.address}"\nsecret_file = "secret"\n')
        config.write(f'[relay]\ntopic = "{RELAY}"\n')


def retained(broker: int) -> list[bytes]:
    """What a relay that comes later hears."""
    found: list[bytes] = []
    late = Publisher(host="127.0.0.1", port=broker, client_id="late")
    late.subscribe("#", lambda _topic, body: found.append(body))
    late.start()
    late.publish("other/end", b"end")
    wait_for(lambda: b"end" in found, 10, "our own message")
    late.stop()
    return found[:-1]


@pytest.mark.server
@pytest.mark.timeout(180)
def test_the_watch_goes_on_without_its_records_and_tells_everything_once_when_they_are_back(
    installation: Installation, broker: int, postgres: PostgresServer, receiver: Receiver, tmp_path: Path
) -> None:
    url = installation.use_records(postgres.new_database())
    configure(installation, receiver)
    for role in ("ingest", "watch", "api"):
        installation.start(role)
    wait_for(lambda: b"receiving" in (installation.folder / "ingest.err").read_bytes(), 60, "the subscription")
    wait_for(lambda: ready(installation) == 200, 30, "a green readiness")
    publisher = Publisher(host="127.0.0.1", port=broker, client_id="device")
    relayed: list[bytes] = []
    publisher.subscribe(RELAY, lambda _topic, body: relayed.append(body))
    publisher.start()

    def say(device: int, seq: int, value: float) -> None:
        body = b'{"boot_id":"b","seq":%d,"time":%d,"values":{"gas_pct_lel":%g}}' % (seq, now_ns() // 1_000_000, value)
        publisher.publish(f"gas/v1/S{device}/G{device}/telemetry", body)

    def unrecorded() -> list[str]:
        bodies = [msgspec.json.decode(body) for _, body in receiver.attempts]
        return [body["device"] for body in bodies if body.get("unrecorded")]

    records, log = Records(url), FrameLog(installation.folder / "data" / "log")
    say(1, 1, 60)
    wait_for(lambda: [a.device for a in records.alarms(priority=1)] == ["G1"], 20, "the first alarm")
    say(2, 1, 5)  # the next tells where the cursor stands
    publisher.drain(10)

    postgres.stop(signal.SIGQUIT)
    away_s = time.monotonic()
    say(2, 2, 70)
    wait_for(lambda: unrecorded() == ["G2"], 20, "the emergency message")
    say(1, 2, 0)
    say(3, 1, 70)
    wait_for(lambda: unrecorded() == ["G2", "G3"], 20, "the watch to read on")
    wait_for(lambda: len(relayed) == 2, 20, "the relay")
    before = log.last()
    wait_for(lambda: log.last() >= before + 3, 10, "ticks")
    wait_for(lambda: ready(installation) == 503, 30, "a red readiness")
    assert time.monotonic() - away_s < 40
    assert all(installation.processes[role].poll() is None for role in ("ingest", "watch", "api"))

    postgres.start()
    wait_for(lambda: len(records.alarms(priority=1)) == 3, 30, "what was held")
    wait_for(lambda: ready(installation) == 200, 30, "a green readiness again")
    publisher.stop()
    installation.stop()
    assert records.cursor("watch") == log.last()
    assert story(records) == story(replay(installation.folder / "data", tmp_path / "replay", installation))
    assert unrecorded() == ["G2", "G3"]
    assert [msgspec.json.decode(body) for body in relayed] == [
        msgspec.json.decode(body) for _, body in receiver.attempts if b'"unrecorded":true' in body
    ]
    assert "S2" in relayed[0].decode()
    assert not retained(broker)
    logged = b"".join(file.read_bytes() for file in installation.folder.glob("*.err"))
    assert b"a-password" not in logged
    records.close()

"""A valve that is asked to close from the command line, over a real broker; the valve itself is played here."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from app.clock import now_ns
from domain.alarm import AlarmKind, StateLetter, alarm_id
from domain.command import CommandState
from domain.quantity import Quantity
from ingest.mqtt import Publisher
from store.records import Records
from store.series import EmbeddedSeries
from tests.end_to_end.support import COMMAND, Installation, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(150)]
TOPIC = "gas/v1/S0/V0"


class PlayedValve:
    """Reports its position, hears commands, and closes where it was made willing."""

    def __init__(self, port: int, *, willing: bool) -> None:
        self._willing, self.heard, self._seq = willing, list[dict[str, object]](), 0
        self.publisher = Publisher("127.0.0.1", port, "V0", protocol=5)
        self.publisher.subscribe(f"{TOPIC}/command", self._hear)
        self.publisher.start()
        self.say("status", {"online": True, "boot_id": "b", "seq": 0, "time": now_ns() // 1_000_000})
        self.report(1)

    def say(self, kind: str, body: dict[str, object]) -> None:
        self.publisher.publish(f"{TOPIC}/{kind}", msgspec.json.encode(body))

    def report(self, position: float) -> None:
        self._seq += 1
        now_ms = now_ns() // 1_000_000
        self.say("telemetry", {"boot_id": "b", "seq": self._seq, "time": now_ms, "values": {"valve_open": position}})

    def _hear(self, _topic: str, payload: bytes) -> None:
        self.heard.append(msgspec.json.decode(payload))
        if self._willing:
            threading.Thread(target=self._obey, args=(self.heard[-1]["command_id"],)).start()

    def _obey(self, command_id: object) -> None:
        self.say("command_result", {"command_id": command_id, "result": "accepted", "time": now_ns() // 1_000_000})
        self.report(0.5)
        self.report(0)


@contextmanager
def played(installation: Installation, port: int, *, willing: bool) -> Iterator[PlayedValve]:
    with (installation.folder / "assets" / "devices.csv").open("a") as devices:
        devices.write("V0,cutoff_valve,S0,600\n")
    for role in ("ingest", "watch", "write"):
        installation.start(role)
    wait_for(lambda: b"receiving" in (installation.folder / "ingest.err").read_bytes(), 60, "the subscription")
    valve = PlayedValve(port, willing=willing)
    series = EmbeddedSeries(installation.folder / "data" / "series.db")
    records = records_of(installation)
    try:
        wait_for(lambda: Quantity.VALVE_OPEN in series.latest("V0"), 30, "its position")
        wait_for(lambda: "V0" in records.device_states(), 30, "its state")
        yield valve
    finally:
        series.close()
        records.close()
        valve.publisher.stop()


def close(installation: Installation) -> tuple[int, str]:
    command = [*COMMAND, "valve", "close", "V0", "--reason", "smell", "--config", str(installation.config)]
    done = subprocess.run(command, input="V0\n", capture_output=True, text=True, timeout=90, check=False)
    return done.returncode, done.stdout


def records_of(installation: Installation) -> Records:
    return Records(f"sqlite:///{installation.folder / 'data' / 'records.db'}")


def test_a_willing_valve_closes_and_says_so(installation: Installation, broker: int) -> None:
    with played(installation, broker, willing=True) as valve:
        code, said = close(installation)
        assert (code, said.splitlines()[-1].split(": ")[-2:]) == (0, ["V0", "confirmed accepted"])
        assert [sorted(command) for command in valve.heard] == [["command", "command_id", "expires", "reason"]]
        assert (valve.heard[0]["command"], valve.heard[0]["reason"]) == ("close", "smell")
        records = records_of(installation)
        assert records.alarm(alarm_id("V0", AlarmKind.VALVE_CLOSE_FAILED)) is None
        assert [entry.action for entry in records.audit()][:2] == ["close sent", "close requested"]
        wait_for(lambda: close(installation)[0] == 1, 30, "the refusal to close it again")
        assert records.commands()[0].detail == "closed"
        records.close()


def test_a_silent_valve_is_an_alarm_within_its_time(installation: Installation, broker: int) -> None:
    with played(installation, broker, willing=False) as valve:
        code, said = close(installation)
        assert (code, said.splitlines()[-1].split(": ")[-1]) == (1, "expired")
        assert len(valve.heard) == 1
        records = records_of(installation)
        wait_for(lambda: records.alarm(alarm_id("V0", AlarmKind.VALVE_CLOSE_FAILED)), 10, "the alarm")
        alarm = records.alarm(alarm_id("V0", AlarmKind.VALVE_CLOSE_FAILED))
        assert alarm is not None
        assert (alarm.priority, alarm.reason) == (1, "command_expired")
        assert records.commands()[0].state is CommandState.EXPIRED
        valve.report(0)  # somebody closed it by hand

        def returned() -> bool:
            found = records.alarm(alarm.id)
            return found is not None and found.life.letter is StateLetter.LATCHED_UNACKNOWLEDGED

        wait_for(returned, 20, "the end of the alarm, latched")
        records.close()

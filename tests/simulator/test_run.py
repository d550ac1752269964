import io
import threading
from collections.abc import Callable, Sequence

import msgspec
import pytest

from domain.asset import Assets
from simulator.frames import Outgoing
from simulator.run import simulate
from simulator.scenario import Scenario
from simulator.timetext import S_NS, zone
from simulator.transport import FileSink
from simulator.world import World

Parse = Callable[[str], Scenario]


class Memory:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []

    def send(self, messages: Sequence[Outgoing]) -> None:
        self.messages += messages


class PatientEvent(threading.Event):
    """Waiting passes at once and moves the clock; after `limit` seconds somebody stops the run."""

    def __init__(self, limit_s: float = 1e9) -> None:
        super().__init__()
        self.now_s, self._limit_s = 0.0, limit_s

    def wait(self, timeout: float | None = None) -> bool:
        self.now_s += timeout or 0.0
        if self.now_s >= self._limit_s:
            self.set()
        return self.is_set()


@pytest.mark.parametrize("speed", [None, 1.0, 7.0, 60.0])
def test_gives_the_same_messages_at_any_speed(speed: float | None, scenario: Parse, hamlet: Assets) -> None:
    text = "duration: 30s\nevents: [{kind: leak, site: R1, hole_mm: 9.5}]"
    sink, stop = Memory(), PatientEvent()
    sent = simulate(World(scenario(text), hamlet), sink, speed=speed, stop=stop, monotonic=lambda: stop.now_s)
    world = World(scenario(text), hamlet)
    assert sink.messages == world.step_to(world.start_ns + 30 * S_NS)
    assert sent == len(sink.messages)
    assert stop.now_s == pytest.approx(0 if speed is None else 30 / speed)


def test_an_endless_run_ends_when_it_is_stopped(scenario: Parse, hamlet: Assets) -> None:
    sink, stop = Memory(), PatientEvent(limit_s=12)
    world = World(scenario(""), hamlet)
    simulate(world, sink, stop=stop, monotonic=lambda: stop.now_s)
    assert 11 < (sink.messages[-1].time_ns - world.start_ns) / S_NS <= 12.1


def test_the_caller_may_shorten_the_run_and_watch_it(scenario: Parse, hamlet: Assets) -> None:
    seen: list[int] = []
    world = World(scenario("duration: 1h"), hamlet)
    simulate(world, Memory(), speed=None, duration_ns=5 * S_NS // 2, progress=seen.append)
    assert seen == [0, S_NS, 2 * S_NS, 5 * S_NS // 2]


def test_refuses_a_run_that_nothing_could_end(scenario: Parse, hamlet: Assets) -> None:
    with pytest.raises(ValueError, match="something that stops it"):
        simulate(World(scenario(""), hamlet), Memory(), speed=None)


def test_a_recorded_run_reads_back_to_what_was_said(scenario: Parse, hamlet: Assets) -> None:
    file, sink = io.BytesIO(), Memory()
    for target in (FileSink(file, zone(8)), sink):
        simulate(World(scenario("duration: 1min"), hamlet), target, speed=None)
    lines = [msgspec.json.decode(line) for line in file.getvalue().splitlines()]
    assert [line["topic"] for line in lines] == [m.topic for m in sink.messages]
    assert [line["payload"] for line in lines] == [msgspec.json.decode(m.payload) for m in sink.messages]

"""The heartbeat, heard by a stand-in of the siren relay: it sounds by itself when nothing holds it back."""

import msgspec
import pytest

from alerting.notify.channel import ChannelUnavailable
from alerting.notify.heartbeat import MonitorBeat, RelayBeat
from alerting.notify.http import Answer
from app.pulse import NotifyPulse, PulseFile
from app.roles.heart import Heart, Limits, Moved, Turning, Turns
from tests.app.support import START_NS, Clock, Plant, S, Tape, catch_up

LIMITS = Limits(30 * S, 90 * S)


class Siren:
    """What a relay must do: sound when `valid_s` are over, counted from the last heartbeat; 90 s after power-on."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._silent_until_ns = clock, clock.now_ns + 90 * S

    def beat(self, body: bytes) -> None:
        self._silent_until_ns = self._clock.now_ns + msgspec.json.decode(body)["valid_s"] * S

    @property
    def sounds(self) -> bool:
        return self._clock.now_ns > self._silent_until_ns


@pytest.mark.parametrize("part", ["watch", "notify sms"])
def test_the_siren_sounds_90_s_after_any_part_of_alerting_has_stopped(part: str) -> None:
    clock, moved = Clock(), {"watch": START_NS, "notify sms": START_NS}
    siren = Siren(clock)
    heart = Heart(lambda: moved, [siren], LIMITS)
    for _ in range(10):
        clock.now_ns += 30 * S
        moved.update(dict.fromkeys(moved, clock.now_ns - 2 * S))
        assert heart.beat(clock.now_ns)
    died_ns = moved[part]
    other = next(name for name in moved if name != part)
    while not siren.sounds:
        clock.now_ns += S
        moved[other] = clock.now_ns
        if clock.now_ns % (30 * S) == 0:
            heart.beat(clock.now_ns)
    assert clock.now_ns - died_ns == 91 * S


class Away:
    """A way that is away."""

    def beat(self, body: bytes) -> None:
        raise ChannelUnavailable(f"no connection for {len(body)} bytes")


def test_a_way_that_is_away_holds_up_no_other_and_without_ways_nothing_beats() -> None:
    clock = Clock()
    siren = Siren(clock)
    clock.now_ns += 80 * S
    assert Heart(lambda: {"watch": clock.now_ns}, [Away(), siren], LIMITS).beat(clock.now_ns)
    clock.now_ns += 80 * S
    assert not siren.sounds
    assert not Heart(dict, [], LIMITS).beat(clock.now_ns)


def test_moved_says_how_late_it_was_where_the_watch_has_committed(plant: Plant) -> None:
    pulse = PulseFile(plant.folder, NotifyPulse())
    moved = Moved(plant.log, plant.records.cursor, pulse.read)
    assert moved() == {"watch": 0, "notify": 0}  # nothing ran yet: no heartbeat
    tape = Tape()
    tape.tick(3)
    plant.log.append(tape.entries)
    assert moved()["watch"] != tape.now_ns
    catch_up(plant.watch())
    turns = Turns(pulse, ["sms", ""], plant.clock)
    Turning(plant.records, lambda: turns.done("sms")).lease_notices(0, 1, 1)
    turned_ns = plant.clock.now_ns
    assert moved() == {
        "watch": plant.log.read(plant.log.last() - 1)[0].received_ns,
        "notify sms": turned_ns,
        "notify": 0,
    }
    plant.clock.now_ns += 3 * S
    Turning(plant.records, lambda: turns.done("")).hand_over(0)
    assert pulse.read().turned == {"sms": turned_ns, "": turned_ns + 3 * S}


class Publisher:
    """A connection to the broker."""

    def __init__(self, trouble: str = "", *, acknowledges: bool = True) -> None:
        self.trouble, self._acknowledges = trouble, acknowledges
        self.sent: list[tuple[str, bytes, int | None]] = []

    def publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> None:
        self.sent.append((topic, payload, expiry_s))

    def connects(self, timeout_s: float) -> bool:
        return timeout_s > 0

    def drain(self, timeout_s: float) -> bool:
        return timeout_s > 0 and self._acknowledges


def test_a_heartbeat_that_cannot_leave_is_not_kept_for_later() -> None:
    good, away = Publisher(), Publisher("refused")
    RelayBeat(good, "gas/_relay/heart").beat(b"{}")
    assert good.sent == [("gas/_relay/heart", b"{}", 30)]
    for publisher in (away, Publisher(acknowledges=False)):
        with pytest.raises(ChannelUnavailable, match="relay: "):
            RelayBeat(publisher, "gas/_relay/heart").beat(b"{}")
    assert away.sent == []


class Monitor:
    """Answers with a status."""

    def __init__(self, status: int) -> None:
        self._status = status
        self.posted: list[bytes] = []

    def post(self, url: str, content: bytes, headers: object) -> Answer:
        del url, headers
        self.posted.append(content)
        return Answer(self._status, b"no such check")


def test_a_monitor_that_does_not_know_us_is_no_success() -> None:
    monitor = Monitor(200)
    MonitorBeat("https://monitor.example/x", monitor).beat(b"{}")
    assert monitor.posted == [b"{}"]
    with pytest.raises(ChannelUnavailable, match="monitor: 404 no such check"):
        MonitorBeat("https://monitor.example/x", Monitor(404)).beat(b"{}")

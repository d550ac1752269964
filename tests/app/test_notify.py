import threading
from collections.abc import Collection

import pytest

from alerting.notify.channel import Accepted
from app.pulse import NotifyPulse, PulseFile
from app.roles.notify import run_notify
from domain.alarm import Alarm, AlarmKind
from domain.errors import StoreUnavailable
from domain.record import Notice
from tests.app.support import Clock, Plant, Tape, catch_up, wait_for


class Channel:
    """Takes everything."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, notice: Notice) -> Accepted:
        self.sent.append(notice.key)
        return Accepted("1")


class Outbox:
    """The records, away at first."""

    def __init__(self, plant: Plant) -> None:
        self._records, self.failures = plant.records, 1

    def lease_notices(
        self, now_ns: int, lease_ns: int, limit: int, channels: Collection[str] | None = None
    ) -> list[Notice]:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("locked")
        return self._records.lease_notices(now_ns, lease_ns, limit, channels)

    def settle_notice(self, notice: Notice) -> None:
        self._records.settle_notice(notice)

    def hand_over(self, now_ns: int) -> int:
        return self._records.hand_over(now_ns)


def test_sends_each_notice_once_also_after_the_outbox_was_away(plant: Plant) -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=60)
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    channel, outbox, clock, stop = Channel(), Outbox(plant), Clock(), threading.Event()
    clock.now_ns = tape.now_ns
    pulse = PulseFile(plant.folder, NotifyPulse())
    thread = threading.Thread(target=run_notify, args=(outbox, {"webhook": channel}, pulse, clock, stop))
    thread.start()
    wait_for(lambda: channel.sent)
    wait_for(lambda: pulse.read().turned)
    stop.set()
    thread.join(10)
    assert (len(channel.sent), outbox.failures) == (1, 0)
    assert [notice.state for notice in plant.records.notices()] == ["accepted"]


class Hanging:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.let = threading.Event()

    def send(self, notice: Notice) -> Accepted:
        del notice
        self.let.wait(10)
        return Accepted()


def test_a_channel_that_hangs_delays_no_other(plant: Plant) -> None:
    with plant.records.unit() as unit:
        unit.save(Alarm("a", AlarmKind.GAS_HIGH, "D1", "D1", "S1", "Z1"))
        for number, channel in enumerate(["slow", "slow", "quick", "quick"]):
            unit.notice(Notice(f"a/1/{number}//{channel}", "a", 1, channel, "", "{}", due_ns=0))
    slow, quick, stop = Hanging(), Channel(), threading.Event()
    args = (plant.records, {"slow": slow, "quick": quick}, PulseFile(plant.folder, NotifyPulse()), Clock(), stop)
    thread = threading.Thread(target=run_notify, args=args)
    thread.start()
    wait_for(lambda: len(quick.sent) == 2)
    stop.set()
    slow.let.set()
    thread.join(10)
    assert not thread.is_alive()


def test_a_channel_that_breaks_ends_the_role_aloud(plant: Plant) -> None:
    with plant.records.unit() as unit:
        unit.save(Alarm("a", AlarmKind.GAS_HIGH, "D1", "D1", "S1", "Z1"))
        unit.notice(Notice("a/1/0//broken", "a", 1, "broken", "", "{}", due_ns=0))
    pulse = PulseFile(plant.folder, NotifyPulse())
    with pytest.raises(AttributeError):
        run_notify(plant.records, {"broken": object()}, pulse, Clock(), threading.Event())  # type: ignore[dict-item]

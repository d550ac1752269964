import threading
from collections.abc import Collection

from alerting.notify.channel import Accepted
from alerting.notify.outbox import Sender
from app.roles.notify import run_sender
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


def test_sends_each_notice_once_also_after_the_outbox_was_away(plant: Plant) -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=60)
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    channel, outbox, clock, stop = Channel(), Outbox(plant), Clock(), threading.Event()
    clock.now_ns = tape.now_ns
    sender = Sender(outbox, {"webhook": channel}, clock)
    thread = threading.Thread(target=run_sender, args=(sender, clock, stop))
    thread.start()
    wait_for(lambda: channel.sent)
    stop.set()
    thread.join(10)
    assert (len(channel.sent), outbox.failures) == (1, 0)
    assert [notice.state for notice in plant.records.notices()] == ["accepted"]

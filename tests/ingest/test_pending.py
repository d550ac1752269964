import pytest

from domain.errors import StoreUnavailable
from ingest.pending import Pending
from tests.ingest.support import Log

ENTRY = (1, "t", b"x")


def holding(log: Log, count: int, *, most_frames: int = 3, longest_s: float = 60.0) -> Pending:
    pending = Pending(log.append, most_frames, longest_s)
    for mid in range(1, count + 1):
        pending.add((1, mid), ENTRY)
    return pending


def test_is_due_when_enough_wait_or_one_waited_long_enough() -> None:
    log = Log()
    assert not holding(log, 0, longest_s=0.0).due
    assert not holding(log, 2).due
    assert holding(log, 3).due
    assert holding(log, 1, longest_s=0.0).due


def test_waits_no_longer_than_its_first_frame_may() -> None:
    log = Log()
    assert holding(log, 0).patience_s(0.2) == 0.2
    assert holding(log, 1).patience_s(0.2) == 0.2
    assert holding(log, 1, longest_s=0.0).patience_s(0.2) == 0.0


def test_names_in_order_whom_to_acknowledge_once_it_is_safe() -> None:
    log = Log()
    pending = holding(log, 3)
    assert pending.commit() == [(1, 1), (1, 2), (1, 3)]
    assert (len(log.entries), len(pending), pending.frames, pending.trouble) == (3, 0, 3, "")


@pytest.mark.parametrize("failure", [StoreUnavailable("disk full"), ZeroDivisionError("of the test")], ids=repr)
def test_holds_everything_and_acknowledges_nobody_while_the_log_takes_nothing(failure: Exception) -> None:
    log = Log()
    log.failure = failure
    pending = holding(log, 3)
    assert pending.commit() == []
    assert (len(pending), pending.frames, pending.due) == (3, 0, False)
    assert str(failure) in pending.trouble
    log.failure = None
    assert len(pending.commit()) == 3
    assert pending.trouble == ""


def test_forgets_what_the_broker_will_send_again() -> None:
    pending = holding(Log(), 2)
    pending.forget()
    assert len(pending) == 0

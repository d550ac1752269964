"""The sender at real records, with channels that play and a clock that is set."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.notify.outbox import LEASE_NS, Sender
from domain.alarm import Alarm, AlarmKind
from domain.record import Notice, NoticeState
from store.records import Records
from tests.blank import blank_records

S = 1_000_000_000
NO = Refused("503", "later", retryable=True)
NEVER = Refused("404", "gone", retryable=False)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ns = 0

    def __call__(self) -> int:
        return self.now_ns


class Player:
    """A channel that answers from a list, the last answer for ever."""

    def __init__(self, *answers: Accepted | Refused | BaseException) -> None:
        self.answers = list(answers)
        self.keys: list[str] = []

    def send(self, notice: Notice) -> Accepted | Refused:
        self.keys.append(notice.key)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = blank_records(tmp_path / "records.db")
    with records.unit() as unit:
        unit.save(Alarm("a", AlarmKind.GAS_HIGH, "D1", "D1", "S1", "Z1"))
        unit.notice(Notice("k", "a", 1, "webhook", "", "{}", due_ns=0))
    yield records
    records.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def attempts(sender: Sender, clock: Clock, until_s: int) -> list[int]:
    """Let time pass second by second; give the seconds in which something was tried."""
    tried = []
    for second in range(until_s + 1):
        clock.now_ns = second * S
        if sender.work(clock.now_ns):
            tried.append(second)
    return tried


def test_an_accepted_notice_is_sent_once(records: Records, clock: Clock) -> None:
    player = Player(Accepted("m-7"))
    assert attempts(Sender(records, {"webhook": player}, clock), clock, 100) == [0]
    [notice] = records.notices()
    assert (notice.state, notice.attempts, notice.answer) == (NoticeState.ACCEPTED, 1, "attempt 1: accepted m-7")


@pytest.mark.parametrize("answer", [NO, ChannelUnavailable("no connection")], ids=["refused", "unavailable"])
def test_it_is_tried_again_at_growing_intervals_for_ever(
    records: Records, clock: Clock, answer: Refused | Exception
) -> None:
    player = Player(answer)
    assert attempts(Sender(records, {"webhook": player}, clock), clock, 250) == [0, 5, 20, 65, 125, 185, 245]
    [notice] = records.notices()
    assert (notice.state, notice.attempts) == (NoticeState.PENDING, 7)
    assert notice.answer.startswith("attempt 7: ")
    assert set(player.keys) == {"k"}


def test_a_late_yes_ends_it(records: Records, clock: Clock) -> None:
    player = Player(NO, ChannelUnavailable("reset"), Accepted())
    assert attempts(Sender(records, {"webhook": player}, clock), clock, 100) == [0, 5, 20]
    assert records.notices()[0].answer == "attempt 3: accepted"


def test_what_can_never_be_accepted_has_failed(records: Records, clock: Clock) -> None:
    assert attempts(Sender(records, {"webhook": Player(NEVER)}, clock), clock, 100) == [0]
    [notice] = records.notices()
    assert (notice.state, notice.answer) == (NoticeState.FAILED, "attempt 1: 404 gone")


def test_a_notice_of_another_channel_is_left_to_its_sender(records: Records, clock: Clock) -> None:
    assert Sender(records, {"sms": Player(Accepted())}, clock).work(0) == 0
    assert records.notices()[0].state is NoticeState.PENDING


def test_a_sender_that_died_under_way_is_replaced_when_its_lease_is_over(records: Records, clock: Clock) -> None:
    dying = Sender(records, {"webhook": Player(KeyboardInterrupt())}, clock)
    with pytest.raises(KeyboardInterrupt):
        dying.work(0)
    player = Player(Accepted())
    assert attempts(Sender(records, {"webhook": player}, clock), clock, 30) == [LEASE_NS // S]
    assert records.notices()[0].attempts == 2


def test_a_round_is_bounded_and_goes_on_in_the_next(records: Records, clock: Clock) -> None:
    with records.unit() as unit:
        for number in range(60):
            unit.notice(replace(Notice("", "a", 1, "webhook", "", "{}", due_ns=0), key=str(number)))
    player = Player(Accepted())
    sender = Sender(records, {"webhook": player}, clock)
    assert [sender.work(0), sender.work(0), sender.work(0)] == [50, 11, 0]
    assert len(set(player.keys)) == 61

import pytest

from alerting.events import Effect
from domain.handling import StepKind
from lifeline.story import follow, handle, tell
from tests.lifeline.support import line, step

RAISED = line("raise", "B", 0)


def test_what_never_raised_is_no_alarm_outside() -> None:
    assert tell([line("pending", "A", 0), line("fleeting", "A", 1)]) is None


@pytest.mark.parametrize(
    ("lines", "state", "flag"),
    [
        ([], "new", ""),
        ([line("acknowledge", "C", 1)], "ack", ""),
        ([line("acknowledge", "C", 1), line("worsen", "B", 2)], "new", ""),
        ([line("shelve", "G", 1)], "new", "shelved"),
        ([line("acknowledge", "C", 1), line("suppress", "H", 2)], "ack", "suppressed"),
        ([line("suppress", "H", 1), line("acknowledge", "H", 2)], "ack", "suppressed"),
        ([line("acknowledge", "C", 1), line("suppress", "H", 2), line("worsen", "H", 3)], "new", "suppressed"),
        ([line("out_of_service", "I", 1), line("return", "I", 2)], "cleared", "out_of_service"),
        ([line("return", "D", 1)], "cleared", ""),
        ([line("latch", "E", 1), line("reset", "A", 2)], "cleared", ""),
    ],
)
def test_the_state_outside_follows_the_journal(lines: list[object], state: str, flag: str) -> None:
    story = tell([RAISED, *lines])  # type: ignore[list-item]
    assert story is not None
    assert (story.state, story.flag) == (state, flag)


@pytest.mark.parametrize(
    ("result", "state"),
    [("leak", "closed"), ("biogas", "closed"), ("false_alarm", "false"), ("test", "false"), ("device_fault", "false")],
)
def test_handling_ends_as_closed_or_false(result: str, state: str) -> None:
    story = tell([RAISED])
    assert story is not None
    assert handle(story, step(StepKind.ACKNOWLEDGE, 1)).state == "new"
    assert handle(story, step(StepKind.DISPATCH, 1)).state == "handling"
    assert handle(story, step(StepKind.CLOSE, 2, result)).state == state


def test_the_next_raise_is_another_alarm() -> None:
    closed = handle(tell([RAISED]), step(StepKind.CLOSE, 2, "leak"))  # type: ignore[arg-type]
    again = follow(closed, line(Effect.RAISED, "B", 9, occurrence=3))
    assert again is not None
    assert (closed.alarm_id, again.alarm_id, again.state) == ("a1-1", "a1-3", "new")


def test_a_remark_changes_nothing_outside() -> None:
    story = tell([RAISED])
    assert story is not None
    told = follow(story, line("comment", "B", 5))
    assert told is not None
    assert not told.differs(story)
    assert story.differs(None)

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.escalation import Call, begin, proceed, resume, stop
from alerting.plan import Step, Table
from domain.duty import Escalation

S = 1_000_000_000
STEPS = (Step(0, ("a",)), Step(60, ("b",)), Step(300, ("c",)))
ENDLESS = Table(name="t", again_s=300, step=STEPS)
ONCE = Table(name="t", step=STEPS)


class Crew:
    """Notes who is called; some are never there."""

    def __init__(self, *absent: str) -> None:
        self.absent, self.calls = absent, list[tuple[int, str]]()

    def __call__(self, call: Call) -> bool:
        self.calls.append((call.number, call.step.to[0]))
        return call.step.to[0] not in self.absent


def live(table: Table, ticks: list[int], reach: Callable[[Call], bool]) -> Escalation:
    found = begin(table, "a", 1, 1, 0)
    for tick in ticks:
        found = proceed(table, found, tick * S, reach)
    return found


def test_each_step_begins_at_its_time_and_the_last_is_repeated_without_end() -> None:
    crew, times = Crew(), dict[int, int]()
    found = begin(ENDLESS, "a", 1, 1, 0)
    for second in range(1_501):
        found = proceed(ENDLESS, found, second * S, crew)
        for number, _ in crew.calls[len(times) :]:
            times[number] = second
    assert list(times.values()) == [0, 60, 300, 600, 900, 1200, 1500]
    assert [name for _, name in crew.calls] == ["a", "b", "c", "c", "c", "c", "c"]


def test_without_repetition_the_last_step_is_the_last() -> None:
    crew = Crew()
    found = live(ONCE, [0, 60, 300, 10_000], crew)
    assert [number for number, _ in crew.calls] == [0, 1, 2]
    assert found.due_ns is None
    assert found.ended_ns is None


def test_a_table_without_steps_calls_nobody() -> None:
    crew = Crew()
    assert live(Table(name="digest"), [0, 1_000], crew).due_ns is None
    assert crew.calls == []


def test_nobody_on_call_begins_the_next_step_at_once_and_is_counted() -> None:
    crew = Crew("a", "b")
    found = live(ENDLESS, [0], crew)
    assert [name for _, name in crew.calls] == ["a", "b", "c"]
    assert (found.nobody, found.step, found.due_ns) == (2, 3, 300 * S)


def test_a_last_step_without_anybody_is_repeated_and_never_spins() -> None:
    crew = Crew("a", "b", "c")
    found = live(ENDLESS, [0, 299, 300], crew)
    assert [name for _, name in crew.calls] == ["a", "b", "c", "c"]
    assert found.nobody == 4


def test_steps_that_time_passed_over_are_made_up_for_and_repetitions_are_not() -> None:
    crew = Crew()
    found = live(ENDLESS, [0, 5_000], crew)
    assert [number for number, _ in crew.calls] == [0, 1, 2]
    assert found.due_ns == 5_300 * S


def test_a_stopped_one_begins_no_step_and_goes_on_at_the_stored_one() -> None:
    crew = Crew()
    found = stop(live(ENDLESS, [0, 60], crew), "hidden", 70 * S)
    assert (found.ended_ns, found.why, found.due_ns) == (70 * S, "hidden", None)
    assert proceed(ENDLESS, found, 1_000 * S, crew) == found
    again = resume(found, ENDLESS, 1_000 * S)
    assert (again.ended_ns, again.why) == (None, "")
    proceed(ENDLESS, again, 1_000 * S, crew)
    assert [number for number, _ in crew.calls] == [0, 1, 2]


def test_resumed_after_its_end_it_stays_at_its_end() -> None:
    assert resume(live(ONCE, [0, 60, 300], Crew()), ONCE, 400 * S).due_ns is None


@given(st.sets(st.integers(0, 2_000), min_size=1), st.sampled_from([(), ("a",), ("b",), ("a", "b")]))
def test_the_size_of_the_ticks_decides_when_but_never_whether_somebody_is_called(
    ticks: set[int], absent: tuple[str, ...]
) -> None:
    every, some = Crew(*absent), Crew(*absent)
    live(ONCE, list(range(2_001)), every)
    live(ONCE, [*sorted(ticks), 2_000], some)
    assert some.calls == every.calls


@pytest.mark.parametrize("second", [59, 60])
def test_a_step_is_not_early(second: int) -> None:
    crew = Crew()
    live(ENDLESS, [0, second], crew)
    assert len(crew.calls) == (2 if second == 60 else 1)

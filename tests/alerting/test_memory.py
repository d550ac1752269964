"""Rows in memory and rows in a database: the same story."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerting.desk import Desk
from alerting.memory import MemoryUnit
from domain.alarm import Alarm, AlarmKind, alarm_id
from domain.errors import Conflict
from domain.finding import Finding, Transition
from domain.record import JournalEntry
from store.records import Records
from tests.alerting.conftest import DEFINITIONS, S
from tests.blank import blank_records

DEVICE = "DL-GD-0001"
MOVES = st.lists(
    st.tuples(
        st.integers(0, 4000),
        st.sampled_from(list(DEFINITIONS)),
        st.sampled_from([Transition.ONSET, Transition.ESCALATE, Transition.END, Transition.UNUSABLE]),
    ),
    max_size=25,
)


def finding(kind: AlarmKind, transition: Transition, position: int, time_ns: int) -> Finding:
    level = 0 if transition in {Transition.END, Transition.UNUSABLE} else 1
    return Finding("test", kind, DEVICE, "S1", transition, level, position, time_ns, time_ns)


@pytest.mark.untraced
@given(moves=MOVES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
def test_tells_the_same_story_as_the_database(
    moves: list[tuple[int, AlarmKind, Transition]], desk: Desk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    records = blank_records(tmp_path_factory.mktemp("same") / "records.db")
    memory, now_ns = MemoryUnit(), 0
    for position, (pause_s, kind, transition) in enumerate(moves, 1):
        now_ns += pause_s * S
        found = [finding(kind, transition, position, now_ns)]
        with records.unit() as unit:
            desk.advance(unit, now_ns, position)
            desk.apply(unit, found, now_ns)
        desk.advance(memory, now_ns, position)
        desk.apply(memory, found, now_ns)
    kept: Callable[[list[Alarm]], list[Alarm]] = lambda rows: sorted(rows, key=lambda row: row.id)  # noqa: E731
    assert kept(memory.alarms()) == kept(records.alarms())
    assert _journal(records) == memory.entries
    records.close()


def _journal(records: Records) -> list[JournalEntry]:
    return records.journal(limit=100_000)


def test_refuses_a_row_that_changed_meanwhile(desk: Desk) -> None:
    memory = MemoryUnit()
    desk.apply(memory, [finding(AlarmKind.GAS_LOW, Transition.ONSET, 1, S)], S)
    old = memory.alarm(alarm_id(DEVICE, AlarmKind.GAS_LOW))
    assert old is not None
    desk.acknowledge(memory, old.id, old.life.occurrence, "wang", "", 2 * S)
    with pytest.raises(Conflict):
        memory.save(old)

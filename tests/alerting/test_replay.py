"""The rows follow from the journal, and a process that dies anywhere leaves rows, journal and cursor of one moment."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerting.desk import Desk
from alerting.lifecycle import Refused
from domain.alarm import Alarm, AlarmKind, Condition, Definition, Life, StateLetter, alarm_id
from domain.asset import Assets
from domain.errors import Conflict
from domain.finding import Finding, Transition
from domain.record import JournalEntry
from store.records import Records
from tests.blank import blank_records

S = 1_000_000_000
KIND = AlarmKind.PRESSURE_LOW
SORTS = [
    Definition(KIND, priorities, (delay, delay), off_delay_ns=delay, latching=latching, realarm_ns=9 * S)
    for priorities in ((3, 2), (2, 1))
    for delay in (0, 3 * S)
    for latching in (False, True)
]
ENDS_SHELF = frozenset({"unshelve", "shelf_end", "shelf_break"})
ENDS_PERMIT = frozenset({"in_service", "permit_end", "permit_break"})


def replay(entries: Iterable[JournalEntry]) -> tuple[StateLetter, int, int]:
    """Derive letter, occurrence and level from the names of the events alone."""
    active = latched = False
    acknowledged, occurrence, level = True, 0, 0
    shelf: int | None = None
    permit: int | None = None
    for entry in entries:
        if entry.event in {"raise", "worsen", "realarm"}:
            active, acknowledged, occurrence = True, False, occurrence + 1
            level = entry.level if entry.event != "realarm" else level
        elif entry.event == "return":
            active, level = False, 0
        elif entry.event in {"latch", "reset"}:
            latched = entry.event == "latch"
        acknowledged |= entry.event == "acknowledge"
        shelf = 1 if entry.event == "shelve" else None if entry.event in ENDS_SHELF else shelf
        permit = 1 if entry.event == "out_of_service" else None if entry.event in ENDS_PERMIT else permit
    condition = Condition.ACTIVE if active else Condition.NORMAL
    life = Life(condition, acknowledged=acknowledged, latched=latched, shelf_until_ns=shelf, oos_until_ns=permit)
    return life.letter, occurrence, level


ACTS = ("acknowledge", "reset", "shelve", "unshelve", "out_of_service", "in_service")
DEEDS = ("onset", "end", "unusable", "tick", *ACTS)


class Deed(NamedTuple):
    """One input: a finding of a level, unusable data, a tick, or an act of a person."""

    what: str
    level: int
    pause_s: int


deeds = st.lists(
    st.builds(
        Deed,
        st.sampled_from(DEEDS),
        st.integers(1, 2),
        st.integers(0, 6),
    ),
    max_size=25,
)


def perform(desk: Desk, records: Records, device: str, deed: Deed, now_ns: int) -> None:
    position = now_ns
    with records.unit() as unit:
        if deed.what in {"onset", "end", "unusable"}:
            level = 0 if deed.what == "end" else deed.level
            transition = Transition(deed.what)
            found = Finding("d", KIND, device, device, transition, level, position, now_ns, onset_ns=now_ns)
            desk.apply(unit, [found], now_ns)
        elif deed.what == "tick":
            desk.advance(unit, now_ns, position)
        else:
            alarm = unit.alarm(alarm_id(device, KIND))
            more = {"shelve": (now_ns + 5 * S,), "out_of_service": (now_ns + 5 * S, "7")}.get(deed.what, ())
            occurrence = alarm.life.occurrence if alarm else 0
            getattr(desk, deed.what)(unit, alarm_id(device, KIND), occurrence, "li", "why", now_ns, *more)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    records = blank_records(tmp_path_factory.mktemp("replay") / "records.db")
    yield records
    records.close()


DEVICES = itertools.count()


@pytest.mark.untraced
@settings(max_examples=80, deadline=None)
@given(definition=st.sampled_from(SORTS), story=deeds)
def test_the_journal_alone_gives_the_row(shared: Records, definition: Definition, story: list[Deed]) -> None:
    desk = Desk(definitions={KIND: definition}, assets=Assets({}, {}, {}), configuration="v1", channels=("c",))
    device, now_ns = f"D{next(DEVICES)}", S
    for deed in story:
        now_ns += deed.pause_s * S
        try:
            perform(desk, shared, device, deed, now_ns)
        except (Conflict, Refused):
            continue
        alarm = shared.alarm(alarm_id(device, KIND))
        if alarm is not None:
            check(alarm, shared.journal(alarm_id=alarm.id))


def check(alarm: Alarm, entries: list[JournalEntry]) -> None:
    assert replay(entries) == (alarm.life.letter, alarm.life.occurrence, alarm.life.level)
    shown = StateLetter.NORMAL
    for entry in entries:
        assert entry.before == shown
        shown = entry.after
    assert shown == alarm.life.letter


# ---------------------------------------------------------------- killed

STORY = 100_000


def find(position: int) -> Finding:
    """Give the finding at a position, from 1: each device raises, then returns, one after the other."""
    device, transition = f"D{position % 7}", Transition.END if (position - 1) // 7 % 2 else Transition.ONSET
    level = int(transition is Transition.ONSET)
    return Finding("d", KIND, device, "S1", transition, level, position, position * S, onset_ns=position * S)


def follow(records: Records, last: int) -> None:
    """Do what the `watch` role does: findings and cursor in one unit, from the cursor on."""
    desk = Desk(definitions={KIND: SORTS[0]}, assets=Assets({}, {}, {}), configuration="v1", channels=("c",))
    for position in range(records.cursor("watch") + 1, last + 1):
        with records.unit() as unit:
            desk.apply(unit, [find(position)], position * S)
            unit.set_cursor("watch", position)


@pytest.mark.untraced
@pytest.mark.parametrize("steps", [1, 40])
def test_a_killed_process_leaves_rows_journal_and_cursor_of_one_moment(tmp_path: Path, steps: int) -> None:
    url = f"sqlite:///{tmp_path / 'killed.db'}"
    records, undisturbed = blank_records(tmp_path / "killed.db"), blank_records(tmp_path / "undisturbed.db")
    for _ in range(2):
        kill_while_it_works(url, records, steps)
    killed_at = records.cursor("watch")
    assert 0 < killed_at < STORY
    assert max(alarm.position for alarm in records.alarms()) == killed_at
    follow(undisturbed, killed_at)
    assert records.alarms() == undisturbed.alarms()
    assert records.journal(limit=STORY) == undisturbed.journal(limit=STORY)
    assert records.notices(limit=STORY) == undisturbed.notices(limit=STORY)
    assert records.incidents() == undisturbed.incidents()
    for opened in (records, undisturbed):
        opened.close()


def kill_while_it_works(url: str, records: Records, steps: int) -> None:
    wanted = records.cursor("watch") + steps
    child = subprocess.Popen([sys.executable, __file__, url], cwd=Path(__file__).parents[2])
    deadline_s = time.monotonic() + 30
    while records.cursor("watch") < wanted and time.monotonic() < deadline_s:
        time.sleep(0.001)  # it does not wait for us: the signal meets it anywhere in its work
    os.kill(child.pid, signal.SIGKILL)
    child.wait(30)


if __name__ == "__main__":
    follow(Records(sys.argv[1]), STORY)

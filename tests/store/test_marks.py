"""Marks come back as they were put, a few more than asked for at most, and go when they are done."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from domain.rollup import GRACE_NS, HOUR_NS, MINUTE_NS
from store.marks import SCHEMA, Mark, Marks

DUE_NS = MINUTE_NS + GRACE_NS
MINUTE = [Mark(MINUTE_NS, name, 0) for name in ("D", "7", 7)]


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as opened:
        opened.executescript(SCHEMA)
        yield opened


def test_a_mark_comes_back_as_it_was_put_once_and_when_it_is_due(db: sqlite3.Connection) -> None:
    marks = Marks()
    marks.add(db, MINUTE, 0)
    marks.add(db, MINUTE, HOUR_NS)
    assert marks.due(db, DUE_NS - 1, 10).marks == []
    assert marks.due(db, DUE_NS, 10).marks == MINUTE
    marks.done(db, marks.due(db, DUE_NS, 10))
    assert marks.due(db, 2 * HOUR_NS, 10).marks == []


def test_what_is_done_may_be_marked_again(db: sqlite3.Connection) -> None:
    marks = Marks()
    for _ in range(2):
        marks.add(db, MINUTE, 0)
        assert marks.due(db, DUE_NS, 10).marks == MINUTE
        marks.done(db, marks.due(db, DUE_NS, 10))


@pytest.mark.parametrize("log_ns", [DUE_NS, 0, -HOUR_NS], ids=["then", "with a clock set back", "further back"])
def test_what_is_marked_while_it_is_rolled_up_is_rolled_up_again(db: sqlite3.Connection, log_ns: int) -> None:
    marks = Marks()
    marks.add(db, MINUTE, 0)
    due = marks.due(db, DUE_NS, 10)
    marks.add(db, MINUTE, log_ns)
    marks.done(db, due)
    assert marks.due(db, 2 * DUE_NS, 10).marks == MINUTE


def test_what_waits_is_not_put_off_by_another_start(db: sqlite3.Connection) -> None:
    Marks().add(db, MINUTE, 0)
    Marks().add(db, MINUTE, DUE_NS - 1)
    assert Marks().due(db, DUE_NS, 10).marks == MINUTE


def test_a_row_of_an_earlier_version_is_a_mark_too(db: sqlite3.Connection) -> None:
    db.executemany("INSERT INTO mark VALUES(?, ?, ?, ?)", [(*mark, DUE_NS) for mark in MINUTE])
    marks = Marks()
    due = marks.due(db, DUE_NS, 10)
    assert set(due.marks) == set(MINUTE)
    marks.done(db, due)
    assert marks.due(db, DUE_NS, 10).marks == []


def test_many_are_given_a_part_at_a_time_in_the_order_of_their_times(db: sqlite3.Connection) -> None:
    marks, found = Marks(), list[Mark]()
    marks.add(db, [Mark(MINUTE_NS, name, start * MINUTE_NS) for name in range(700) for start in (1, 0)], 0)
    while (due := marks.due(db, DUE_NS, 300)).marks:
        assert len(due.marks) < 300 + 500
        found += due.marks
        marks.done(db, due)
    assert len(set(found)) == len(found) == 1_400
    assert [mark.start_ns for mark in found] == sorted(mark.start_ns for mark in found)


def test_marks_are_remembered_only_so_many(db: sqlite3.Connection) -> None:
    found = [Mark(MINUTE_NS, "D", minute * MINUTE_NS) for minute in range(3)]
    for most, asked in ((2, 1), (3, 0)):
        marks, statements = Marks(most), list[str]()
        marks.add(db, found, 0)
        db.set_trace_callback(statements.append)
        marks.add(db, found[:1], 0)
        db.set_trace_callback(None)
        assert sum("INSERT" in statement for statement in statements) == asked

"""Which buckets must be rolled up, anew or for the first time: a table beside the cursor of `write`.

A point that is stored marks its bucket in the transaction that moves the cursor: whatever the moment of a crash, what
is not rolled up is marked. A bucket is rolled up out of the points that are stored, or out of memory where it is known
to hold all of them (`store.live`), so that the result depends neither on batches nor on the order of arrival, and a
late point brings its bucket up again.
"""

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from domain.rollup import GRACE_NS, HOUR_NS, MINUTE_NS

SCHEMA = """
CREATE TABLE IF NOT EXISTS mark(
    step_ns INTEGER,
    name, -- of no type, so that digits stay text
    start_ns INTEGER,
    due_ns INTEGER NOT NULL,
    PRIMARY KEY(step_ns, name, start_ns)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due ON mark(due_ns, step_ns, name, start_ns);
"""
_MARK = "INSERT OR IGNORE INTO mark VALUES(?, ?, ?, ?)"
_DUE = """
SELECT step_ns, name, start_ns FROM mark WHERE due_ns <= ? ORDER BY due_ns, step_ns, name, start_ns LIMIT ?
"""
_DONE = "DELETE FROM mark WHERE step_ns = ? AND name = ? AND start_ns = ?"


class Mark(NamedTuple):
    """A bucket to roll up.

    Attributes:
        step_ns: its length.
        name: of what is rolled up: a device, or the number of a series.
        start_ns: its begin.
    """

    step_ns: int
    name: str | int
    start_ns: int


def hours_of(marks: Iterable[Mark]) -> set[Mark]:
    """Give the hours that some minutes are part of."""
    return {Mark(HOUR_NS, name, start // HOUR_NS * HOUR_NS) for step, name, start in marks if step == MINUTE_NS}


class Marks:
    """The marks of one store, as one process sees them that alone writes.

    A bucket is due when the log is its length and a grace past the first mark: a bucket of now is over by then and was
    waited for, and what is uploaded late in many pieces is rolled up once.
    """

    def __init__(self) -> None:
        self._known: set[Mark] = set()  # spares the table what it has

    def add(self, db: sqlite3.Connection, marks: Iterable[Mark], log_ns: int) -> None:
        """Mark in the caller's transaction; one that is taken back must `forget`."""
        fresh = set(marks) - self._known
        db.executemany(_MARK, [(*mark, log_ns + mark.step_ns + GRACE_NS) for mark in fresh])
        self._known |= fresh

    def due(self, db: sqlite3.Connection, log_ns: int, most: int) -> list[Mark]:
        """Give some marks that are due, those that wait longest first."""
        return [Mark(*row) for row in db.execute(_DUE, (log_ns, most))]

    def done(self, db: sqlite3.Connection, marks: Iterable[Mark]) -> None:
        gone = set(marks)
        db.executemany(_DONE, gone)
        self._known -= gone

    def forget(self) -> None:
        self._known.clear()

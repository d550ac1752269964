"""Which buckets must be rolled up, anew or for the first time: a table beside the cursor of `write`.

A point that is stored marks its bucket in the transaction that moves the cursor: whatever the moment of a crash, what
is not rolled up is marked. A bucket is rolled up out of the points that are stored, or out of memory where it is known
to hold all of them (`store.live`), so that the result depends neither on batches nor on the order of arrival, and a
late point brings its bucket up again.

A row holds many names: what a bite of the log touches is thousands of buckets of a few minutes, and a row for each cost
more than their roll-ups.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from domain.rollup import GRACE_NS, HOUR_NS, MINUTE_NS

SCHEMA = """
CREATE TABLE IF NOT EXISTS mark(
    step_ns INTEGER,
    name, -- JSON of a list, as a blob; one name of no type where an earlier version wrote it
    start_ns INTEGER,
    due_ns INTEGER NOT NULL,
    PRIMARY KEY(step_ns, name, start_ns)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS due ON mark(due_ns, step_ns, name, start_ns);
"""
_MARK = """
INSERT INTO mark VALUES(?, ?, ?, ?)
ON CONFLICT(step_ns, name, start_ns) DO UPDATE SET due_ns = max(excluded.due_ns, due_ns + 1)
WHERE ? -- it is being rolled up, and goes as it was then
"""
_DUE = """
SELECT step_ns, name, start_ns, due_ns FROM mark WHERE due_ns <= ? ORDER BY due_ns, step_ns, start_ns LIMIT ?
"""
_DONE = "DELETE FROM mark WHERE step_ns = ? AND name = ? AND start_ns = ? AND due_ns = ?"
_NAMES = 500
"""Of one row, which is rolled up at once."""

_EVER = (1 << 63) - 1
_KNOWN = 1_000_000
"""Marks that a process remembers, some 200 MiB: what cannot be rolled up for weeks must not grow in memory."""

Name = str | int
_Row = tuple[int, bytes | Name, int, int]
_names = msgspec.json.Decoder(list[Name]).decode


class Mark(NamedTuple):
    """A bucket to roll up.

    Attributes:
        step_ns: its length.
        name: of what is rolled up: a device, or the number of a series.
        start_ns: its begin.
    """

    step_ns: int
    name: Name
    start_ns: int


class Due(NamedTuple):
    """Marks that wait no longer, and the rows that hold them."""

    marks: list[Mark]
    rows: list[_Row]


def hours_of(marks: Iterable[Mark]) -> set[Mark]:
    """Give the hours that some minutes are part of; they may be among the marks, too."""
    return {Mark(HOUR_NS, name, start // HOUR_NS * HOUR_NS) for step, name, start in marks if step == MINUTE_NS}


def minutes_of(marks: Iterable[Mark]) -> set[Mark]:
    """Give all minutes of the hours that some marks are, or are part of."""
    hours = {Mark(HOUR_NS, name, start // HOUR_NS * HOUR_NS) for _, name, start in marks}
    return {
        Mark(MINUTE_NS, name, minute) for _, name, start in hours for minute in range(start, start + HOUR_NS, MINUTE_NS)
    }


class Marks:
    """The marks of one store, as one process sees them that alone writes; its threads take turns.

    A bucket is due when the log is its length and a grace past the first mark: a bucket of now is over by then and was
    waited for, and what is uploaded late in many pieces is rolled up once.

    Args:
        most: marks that are remembered, to spare the table what it has; beyond them all are forgotten.
    """

    def __init__(self, most: int = _KNOWN) -> None:
        self._most = most
        self._known: set[Mark] = set()
        self._rolling: set[tuple[int, bytes | Name, int]] = set()  # rows that were given last

    def add(self, db: sqlite3.Connection, marks: Iterable[Mark], log_ns: int) -> None:
        """Mark in the caller's transaction; one that is taken back must `forget`."""
        if len(self._known) > self._most:
            self.forget()
        fresh: dict[tuple[int, int], list[Name]] = defaultdict(list)
        for mark in marks:
            if mark not in self._known:
                self._known.add(mark)
                fresh[mark.step_ns, mark.start_ns].append(mark.name)
        rows = [
            (step_ns, msgspec.json.encode(names[first : first + _NAMES]), start_ns)
            for (step_ns, start_ns), names in fresh.items()
            for first in range(0, len(names), _NAMES)
        ]
        db.executemany(_MARK, [(*row, log_ns + row[0] + GRACE_NS, row in self._rolling) for row in rows])

    def due(self, db: sqlite3.Connection, log_ns: int, most: int) -> Due:
        """Give marks that are due, those that wait longest first: `most` or a few more, or all there are.

        What is added of them from now on is marked anew.
        """
        due = _read(db, log_ns, most)
        self._known.difference_update(due.marks)
        self._rolling = {row[:3] for row in due.rows}
        return due

    def waiting(self, db: sqlite3.Connection) -> set[Mark]:
        """Give all there are, due or not."""
        return set(_read(db, _EVER, _EVER).marks)

    def done(self, db: sqlite3.Connection, due: Due) -> None:
        db.executemany(_DONE, due.rows)

    def forget(self) -> None:
        self._known.clear()


def _read(db: sqlite3.Connection, until_ns: int, most: int) -> Due:
    due = Due([], [])
    for row in db.execute(_DUE, (until_ns, most)):
        step_ns, name, start_ns, _ = row
        names = _names(name) if isinstance(name, bytes) else [name]
        due.marks.extend([Mark(step_ns, one, start_ns) for one in names])
        due.rows.append(row)
        if len(due.marks) >= most:
            break
    return due

"""The roll-ups of the embedded series: two tables in the file of its points."""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import groupby

from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS, Rollup, alike, merge, roll_up
from store.levels import RAW, Points, drawn
from store.marks import Mark, hours_of

TABLES = {RAW: "p", MINUTE_NS: "minute", HOUR_NS: "hour"}
_COLUMNS = "series, time_ns, low, mean, high, last, count, bad"
SCHEMA = "".join(
    f"""
CREATE TABLE IF NOT EXISTS {TABLES[step_ns]}(
    series INTEGER,
    time_ns INTEGER,
    low REAL,
    mean REAL,
    high REAL,
    last REAL,
    count INTEGER NOT NULL,
    bad INTEGER NOT NULL,
    PRIMARY KEY(series, time_ns)
) WITHOUT ROWID;
"""
    for step_ns in (MINUTE_NS, HOUR_NS)
)
_PUT = """
INSERT INTO {table} VALUES(?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT(series, time_ns) DO UPDATE SET
    low = excluded.low, mean = excluded.mean, high = excluded.high, last = excluded.last,
    count = excluded.count, bad = excluded.bad
WHERE excluded.count + excluded.bad >= count + bad -- else some of its points were too old and are gone
"""
_POINTS = "SELECT value, quality FROM p WHERE series = ? AND time_ns >= ? AND time_ns < ? ORDER BY time_ns"
_PARTS = """
SELECT low, mean, high, last, count, bad FROM minute WHERE series = ? AND time_ns >= ? AND time_ns < ? ORDER BY time_ns
"""
_ONE = "SELECT low, mean, high, last, count, bad FROM {table} WHERE series = ? AND time_ns = ?"
_RANGE = """
SELECT time_ns, low, mean, high, last, count, bad FROM {table}
WHERE series = (SELECT id FROM series WHERE device = ? AND quantity = ?) AND time_ns >= ? AND time_ns < ?
ORDER BY time_ns
"""


def roll(db: sqlite3.Connection, marks: Sequence[Mark]) -> set[Mark]:
    """Roll up marked buckets in the caller's transaction; give the marks of the others that they are part of."""
    for step_ns, group in groupby(sorted(marks), key=lambda mark: mark.step_ns):
        found = ((mark, _rolled(db, mark)) for mark in group)
        rows = [(mark.name, mark.start_ns, *part) for mark, part in found if part.trusted or part.bad]
        db.executemany(_PUT.format(table=TABLES[step_ns]), rows)
    return hours_of(marks).difference(marks)


def unlike(db: sqlite3.Connection, marks: Iterable[Mark]) -> set[Mark]:
    """Give those buckets of which the roll-up is not what its points amount to, as far as there are any."""
    wrong = set[Mark]()
    for mark in marks:
        made, found = _rolled(db, mark), db.execute(_ONE.format(table=TABLES[mark.step_ns]), mark[1:]).fetchone()
        if (made.trusted or made.bad) and (found is None or not alike(made, Rollup(*found))):
            wrong.add(mark)
    return wrong


def drop(db: sqlite3.Connection, marks: Iterable[Mark]) -> None:
    """Drop roll-ups in the caller's transaction."""
    for mark in marks:
        db.execute(f"DELETE FROM {TABLES[mark.step_ns]} WHERE series = ? AND time_ns = ?", mark[1:])  # noqa: S608 - ours


def read(db: sqlite3.Connection, step_ns: int, place: tuple[str, Quantity, int, int]) -> Points:
    """Give what is drawn of the buckets of a device and quantity that begin from a time until before another."""
    found = db.execute(_RANGE.format(table=TABLES[step_ns]), place)
    return drawn(step_ns, [(row[0], Rollup(*row[1:])) for row in found])


def _rolled(db: sqlite3.Connection, mark: Mark) -> Rollup:
    place = mark.name, mark.start_ns, mark.start_ns + mark.step_ns
    if mark.step_ns == MINUTE_NS:
        return roll_up(db.execute(_POINTS, place))
    return merge([Rollup(*row) for row in db.execute(_PARTS, place)])

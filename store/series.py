"""The embedded time series: every value of every device, in one SQLite file.

The points and the log position up to which they are stored are written in one transaction. A power loss may take the
newest transactions back, whole; the log still has their frames and the cursor says so. Hence ``synchronous=NORMAL`` is
enough here, as long as the log is trimmed by the cursor of this file and never by one that somebody remembers.

Roll-ups lie in the same file (`store.rolled`), and so do the marks of what must be rolled up (`store.marks`).
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.asset import Assets
from domain.quantity import Quantity
from domain.rollup import MINUTE_NS
from domain.sample import Sample
from store import marks, rolled
from store.available import available
from store.levels import POINT, RAW, Points, gather
from store.marks import Mark, Marks

BUSY_S = 5.0
"""How long a writer waits for the one before it."""
TRIMMED_POINTS = 2_000
"""Dropped in one transaction at most: some 10 ms, and readers wait for none of it."""
ROLLED_BUCKETS = 2_000
"""Rolled up in one transaction at most."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS series(
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    quantity TEXT NOT NULL,
    UNIQUE(device, quantity)
);
CREATE TABLE IF NOT EXISTS p(
    series INTEGER,
    time_ns INTEGER,
    value REAL NOT NULL,
    quality INTEGER NOT NULL,
    late INTEGER NOT NULL,
    PRIMARY KEY(series, time_ns)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS meta(
    one INTEGER PRIMARY KEY CHECK(one = 1),
    cursor INTEGER NOT NULL,
    frames INTEGER NOT NULL
);
"""
_PASSED = """
INSERT INTO meta VALUES(1, ?, ?)
ON CONFLICT(one) DO UPDATE SET cursor = excluded.cursor, frames = frames + excluded.frames
"""
_LATEST = """
SELECT quantity, time_ns, value, quality, late FROM series JOIN p ON p.series = series.id
WHERE device = ? AND time_ns = (SELECT max(time_ns) FROM p WHERE series = series.id)
"""
_REPLACING = "INSERT OR REPLACE INTO p VALUES(?, ?, ?, ?, ?)"
_KEEPING = "INSERT INTO p VALUES(?, ?, ?, ?, ?) ON CONFLICT(series, time_ns) DO NOTHING"
_RANGE = """
SELECT time_ns, value, quality FROM p
WHERE series = (SELECT id FROM series WHERE device = ? AND quantity = ?) AND time_ns >= ? AND time_ns < ?
ORDER BY time_ns
"""
_OLD = """
SELECT series.id, time_ns FROM series CROSS JOIN {table} AS p ON p.series = series.id
WHERE series.id >= ? AND time_ns < ? ORDER BY series.id LIMIT ?
"""
_IS_THERE = """
SELECT 1 FROM p WHERE series = (SELECT id FROM series WHERE device = ? AND quantity = ?) AND time_ns = ?
"""
_DROP = "DELETE FROM {table} WHERE series = ? AND time_ns = ?"

Row = tuple[int, int, float, int, int]
"""series, time_ns, value, quality, late."""


class Trend(NamedTuple):
    """Points of one series as columns, in time order.

    Attributes:
        time_ns: of each point.
        value: in the quantity's unit.
        quality: as a number.
        step_ns: length of the buckets that the points are the lowest and highest values of; 0: they are as measured.
    """

    time_ns: list[int]
    value: list[float]
    quality: list[int]
    step_ns: int = RAW


class Latest(NamedTuple):
    """The newest point of a series, by the device's time and not by arrival."""

    time_ns: int
    value: float
    quality: int
    late: bool


class RefusedLine(NamedTuple):
    """A sample that a database proved to refuse.

    Attributes:
        place: of the sample among those that were written, from 0.
        text: the database's own words.
    """

    place: int
    text: str


class EmbeddedSeries:
    """The time series of one file, which several instances and processes may open; one of them writes.

    Threads may share an instance: they take turns. Every method raises `StoreUnavailable` while disk or lock refuse;
    the next call opens the file afresh.

    Args:
        path: of the file; made at the first call.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db: sqlite3.Connection | None = None
        self._ids: dict[tuple[str, Quantity], int] = {}
        self._turn = threading.RLock()
        self._marks = Marks()
        self._trimmed: dict[int, int] = {}  # by level: id of the series that the next step of trimming begins with

    def configure(self, _assets: Assets) -> None:
        """Change nothing: a point is found by its device and quantity alone."""

    def lines(self, _samples: Iterable[Sample]) -> Sequence[str]:
        """Give nothing: points are stored as they are."""
        return ()

    def put(self, _lines: Sequence[str]) -> Sequence[RefusedLine]:
        """Do nothing: `write` alone stores, in one transaction."""
        return ()

    def write(
        self,
        samples: Iterable[Sample],
        *,
        cursor: int,
        frames: int,
        log_ns: int = 0,
        sent: bool = False,  # noqa: ARG002 - InfluxDB's alone
    ) -> Sequence[RefusedLine]:
        """Store the samples, all or none, together with how far the log is stored and what must be rolled up.

        Args:
            samples: a point that is there already is replaced, so that a replay changes nothing. A device that does not
                count its messages keeps its first value for a time: a second one is in quarantine.
            cursor: position of the last frame that these samples come from.
            frames: to add to the running total of frames that are wholly stored.
            log_ns: when the last frame arrived; roll-ups wait by this clock.
            sent: whether what `lines` gave of these samples was `put` before, which may be done beside the storing of
                others.

        Returns:
            Samples that are refused: none here.
        """
        with self._opened() as db, db:
            db.execute("BEGIN IMMEDIATE")
            try:
                counted, uncounted = _by_count(samples)
                for insert, chosen in ((_REPLACING, counted), (_KEEPING, uncounted)):
                    rows = self._rows(db, chosen)
                    rows.sort(key=itemgetter(0, 1))  # a series is one place of the tree; the order of equal keys stays
                    db.executemany(insert, rows)
                    touched = {(row[0], row[1] // MINUTE_NS) for row in rows}
                    self._marks.add(db, (Mark(MINUTE_NS, s, minute * MINUTE_NS) for s, minute in touched), log_ns)
                db.execute(_PASSED, (cursor, frames))
            except BaseException:
                self._ids.clear()  # some may have been given in this transaction
                self._marks.forget()
                raise
        return ()

    def roll(self, log_ns: int) -> bool:
        """Roll up some buckets that are due, few enough that nobody waits; tell whether there may be more."""
        with self._opened() as db:
            due = self._marks.due(db, log_ns, ROLLED_BUCKETS)
            if not due.marks:
                return False
            with db:
                db.execute("BEGIN IMMEDIATE")
                try:
                    self._marks.add(db, rolled.roll(db, due.marks), log_ns)
                    self._marks.done(db, due)
                except BaseException:
                    self._marks.forget()
                    raise
        return len(due.marks) >= ROLLED_BUCKETS

    def missing(self, samples: Sequence[Sample]) -> list[Sample]:
        """Give those samples of which a value is not stored."""
        with self._opened() as db:

            def is_there(sample: Sample) -> bool:
                places = ((sample.device, quantity, sample.point_ns) for quantity in sample.values)
                return all(db.execute(_IS_THERE, place).fetchone() for place in places)

            return [sample for sample in samples if not is_there(sample)]

    def unlike(self, marks: Iterable[Mark]) -> set[Mark]:
        """Give those buckets of devices whose roll-ups are not what the points amount to, nor about to be made anew."""
        with self._opened() as db:
            ours = {own: mark for mark in marks for own in _of_series(db, mark)}
            return {ours[own] for own in rolled.unlike(db, ours.keys() - self._marks.waiting(db))}

    def again(self, marks: Iterable[Mark], log_ns: int) -> None:
        """Have buckets of devices rolled up anew by `roll`."""
        with self._opened() as db, db:
            db.execute("BEGIN IMMEDIATE")
            try:
                ours = [own for mark in marks for own in _of_series(db, mark)]
                rolled.drop(db, rolled.unlike(db, ours))  # else one that counts too much would stay
                self._marks.add(db, ours, log_ns)
            except BaseException:
                self._marks.forget()
                raise

    def cursor(self) -> int:
        """Log position up to which everything is stored."""
        return self._number("SELECT coalesce(max(cursor), 0) FROM meta")

    def frames(self) -> int:
        """Running total of the frames that are wholly stored."""
        return self._number("SELECT coalesce(max(frames), 0) FROM meta")

    def count(self) -> int:
        """Points there are; counts them one by one."""
        return self._number("SELECT count(*) FROM p")

    def trim(self, before_ns: int, step_ns: int = RAW) -> bool:
        """Drop some points or roll-ups that are older, so few that nobody waits; tell whether there may be more."""
        table = rolled.TABLES[step_ns]
        with self._opened() as db:
            begin = self._trimmed.get(step_ns, 0)
            keys = db.execute(_OLD.format(table=table), (begin, before_ns, TRIMMED_POINTS)).fetchall()
            self._trimmed[step_ns] = keys[-1][0] if len(keys) == TRIMMED_POINTS else 0
            with db:
                db.execute("BEGIN IMMEDIATE")
                db.executemany(_DROP.format(table=table), keys)
        return self._trimmed[step_ns] > 0

    def series(self, device: str, quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend:
        """Give the points from `from_ns` until just before `to_ns`: all, or `points` of them by `outline`.

        Over a long time they are those of roll-ups (`store.levels`).
        """
        with self._opened() as db:

            def fetch(step_ns: int, from_ns: int, to_ns: int) -> Points:
                if step_ns == RAW:
                    return np.fromiter(db.execute(_RANGE, (device, quantity, from_ns, to_ns)), POINT)
                return rolled.read(db, step_ns, (device, quantity, from_ns, to_ns))

            found, level = gather(fetch, from_ns, to_ns, points)
        return trend(found, points, level)

    def latest(self, device: str) -> dict[Quantity, Latest]:
        with self._opened() as db:
            found = db.execute(_LATEST, (device,)).fetchall()
        return {
            Quantity(name): Latest(time_ns, value, quality, bool(late)) for name, time_ns, value, quality, late in found
        }

    def close(self) -> None:
        with self._turn:
            self._ids.clear()
            self._marks.forget()
            if self._db is not None:
                self._db.close()
                self._db = None

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with self._turn, available(f"time series {self._path}", self.close):
            self._db = self._db or _open(self._path)
            yield self._db

    def _number(self, query: str) -> int:
        with self._opened() as db:
            return int(db.execute(query).fetchone()[0])

    def _rows(self, db: sqlite3.Connection, samples: Iterable[Sample]) -> list[Row]:
        rows: list[Row] = []
        for sample in samples:
            time_ns, late, quality = sample.point_ns, int(sample.late), sample.quality
            for quantity, value in sample.values.items():
                key = sample.device, quantity
                series = self._ids.get(key) or self._id(db, key)
                rows.append((series, time_ns, value, int(quality.get(quantity, 0)), late))
        return rows

    def _id(self, db: sqlite3.Connection, key: tuple[str, Quantity]) -> int:
        db.execute("INSERT OR IGNORE INTO series(device, quantity) VALUES(?, ?)", key)
        found = db.execute("SELECT id FROM series WHERE device = ? AND quantity = ?", key).fetchone()
        self._ids[key] = int(found[0])
        return self._ids[key]


def trend(found: Points, points: int, level: int) -> Trend:
    """Give the columns of points, at most so many by `outline`."""
    if len(found) > points:
        found = found[outline(found["time_ns"], found["value"], points)]
    return Trend(found["time_ns"].tolist(), found["value"].tolist(), found["quality"].tolist(), level)


def outline(time_ns: npt.NDArray[np.int64], value: npt.NDArray[np.float64], points: int) -> npt.NDArray[np.intp]:
    """Choose about `points` of many points so that the drawn line looks the same: no peak and no dip is lost.

    The time between first and last is cut into (points - 2) / 2 equal buckets; the lowest and the highest point of each
    are kept, and the first and the last of all. A bucket without points stays empty: a gap stays a gap.

    Args:
        time_ns: rising.
        value: at that time.
        points: at most so many are kept, though never fewer than the first, last, lowest and highest.

    Example:
        >>> outline(np.arange(8), np.array([1.0, 1, 9, 1, 1, -3, 1, 1]), 6).tolist()
        [0, 2, 5, 7]

    Reference:
        Jugel, Jerzak, Hackenbroich, Markl: M4, a visualization-oriented time series data aggregation. VLDB 2014.
    """
    buckets = max((points - 2) // 2, 1)
    elapsed_ns = time_ns - time_ns[0]
    bucket = elapsed_ns // (elapsed_ns[-1] // buckets + 1)
    order = np.lexsort((value, bucket))
    starts = np.flatnonzero(np.diff(bucket, prepend=-1))
    lowest, highest = order[starts], order[np.append(starts[1:], len(order)) - 1]
    return np.unique(np.concatenate(([0, len(order) - 1], lowest, highest)))


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None, timeout=BUSY_S, check_same_thread=False)
    try:
        db.execute("PRAGMA journal_mode=WAL")  # others read while we write
        db.execute("PRAGMA synchronous=NORMAL")
        db.executescript(
            _SCHEMA + rolled.SCHEMA + marks.SCHEMA
        )  # takes no lock where all is there: a reader may open while another writes
    except BaseException:
        db.close()
        raise
    return db


def _of_series(db: sqlite3.Connection, mark: Mark) -> list[Mark]:
    found = db.execute("SELECT id FROM series WHERE device = ?", (mark.name,))
    return [Mark(mark.step_ns, one, mark.start_ns) for (one,) in found]


def _by_count(samples: Iterable[Sample]) -> tuple[list[Sample], list[Sample]]:
    counted: list[Sample] = []
    uncounted: list[Sample] = []
    for sample in samples:
        (uncounted if sample.seq is None else counted).append(sample)
    return counted, uncounted

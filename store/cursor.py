"""How far the log is stored and what must be rolled up, for a time series that cannot keep it beside its points."""

import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from store import marks
from store.available import available
from store.marks import Due, Mark, Marks, hours_of

_SCHEMA = "CREATE TABLE IF NOT EXISTS meta(one INTEGER PRIMARY KEY CHECK(one = 1), cursor INTEGER, frames INTEGER);"
_PASSED = """
INSERT INTO meta VALUES(1, ?, ?)
ON CONFLICT(one) DO UPDATE SET cursor = excluded.cursor, frames = frames + excluded.frames
"""


class CursorFile:
    """A small SQLite file, opened for each call: threads and processes may share it (StoreUnavailable: disk or lock).

    Moved only after the database said yes. A crash in between repeats the same points, which changes nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._marks = Marks()

    def read(self) -> tuple[int, int]:
        """Give the position up to which everything is stored, and the running total of frames."""
        with self._opened() as db:
            found: tuple[int, int] | None = db.execute("SELECT cursor, frames FROM meta").fetchone()
        return found or (0, 0)

    def move(self, cursor: int, frames: int, touched: Collection[Mark] = (), log_ns: int = 0) -> None:
        """Keep a new position, durable on return, add to the total of frames, and mark what must be rolled up."""
        with self._changing() as db:
            self._marks.add(db, touched, log_ns)
            db.execute(_PASSED, (cursor, frames))

    def due(self, log_ns: int, most: int) -> Due:
        with self._opened() as db:
            return self._marks.due(db, log_ns, most)

    def waiting(self) -> set[Mark]:
        """Give all marks there are."""
        with self._opened() as db:
            return self._marks.waiting(db)

    def mark(self, touched: Collection[Mark], log_ns: int) -> None:
        """Mark what must be rolled up anew."""
        with self._changing() as db:
            self._marks.add(db, touched, log_ns)

    def rolled(self, done: Due, log_ns: int) -> None:
        """Take marks away, and mark the hours that their minutes are part of, unless they were rolled up with them."""
        with self._changing() as db:
            self._marks.add(db, hours_of(done.marks).difference(done.marks), log_ns)
            self._marks.done(db, done)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._opened() as db, db:
                db.execute("BEGIN IMMEDIATE")
                yield db
        except BaseException:
            self._marks.forget()
            raise

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with available(f"cursor {self._path}", lambda: None):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous=FULL")
                db.executescript(_SCHEMA + marks.SCHEMA)
                yield db

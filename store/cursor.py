"""How far the log is stored, for a time series that cannot keep it beside its points."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from store.available import available

_SCHEMA = "CREATE TABLE IF NOT EXISTS meta(one INTEGER PRIMARY KEY CHECK(one = 1), cursor INTEGER, frames INTEGER)"
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

    def read(self) -> tuple[int, int]:
        """Give the position up to which everything is stored, and the running total of frames."""
        with self._opened() as db:
            found: tuple[int, int] | None = db.execute("SELECT cursor, frames FROM meta").fetchone()
        return found or (0, 0)

    def move(self, cursor: int, frames: int) -> None:
        """Keep a new position, durable on return, and add to the total of frames."""
        with self._opened() as db:
            db.execute(_PASSED, (cursor, frames))

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        with available(f"cursor {self._path}", lambda: None):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._path, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous=FULL")
                db.execute(_SCHEMA)
                yield db

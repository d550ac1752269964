"""One file of the frame log: rows that are only ever added, then a seal.

The seal is written in the transaction that fills the file, and every append looks for it in its own: no process adds a
frame behind the seal of another. It names the first position of the next file, which the next appender makes, so that
a crash between the two is mended by whoever comes next.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from zlib import crc32

from domain.frame import CLOCK_TOPIC, CONFIGURATION_TOPIC, PERMIT_TOPIC, THINNED_TOPIC, Frame

Row = tuple[int, str, bytes, int]
"""What is written of a frame: received_ns, topic, payload, checksum of the three."""

BUSY_S = 5.0
"""How long a writer waits for the one before it."""

_SCHEMA = f"""
BEGIN;
CREATE TABLE frame(
    position INTEGER PRIMARY KEY AUTOINCREMENT, -- else the position of a deleted frame would be given again
    received_ns INTEGER NOT NULL,
    topic TEXT NOT NULL,
    payload BLOB NOT NULL,
    crc32 INTEGER NOT NULL
);
CREATE INDEX configuration ON frame(topic) WHERE topic = '{CONFIGURATION_TOPIC}';
CREATE INDEX clocks ON frame(topic) WHERE topic = '{CLOCK_TOPIC}';
CREATE INDEX permits ON frame(topic) WHERE topic = '{PERMIT_TOPIC}';
CREATE TABLE seal(next INTEGER NOT NULL);
CREATE TABLE thinned(first INTEGER NOT NULL, last INTEGER NOT NULL, received_ns INTEGER NOT NULL);
COMMIT;
"""
_INSERT = "INSERT INTO frame(received_ns, topic, payload, crc32) VALUES(?, ?, ?, ?)"
_READ = "SELECT position, received_ns, topic, payload, crc32 FROM frame WHERE position > ? ORDER BY position LIMIT ?"
_ONE = "SELECT received_ns, topic, payload, crc32 FROM frame WHERE position = ?"
_CONFIGURATION = f"""
SELECT coalesce(
    (SELECT max(position) FROM frame WHERE topic = '{CONFIGURATION_TOPIC}' AND position <= ?1),
    (SELECT min(position) FROM frame WHERE topic = '{CONFIGURATION_TOPIC}' AND position > ?1))
"""  # noqa: S608 - the topic is our own constant, which a partial index must find word for word
_DROPPED = "SELECT first, last, received_ns FROM thinned WHERE last > ? AND first <= ?"
_PERMITS = f"SELECT max(position) FROM frame WHERE topic = '{PERMIT_TOPIC}' AND position <= ?1"  # noqa: S608 - as above
_MARK = """
SELECT (SELECT count(*) FROM thinned), (SELECT coalesce(max(last), 0) FROM thinned),
    (SELECT coalesce(sum(crc32), 0) FROM frame
     WHERE position IN ((SELECT min(position) FROM frame), (SELECT max(position) FROM frame)))
"""
_CLOCKS = f"SELECT max(position) FROM frame WHERE topic = '{CLOCK_TOPIC}' AND position <= ?1"  # noqa: S608 - as above

_new = tuple.__new__  # what a NamedTuple's own `__new__` calls, at half of the cost


def row(received_ns: int, topic: str, payload: bytes) -> Row:
    return received_ns, topic, payload, _checksum(received_ns, topic.encode(), payload)


def create(path: Path, first: int, carried: Sequence[Frame]) -> None:
    """Make the segment that begins at position `first`: whole or, after a crash, not at all."""
    draft = path.with_suffix(".new")
    for leftover in path.parent.glob(f"{draft.name}*"):
        leftover.unlink()
    with closing(sqlite3.connect(draft, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL")  # stays with the file
        db.execute("PRAGMA synchronous=FULL")
        db.executescript(_SCHEMA)
        db.execute("INSERT INTO sqlite_sequence VALUES('frame', ?)", (first - 1,))
        db.executemany(_INSERT, [row(frame.received_ns, frame.topic, frame.payload) for frame in carried])
    draft.rename(path)


class Segment:
    """An open segment.

    Args:
        path: of a file that `create` made.
        first: position of its first frame.
    """

    def __init__(self, path: Path, first: int) -> None:
        self.first = first
        # mode=rw: never brings an empty file into being where another process has just trimmed this one
        self.db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, timeout=BUSY_S)
        self.db.text_factory = bytes  # the checksum wants bytes, and rot need not be UTF-8
        self.db.execute("PRAGMA synchronous=FULL")  # an acknowledged frame survives a power loss

    def close(self) -> None:
        self.db.close()

    def append(self, rows: Sequence[Row], full_bytes: int) -> int | None:
        """Add rows and give the position of the last, or None where the segment is sealed; seal it when it is full."""
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            if self.following():
                return None
            self.db.executemany(_INSERT, rows)
            last = self.last()
            if self._bytes() >= full_bytes:
                self.db.execute("INSERT INTO seal VALUES(?)", (last + 1,))
        return last

    def following(self) -> int:
        """First position of the segment after this one; 0 while this one is not sealed."""
        return self._number("SELECT coalesce(max(next), 0) FROM seal")

    def last(self) -> int:
        """Position given last, here or before."""
        return self._number("SELECT seq FROM sqlite_sequence")

    def oldest(self) -> int:
        return self._number("SELECT coalesce(min(position), 0) FROM frame")

    def is_older_than(self, before_ns: int) -> bool:
        """Tell whether every frame arrived before. There is no index: the last, usually the newest, is asked first."""
        if self._rescue(self.last()).received_ns >= before_ns:
            return False
        try:
            return self._number("SELECT coalesce(max(received_ns), 0) FROM frame") < before_ns
        except (sqlite3.DatabaseError, ValueError) as error:
            _raise_unless_rot(error)
            return True  # else one broken page would keep the log from ever being trimmed

    def configuration(self, position: int) -> Frame | None:
        """Newest configuration at or before the position, else the first after it; None also where rot hides it."""
        return self._carried(_CONFIGURATION, position)

    def clocks(self, position: int) -> Frame | None:
        """Newest clock frame at or before the position; None also where rot hides it."""
        return self._carried(_CLOCKS, position)

    def permits(self, position: int) -> Frame | None:
        """Newest permit frame at or before the position; None also where rot hides it."""
        return self._carried(_PERMITS, position)

    def _carried(self, query: str, position: int) -> Frame | None:
        try:
            found = self.db.execute(query, (position,)).fetchone()[0]
        except sqlite3.DatabaseError as error:
            _raise_unless_rot(error)
            return None  # else one broken page would keep the next segment from ever being begun
        return None if found is None else self._rescue(found)

    def read(self, after: int, limit: int) -> list[Frame]:
        """Frames behind `after`, one for each position, whatever the disk did to them.

        A healthy block is one query. Where a page is broken, rows are missing or a checksum fails, what was thinned is
        filled in, the rest is read again frame by frame, and what cannot be believed stands there as a frame that is
        not intact.
        """
        after = max(after, self.first - 1)
        last = min(after + limit, self.last())
        try:
            rows = self.db.execute(_READ, (after, limit)).fetchall()
            frames = [_new(Frame, (p, ns, str(t, "utf-8"), b, _checksum(ns, t, b) == crc)) for p, ns, t, b, crc in rows]
        except (sqlite3.DatabaseError, TypeError, ValueError):
            frames = []
        end = after + len(frames)
        if end < last or (frames and frames[-1].position != end) or not all(frame.intact for frame in frames):
            found = self._thinned(after, last) | {frame.position: frame for frame in frames if frame.intact}
            return [found.get(position) or self._rescue(position) for position in range(after + 1, last + 1)]
        return frames

    def thin(self, frames: Sequence[Frame]) -> None:
        """Drop frames of this sealed segment, in log order; their positions stay."""
        runs: list[list[int]] = []
        for frame in frames:
            if runs and frame.position == runs[-1][1] + 1:
                runs[-1][1] = frame.position
            else:
                runs.append([frame.position, frame.position, frame.received_ns])
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            self.db.executemany("DELETE FROM frame WHERE position = ?", [(frame.position,) for frame in frames])
            self.db.executemany("INSERT INTO thinned VALUES(?, ?, ?)", runs)

    def shrink(self) -> None:
        """Give the space of dropped frames back to the disk: whole or, after a crash, not at all."""
        if self._number("PRAGMA freelist_count") == 0:
            return
        self.db.execute("VACUUM")
        self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def mark(self) -> tuple[int, ...]:
        """Tell a sealed segment from every other, and from itself before more was thinned; () while it may grow.

        Nothing else changes one: what has the mark of an older copy is that copy. () also where rot hides it.
        """
        try:
            following = self.following()
            return (following, *self.db.execute(_MARK).fetchone()) if following else ()
        except sqlite3.DatabaseError as error:
            _raise_unless_rot(error)
            return ()

    def thinned_until(self) -> int:
        return self._number("SELECT coalesce(max(last), 0) FROM thinned")

    def _thinned(self, after: int, last: int) -> dict[int, Frame]:
        try:
            runs = self.db.execute(_DROPPED, (after, last)).fetchall()
        except sqlite3.DatabaseError as error:
            _raise_unless_rot(error)
            return {}
        return {
            position: Frame(position, received_ns, THINNED_TOPIC, b"")
            for first, final, received_ns in runs
            for position in range(max(first, after + 1), min(final, last) + 1)
        }

    def _rescue(self, position: int) -> Frame:
        try:
            ns, topic, payload, crc = self.db.execute(_ONE, (position,)).fetchone()
            if _checksum(ns, topic, payload) == crc:
                return Frame(position, ns, str(topic, "utf-8"), payload)
            # no time: a rotten one might lie far in the future, and log time never goes back
            return Frame(position, 0, str(topic, "utf-8", "replace"), payload, intact=False)
        except (sqlite3.DatabaseError, TypeError) as error:
            _raise_unless_rot(error)
            return Frame(position, 0, "", b"", intact=False)

    def _bytes(self) -> int:
        return self._number("PRAGMA page_count") * self._number("PRAGMA page_size")

    def _number(self, query: str) -> int:
        return int(self.db.execute(query).fetchone()[0])


def _checksum(received_ns: int, topic: bytes, payload: bytes) -> int:
    """Of all that a frame says. TypeError: rot has changed the type of a column."""
    return crc32(b"%d %b%b" % (received_ns, topic, payload))


def _raise_unless_rot(error: Exception) -> None:
    """Pass on a trouble of the moment, such as a lock: only what the disk spoiled is skipped."""
    if isinstance(error, sqlite3.DatabaseError) and error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
        raise error

"""The durable log of everything received: what `append` returned from survives kill -9 and power loss.

A folder of segment files, each named after its first position. Positions are contiguous across segments and never given
twice, so a cursor is one integer. Old frames go by dropping whole files: deleted rows would not shrink one.
"""

import fcntl
import os
import re
import shutil
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from domain.frame import Frame
from store.available import available
from store.segment import Segment, create, row

_OPEN = 4
"""Segments kept open by one instance: the active one, and those that are being read."""

_THIN = 1_000
"""Frames that go in one transaction."""

_FILE = re.compile(r"frames-(\d+)\.(db|new)(-\w+)?")  # -wal and -shm are SQLite's, .new is a draft


class LogSize(NamedTuple):
    """What the log takes, and what there is to take."""

    used_bytes: int
    limit_bytes: int
    disk_free_bytes: int
    disk_total_bytes: int


class FrameLog:
    """The log as one thread sees it. Many threads and processes may append to one folder, each by its own instance.

    The newest configuration, clock and permit frames are carried over, as new frames, to the head of each new segment:
    dropping old segments never loses the limits, offsets and permits in force. Every method raises `StoreUnavailable`
    while disk or lock refuse; nothing of a failed append counts as stored, and the next call starts afresh.

    Args:
        folder: of the segment files; made where it is missing.
        segment_bytes: size at which a new file is begun.
        limit_bytes: what the log should stay below; only told by `size`, trimming is the caller's decision.
    """

    def __init__(self, folder: Path, *, segment_bytes: int = 2 << 30, limit_bytes: int = 20 << 30) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._limit_bytes = limit_bytes
        self._open: dict[int, Segment] = {}  # by first position, last used last
        self._active = 0  # first position of the segment appended to last
        with self._available():
            folder.mkdir(parents=True, exist_ok=True)

    def append(self, entries: Sequence[tuple[int, str, bytes]]) -> int:
        """Store (received_ns, topic, payload) entries, all or none, in this order; give the position of the last."""
        if not entries:
            return self.last()
        rows = [row(*entry) for entry in entries]
        with self._available():
            segment = self._newest()
            while (last := segment.append(rows, self._segment_bytes)) is None:
                segment = self._follow(segment)
            return last

    def read(self, after: int, limit: int = 1000) -> list[Frame]:
        """Give up to `limit` frames behind position `after`, in order."""
        frames: list[Frame] = []
        with self._available():
            for segment in self._from(after + 1):
                frames += segment.read(after, limit - len(frames))
                if len(frames) >= limit:
                    break
        return frames

    def frame(self, position: int) -> Frame | None:
        found = self.read(position - 1, 1)
        return found[0] if found and found[0].position == position else None

    def first(self) -> int:
        """Position of the oldest kept frame, 0 where there is none."""
        with self._available():
            return next((segment.oldest() for segment in self._from(0)), 0)

    def last(self) -> int:
        """Position given last, 0 before the first."""
        with self._available():
            firsts = self._firsts()
            return self._segment(firsts[-1]).last() if firsts else 0

    def configuration_at(self, position: int) -> Frame | None:
        """Newest configuration frame at or before the position, else the first after it, else None."""
        with self._available():
            return next(filter(None, (segment.configuration(position) for segment in self._from(position))), None)

    def clocks_at(self, position: int) -> Frame | None:
        """Newest clock frame at or before the position, else None."""
        with self._available():
            return next((segment.clocks(position) for segment in self._from(position)), None)

    def permits_at(self, position: int) -> Frame | None:
        """Newest permit frame at or before the position, else None."""
        with self._available():
            return next((segment.permits(position) for segment in self._from(position)), None)

    def files(self) -> list[Path]:
        """Segment files, the oldest first."""
        with self._available():
            return [self._path(first) for first in self._firsts()]

    def mark(self, file: Path) -> tuple[int, ...]:
        """Give what tells a sealed segment from others, and from itself before a thinning; () while it may grow."""
        with self._available():
            return self._segment(_number(file)).mark()

    def size(self) -> LogSize:
        used = 0
        with self._available():
            for file in self._files():
                with suppress(FileNotFoundError):  # trimmed, or a -wal that its last user closed
                    used += file.stat().st_size
            disk = shutil.disk_usage(self._folder)
        return LogSize(used, self._limit_bytes, disk.free, disk.total)

    def trim(self, passed: int, before_ns: int) -> int:
        """Drop the oldest segments, whole, never the active one; give their number.

        Args:
            passed: position that every reader has *durably* passed; frames behind it stay.
            before_ns: frames received at or after this time stay, and so does what is newer than they.
        """
        dropped = 0
        with self._available():
            kept = 0
            for first, following in pairwise(self._firsts()):
                if following > passed + 1 or not self._segment(first).is_older_than(before_ns):
                    break
                kept = following
                dropped += 1
            for file in sorted(self._files()):  # the file itself goes before its -wal
                if _number(file) < kept:
                    file.unlink(missing_ok=True)
            self._firsts()
        return dropped

    def thin(self, after: int, until: int, choose: Callable[[Sequence[Frame]], Sequence[Frame]]) -> tuple[int, int]:
        """Drop frames of the segment behind `after`, unless it is the active one.

        Args:
            after: frames up to it are left alone.
            until: so are those behind it.
            choose: gives those of some frames that are dropped for good, in log order.

        Returns:
            Position up to which frames were looked at, and the number of those that were dropped.
        """
        dropped = 0
        with self._available():
            segment = next(self._from(after + 1), None)
            if segment is None:
                return after, 0
            after, end = max(after, segment.first - 1), min(segment.following() - 1, until)
            while after < end:
                chosen = choose(segment.read(after, min(_THIN, end - after)))
                segment.thin(chosen)
                after, dropped = min(after + _THIN, end), dropped + len(chosen)
            if end > 0:
                segment.shrink()
        return after, dropped

    def thinned_until(self) -> int:
        """Give the last position whose frame was dropped by `thin`, 0 where there is none."""
        with self._available():
            return max((segment.thinned_until() for segment in self._from(0)), default=0)

    def close(self) -> None:
        while self._open:
            self._open.popitem()[1].close()

    def _available(self) -> AbstractContextManager[None]:
        return available(f"frame log {self._folder}", self.close)

    def _files(self) -> list[Path]:
        return [file for file in self._folder.iterdir() if _FILE.fullmatch(file.name)]

    def _firsts(self) -> list[int]:
        """First positions of the segments there are; lets go of those that are gone, which frees their space."""
        firsts = sorted(_number(file) for file in self._files() if file.suffix == ".db")
        for gone in self._open.keys() - set(firsts):
            self._open.pop(gone).close()
        return firsts

    def _segment(self, first: int) -> Segment:
        segment = self._open.pop(first, None) or Segment(self._path(first), first)
        self._open[first] = segment
        while len(self._open) > _OPEN:
            self._open.pop(next(iter(self._open))).close()
        return segment

    def _from(self, position: int) -> Iterator[Segment]:
        """Segments from the one that holds the position."""
        firsts = self._firsts()
        return map(self._segment, firsts[max(bisect_right(firsts, position) - 1, 0) :])

    def _newest(self) -> Segment:
        """Segment to append to. It may be sealed meanwhile, which its `append` tells."""
        if self._active not in self._open:
            self._active = (self._firsts() or self._begin(1, []))[-1]
        return self._segment(self._active)

    def _follow(self, sealed: Segment) -> Segment:
        last = sealed.last()
        found = (sealed.configuration(last), sealed.clocks(last), sealed.permits(last))
        carried = [frame for frame in found if frame and frame.intact]
        self._active = self._begin(sealed.following(), carried)[-1]
        return self._segment(self._active)

    def _begin(self, first: int, carried: Sequence[Frame]) -> list[int]:
        """Make the segment unless there is one already, or a later one; give the first positions of all."""
        with _alone(self._folder):
            if max(self._firsts(), default=0) < first:
                create(self._path(first), first, carried)
        return self._firsts()

    def _path(self, first: int) -> Path:
        return self._folder / f"frames-{first:012}.db"


def _number(file: Path) -> int:
    return int(file.name.split("-")[1].split(".")[0])


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep every other process and thread out, and see the folder's new names on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
        os.fsync(handle)
    finally:
        os.close(handle)  # unlocks, as the end of the process would

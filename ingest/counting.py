"""One start of a device: which of its numbers came, and which are missing. The state behind `Continuity`."""

from bisect import bisect_right
from operator import attrgetter

import msgspec

MAX_HOLES = 4_096
"""Remembered for each start; the oldest beyond are left as they stand in the ledger."""

NEVER_NS = 2**63 - 1
_first = attrgetter("first")


class Hole(msgspec.Struct):
    """Numbers that have not come.

    Attributes:
        first: number.
        last: number.
        due_ns: log time at which it becomes a gap of the ledger; `NEVER_NS` for the number of a status message.
        opened_ns: when it did; None while it is a candidate.
        run: first number of the closed row of the ledger that ends right before it, if there is one.
    """

    first: int
    last: int
    due_ns: int
    opened_ns: int | None = None
    run: int | None = None


class Line(msgspec.Struct):
    """What is known of one start.

    Attributes:
        boot_id: as sent.
        name: in the ledger: the boot id, numbered where a device used it again.
        low: smallest known number; what came before it is unknown, not missing.
        high: largest that came.
        newest_ns: largest time of its messages.
        holes: sorted, between low and high.
        sealed: whether holes below `low` were forgotten.
    """

    boot_id: str
    name: str
    low: int
    high: int
    newest_ns: int
    holes: list[Hole] = []
    sealed: bool = False

    def find(self, seq: int) -> int | None:
        """Give the index of the hole that holds a number."""
        index = bisect_right(self.holes, seq, key=_first) - 1
        return index if index >= 0 and seq <= self.holes[index].last else None

    def insert(self, hole: Hole) -> None:
        self.holes.insert(bisect_right(self.holes, hole.first, key=_first), hole)

"""Time from the publish of the deciding frame (or the append of the deciding tick) to the commit of its alarm."""

from bisect import bisect_left
from collections.abc import Sequence

import numpy as np

from domain.frame import TICK_TOPIC
from domain.record import JournalEntry
from store.framelog import FrameLog

RAISES = frozenset({"raise", "worsen"})


class Latency:
    """Notes when frames were published and when positions were committed."""

    def __init__(self) -> None:
        self._published_ns: dict[tuple[str, bytes], int] = {}
        self._committed: list[tuple[int, int]] = []

    def published(self, topic: str, payload: bytes, now_ns: int) -> None:
        self._published_ns.setdefault((topic, payload), now_ns)

    def committed(self, position: int, now_ns: int) -> None:
        self._committed.append((position, now_ns))

    def percentiles(self, journal: Sequence[JournalEntry], log: FrameLog) -> dict[str, float | None]:
        """Give p50 and p99 in milliseconds over every raise and worsening; None where there was none."""
        found_ms = [ms for entry in journal if entry.event in RAISES and (ms := self._of(entry, log)) is not None]
        if not found_ms:
            return {"p50": None, "p99": None}
        p50, p99 = np.percentile(found_ms, [50, 99])
        return {"p50": round(float(p50), 1), "p99": round(float(p99), 1)}

    def _of(self, entry: JournalEntry, log: FrameLog) -> float | None:
        frame = log.frame(entry.position)
        found = bisect_left(self._committed, (entry.position, 0))
        if frame is None or found == len(self._committed):
            return None
        start_ns = (
            frame.received_ns if frame.topic == TICK_TOPIC else self._published_ns.get((frame.topic, frame.payload))
        )
        return None if start_ns is None else (self._committed[found][1] - start_ns) / 1e6

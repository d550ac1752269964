"""A trend out of points and roll-ups: the coarsest that a drawing cannot tell from the points."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from domain.rollup import HOUR_NS, MINUTE_NS, Rollup

RAW = 0
LEVELS = (RAW, MINUTE_NS, HOUR_NS)
DAY_NS = 24 * HOUR_NS
SHORT_NS = 2 * DAY_NS
POINT = np.dtype([("time_ns", np.int64), ("value", np.float64), ("quality", np.int64)])
Points = npt.NDArray[np.void]
Fetch = Callable[[int, int, int], Points]
"""Of (level, from_ns, until before to_ns): points in order of time; of a roll-up what `drawn` gives of the buckets that
begin then."""


def drawn(step_ns: int, rows: Sequence[tuple[int, Rollup]]) -> Points:
    """Give two points for each bucket, its lowest and its highest value; a bucket without a trusted value has none.

    Example:
        >>> drawn(60, [(120, Rollup(1.0, 2.0, 5.0, 4.0, 9, 0)), (180, Rollup(None, None, None, None, 0, 3))]).tolist()
        [(120, 1.0, 0), (150, 5.0, 0)]
    """
    kept = [(start_ns, part.low, part.high) for start_ns, part in rows if part.trusted]
    pairs = [point for start, low, high in kept for point in ((start, low, 0), (start + step_ns // 2, high, 0))]
    return np.array(pairs, POINT)


def level_for(span_ns: int, points: int) -> int:
    """Choose the coarsest level of which a trend has at least as many buckets as points are wanted.

    A short time is always drawn as it was measured: roll-ups do not show values that are not trusted.

    Example:
        >>> [level_for(days * DAY_NS, 800) // MINUTE_NS for days in (1, 3, 365)]
        [0, 1, 60]
    """
    if span_ns <= SHORT_NS:
        return RAW
    return max(level for level in LEVELS if level * points <= span_ns)


def gather(fetch: Fetch, from_ns: int, to_ns: int, points: int) -> tuple[Points, int]:
    """Give the points of a time at the level that suits, and the coarsest level that any of them is of.

    What lies behind its newest bucket comes from the finer ones, which are ahead of it; what lies before its oldest
    from the coarser ones, which are kept longer.
    """
    level = LEVELS.index(level_for(to_ns - from_ns, points))
    parts = _onwards(fetch, LEVELS[level::-1], from_ns, to_ns)
    first_ns = next((int(part["time_ns"][0]) for _, part in parts if len(part)), to_ns)
    for coarser in LEVELS[level + 1 :]:
        if first_ns - from_ns > coarser:
            older = fetch(coarser, from_ns, first_ns - coarser + 1)  # buckets that end before it
            parts.insert(0, (coarser, older))
            first_ns = int(older["time_ns"][0]) if len(older) else first_ns
    coarsest = max(step_ns for step_ns, part in parts if len(part) or not step_ns)
    return np.concatenate([part for _, part in parts]), coarsest


def _onwards(fetch: Fetch, levels: Sequence[int], from_ns: int, to_ns: int) -> list[tuple[int, Points]]:
    parts = []
    for step_ns in levels:
        found = fetch(step_ns, from_ns, to_ns)
        parts.append((step_ns, found))
        if len(found) and step_ns:
            from_ns = int(found["time_ns"][-1]) // step_ns * step_ns + step_ns
    return parts

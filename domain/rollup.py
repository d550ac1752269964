"""Roll-ups: what is kept of a minute, and of an hour, when the points themselves are gone."""

import math
import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from domain.quality import MAY_RAISE

MINUTE_NS = 60_000_000_000
HOUR_NS = 60 * MINUTE_NS
NAMES = {MINUTE_NS: "1m", HOUR_NS: "1h"}
"""In the names of buckets and measurements: ``gas_1m``, ``rollup_1m_pressure_kpa``."""
GRACE_NS = MINUTE_NS
"""How long after its end a bucket waits for stragglers before it is rolled up for the first time."""
_LARGEST = sys.float_info.max
_SCALE = 2.0**64


class Rollup(NamedTuple):
    """What is kept of the values of one quantity of one device within a bucket.

    Attributes:
        low: smallest trusted value; None, as the next three, where none is trusted: a gap stays a gap.
        mean: of the trusted values.
        high: largest trusted value.
        last: newest trusted value.
        trusted: number of those, those of a quality that may raise an alarm; a range exceeded is one of them.
        bad: of the others. The two add up to the points there were.
    """

    low: float | None
    mean: float | None
    high: float | None
    last: float | None
    trusted: int
    bad: int


def roll_up(points: Iterable[tuple[float, int]]) -> Rollup:
    """Roll up the (value, quality) of a bucket, in order of time.

    The mean is the exact sum, rounded once: it does not depend on who adds up in which order.

    Example:
        >>> roll_up([(1.0, 0), (4.0, 2), (99.0, 7), (1.0, 1)])
        Rollup(low=1.0, mean=2.0, high=4.0, last=1.0, trusted=3, bad=1)
    """
    found = list(points)
    trusted = [value for value, quality in found if quality in MAY_RAISE]
    bad = len(found) - len(trusted)
    if not trusted:
        return Rollup(None, None, None, None, 0, bad)
    mean = mean_of(trusted, len(trusted))
    return Rollup(min(trusted), mean, max(trusted), trusted[-1], len(trusted), bad)


def mean_of(sums: Sequence[float], count: int) -> float:
    """Give the mean of so many values, whose sums these are.

    No reading of gas is too large to be stored, so the sum of two may be no number any more; their mean is one.

    Example:
        >>> mean_of([1.0, 4.0, 1.0], 3), mean_of([1.5e308, 1.5e308], 2)
        (2.0, 1.5e+308)
    """
    try:
        return math.fsum(sums) / count
    except OverflowError:
        return _bounded(math.fsum(part / _SCALE for part in sums) / count * _SCALE)


def sum_of(mean: float, count: int) -> float:
    """Give the sum of so many values of a mean, or the largest number where it is none any more."""
    return _bounded(mean * count)


def _bounded(value: float) -> float:
    return max(-_LARGEST, min(value, _LARGEST))


def merge(parts: Sequence[Rollup]) -> Rollup:
    """Give the roll-up of several buckets that follow each other, in order of time.

    Example:
        >>> merge([Rollup(1.0, 2.0, 3.0, 3.0, 3, 0), Rollup(None, None, None, None, 0, 2), Rollup(6, 6, 6, 6, 1, 0)])
        Rollup(low=1.0, mean=3.0, high=6, last=6, trusted=4, bad=2)
    """
    bad = sum(part.bad for part in parts)
    lows, sums, highs, lasts, counts = [], [], [], [], []
    for low, mean, high, last, count, _ in parts:
        if low is not None and mean is not None and high is not None and last is not None:
            lows.append(low)
            sums.append(sum_of(mean, count))
            highs.append(high)
            lasts.append(last)
            counts.append(count)
    if not counts:
        return Rollup(None, None, None, None, 0, bad)
    total = sum(counts)
    return Rollup(min(lows), mean_of(sums, total), max(highs), lasts[-1], total, bad)


def alike(one: Rollup, other: Rollup) -> bool:
    """Tell whether two say the same, but for the last digits of the mean, which earlier versions rounded otherwise.

    Example:
        >>> part = roll_up([(0.1, 0), (0.2, 0), (0.3, 0)])
        >>> alike(part, part._replace(mean=0.20000000000000004)), alike(part, part._replace(trusted=2))
        (True, False)
    """
    if one.mean is None or other.mean is None or one._replace(mean=None) != other._replace(mean=None):
        return one == other
    return math.isclose(one.mean, other.mean, rel_tol=1e-9, abs_tol=1e-9 * max(abs(one.low or 0), abs(one.high or 0)))

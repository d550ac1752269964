"""When a wave of falling pressure reached a sensor, out of its samples."""

from typing import NamedTuple

import numpy as np

from detectors.order import Floats

_SHORT_S = 0.2
_FAR_S, _NEAR_S = 5.0, 1.0
"""The level before a sample is its mean from the first to the second of these."""
_SOON_S, LASTS_S = 0.5, 2.0
"""A fall lasts when the mean between these behind it is still low."""
_BEFORE_S, _BEHIND_S = 1.5, 1.0
_LEAST = 3
_HALF_NORMAL = 0.4549
"""Median of the square of a standard normal number."""


class Front(NamedTuple):
    """A fall that lasts.

    Attributes:
        time_s: when it passed, on the clock of the samples.
        fall_kpa: of the level.
        sd_s: deviation of the time.
    """

    time_s: float
    fall_kpa: float
    sd_s: float


def find_front(time_s: Floats, pressure_kpa: Floats, *, after_s: float, fall_kpa: float, sigmas: float) -> Front | None:
    r"""Find the first lasting fall.

    The mean of 0.2 s lies below that of 5 to 1 s before by $\max(k \sigma \sqrt{1/n_1 + 1/n_2}, f)$, $\sigma$ by the
    differences of neighbouring samples, and half of it is left 0.5 to 2 s later. The time of the front is that split of
    the samples around it into two levels that explains most.

    Args:
        time_s: of the samples, rising.
        pressure_kpa: at them.
        after_s: earlier samples are context alone; so are those of the last two seconds.
        fall_kpa: $f$. Smaller falls are demand.
        sigmas: $k$. Larger is quieter and blinder.

    Example:
        >>> time_s = np.arange(0, 20, 0.1)
        >>> front = find_front(time_s, np.where(time_s < 12, 160.0, 159.8), after_s=0, fall_kpa=0.03, sigmas=5)
        >>> round(front.time_s, 2), round(front.fall_kpa, 3)
        (11.95, 0.2)

    References:
        [1] Page (1954), Continuous inspection schemes; the split by two means is its likelihood ratio.
    """
    if len(time_s) < 2 * _LEAST:
        return None
    sums = np.concatenate([[0.0], np.cumsum(pressure_kpa - pressure_kpa[0])])
    short, long, later = (
        _means(time_s, sums, *span) for span in ((-_SHORT_S, 0.0), (-_FAR_S, -_NEAR_S), (_SOON_S, LASTS_S))
    )
    sigma = float(np.sqrt(np.median(np.diff(pressure_kpa) ** 2) / (2 * _HALF_NORMAL)))
    limit = np.maximum(sigmas * sigma * np.sqrt(1 / short.divisor + 1 / long.divisor), fall_kpa)
    fell = (long.level - short.level >= limit) & (long.level - later.level >= limit / 2)
    sure = (long.real >= _LEAST) & (later.real > 0) & (time_s > after_s) & (time_s <= time_s[-1] - LASTS_S)
    hits = np.flatnonzero(fell & sure)
    return _split(time_s, pressure_kpa, float(time_s[hits[0]]), sigma) if len(hits) else None


class _Means(NamedTuple):
    level: Floats
    divisor: Floats
    """Of the mean: 1 where there are none."""
    real: Floats


def _means(time_s: Floats, sums: Floats, start_s: float, stop_s: float) -> _Means:
    """Give the mean of a span before or behind each sample, from the first sample's level."""
    first, last = (np.searchsorted(time_s, time_s + edge + 1e-9, side="right") for edge in (start_s, stop_s))
    real = (last - first).astype(np.float64)
    count = np.maximum(real, 1.0)
    return _Means((sums[last] - sums[first]) / count, count, real)


def _split(time_s: Floats, pressure_kpa: Floats, near_s: float, sigma: float) -> Front | None:
    chosen = (time_s >= near_s - _BEFORE_S) & (time_s <= near_s + _BEHIND_S)
    at, level = time_s[chosen], pressure_kpa[chosen]
    count = np.arange(1, len(at))
    if not len(count):
        return None
    left = np.cumsum(level)[:-1] / count
    right = (level.sum() - np.cumsum(level)[:-1]) / (len(at) - count)
    best = int(((left - right) * np.abs(left - right) * count * (len(at) - count)).argmax())
    fall, step_s = float(left[best] - right[best]), float(at[best + 1] - at[best])
    if fall <= 0:
        return None
    return Front(float(at[best] + at[best + 1]) / 2, fall, step_s * (12**-0.5 + sigma / fall))

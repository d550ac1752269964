"""A stretch of a series that is like nothing at this time of the past week, and a level that it never jumped to."""

from typing import ClassVar

import numpy as np

from detectors.bounds import not_negative, positive, rising
from detectors.order import Bools, Floats, Ints
from detectors.screener import Screener, Verdicts

_SLOT_NS, _DAY = 300_000_000_000, 288
"""Of the memory of the past week: one mean for each five minutes."""
_COLD = 100
"""Distances that a tail needs before it is judged."""
_KEPT = 256
"""Largest distances that are remembered."""
_TAIL = 0.05
"""Share of all distances that counts as the tail, while that is no more than are kept."""
_FLOOR = 0.1
"""Of the threshold: no tail is believed to fall off faster."""
_EXACT = 1e-9
"""Of the level: what rounding makes of it is no distance."""
_TINY = 1e-200
_LARGEST = 300.0
"""Decimal digits of a probability beyond which nobody distinguishes."""


class Novelty(Screener):
    r"""Judge each row by four distances, and each distance by the tail of all those before it.

    With $m_w$ the mean of the last $w$ rows, the distances are, for $w$ of 1, `short` and `long`, that to the nearest
    $m_w$ within `slack_s` of the same time of day on any of the last `days` days: a Sunday finds its Sunday, and where
    there is no rhythm the past week is a sample as good as any; and $|m_v - m'|$ with $v$ = `level` and $m'$ the mean
    of the `before` rows in front of those $v$.

    A distance $x$ above the threshold $u$, the $k$-th largest of $n$ so far ($k = \min(n / 20, 256)$), has the tail
    probability $p = \frac{k}{n} (1 + \xi (x - u) / \beta)^{-1 / \xi}$, a generalised Pareto tail with
    $\xi = (1 - \bar e^2 / s_e^2) / 2$ held at 0 or above and $\beta = \bar e (1 - \xi)$ from mean and variance of the
    $k$ excesses. The score is $-\sum \log_{10} p$, so that series of any unit and noise compare.

    A row is told only if it is `more` times as unusual as the last one told within `rest` rows: an event gives a few
    rows, not a plateau; all others score 0. Several columns are judged each by itself, the most unusual counts.

    Args:
        columns: how many.
        train_rows: rows at the beginning that only teach.
        short: rows of a mean; finds bursts.
        long: rows of a mean; finds a wrong or a missing rhythm.
        level: $v$, rows.
        before: rows that a level is held against.
        days: that are remembered; 7 holds each day of the week.
        slack_s: how much earlier or later on another day counts as the same time, seconds.
        rest: rows after a told one in which only worse is told.
        more: how much worse.
        limit: score of an alarm. Larger is quieter.

    Example:
        >>> hours = np.arange(24 * 20)
        >>> tide = np.sin(hours * np.pi / 12) + 0.1 * np.sin(hours * hours)
        >>> tide[400:406] = 0.5
        >>> verdicts = Novelty(columns=1).update(hours * 3_600 * 10**9, tide[:, None])
        >>> int(verdicts.score.argmax())
        400

    References:
        [1] Pickands, J. (1975). Statistical inference using extreme order statistics. Annals of Statistics 3, 119-131.
        [2] Hosking, J. R. M., Wallis, J. R. (1987). Parameter and quantile estimation for the generalized Pareto
            distribution. Technometrics 29, 339-349 (the estimates by moments).
        [3] Lavin, A., Ahmad, S. (2015). Evaluating real-time anomaly detection algorithms. ICMLA, arXiv:1510.03336.
    """

    SCHEMA: ClassVar[str] = "novelty/1"

    def __init__(
        self,
        *,
        columns: int,
        train_rows: int = 0,
        short: int = 6,
        long: int = 48,
        level: int = 24,
        before: int = 576,
        days: int = 7,
        slack_s: float = 1_800.0,
        rest: int = 288,
        more: float = 1.4,
        limit: float = 5.5,
    ) -> None:
        positive(level=level, before=before, days=days, rest=rest, limit=limit)
        not_negative(slack_s=slack_s)
        rising(one=1, short=short, long=long)
        rising(one=1, more=more)
        self._widths, self._level, self._before = np.array((1, short, long)), level, before
        self._rest, self._more, self._limit, self._train_rows = rest, more, limit, train_rows
        slack = int(slack_s * 1e9) // _SLOT_NS
        self._back = (_DAY * np.arange(1, days + 1)[:, None] + np.arange(-slack, slack + 1)).ravel()
        self._cells = int(self._back.max()) + 1
        kinds = len(self._widths) + 1
        self._state = {
            "rows": np.zeros(1, "<i8"),
            "count": np.zeros(columns, "<i8"),
            "recent": np.zeros((columns, max(level + before, long))),
            "slots": np.full(self._cells, -1, "<i8"),
            "week": np.full((self._cells, len(self._widths), columns), np.nan),
            "distances": np.zeros((kinds, columns), "<i8"),
            "largest": np.zeros((kinds, columns, _KEPT)),
            "told": np.zeros(columns),
            "told_at": np.zeros(columns, "<i8"),
        }

    def update(self, time_ns: Ints, values: Floats) -> Verdicts:
        score = np.array([self._step(at, row) for at, row in zip(time_ns.tolist(), values, strict=True)], np.float64)
        return Verdicts(score, score >= self._limit)

    def _step(self, time_ns: int, row: Floats) -> float:
        state, there = self._state, np.isfinite(row)
        state["rows"] += 1
        state["count"] += there
        recent = state["recent"]
        recent[there, 1:] = recent[there, :-1]
        recent[there, 0] = row[there]
        total = recent.cumsum(axis=1)
        distance = np.vstack((self._to_week(time_ns // _SLOT_NS, total, there), self._to_level(total, there)))
        unusual = np.minimum(self._unusual(distance).sum(axis=0), _LARGEST)
        return self._tell(unusual) if state["rows"][0] > self._train_rows else 0.0

    def _to_week(self, slot: int, total: Floats, there: Bools) -> Floats:
        """Give the distance of each mean to its nearest of the past days, NaN where there is none, and remember it."""
        slots, week = self._state["slots"], self._state["week"]
        rows = np.minimum(self._widths, np.maximum(self._state["count"], 1)[:, None])
        mean = np.take_along_axis(total, rows - 1, axis=1).T / rows.T
        past = slot - self._back
        cell = past % self._cells
        apart = np.fmin.reduce(np.abs(week[cell[slots[cell] == past]] - mean), axis=0, initial=np.inf)
        own = slot % self._cells
        if slots[own] != slot:
            slots[own], week[own] = slot, np.nan
        week[own][:, there] = mean[:, there]
        return np.where(there & (apart < np.inf), np.maximum(apart - _EXACT * np.abs(mean), 0.0), np.nan)

    def _to_level(self, total: Floats, there: Bools) -> Floats:
        count, last = self._state["count"], total[:, self._level - 1]
        now = last / self._level
        before = total[:, self._level + self._before - 1] - last
        before /= np.minimum(np.maximum(count - self._level, 1), self._before)
        apart = np.maximum(np.abs(now - before) - _EXACT * np.abs(before), 0.0)
        return np.where(there & (count >= 2 * self._level), apart, np.nan)

    def _unusual(self, distance: Floats) -> Floats:
        """Give the digits of each tail probability, 0 below the threshold, and learn the distance."""
        largest, number = self._state["largest"], self._state["distances"]
        kept = np.maximum(np.minimum(np.ceil(_TAIL * number), _KEPT), 1).astype(np.intp)
        threshold = np.take_along_axis(largest, _KEPT - kept[..., None], axis=-1)
        tail = (number >= _COLD) & (distance > threshold[..., 0])
        digits = np.zeros(distance.shape)
        if tail.any():
            digits[tail] = _digits(distance[tail], largest[tail], threshold[tail], kept[tail], number[tail])
        new = distance > largest[..., 0]
        if new.any():
            rows = largest[new]
            rows[:, 0] = distance[new]
            largest[new] = np.sort(rows, axis=-1)
        number += np.isfinite(distance)
        return digits

    def _tell(self, unusual: Floats) -> float:
        told, told_at, count = self._state["told"], self._state["told_at"], self._state["count"]
        told[count - told_at > self._rest] = 0.0
        tells = unusual > self._more * told
        told[tells] = unusual[tells]
        told_at[tells] = count[tells]
        return float(np.where(tells, unusual, 0.0).max())


def _digits(distance: Floats, largest: Floats, threshold: Floats, kept: Ints, number: Ints) -> Floats:
    """Give the decimal digits of the probability of what lies above the threshold, by a generalised Pareto tail."""
    excess = np.maximum(largest - threshold, 0.0)
    mean = excess.sum(axis=-1) / kept
    spread = np.maximum((excess**2).sum(axis=-1) / kept - mean**2, _TINY)
    shape = np.maximum((1 - mean**2 / spread) / 2, 0.0)
    scale = np.maximum(np.maximum(mean * (1 - shape), _FLOOR * threshold[..., 0]), _TINY)
    ratio = (distance - threshold[..., 0]) / scale
    bent = np.where(shape > 0, np.log1p(shape * ratio) / np.maximum(shape, _TINY), ratio)
    digits: Floats = (bent + np.log(number / kept)) / np.log(10)
    return np.minimum(digits, _LARGEST)

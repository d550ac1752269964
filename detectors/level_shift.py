"""A level that moved: several columns, none of them known, any of which may wander by itself."""

from statistics import NormalDist
from typing import ClassVar

import numpy as np

from detectors.bounds import not_negative, positive, rising
from detectors.order import Bools, Floats, Ints
from detectors.screener import Screener, Verdicts

_COLD_ROWS = 200
"""Nobody knows how far a column wanders from fewer, however late it begins."""
_FINEST = 0.01
"""Of the range that was taught: no difference is believed to be steadier."""
_EXACT = 1e-9
"""Of the level: what rounding makes of it is no difference."""
_INDEPENDENT = 2.0
"""No column is believed to have shown fewer values: at one degree of freedom nothing but a landslide is news."""
_LARGEST = 1e9
"""Most that a score may be."""
_EXPONENT = 300.0
"""Most that is left of a finite number."""


class LevelShift(Screener):
    r"""Tell when the mean of the last rows leaves the mean of those before, by more than it ever does by itself.

    For each column, $y$ is the mean of the last $w$ rows without the largest and the smallest, $r$ the moving average
    (`memory` rows) of the $y$ that lie $w$ rows back, and $d = y - r$. The training rows teach the spread $s$ of $d$,
    which holds whatever the column does by itself within the memory, and from its values $b$ at every $w$-th row
    how many of them were independent:
    $\rho = 1 - \sum (b_i - b_{i-1})^2 / 2 \sum b_i^2$, $n_e = n (1 - \rho) / (1 + \rho)$.
    A column that wanders slowly has shown few independent values, so a large $d$ proves little there. Hence
    Student's $t$ with $\nu = n_e - 1$ degrees of freedom: alarm at
    $|d| > t_{\nu}(\alpha / 2m)\, s \sqrt{(n_e + 1) / (n_e - 1)}$, any of $m$ columns, either sign.

    From then on $r$ stands still. The column is back when $d$ was below `back` times its largest in this alarm for
    more than `hold` rows, and $r$ goes on from there; after `settle` rows the new level is the usual one. The score is
    the largest $|d|$ over its limit. All lengths are rows: the series should have an even period.

    Args:
        columns: how many.
        train_rows: rows at the beginning that only teach; at least 200, and ten windows and a memory.
        window: $w$, rows. Longer finds smaller shifts, later.
        memory: of the reference, rows. Shorter forgives drift, and slow ramps with it.
        chance: $\alpha$, of a false alarm at an independent row. Smaller is quieter and blinder.
        back: share of the largest deviation at which a column is back. Larger ends alarms earlier.
        hold: rows for which it must be back; at least `window`.
        settle: rows after which an alarm ends by itself.

    Example:
        >>> rows = np.arange(400)
        >>> noise = np.sin(rows * rows)[:, None]
        >>> moved = np.where((rows >= 300) & (rows < 340), 3.0, 0.0)[:, None]
        >>> alarm = LevelShift(columns=2).update(rows * 10**9, np.hstack((noise + moved, 5 * noise))).alarm
        >>> np.flatnonzero(np.diff(alarm)).tolist()
        [306, 376]

    References:
        [1] von Neumann, J. (1941). Distribution of the ratio of the mean square successive difference to the variance.
            Annals of Mathematical Statistics 12, 367-395.
        [2] Wallace, D. L. (1959). Bounds on normal approximations to Student's and the chi-square distributions.
            Annals of Mathematical Statistics 30, 1121-1130 (the limit without a table).
    """

    SCHEMA: ClassVar[str] = "level_shift/1"

    def __init__(
        self,
        *,
        columns: int,
        train_rows: int = 0,
        window: int = 10,
        memory: int = 50,
        chance: float = 1e-3,
        back: float = 0.3,
        hold: int = 30,
        settle: int = 600,
    ) -> None:
        positive(memory=memory, chance=chance, settle=settle)
        not_negative(back=back)
        rising(two=2, window=window)
        rising(chance=chance, one=1)
        rising(back=back, one=1)
        rising(window=window - 1, hold=hold)
        self._window, self._memory, self._chance = window, memory, chance
        self._back, self._hold, self._settle = back, hold, settle
        self._least_rows = max(_COLD_ROWS, 10 * window + memory)
        self._cold_rows = max(train_rows, self._least_rows)
        self._column = np.arange(columns)
        self._state = {
            "rows": np.zeros(1, "<i8"),
            **{name: np.zeros((window, columns)) for name in ("values", "means")},
            **{name: np.zeros(columns, "<i8") for name in ("count", "taught", "blocks", "low", "since")},
            **{name: np.zeros(columns) for name in ("reference", "peak", "squares", "steps", "block", "every")},
            "least": np.full(columns, np.inf),
            "most": np.full(columns, -np.inf),
            "limit": np.full(columns, np.inf),
        }

    def update(self, time_ns: Ints, values: Floats) -> Verdicts:
        score, alarm = np.zeros(len(time_ns)), np.zeros(len(time_ns), np.bool_)
        for index, row in enumerate(values):
            score[index], alarm[index] = self._step(row)
        return Verdicts(score, alarm)

    def _step(self, row: Floats) -> tuple[float, bool]:
        rows = int(self._state["rows"][0])
        self._state["rows"][0] = rows + 1
        there = np.isfinite(row)
        deviation, known = self._deviate(row, there)
        cold = rows < self._cold_rows
        learns = cold | (self._state["count"] < self._least_rows)
        if learns.any():
            self._teach(row, deviation, known & learns, there & learns)
        if cold:
            return 0.0, False
        fresh = np.isinf(self._state["limit"]) & ~learns
        if fresh.any():
            self._state["limit"][fresh] = self._limits()[fresh]
        z = np.clip(deviation / self._state["limit"], -_LARGEST, _LARGEST)
        self._turn(z, deviation, known)
        return float(np.abs(z).max()), bool(self._state["peak"].any())

    def _deviate(self, row: Floats, there: Bools) -> tuple[Floats, Bools]:
        """Give the mean of the last rows minus the reference, and where there is one."""
        values, means, count, reference, peak = (
            self._state[name] for name in ("values", "means", "count", "reference", "peak")
        )
        slot, column = (count % self._window)[there], self._column[there]
        values[slot, column] = row[there]
        count += there
        mean = np.sort(values, axis=0)[1:-1].mean(axis=0)
        before = np.zeros(len(row))
        before[there] = means[slot, column]
        means[slot, column] = mean[there]
        age = count - 2 * self._window
        known = there & (age > 0)
        learns = known & (peak == 0)
        share = np.maximum(1 / np.maximum(age, 1), 1 / self._memory)
        reference[learns] += (share * (before - reference))[learns]
        return np.where(known, mean - reference, 0.0), known

    def _teach(self, row: Floats, deviation: Floats, known: Bools, there: Bools) -> None:
        state = self._state
        state["least"][there] = np.minimum(state["least"], row)[there]
        state["most"][there] = np.maximum(state["most"], row)[there]
        known = known & (state["count"] > 2 * self._window + self._memory)
        state["squares"] += np.where(known, deviation**2, 0.0)
        ends = known & (state["taught"] % self._window == 0)
        state["steps"] += np.where(ends & (state["blocks"] > 0), (deviation - state["block"]) ** 2, 0.0)
        state["every"] += np.where(ends, deviation**2, 0.0)
        state["block"][ends] = deviation[ends]
        state["taught"] += known
        state["blocks"] += ends

    def _limits(self) -> Floats:
        state = self._state
        blocks, every = state["blocks"], state["every"]
        ratio = np.divide(state["steps"], 2 * every, out=np.ones(len(every)), where=every > 0)
        alike = np.clip(1 - ratio, 0.0, 1.0)
        independent = np.maximum(blocks * (1 - alike) / (1 + alike), _INDEPENDENT)
        spread = np.sqrt(state["squares"] / np.maximum(state["taught"], 1))
        finest = _FINEST * (state["most"] - state["least"])
        scale = np.maximum(spread, finest) * np.sqrt((independent + 1) / (independent - 1))
        exact = _EXACT * np.abs(state["reference"]) + np.finfo(np.float64).tiny
        limit: Floats = _student(independent - 1, self._chance / len(blocks)) * scale + exact
        return limit

    def _turn(self, z: Floats, deviation: Floats, known: Bools) -> None:
        """Raise and end the alarm of each column; its peak is 0 while there is none."""
        peak, low, since = (self._state[name] for name in ("peak", "low", "since"))
        on, along = peak != 0, z * np.sign(peak)
        begins, grows = ~on & (np.abs(z) > 1), on & (along > np.abs(peak))
        peak[begins | grows] = z[begins | grows]
        low[known] = np.where(on & (along < self._back * np.abs(peak)), low + 1, 0)[known]
        since[known] = np.where(peak != 0, since + 1, 0)[known]
        ends = (low > self._hold) | (since > self._settle)
        self._state["reference"][ends] += deviation[ends]
        peak[ends], low[ends], since[ends] = 0.0, 0, 0


def _student(freedom: Floats, chance: float) -> Floats:
    """Give the size that Student's t exceeds by chance, either way.

    Example:
        >>> _student(np.array([5.0, 30.0]), 0.001).round(2).tolist()
        [7.01, 3.65]
    """
    normal = NormalDist().inv_cdf(1 - chance / 2)
    exponent = (normal * (8 * freedom + 3) / (8 * freedom + 1)) ** 2 / freedom
    return np.sqrt(freedom * np.expm1(np.minimum(exponent, _EXPONENT)))

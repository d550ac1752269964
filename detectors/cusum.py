"""The textbook's sum of deviations, both ways, on each column: what a better detector is held against."""

from typing import ClassVar

import numpy as np

from detectors.bounds import not_negative, positive
from detectors.order import Floats, Ints
from detectors.screener import Screener, Verdicts
from detectors.state import NEVER

_COLD_ROWS = 30
"""Nobody knows a spread from fewer."""
_TO_SPREAD = 1.25
"""Standard deviation over mean absolute deviation of a normal distribution."""


_EXACT, _TINY = 1e-12, 1e-200
"""Of a mean: what its own rounding makes of it is no deviation; and against a division by 0."""


class Cusum(Screener):
    r"""Two-sided CUSUM of each column against its own slow mean; any column raises.

    With mean $m$ and spread $s$ over `memory_s`, $z = \operatorname{clip}((x - m) / \max(s, f), -c, c)$ and
    $S^\pm \leftarrow \min(2h, \max(0, S^\pm \pm z - k))$; alarm while any $S > h$. Mean and spread stand still then.
    The score is the largest $S / h$. It takes samples for independent; where they are not, it alarms too often [1].

    Args:
        columns: how many.
        train_rows: rows at the beginning that only teach; at least 30.
        k: shift that is forgiven, in spreads. Half of the shift to be found.
        h: sum that alarms. Larger is quieter and later.
        memory_s: of mean and spread, seconds.
        floor: no spread is believed to be smaller; in the unit of the columns.
        clip: largest deviation that counts, in spreads.

    Example:
        >>> cusum = Cusum(columns=1, k=1, h=8)
        >>> rows = np.arange(60)
        >>> values = np.where(rows < 50, rows % 2, 9.0)[:, None]
        >>> np.flatnonzero(cusum.update(rows * 10**9, values).alarm).tolist()
        [51, 52, 53, 54, 55, 56, 57, 58, 59]

    References:
        [1] Page, E. S. (1954). Continuous inspection schemes. Biometrika 41, 100-115.
    """

    SCHEMA: ClassVar[str] = "cusum/1"

    def __init__(
        self,
        *,
        columns: int,
        train_rows: int = 0,
        k: float = 1.0,
        h: float = 20.0,
        memory_s: float = 3_600.0,
        floor: float = 0.0,
        clip: float = 6.0,
    ) -> None:
        positive(h=h, memory_s=memory_s, clip=clip)
        not_negative(k=k, floor=floor)
        self._k, self._h, self._memory_s, self._floor, self._clip = k, h, memory_s, floor, clip
        self._cold_rows = max(train_rows, _COLD_ROWS)
        zero = np.zeros(columns)
        self._state = {
            "last_ns": np.array([NEVER], "<i8"),
            "count": np.zeros(columns, "<i8"),
            **{name: zero.copy() for name in ("mean", "spread", "up", "down")},
        }

    def update(self, time_ns: Ints, values: Floats) -> Verdicts:
        score = np.array([self._step(at, row) for at, row in zip(time_ns.tolist(), values, strict=True)], np.float64)
        return Verdicts(score, score > 1.0)

    def _step(self, time_ns: int, row: Floats) -> float:
        state = self._state
        last_ns, count, mean, spread, up, down = (state[name] for name in state)
        there = np.isfinite(row)
        passed_s = min(max(time_ns - int(last_ns[0]), 0) / 1e9, self._memory_s)
        last_ns[0] = time_ns
        off = np.where(there, row - mean, 0.0)
        known = there & (count >= self._cold_rows)
        scale = np.maximum(np.maximum(spread, self._floor), _EXACT * np.abs(mean) + _TINY)
        z = np.clip(off / scale, -self._clip, self._clip)
        for total, way in ((up, z), (down, -z)):
            total[known] = np.clip(total + way - self._k, 0.0, 2 * self._h)[known]
        calm = there & (np.maximum(up, down) <= self._h)
        count += there
        share = np.maximum(-np.expm1(-passed_s / self._memory_s), 1 / np.maximum(count, 1))
        mean[calm] += (share * off)[calm]
        spread[calm] += (share * (_TO_SPREAD * np.abs(off) * (count > 1) - spread))[calm]
        return float(np.maximum(up, down).max(initial=0.0) / self._h)

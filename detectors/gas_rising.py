"""Gas that rises fast."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.bounds import not_negative, ns, positive
from detectors.machine import Life, Machine, Rows
from detectors.order import Bools, Floats, Reading, by_slot
from detectors.slope import Slopes
from detectors.state import NEVER
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity

_MIN_S = 60.0


@dataclass(slots=True)
class _Rise(Life):
    onset_ns: int = NEVER
    calm_ns: int = NEVER
    """Since when every reading has been good, live and calm."""


class GasRising(Machine[_Rise]):
    r"""Tell a fast rise of gas, in a small room minutes before the first set-point.

    Least-squares slope $b$ over the window (see `Slopes`) [1]; onset when $b \ge s$ and $x \ge f$; end when for the
    off-delay no good, live reading had both $b \ge s/2$ and $x \ge f/2$. Good and uncertain readings make the slope;
    over-range ones have none.

    Args:
        channels: the numbering.
        slope_pct_lel_min: $s$, %LEL a minute. Smaller is more sensitive to cooking and warm-up.
        floor_pct_lel: $f$, %LEL; what rises below it is noise.
        window_s: width of the window, seconds. Wider is quieter and later; where it holds fewer than 3 samples, two
            that are a window apart make the slope.
        off_delay_s: calm time that ends it, seconds.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = GasRising(
        ...     channels=channels, slope_pct_lel_min=10, floor_pct_lel=10, window_s=60, off_delay_s=60, page_s=900
        ... )
        >>> leak = series(0, range(0, 100, 10), [0, 0, 0, 4, 8, 12, 16, 16, 16, 16])  # 24 %LEL/min
        >>> [(f.transition.value, f.position, round(f.value, 1)) for f in detector.update(leak)]
        [('onset', 6, 15.1)]

    References:
        [1] Draper, N. R., Smith, H. (1998). Applied Regression Analysis, 3rd ed., Wiley, chapter 1.
    """

    NAME: ClassVar[str] = "gas_rising"
    HEARS_UNUSABLE: ClassVar[bool] = True

    def __init__(
        self,
        *,
        channels: Channels,
        slope_pct_lel_min: float,
        floor_pct_lel: float,
        window_s: float,
        off_delay_s: float,
        page_s: float,
    ) -> None:
        positive(slope_pct_lel_min=slope_pct_lel_min, floor_pct_lel=floor_pct_lel)
        not_negative(off_delay_s=off_delay_s)
        self._slopes = Slopes(window_s)
        super().__init__(
            watch=shared(channels, (Quantity.GAS_PCT_LEL,)),
            life=_Rise,
            page_s=page_s,
            rings=(self._slopes.ring, self._slopes.fed),
        )
        self._limit, self._floor, self._off_ns = slope_pct_lel_min, floor_pct_lel, ns(off_delay_s)
        self._slope: Floats = np.empty(0)

    def _learn(self, rows: Rows, slot: Slots, part: Batch, busy: Bools | None) -> None:
        """Feed the rings; keep the slope, %LEL a minute, of each row of a channel that is not quiet."""
        order = by_slot(slot)
        fit = part.quality[order] <= Quality.UNCERTAIN.value
        if not fit.all():
            order = order[fit]
        wanted = np.zeros(len(order), np.bool_) if busy is None else busy[order]
        slopes = self._slopes.feed(slot[order], part.time_ns[order], part.value[order], wanted)
        if busy is not None:
            self._slope = np.full(int(rows[-1]) + 1, np.nan)
            self._slope[rows[order]] = slopes * _MIN_S

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        del slot
        hot: Bools = (part.value >= self._floor) & (part.quality <= Quality.UNCERTAIN.value)
        return hot

    def _is_busy(self, life: _Rise) -> bool:
        return life.onset_ns != NEVER

    def _step(self, slot: int, life: _Rise, reading: Reading) -> list[Finding]:
        slope = self._slope.item(reading.row)
        if life.onset_ns == NEVER:
            if not (reading.raises and slope >= self._limit and reading.value >= self._floor):
                return []
            life.onset_ns = reading.time_ns
            return [self._tell(slot, Transition.ONSET, reading, life.onset_ns, slope)]
        return self._stands(slot, life, reading, slope)

    def _stands(self, slot: int, life: _Rise, reading: Reading, slope: float) -> list[Finding]:
        # a slope that is none (too few samples) is no rise: `>=` is false
        still = slope >= self._limit / 2 and reading.value >= self._floor / 2
        if still or reading.quality != Quality.GOOD:
            life.calm_ns = NEVER
        if still or not reading.clears:
            return []
        if life.calm_ns == NEVER:
            life.calm_ns = reading.time_ns
        if reading.time_ns - life.calm_ns < self._off_ns:
            return []
        end = self._tell(slot, Transition.END, reading, life.onset_ns, slope)
        life.onset_ns = life.calm_ns = NEVER
        return [end]

    def _tell(self, slot: int, transition: Transition, reading: Reading, onset_ns: int, slope: float) -> Finding:
        value = None if math.isnan(slope) else slope
        return self._finding(
            slot,
            AlarmKind.GAS_RISING,
            transition,
            reading,
            level=int(transition is Transition.ONSET),
            onset_ns=onset_ns,
            value=value,
            limit=self._limit,
        )

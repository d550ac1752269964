"""A sensor that repeats one value."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from detectors.base import Detector, in_log_order
from detectors.bounds import not_negative, ns, positive
from detectors.causes import Causes, change
from detectors.memory import Memory
from detectors.order import Bools, Floats, Ints, Reading, by_slot, ends, in_order, readings, starts
from detectors.state import Columns, put_rows
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity

_CAUSE = {
    Quantity.GAS_PCT_LEL: 1,
    Quantity.PRESSURE_KPA: 2,
    Quantity.FLOW_M3H: 4,
    Quantity.TEMPERATURE_C: 8,
}


_LAST, _COUNT, _SINCE, _VALUE = range(4)


@dataclass(slots=True)
class _Line:
    """State of a channel.

    Attributes:
        run: of equal values, that the channel is in: newest time, number of samples, time of the first, and the value
            as its bits; side by side, so that all stand in one line of the processor's cache.
        stuck: whether that was told.
    """

    run: int = field(default=0, metadata={"width": 4})
    stuck: bool = False


class SensorStuck(Detector):
    r"""Tell a channel of gas, pressure, flow or temperature that repeats one value for long.

    Stuck when the last $n \ge N$ good or uncertain readings were equal and span $\ge D$ [1]; ends with a good, live
    reading that is not. Clean air reads 0 for months and so does a meter at night: gas within `gas_zero_pct_lel` of 0
    and a flow of 0 are never stuck. One alarm for the device, which ends when none of its channels is stuck.

    Args:
        channels: the numbering.
        samples: $N$. Larger than what the resolution repeats by chance.
        duration_s: $D$, seconds. Longer is quieter and later.
        gas_zero_pct_lel: readings of gas this near to 0 are zero, %LEL.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = SensorStuck(channels=channels, samples=5, duration_s=600, gas_zero_pct_lel=1, page_s=900)
        >>> flat = series(0, range(0, 720, 60), [2.1] + [2.0] * 10 + [1.9])  # flat from 60 s to 600 s and 660 s
        >>> detector.update(flat)
        []
        >>> longer = series(0, range(720, 1500, 60), [1.8] * 12 + [1.7], position=13)
        >>> [(f.transition.value, f.position, f.reason) for f in detector.update(longer)]
        [('onset', 23, 'pressure_kpa'), ('end', 25, 'pressure_kpa')]

    References:
        [1] U.S. IOOS (2020). QARTOD manual, flat line test.
    """

    NAME: ClassVar[str] = "sensor_stuck"

    def __init__(
        self, *, channels: Channels, samples: int, duration_s: float, gas_zero_pct_lel: float, page_s: float
    ) -> None:
        positive(samples=samples, duration_s=duration_s)
        not_negative(gas_zero_pct_lel=gas_zero_pct_lel, page_s=page_s)
        self._samples, self._duration_ns, self._page_ns = samples, ns(duration_s), ns(page_s)
        self._watch = shared(channels, tuple(_CAUSE))
        zero = {Quantity.GAS_PCT_LEL: gas_zero_pct_lel, Quantity.FLOW_M3H: 0.0}
        self._zero = self._watch.per_slot(lambda _, quantity: zero.get(quantity, -1.0))
        self._lines = Columns(_Line, len(self._watch))
        self._devices = Columns(Causes, len(channels.devices))
        self._memory = Memory(f"{self.NAME}/1", watch=self._watch, slots=(self._lines,), devices=self._devices)

    def update(self, batch: Batch) -> list[Finding]:
        self._memory.refresh()
        rows, slot, part = self._watch.select(batch, unusable=False)
        order = by_slot(slot)
        fit = part.quality[order] <= Quality.UNCERTAIN.value
        if not fit.all():
            order = order[fit]
        run = self._lines["run"].take(slot[order], axis=0)  # twice as fast as [ ]
        newest = in_order(slot[order], part.time_ns[order], run[:, _LAST])
        if not newest.all():
            order, run = order[newest], run[newest]
        if not len(order):
            return []
        return self._judge(batch, rows[order], slot[order], run)

    def _judge(self, batch: Batch, rows: npt.NDArray[np.intp], slot: Slots, run: Ints) -> list[Finding]:
        """Judge rows sorted by slot and time, given the run that each slot was in before."""
        now = self._runs(slot, batch.time_ns[rows], batch.value[rows], run)
        flat = (now[:, _COUNT] >= self._samples) & (now[:, _LAST] - now[:, _SINCE] >= self._duration_ns)
        if flat.any():
            flat &= np.abs(batch.value[rows]) > self._zero.values[slot]
        turns = flat != self._lines["stuck"][slot]
        findings = self._turn(batch, rows, slot, flat) if turns.any() else []
        last = ends(slot)
        put_rows(self._lines["run"], slot[last], now[last])
        return findings

    def _runs(self, slot: Slots, time_ns: Ints, value: Floats, run: Ints) -> Ints:
        """Give for each row the run of equal values that it ends."""
        first = starts(slot)
        before = run.view(np.float64)[:, _VALUE].copy()
        np.copyto(before[1:], value[:-1], where=~first[1:])
        new = (value != before) | (first & (run[:, _COUNT] == 0))
        index = np.arange(len(slot))
        begin = np.maximum.accumulate(np.where(new | first, index, 0))
        carried = ~new[begin]  # the run began before this batch
        now = np.empty_like(run)
        now[:, _LAST] = time_ns
        now[:, _COUNT] = index - begin + 1 + np.where(carried, run[:, _COUNT], 0)
        now[:, _SINCE] = np.where(carried, run[:, _SINCE], time_ns[begin])
        now.view(np.float64)[:, _VALUE] = value
        return now

    def _turn(self, batch: Batch, rows: npt.NDArray[np.intp], slot: Slots, flat: Bools) -> list[Finding]:
        """Judge, in log order, the rows of the channels that may turn."""
        turning = np.unique(slot[flat != self._lines["stuck"][slot]])
        own = np.flatnonzero(np.isin(slot, turning))
        own = own[np.argsort(rows[own])]
        findings: list[Finding] = []
        every = zip(slot[own].tolist(), flat[own].tolist(), readings(batch, rows[own], self._page_ns), strict=True)
        for number, on, reading in every:
            if on != self._lines["stuck"].item(number) and (reading.raises if on else reading.clears):
                self._lines["stuck"][number] = on
                findings += self._tell(number, reading, on=on)
        return in_log_order(findings)

    def _tell(self, slot: int, reading: Reading, *, on: bool) -> list[Finding]:
        quantity, device = self._watch.quantity_at(slot), self._watch.device_at(slot)
        changed = change(self._devices, self._watch.device.item(slot), _CAUSE[quantity], reading.time_ns, on=on)
        if changed is None:
            return []
        transition, onset_ns = changed
        return [
            Finding(
                self.NAME,
                AlarmKind.SENSOR_STUCK,
                device.id,
                device.site,
                transition,
                int(transition is Transition.ONSET),
                reading.position,
                reading.time_ns,
                onset_ns,
                reading.value,
                None,
                quantity.value,
            )
        ]

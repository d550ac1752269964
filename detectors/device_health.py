"""How well a sensor still is: one score of a device, from what ages it."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from detectors.base import Detector, Remap, in_log_order
from detectors.bounds import ns, positive, rising
from detectors.memory import Memory
from detectors.order import Floats, Ints, by_slot, ends, in_order, starts
from detectors.state import Columns, put_rows
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.asset import DeviceKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity

_LAST, _HAVE, _ONE, _TWO, _COUNT, _SUM, _ROUGH, _SPIKES = range(8)
_USUAL, _NOISE, _LEVEL, _SPIKY, _DAMP, _PERIODS = range(6)
_MILLI, _DAY_NS = 1e3, 86_400_000_000_000
_SPIKE_SCALES, _PRESSURE_STEP = 6.0, 0.03
_SCALE = 0.886  # standard deviation of white noise by the mean of |x - x before|: sqrt(pi)/2
_MOST, _HALF, _PEERS, _BOTH = 1e9, 0.5, 3, 2
REASONS = ("noise_lost", "noise_grown", "spikes", "drift", "immersed", "calibration_due", "expired")
"""What takes points, in the order of the columns of `DeviceHealth.points`."""


class HealthNumbers(NamedTuple):
    """What takes how many of the 100 points.

    Attributes:
        period_s: between two looks, seconds.
        periods: that a new sensor is learnt from, and memory of what is compared with it.
        least: readings that make a period count.
        limit: score below which it is told.
        reset: score from which it is over.
        noise: change of the noise by this factor, up or down, takes `heavy`.
        spikes: isolated values in a period that take `light`.
        drift_pct_lel: distance of gas from the median of its zone that begins to take points; twice that takes `heavy`.
        calibration_d: days after a calibration from which it takes `light`.
        light: points.
        heavy: points.
    """

    period_s: float
    periods: float
    least: float
    limit: float
    reset: float
    noise: float
    spikes: float
    drift_pct_lel: float
    calibration_d: float
    light: float
    heavy: float


@dataclass(slots=True)
class _Sensor:
    """State of a channel.

    Attributes:
        now: newest time, number of values before (to 2), those two in thousandths; count, sum, roughness and
            spikes of this period.
        wet: readings under water in this period.
        known: usual and present noise, level, spikes and share of time under water, number of periods.
    """

    now: int = field(default=0, metadata={"width": 8})
    wet: int = 0
    known: float = field(default=0.0, metadata={"width": 6})


@dataclass(slots=True)
class _State:
    score: float = 100.0
    onset_ns: int = 0
    stands: bool = False


class DeviceHealth(Detector):
    r"""Score each device from 0 to 100, and tell one that has aged.

    Noise is the mean $|x_i - x_{i-1}|$ of a period, which no slow change moves; it is held against that of the first
    periods: lost (a dead or covered sensor) or grown. A spike lies beyond 6 scales from both its
    neighbours, on one side of them [1].
    Drift is the distance of a room detector's level from the median of its zone's. Points also go for time under water,
    an overdue calibration and the end of service life [2], where the registry has the dates. The lowest score of its
    channels is the device's; the finding names what takes most.

    Args:
        channels: the numbering.
        numbers: see `HealthNumbers`.

    Example:
        >>> from datetime import date
        >>> from domain.asset import Assets, Device
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1", expires_on=date(1970, 1, 1))
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> numbers = HealthNumbers(3600, 24, 30, 60, 70, 5, 6, 3, 365, 20, 45)
        >>> detector = DeviceHealth(channels=channels, numbers=numbers)
        >>> detector.advance(0, 1)
        []
        >>> [(f.transition.value, f.value, f.reason) for f in detector.advance(2 * 86_400_000_000_000, 2)]
        [('onset', 55.0, 'expired')]

    References:
        [1] U.S. IOOS (2020). QARTOD manual, spike and attenuated signal tests.
        [2] GB 15322.2-2019 (service life of detectors).
    """

    def __init__(self, *, channels: Channels, numbers: HealthNumbers) -> None:
        positive(**numbers._asdict())
        rising(limit=numbers.limit, reset=numbers.reset)
        self._n, self._period_ns = numbers, ns(numbers.period_s)
        self._watch = shared(channels, (Quantity.GAS_PCT_LEL, Quantity.PRESSURE_KPA))
        self._floor = self._watch.per_slot(lambda _, quantity: 3.0 if quantity is Quantity.GAS_PCT_LEL else 0.0)
        self._sensors, self._devices = Columns(_Sensor, 0), Columns(_State, len(channels.devices))
        self._memory = Memory("device_health/1", watch=self._watch, slots=(self._sensors,), devices=self._devices)
        self._memory.refresh()
        self._calibrated_d = np.array([device.calibrated_day for device in channels.devices])
        self._expires_d = np.array([device.expires_day for device in channels.devices])
        self._spike: Floats = np.zeros(0)
        self.points: Floats = np.zeros((len(channels.devices), len(REASONS)))
        """Points that each reason takes from each device, as of the last look."""

    def update(self, batch: Batch) -> list[Finding]:
        self._memory.refresh()
        _, slot, part = self._watch.select(batch, unusable=True)
        wet = part.quality == Quality.IMMERSED.value
        if wet.any():
            np.add.at(self._sensors["wet"], slot[wet], 1)
        order = by_slot(slot)
        good = (part.quality == Quality.GOOD.value) & ~part.late
        order = order if good.all() else order[good[order]]
        slot, time_ns = slot[order], part.time_ns[order]
        now = self._sensors["now"].take(slot, axis=0)
        fresh = in_order(slot, time_ns, now[:, _LAST])
        if not fresh.all():
            order, slot, time_ns, now = order[fresh], slot[fresh], time_ns[fresh], now[fresh]
        if len(slot):
            self._take(slot, time_ns, part.value[order], now)
        return []

    def _take(self, slot: Slots, time_ns: Ints, value: Floats, now: Ints) -> None:
        milli = np.rint(np.clip(value, -_MOST, _MOST) * _MILLI).astype(np.int64)
        first, last = starts(slot), ends(slot)
        head = np.flatnonzero(first)
        size = np.diff(head, append=len(slot))
        have = np.minimum(2, now[:, _HAVE] + np.arange(len(slot)) - np.repeat(head, size))
        one = np.where(first, now[:, _ONE], np.roll(milli, 1))
        two = np.where(first, now[:, _TWO], np.roll(one, 1))
        rough = np.where(have > 0, np.abs(milli - one), 0)
        alone = np.minimum(np.abs(one - two), np.abs(one - milli)) > self._spike_milli()[slot]
        spiky = alone & ((one > two) == (one > milli)) & (have >= _BOTH)
        sums = now[head]
        sums[:, _LAST], sums[:, _HAVE] = time_ns[last], np.minimum(2, have[last] + 1)
        sums[:, _ONE], sums[:, _TWO] = milli[last], one[last]
        sums[:, _COUNT] += size
        for column, of in ((_SUM, milli), (_ROUGH, rough), (_SPIKES, spiky.astype(np.int64))):
            sums[:, column] += np.add.reduceat(of, head)
        put_rows(self._sensors["now"], slot[head], sums)

    def _spike_milli(self) -> Floats:
        """Give the deviation that is a spike on each channel; infinite while the sensor is new."""
        if len(self._spike) != len(self._watch):
            known = self._sensors["known"]
            floor = np.maximum(self._floor.values, _PRESSURE_STEP * np.abs(known[:, _LEVEL]))
            scale = np.maximum(floor, _SPIKE_SCALES * _SCALE * known[:, _USUAL])
            self._spike = np.where(known[:, _PERIODS] >= self._n.periods, _MILLI * scale, np.inf)
        return self._spike

    def restore(self, blob: bytes, remap: Remap | None = None) -> None:
        super().restore(blob, remap)
        self._spike = np.zeros(0)

    def waits(self, log_ns: int) -> bool:
        return log_ns // self._period_ns == self._memory.tick_ns // self._period_ns

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        waits = self.waits(log_ns)
        self._memory.tick(log_ns)
        if waits:
            return []
        self._memory.refresh()
        self._learn()
        self.points = self._points(log_ns)
        self._devices["score"][:] = np.maximum(0.0, 100.0 - self.points.sum(axis=1))
        score, stands = self._devices["score"], self._devices["stands"]
        turns = np.flatnonzero(np.where(stands, score >= self._n.reset, score < self._n.limit))
        return in_log_order([self._turn(device, log_ns, position) for device in turns.tolist()])

    def _learn(self) -> None:
        now, known, drowned = self._sensors["now"], self._sensors["known"], self._sensors["wet"]
        heard = now[:, _COUNT] + drowned
        share = 1.0 / np.minimum(known[:, _PERIODS] + 1.0, self._n.periods)
        wet = heard >= self._n.least
        known[:, _DAMP] += np.where(wet, share * (drowned / np.maximum(heard, 1) - known[:, _DAMP]), 0.0)
        count = np.maximum(now[:, _COUNT], 1)
        fit = now[:, _COUNT] >= self._n.least
        share = np.where(fit, share, 0.0)
        for column, value in (
            (_NOISE, now[:, _ROUGH] / (count * _MILLI)),
            (_LEVEL, now[:, _SUM] / (count * _MILLI)),
            (_SPIKY, now[:, _SPIKES].astype(np.float64)),
        ):
            known[:, column] += share * (value - known[:, column])
        known[:, _PERIODS] += fit
        new = known[:, _PERIODS] <= self._n.periods
        known[:, _USUAL] = np.where(new, known[:, _NOISE], known[:, _USUAL])
        now[:, _COUNT:], drowned[:] = 0, 0
        self._spike = np.zeros(0)

    def _points(self, log_ns: int) -> Floats:
        n, known, device = self._n, self._sensors["known"], self._watch.device
        points = np.zeros((len(self._watch.channels.devices), len(REASONS)))
        seasoned = (known[:, _PERIODS] >= 2 * n.periods) & (known[:, _USUAL] > 0)
        ratio = np.where(seasoned, known[:, _NOISE] / np.where(seasoned, known[:, _USUAL], 1.0), 1.0)
        for column, taken in enumerate((
            n.heavy * (ratio * n.noise < 1),
            n.heavy * (ratio > n.noise),
            n.light * np.minimum(1.0, known[:, _SPIKY] / n.spikes),
            n.heavy * np.clip(self._drift() / n.drift_pct_lel - 1.0, 0.0, 1.0),
            n.light * (known[:, _DAMP] > _HALF),
        )):  # fmt: skip
            np.maximum.at(points[:, column], device, taken)
        day = log_ns / _DAY_NS
        points[:, -2] = n.light * (day - self._calibrated_d > n.calibration_d)
        points[:, -1] = n.heavy * (day >= self._expires_d + 1)
        return points

    def _drift(self) -> Floats:
        """Give the distance of each room detector's level from the median of its zone; 0 without three of them."""
        known, zones = self._sensors["known"], self._zones()
        away = np.zeros(len(known))
        for zone in np.unique(zones[zones >= 0]).tolist():
            slots = np.flatnonzero((zones == zone) & (known[:, _PERIODS] >= self._n.periods))
            if len(slots) >= _PEERS:
                level = known[slots, _LEVEL]
                away[slots] = np.abs(level - np.median(level))
        return away

    def _zones(self) -> Ints:
        watch, numbers = self._watch, dict[str, int]()
        sites = watch.channels.assets.sites
        zones = np.full(len(watch), -1)
        for slot in range(len(watch)):
            if self._floor.values[slot] and watch.device_at(slot).kind is DeviceKind.GAS_DETECTOR:
                site = watch.device_at(slot).site
                zones[slot] = numbers.setdefault(sites[site].zone if site in sites else site, len(numbers))
        return zones

    def _turn(self, index: int, log_ns: int, position: int) -> Finding:
        devices, device = self._devices, self._watch.channels.devices[index]
        begins = not devices["stands"].item(index)
        devices["stands"][index] = begins
        if begins:
            devices["onset_ns"][index] = log_ns
        return Finding(
            "device_health",
            AlarmKind.DEVICE_AGEING,
            device.id,
            device.site,
            Transition.ONSET if begins else Transition.END,
            int(begins),
            position,
            log_ns,
            devices["onset_ns"].item(index),
            devices["score"].item(index),
            self._n.limit if begins else self._n.reset,
            REASONS[int(np.argmax(self.points[index]))] if begins else "",
        )

"""Gas that stays a little above what is usual here, long before the first set-point."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.base import Detector, in_log_order
from detectors.bins import Bins, Closed
from detectors.bounds import ns, positive, rising
from detectors.memory import Memory
from detectors.order import Bools, Floats, Ints, by_slot
from detectors.rounds import rounds
from detectors.state import Columns
from detectors.trading import Hours
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.asset import DeviceKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity

_BASE, _SCALE, _UP, _DOWN, _MEAN, _LEARNT, _RUN = range(7)
_NUMBER, _SINCE, _CROSSED, _STANDS, _ONSET, _CALIBRATED, _WARMED, _APPLIED = range(8)
_MAD = 1.2533  # standard deviation of a normal variable by its mean absolute deviation: sqrt(pi/2)
_CLIP = 6.0
"""Scales: one spike moves a sum by no more."""
_IN_A_ROW = 2


Damp = list[tuple[int, int, int]]
"""Row, device and bin of each reading of humid air."""


_COOKING, _MUCH_COOKING = "cooking", "cooking_much"
_VAPOURS = frozenset({_COOKING, _MUCH_COOKING, "steam"})
_MUCH = 0.5
"""Of the first set-point: so much alcohol in the air is as rare as a leak, and a large leak is as steep as alcohol."""
_SPECIAL = (Quality.CALIBRATION, Quality.WARMUP)


class _Special(NamedTuple):
    """Rows of a calibration and of a warm-up among those of a batch, sorted by slot."""

    calibrated: npt.NDArray[np.intp]
    warmed: npt.NDArray[np.intp]
    slot: Slots
    time_ns: Ints


class _Seen(NamedTuple):
    """A closed bin and the reading that closed it."""

    slot: int
    number: int
    mean: float
    row: int
    position: int
    time_ns: int


class EarlyNumbers(NamedTuple):
    """How sensitive and how patient.

    Attributes:
        width_s: of the means that are judged, seconds; at least the correlation time of the noise.
        floor_pct_lel: least scale, %LEL: the sensor's resolution, or its drift within the memory of the charts.
        slack: $k$, scales; half the smallest shift worth finding.
        limit: $h$, scales. Larger is later and quieter.
        run: $r$, scales: two means in a row that far up need no sum.
        weight: of the newest mean in the moving average.
        ewma_limit: $L$. Larger is quieter.
        rise_s: time constant of a baseline that rises, seconds; long, or a leak becomes normal.
        fall_s: of one that falls, seconds.
        learn_s: of means at the start that only teach, seconds.
        most_pct_lel: farthest from 0 that a baseline may lie: drift that is still tolerable.
        gap_s: a longer gap restarts the charts, seconds.
        steep_s: from nothing to the limit in at most this is steep, seconds.
        hold_s: how long an explained deviation must last to be told after all, seconds.
        humid_pct: air at or above it holds steam.
        relearn_s: after so long it is a shift that somebody must accept by a calibration, seconds.
    """

    width_s: float
    floor_pct_lel: float
    slack: float
    limit: float
    run: float
    weight: float
    ewma_limit: float
    rise_s: float
    fall_s: float
    learn_s: float
    most_pct_lel: float
    gap_s: float
    steep_s: float
    hold_s: float
    humid_pct: float
    relearn_s: float


@dataclass(slots=True)
class _Chart:
    """State of a channel.

    Attributes:
        levels: baseline, scale, both sums, moving average of z, number of means learnt, and of those far up in a row.
        marks: numbers of bins: newest, since when a sum is above 0, since when there is evidence, what stands (sign
            and level), its onset, the last calibration, the last warm-up, the calibration that the baseline follows.
    """

    levels: float = field(default=0.0, metadata={"width": 7})
    marks: int = field(default=0, metadata={"width": 8})


@dataclass(slots=True)
class _Air:
    humid: int = 0
    """Bin in which the device last saw steam."""


class GasEarly(Detector):
    r"""Tell a detector that reads more, or less, than its own usual air, for longer than cooking explains.

    Means $x$ over a minute of good, live readings; $z = (x - b) / \max(s, f)$ within $\pm 6$, with baseline $b$ and
    scale $s$ (mean absolute deviation) learnt from quiet minutes alone: both frozen while a sum is above 0. Two sums
    $S^\pm \leftarrow \min(2h, \max(0, S^\pm \pm z - k))$ [1] and $e \leftarrow e + \lambda (z - e)$ [2]; evidence is
    $S > h$ or $|e| > L \sqrt{\lambda / (2 - \lambda)}$, or two means in a row at $z \ge r$ [3]: one alone is a spike,
    two are no noise, and between reports of a minute a large leak leaves time for no more. It ends when both sums are 0
    and $|e|$ is below half its limit.

    What is rarely gas is named, and told only when it lasts for `hold_s`: a calibration or warm-up before it, steam,
    a steep rise while there is cooking (alcohol evaporates and goes), unless it passes half of the first set-point:
    a large leak is steep as well. Limits at set-points never wait for any of this.
    A reading at or above the first set-point is no early warning. A baseline stays within `most_pct_lel` of 0,
    and a scale below half of that.

    Args:
        channels: the numbering; room detectors alone are watched, for manholes breathe.
        numbers: see `EarlyNumbers`.
        low_pct_lel: first set-point of devices without their own, %LEL.
        hours: of cooking.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> numbers = EarlyNumbers(60, 1, 1.5, 10, 4, 0.1, 8, 604800, 86400, 900, 3, 600, 240, 1800, 90, 86400)
        >>> detector = GasEarly(channels=channels, numbers=numbers, low_pct_lel=20, hours=Hours(9, 22, 8))
        >>> room = series(0, range(0, 3600, 60), [1.4] * 20 + [5.0] * 20 + [1.4] * 20)
        >>> [(f.transition.value, f.position, f.reason) for f in detector.update(room)]
        [('onset', 25, 'rise'), ('end', 54, '')]

    References:
        [1] Page, E. S. (1954). Continuous inspection schemes. Biometrika 41, 100-115.
        [2] Roberts, S. W. (1959). Control chart tests based on geometric moving averages. Technometrics 1, 239-250.
        [3] Lucas, J. M., Crosier, R. B. (1982). Robust CUSUM (two in a row). Commun. Statist. Theory 11, 2669-2687.
    """

    def __init__(self, *, channels: Channels, numbers: EarlyNumbers, low_pct_lel: float, hours: Hours) -> None:
        positive(low_pct_lel=low_pct_lel, **numbers._asdict())
        rising(weight=numbers.weight, one=1.0)
        self._n, self._hours = numbers, hours
        self._watch = shared(channels, (Quantity.GAS_PCT_LEL,))
        self._room: Bools = np.zeros(0, np.bool_)
        self._low = self._watch.per_slot(lambda device, _: device.gas_low_pct_lel or low_pct_lel)
        self._damp = shared(channels, (Quantity.HUMIDITY_PCT,))
        self._bins = Bins(numbers.width_s)
        self._charts, self._air = Columns(_Chart, 0), Columns(_Air, len(channels.devices))
        self._memory = Memory(
            "gas_early/1", watch=self._watch, slots=(self._bins.open, self._charts), devices=self._air
        )
        self._memory.refresh()
        self._ewma_limit = numbers.ewma_limit * float(np.sqrt(numbers.weight / (2 - numbers.weight)))
        self._learn, self._gap, self._steep, self._hold, self._relearn = (
            max(1, ns(span_s) // self._bins.width_ns)
            for span_s in (numbers.learn_s, numbers.gap_s, numbers.steep_s, numbers.hold_s, numbers.relearn_s)
        )

    def update(self, batch: Batch) -> list[Finding]:
        self._memory.refresh()
        rows, slot, part = self._watch.select(batch, unusable=True)
        order = by_slot(slot)
        quality = part.quality
        if quality.any() or part.late.any() or not self._rooms().all():
            quality = np.where(~part.late & self._rooms()[slot], quality, np.int8(Quality.BAD))
        rows, slot, time_ns, value = rows[order], slot[order], part.time_ns[order], part.value[order]
        if quality.any():
            quality = quality[order]
            usable = np.flatnonzero(quality == Quality.GOOD.value)
            closed = self._bins.feed(slot[usable], time_ns[usable], value[usable])
            closed = closed._replace(row=usable[closed.row])
        else:
            closed = self._bins.feed(slot, time_ns, value)
        calibrated, warmed = (np.flatnonzero(quality == which) for which in _SPECIAL)
        special = _Special(calibrated, warmed, slot, time_ns)
        last_calibrated = self._carried(calibrated, special, closed, _CALIBRATED)
        last_warmed = self._carried(warmed, special, closed, _WARMED)
        damp = self._damp_rows(batch)
        findings: list[Finding] = []
        for turn in rounds(closed.slot):
            own = Closed(closed.row[turn], closed.slot[turn], closed.number[turn], closed.mean[turn])
            for at in self._step(own, last_calibrated[turn], last_warmed[turn]).tolist():
                row = int(rows[own.row[at]])
                seen = _Seen(
                    int(own.slot[at]),
                    int(own.number[at]),
                    float(own.mean[at]),
                    row,
                    int(batch.position[row]),
                    int(batch.time_ns[row]),
                )
                findings += self._turn(seen, damp)
        self._remember(special, damp)
        return in_log_order(findings)

    def _rooms(self) -> Bools:
        if len(self._room) != len(self._watch):
            count = range(len(self._watch))
            kinds = [self._watch.device_at(slot).kind is DeviceKind.GAS_DETECTOR for slot in count]
            self._room = np.array(kinds, np.bool_)
        return self._room

    # ------------------------------------------------------------ what explains a rise
    def _carried(self, rows: npt.NDArray[np.intp], special: _Special, closed: Closed, mark: int) -> Ints:
        """Give for each closed bin the newest bin before it, in log order, that held one of these rows."""
        known: Ints = self._charts["marks"][closed.slot, mark]
        if not len(rows):
            return known
        newest = np.searchsorted(rows, closed.row) - 1
        row = rows[newest]
        found = (newest >= 0) & (special.slot[row] == closed.slot)
        return np.where(found, special.time_ns[row] // self._bins.width_ns, known)

    def _damp_rows(self, batch: Batch) -> Damp:
        rows, slot, part = self._damp.select(batch, unusable=False)
        wet = np.flatnonzero((part.value >= self._n.humid_pct) & ~part.late)
        bins = part.time_ns[wet] // self._bins.width_ns
        return list(zip(rows[wet].tolist(), self._damp.device[slot[wet]].tolist(), bins.tolist(), strict=True))

    def _remember(self, special: _Special, damp: Damp) -> None:
        for rows, mark in ((special.calibrated, _CALIBRATED), (special.warmed, _WARMED)):
            if len(rows):
                self._charts["marks"][special.slot[rows], mark] = special.time_ns[rows] // self._bins.width_ns
        for _, device, number in damp:
            self._air["humid"][device] = max(number, self._air["humid"].item(device))

    def _humid(self, site: str, row: int, damp: Damp) -> int:
        """Give the newest bin with steam at a site, as known at a row."""
        channels = self._watch.channels
        devices = [channels.device_index[device.id] for device in channels.assets.by_site.get(site, ())]
        known: list[int] = self._air["humid"][devices].tolist()
        return max(known + [number for at, device, number in damp if at < row and device in devices], default=0)

    def _explanation(self, sign: int, marks: list[int], seen: _Seen, damp: Damp) -> str:
        since = max(0, marks[_SINCE] - self._hold)
        if marks[_CALIBRATED] > since:
            return "calibration"
        if marks[_WARMED] > since:
            return "warmup"
        if self._humid(self._watch.device_at(seen.slot).site, seen.row, damp) > since:
            return "steam"
        steep = sign > 0 and 0 < marks[_CROSSED] - marks[_SINCE] <= self._steep
        return _COOKING if steep and self._hours.open_at(marks[_CROSSED] * self._bins.width_ns) else ""

    # ------------------------------------------------------------ the charts
    def _step(self, own: Closed, calibrated: Ints, warmed: Ints) -> npt.NDArray[np.intp]:
        """Move the charts of different slots by one bin; give those that may turn."""
        levels, marks = self._charts["levels"][own.slot], self._charts["marks"][own.slot]
        levels[calibrated > marks[:, _APPLIED]] = 0.0
        gap = own.number - marks[:, _NUMBER]
        cold = (gap > self._gap) & (marks[:, _STANDS] == 0)
        levels[cold, _UP] = levels[cold, _DOWN] = levels[cold, _MEAN] = levels[cold, _RUN] = 0.0
        before = self._evidence(levels) != 0
        idle = levels[:, _UP] + levels[:, _DOWN] == 0
        self._move(levels, own.mean, gap, marks[:, _STANDS] == 0)
        marks[:, _NUMBER], marks[:, _CALIBRATED] = own.number, calibrated
        marks[:, _APPLIED], marks[:, _WARMED] = calibrated, warmed
        after = self._evidence(levels) != 0
        marks[:, _SINCE] = np.where(idle, own.number, marks[:, _SINCE])
        marks[:, _CROSSED] = np.where(after & ~before, own.number, marks[:, _CROSSED])
        self._charts["levels"][own.slot], self._charts["marks"][own.slot] = levels, marks
        return np.flatnonzero(after | (marks[:, _STANDS] != 0))

    def _move(self, levels: Floats, mean: Floats, gap: Ints, normal: Bools) -> None:
        n, learnt = self._n, levels[:, _LEARNT]
        learning = learnt < self._learn
        rest = np.where(learnt == 0, 0.0, mean - levels[:, _BASE])
        unit = np.maximum(levels[:, _SCALE], n.floor_pct_lel)
        z = np.where(learning, 0.0, np.clip(rest / unit, -_CLIP, _CLIP))
        levels[:, _UP] = np.clip(levels[:, _UP] + z - n.slack, 0.0, 2 * n.limit)
        levels[:, _DOWN] = np.clip(levels[:, _DOWN] - z - n.slack, 0.0, 2 * n.limit)
        levels[:, _MEAN] += n.weight * (z - levels[:, _MEAN])
        levels[:, _RUN] = np.where(z >= n.run, np.minimum(levels[:, _RUN] + 1.0, _IN_A_ROW), 0.0)
        quiet = (levels[:, _UP] + levels[:, _DOWN] == 0) & normal
        share = np.minimum(1.0, np.minimum(gap, self._gap) * n.width_s / np.where(rest > 0, n.rise_s, n.fall_s))
        share = np.where(learning, np.maximum(share, 1.0 / (learnt + 1.0)), share) * quiet
        spread = np.where(learning, 1.0 / (learnt + 1.0), n.width_s / n.fall_s) * quiet
        base = np.where(learnt == 0, mean, levels[:, _BASE] + share * rest)
        levels[:, _BASE] = np.clip(base, -n.most_pct_lel, n.most_pct_lel)
        levels[:, _SCALE] += spread * (_MAD * np.minimum(np.abs(rest), 3 * unit) - levels[:, _SCALE])
        np.minimum(levels[:, _SCALE], n.most_pct_lel / 2, out=levels[:, _SCALE])
        levels[:, _LEARNT] += quiet

    def _evidence(self, levels: Floats) -> Ints:
        """Give the sign of the deviation of each, 0 where there is no evidence."""
        up = (levels[:, _UP] > self._n.limit) | (levels[:, _MEAN] > self._ewma_limit)
        up |= levels[:, _RUN] >= _IN_A_ROW
        down = (levels[:, _DOWN] > self._n.limit) | (levels[:, _MEAN] < -self._ewma_limit)
        return up.astype(np.int64) - (down & ~up)

    def _turn(self, seen: _Seen, damp: Damp) -> list[Finding]:
        levels, marks = self._charts["levels"][seen.slot], self._charts["marks"][seen.slot].tolist()
        if not marks[_STANDS]:
            return self._begin(seen, int(self._evidence(levels[None])[0]), marks, damp)
        if levels[_UP] + levels[_DOWN] == 0 and abs(levels[_MEAN]) < self._ewma_limit / 2:
            return [self._tell(seen, 0, marks[_ONSET], Transition.END, "")]
        if abs(marks[_STANDS]) == 1 and seen.number - marks[_ONSET] >= self._relearn:
            return [self._tell(seen, 2 * marks[_STANDS], marks[_ONSET], Transition.ESCALATE, "shifted")]
        return []

    def _begin(self, seen: _Seen, sign: int, marks: list[int], damp: Damp) -> list[Finding]:
        if seen.mean >= self._low.values[seen.slot]:
            return []
        why = self._explanation(sign, marks, seen, damp)
        much = why == _COOKING and seen.mean >= _MUCH * self._low.values[seen.slot]
        if much:
            why = _MUCH_COOKING
        elif why and seen.number - marks[_SINCE] < self._hold:
            return []
        return [self._tell(seen, sign, marks[_SINCE], Transition.ONSET, why or ("rise" if sign > 0 else "zero_low"))]

    def _tell(self, seen: _Seen, stands: int, onset: int, transition: Transition, reason: str) -> Finding:
        marks, device = self._charts["marks"][seen.slot], self._watch.device_at(seen.slot)
        marks[_STANDS], marks[_ONSET] = stands, onset
        return Finding(
            "gas_early",
            AlarmKind.GAS_EARLY,
            device.id,
            device.site,
            transition,
            abs(stands),
            seen.position,
            seen.time_ns,
            onset * self._bins.width_ns,
            seen.mean,
            float(self._charts["levels"][seen.slot, _BASE]),
            reason,
            "vapour" if reason in _VAPOURS else "",
        )

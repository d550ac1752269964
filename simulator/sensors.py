"""What sensors make of the truth: lag, errors, disturbance, noise, saturation, steps, and faults."""

import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simulator.dice import FloatArray, Normals, RowArray, generator

_LN_10 = float(np.log(10.0))
_HOUR_NS = 3_600_000_000_000
_LONG_AGO_NS = np.iinfo(np.int64).min // 2


@dataclass(frozen=True, slots=True)
class Sensor:
    """One measured quantity of one device.

    Attributes:
        name: of its random streams.
        t90_s: time to 90 % of a step.
        noise: standard deviation of one reading.
        resolution: step of the reading.
        low: lower end of its scale.
        high: upper end of its scale.
        offset: constant error.
        gain: reading for each unit of the truth; 1 is right.
        wander: standard deviation of the slow movement around the truth.
        wander_s: time constant of that movement.
        walk: standard deviation of the drift that a day adds, in no direction.
        freedom: of the noise: 0 Gaussian, above 2 Student's t with its outliers.
        delay_s: before the truth reaches the sensor at all.
        start_up: below it a meter stands still and reads 0.
        latches: whether a reading at the end of the scale stays there until somebody calibrates.
        drop_share: share of readings that are missing.
        start: signal at the beginning.
    """

    name: str
    t90_s: float
    noise: float
    resolution: float
    low: float
    high: float
    offset: float = 0.0
    gain: float = 1.0
    wander: float = 0.0
    wander_s: float = 300.0
    walk: float = 0.0
    freedom: float = 0.0
    delay_s: float = 0.0
    start_up: float = 0.0
    latches: bool = False
    drop_share: float = 0.0
    start: float = 0.0


class _Delayed:
    """A row that the truth reaches later."""

    def __init__(self, row: int, delay_s: float, tau_s: float, start: float) -> None:
        self.row, self._delay_s, self._tau_s = row, delay_s, tau_s
        self._coming: deque[tuple[float, float]] = deque()
        self._newest = self._arrived = start
        self._now_s = 0.0

    def advance(self, signal: float, truth: float, dt_s: float) -> float:
        """Give the signal after `dt_s`; exact wherever in the step an older change arrives."""
        if truth != self._newest:
            self._newest = truth
            self._coming.append((self._now_s + self._delay_s, truth))
        end_s = self._now_s + dt_s
        while self._coming and self._coming[0][0] <= end_s:
            arrival_s, arrived = self._coming.popleft()
            signal = self._relax(signal, arrival_s)
            self._arrived = arrived
        return self._relax(signal, end_s)

    def _relax(self, signal: float, until_s: float) -> float:
        gone = -math.expm1(-(until_s - self._now_s) / self._tau_s)
        self._now_s = until_s
        return signal + gone * (self._arrived - signal)


class Sensors:
    """All sensors of a town as columns, stepped together and read one by one.

    A step of the truth arrives through a first-order lag, ``y += (1 − exp(−dt/τ))·(x − y)`` with ``τ = T90/ln 10``,
    which is exact while x stands still. Readings follow in this order: gain, offset, disturbance, drift and wander,
    noise, start-up limit, latch and ends of the scale, resolution, a stuck value, a missing one.

    Args:
        sensors: one for each row.
        seed: of the run.

    Attributes:
        signal: what has come through the lag, free of error.
        tau_s: time constant of each row's lag.
        gain: of each row; poisoning lowers it.
        offset: of each row.
        disturbance: what temperature and humidity add now.
        blind: rows that see nothing at the moment and give no reading.

    Example:
        >>> import numpy as np
        >>> one = Sensors([Sensor("GD-1:gas", 30.0, 0.0, 0.1, -5.0, 100.0)], seed=1)
        >>> for _ in range(150):
        ...     one.advance(np.array([50.0]), dt_s=0.1)
        >>> one.read(np.array([0]), time_ns=0)
        array([34.2])
    """

    def __init__(self, sensors: Sequence[Sensor], seed: int) -> None:
        def column(name: str) -> FloatArray:
            return np.array([getattr(sensor, name) for sensor in sensors], np.float64)

        count = len(sensors)
        self.signal, self.gain, self.noise = column("start"), column("gain"), column("noise")
        self.tau_s = column("t90_s") / _LN_10
        self._low, self._high, self._resolution = column("low"), column("high"), column("resolution")
        self.offset, self.disturbance = column("offset"), np.zeros(count)
        self.blind = np.zeros(count, np.bool_)
        self._wander, self._wander_s, self._walk = column("wander"), column("wander_s"), column("walk")
        self._start_up, self._latches = column("start_up"), column("latches") > 0
        self._drop_share = column("drop_share")
        self._deviation, self._walked = np.zeros(count), np.zeros(count)
        self._read_ns = np.full(count, _LONG_AGO_NS, np.int64)
        self._drift_per_h, self._drift_from_ns = np.zeros(count), np.zeros(count, np.int64)
        self._last, self._stuck = np.full(count, np.nan), np.zeros(count, np.bool_)
        self._latched = np.zeros(count, np.bool_)
        # what no row does takes no time
        self._drifting = self._sticking = False
        self._latching, self._starting = bool(self._latches.any()), bool(self._start_up.any())
        self._gone_in: tuple[float, FloatArray] = (0.0, np.zeros(count))
        self._moved_of: tuple[int, FloatArray, FloatArray] = (-1, np.zeros(count), np.zeros(count))
        self._all = np.arange(count)
        self._draw(sensors, seed)

    def _draw(self, sensors: Sequence[Sensor], seed: int) -> None:
        def streams(name: str) -> list[np.random.Generator]:
            return [generator(seed, sensor.name, name) for sensor in sensors]

        self._noises = Normals(streams("noise"), [sensor.freedom for sensor in sensors])
        self._wanders = Normals(streams("wander"))
        self._walks = Normals(streams("walk")) if self._walk.any() else None
        self._drops = {r: generator(seed, s.name, "drop") for r, s in enumerate(sensors) if s.drop_share > 0}
        self._delayed = [
            _Delayed(row, sensor.delay_s, float(self.tau_s[row]), sensor.start)
            for row, sensor in enumerate(sensors)
            if sensor.delay_s > 0
        ]

    # ------------------------------------------------------------ the truth comes in
    def advance(self, truth: FloatArray, dt_s: float | FloatArray) -> None:
        """Go on by `dt_s`, the step of all rows or of each."""
        later = [
            (one.row, one.advance(float(self.signal[one.row]), float(truth[one.row]), _of(dt_s, one.row)))
            for one in self._delayed
        ]
        self.signal += self._gone(dt_s) * (truth - self.signal)
        for row, signal in later:
            self.signal[row] = signal

    def _gone(self, dt_s: float | FloatArray) -> FloatArray:
        """Part of the way that each signal goes in a step; remembered while all steps are alike."""
        if not isinstance(dt_s, float):
            gone: FloatArray = -np.expm1(-dt_s / self.tau_s)
            return gone
        if self._gone_in[0] != dt_s:
            self._gone_in = (dt_s, -np.expm1(-dt_s / self.tau_s))
        return self._gone_in[1]

    # ------------------------------------------------------------ readings go out
    def read(self, rows: RowArray, time_ns: int) -> FloatArray:
        """Give one reading of each of these rows; NaN where it is missing."""
        every = len(rows) == len(self._all) and np.array_equal(rows, self._all)
        at: RowArray | slice = slice(None) if every else rows
        noisy = self.signal[at] * self.gain[at] + self.offset[at] + self.disturbance[at]
        if self._drifting:
            noisy += self._drift_per_h[at] * (time_ns - self._drift_from_ns[at]) / _HOUR_NS
        noisy += self._wandered(at, time_ns)
        noisy += self.noise[at] * self._noises.take(at)
        step = self._resolution[at]
        value: FloatArray = np.rint(self._ended(noisy, at) / step) * step + 0.0  # never -0.0
        if self._sticking:
            held = self._stuck[at] & np.isfinite(self._last[at])
            value = np.where(held, self._last[at], value)
        self._last[at] = value
        blind = self.blind[at]
        return self._dropped(rows, np.where(blind, np.nan, value) if blind.any() else value)

    def _ended(self, noisy: FloatArray, at: RowArray | slice) -> FloatArray:
        """Stop at the ends of the scale, where some stay until they are calibrated."""
        high = self._high[at]
        if self._latching:
            self._latched[at] |= self._latches[at] & (noisy >= high)
            noisy = np.where(self._latched[at], high, noisy)
        if self._starting:
            noisy = np.where(noisy < self._start_up[at], 0.0, noisy)
        found: FloatArray = np.minimum(np.maximum(noisy, self._low[at]), high)
        return found

    def _wandered(self, at: RowArray | slice, time_ns: int) -> FloatArray:
        """Ornstein-Uhlenbeck movement since each row's last reading, and the random walk: exact for any pause."""
        pause_ns = time_ns - self._read_ns[at]
        first, self._read_ns[at] = self._read_ns[at] == _LONG_AGO_NS, time_ns
        keep, fresh = self._moved(pause_ns, at)
        self._deviation[at] = keep * self._deviation[at] + fresh * self._wanders.take(at)
        if self._walks is None:
            return self._deviation[at]
        days = np.where(first, 0, pause_ns) / (24 * _HOUR_NS)
        self._walked[at] += self._walk[at] * np.sqrt(days) * self._walks.take(at)
        return self._deviation[at] + self._walked[at]

    def _moved(self, pause_ns: npt.NDArray[np.int64], at: RowArray | slice) -> tuple[FloatArray, FloatArray]:
        """Decay and new movement of a pause; remembered while all rows are read in step."""
        in_step = isinstance(at, slice) and bool((pause_ns == pause_ns[:1]).all())
        if in_step and len(pause_ns) and self._moved_of[0] == pause_ns[0]:
            return self._moved_of[1:]
        keep = np.exp(-pause_ns / (self._wander_s[at] * 1e9))
        fresh = self._wander[at] * np.sqrt(1 - keep * keep)
        if in_step and len(pause_ns):
            self._moved_of = (int(pause_ns[0]), keep, fresh)
        return keep, fresh

    def _dropped(self, rows: RowArray, value: FloatArray) -> FloatArray:
        if self._drops:
            for index, row in enumerate(rows.tolist()):
                if row in self._drops and self._drops[row].random() < self._drop_share[row]:
                    value[index] = np.nan
        return value

    # ------------------------------------------------------------ what goes wrong with a row
    def stick(self, row: int, *, stuck: bool) -> None:
        self._stuck[row] = stuck
        self._sticking = bool(self._stuck.any())

    def drift(self, row: int, per_h: float, from_ns: int) -> None:
        """Let a row's error grow from here on; 0 per hour means calibrated."""
        self._drift_per_h[row] = per_h
        self._drifting = bool(self._drift_per_h.any())
        self._drift_from_ns[row] = from_ns

    def calibrate(self, row: int, time_ns: int) -> None:
        """Bring a row back to its true zero, and release what has latched."""
        self.drift(row, 0.0, time_ns)
        self._latched[row] = False
        self._deviation[row] = self._walked[row] = 0.0

    def high(self, row: int) -> float:
        """Upper end of a row's scale."""
        return float(self._high[row])


def _of(dt_s: float | FloatArray, row: int) -> float:
    return dt_s if isinstance(dt_s, float) else float(dt_s[row])

"""What sensors make of the truth: lag, offset, drift, noise, saturation, steps, and faults."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from domain.asset import Gas
from simulator.dice import FloatArray, Normals, RowArray, generator

_LN_10 = float(np.log(10.0))
_HOUR_NS = 3_600_000_000_000


class Principle(StrEnum):
    """How a gas sensor works."""

    CATALYTIC = "catalytic"
    SEMICONDUCTOR = "semiconductor"
    INFRARED = "infrared"
    LASER = "laser"


@dataclass(frozen=True, slots=True)
class GasSensor:
    """Defaults of one principle.

    Attributes:
        t90_s: time to 90 % of a step.
        noise_pct_lel: standard deviation.
        alcohol: reading per true share of alcohol vapour, both in %LEL of their own gas.
        gases: that it sees.
        heavy: factor on `t90_s` for heavier gases than air.
    """

    t90_s: float
    noise_pct_lel: float
    alcohol: float
    gases: frozenset[Gas] = frozenset(Gas)
    heavy: float = 1.0


GAS_SENSORS = {
    Principle.CATALYTIC: GasSensor(20.0, 0.12, 0.8, heavy=2.0),
    Principle.SEMICONDUCTOR: GasSensor(30.0, 0.2, 1.5),
    Principle.INFRARED: GasSensor(20.0, 0.15, 0.3),
    Principle.LASER: GasSensor(3.0, 0.05, 0.0, gases=frozenset({Gas.NATURAL})),
}


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
        wander: standard deviation of the slow movement around the truth.
        wander_s: time constant of that movement.
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
    wander: float = 0.0
    wander_s: float = 300.0
    drop_share: float = 0.0
    start: float = 0.0


class Sensors:
    """All sensors of a town as columns, stepped together and read one by one.

    A step of the truth arrives through a first-order lag, ``y += (1 − exp(−dt/τ))·(x − y)`` with ``τ = T90/ln 10``,
    which is exact while x stands still. Readings add, in this order: offset, drift and wander, noise, ends of the
    scale, resolution, a stuck value, a missing one.

    Args:
        sensors: one for each row.
        seed: of the run.

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

        self.signal = column("start")
        self.noise = column("noise")
        self._tau_s = column("t90_s") / _LN_10
        self._low, self._high, self._resolution = column("low"), column("high"), column("resolution")
        self.offset, self._wander, self._wander_s = column("offset"), column("wander"), column("wander_s")
        self._drop_share = column("drop_share")
        count = len(sensors)
        self._deviation = np.zeros(count)
        self._read_ns = np.full(count, np.iinfo(np.int64).min // 2, np.int64)
        self._drift_per_h, self._drift_from_ns = np.zeros(count), np.zeros(count, np.int64)
        self._last, self._stuck = np.full(count, np.nan), np.zeros(count, np.bool_)
        self._noises = Normals([generator(seed, sensor.name, "noise") for sensor in sensors])
        self._wanders = Normals([generator(seed, sensor.name, "wander") for sensor in sensors])
        self._drops = {r: generator(seed, s.name, "drop") for r, s in enumerate(sensors) if s.drop_share > 0}
        self._gain_of: tuple[float, FloatArray] = (0.0, np.zeros(count))

    def advance(self, truth: FloatArray, dt_s: float) -> None:
        if self._gain_of[0] != dt_s:
            self._gain_of = (dt_s, -np.expm1(-dt_s / self._tau_s))
        self.signal += self._gain_of[1] * (truth - self.signal)

    def read(self, rows: RowArray, time_ns: int) -> FloatArray:
        """Give one reading of each of these rows; NaN where it is missing."""
        drift = self._drift_per_h[rows] * (time_ns - self._drift_from_ns[rows]) / _HOUR_NS
        noisy = self.signal[rows] + self.offset[rows] + drift + self._wandered(rows, time_ns)
        noisy += self.noise[rows] * self._noises.take(rows)
        step = self._resolution[rows]
        value = np.rint(np.clip(noisy, self._low[rows], self._high[rows]) / step) * step + 0.0  # never -0.0
        held = self._stuck[rows] & np.isfinite(self._last[rows])
        value = np.where(held, self._last[rows], value)
        self._last[rows] = value
        return self._dropped(rows, value)

    def _wandered(self, rows: RowArray, time_ns: int) -> FloatArray:
        """Ornstein-Uhlenbeck movement since each row's last reading, exact for any pause."""
        keep = np.exp(-(time_ns - self._read_ns[rows]) / (self._wander_s[rows] * 1e9))
        fresh = self._wander[rows] * np.sqrt(1 - keep * keep) * self._wanders.take(rows)
        self._deviation[rows] = keep * self._deviation[rows] + fresh
        self._read_ns[rows] = time_ns
        return self._deviation[rows]

    def _dropped(self, rows: RowArray, value: FloatArray) -> FloatArray:
        if self._drops:
            for index, row in enumerate(rows.tolist()):
                if row in self._drops and self._drops[row].random() < self._drop_share[row]:
                    value[index] = np.nan
        return value

    def stick(self, row: int, *, stuck: bool) -> None:
        self._stuck[row] = stuck

    def drift(self, row: int, per_h: float, from_ns: int) -> None:
        """Let a row's error grow from here on; 0 per hour means calibrated."""
        self._drift_per_h[row] = per_h
        self._drift_from_ns[row] = from_ns

    def saturated(self, row: int, value: float) -> bool:
        return value >= float(self._high[row])

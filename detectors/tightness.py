"""A leak behind the closed valve, from the fall of its pressure at night."""

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from detectors.behind import Behind, Line
from detectors.bounds import not_negative, ns, positive, rising
from detectors.order import Reading
from detectors.state import NEVER
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity

_KELVIN, _H_S, _UNMEASURED = 273.15, 3600.0, 10


@dataclass(slots=True)
class _Test(Line):
    """A test that runs; sums are relative to its first reading, in seconds, kPa and kelvin."""

    start_ns: int = NEVER
    start_kpa: float = 0.0
    n: int = 0
    t: float = 0.0
    p: float = 0.0
    tt: float = 0.0
    tp: float = 0.0
    pp: float = 0.0
    warm_ns: int = NEVER
    start_c: float = 0.0
    end_c: float = 0.0


class Tightness(NamedTuple):
    """What a fall of pressure means.

    Attributes:
        leak_dm3h: at the pressure in the pipe, dm³/h; below 0 the pipe gained.
        twice_dm3h: half width of the interval of 95 %.
    """

    leak_dm3h: float
    twice_dm3h: float


def leak(
    *,
    volume_dm3: float,
    absolute_kpa: float,
    slope_kpa_s: float,
    slope_sd_kpa_s: float,
    kelvin: float,
    warming_k_s: float,
    warming_sd_k_s: float,
) -> Tightness:
    r"""Give the leak of a closed pipe: $Q = V/p\,(-\dot p + (p/T)\,\dot T)$ of a perfect gas, and its uncertainty.

    Example:
        >>> found = leak(volume_dm3=10, absolute_kpa=81.7, slope_kpa_s=-3.4e-3, slope_sd_kpa_s=0, kelvin=293,
        ...     warming_k_s=0, warming_sd_k_s=0)
        >>> f"{found.leak_dm3h:.2f}"  # a hole of 0.1 mm at 2 kPa
        '1.50'
        >>> cooling = 0.1 / 60
        >>> found = leak(volume_dm3=50, absolute_kpa=81.7, slope_kpa_s=-81.7 / 293 * cooling, slope_sd_kpa_s=0,
        ...     kelvin=293, warming_k_s=-cooling, warming_sd_k_s=0)
        >>> f"{abs(found.leak_dm3h):.2f}"  # a kitchen that cools by 0.1 K a minute
        '0.00'
    """
    per = volume_dm3 / absolute_kpa * _H_S
    thermal = absolute_kpa / kelvin
    sd = math.hypot(slope_sd_kpa_s, thermal * warming_sd_k_s)
    return Tightness(per * (thermal * warming_k_s - slope_kpa_s), 2 * per * sd)


class TightnessTest(Behind[_Test]):
    r"""Test the pipes of a kitchen for leaks whenever its valve is closed long enough.

    Behind closed valves the pipe is a vessel: $Q = (V/p)(-\dot p + (p/T)\dot T)$ [1] (see `leak`). After `settle_s` a
    line is fitted to the pressure for `window_s`; its slope has the uncertainty of its residuals, and the temperature,
    first to last reading of the site, one of `kelvin_sd` for the change. A pressure that halves
    ends the window early. Leaking when $Q - 2u$ exceeds the limit, tight when $Q + 2u$ is below it: that ends the
    alarm. Everything between is undecided, and the next window begins. So is a pipe
    whose gauge pressure is nearly gone: whoever shut the valve with a burner on left nothing to measure.
    A seat that leaks holds the pressure up: `valve_bypass` looks for that. Nothing here ever moves a valve.

    Args:
        channels: the numbering; `pipe_dm3` of the valve goes before the volume here.
        volume_dm3: $V$, dm³; a wrong one scales the result.
        ambient_kpa: air pressure, kPa.
        limit_dm3h: leak that is told, dm³/h.
        settle_s: after closing, seconds.
        window_s: of the fit, seconds. Longer is finer and later.
        kelvin_sd: uncertainty of a change of temperature over the window, kelvin; tenfold where nothing measures it.
        least_kpa: mean gauge pressure that a test needs, kPa.
        samples: readings that a test needs, 3 at least.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> valve = Device(id="V-1", kind=DeviceKind.CUTOFF_VALVE, site="S1")
        >>> gauge = Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={"V-1": valve, "P-1": gauge}))
        >>> test = TightnessTest(
        ...     channels=channels, volume_dm3=10, ambient_kpa=79.7, limit_dm3h=1, settle_s=60, window_s=600,
        ...     kelvin_sd=0.02, least_kpa=0.5, samples=5, page_s=900,
        ... )
        >>> test.update(series(channels.find("V-1", Quantity.VALVE_OPEN), [0], [0.0]))
        []
        >>> time_s = range(60, 720, 60)
        >>> fall = series(channels.find("P-1", Quantity.PRESSURE_KPA), time_s, [2 - 3e-3 * t for t in time_s])
        >>> [(f.transition.value, f.position, f"{f.value:.2f}") for f in test.update(fall)]
        [('onset', 7, '1.33')]

    References:
        [1] ANSI/ASNT leak testing by pressure change; CJJ 94-2009 (acceptance of indoor gas pipes).
    """

    NAME: ClassVar[str] = "tightness"

    def __init__(
        self,
        *,
        channels: Channels,
        volume_dm3: float,
        ambient_kpa: float,
        limit_dm3h: float,
        settle_s: float,
        window_s: float,
        kelvin_sd: float,
        least_kpa: float,
        samples: int,
        page_s: float,
    ) -> None:
        positive(volume_dm3=volume_dm3, ambient_kpa=ambient_kpa, limit_dm3h=limit_dm3h, window_s=window_s)
        positive(least_kpa=least_kpa)
        rising(two=2, samples=samples)
        self._samples = samples
        not_negative(settle_s=settle_s, kelvin_sd=kelvin_sd)
        super().__init__(channels=channels, line=_Test, page_s=page_s)
        self._volume = self._watch.per_slot(lambda device, _: device.pipe_dm3 or volume_dm3)
        self._ambient_kpa, self._limit, self._least_kpa = ambient_kpa, limit_dm3h, least_kpa
        self._settle_ns, self._window_ns, self._kelvin_sd = ns(settle_s), ns(window_s), kelvin_sd

    def _opened(self, first: int, line: _Test, reading: Reading) -> list[Finding]:
        del first, reading
        line.start_ns = NEVER
        return []

    def _closed_step(
        self, first: int, line: _Test, since_ns: int, quantity: Quantity, reading: Reading
    ) -> list[Finding]:
        if reading.quality != Quality.GOOD or reading.time_ns - since_ns < self._settle_ns:
            return []
        if quantity is Quantity.FLOW_M3H and reading.value > 0:
            line.start_ns = NEVER
        elif quantity is Quantity.TEMPERATURE_C and line.start_ns != NEVER:
            _warm(line, reading)
        elif quantity is Quantity.PRESSURE_KPA:
            return self._measure(first, line, since_ns, reading)
        return []

    def _measure(self, first: int, line: _Test, since_ns: int, reading: Reading) -> list[Finding]:
        if line.start_ns == NEVER or line.start_ns < since_ns:
            _begin(line, reading)
        _add(line, (reading.time_ns - line.start_ns) / 1e9, reading.value - line.start_kpa)
        early = reading.value < line.start_kpa / 2
        if line.n < self._samples or not (early or reading.time_ns - line.start_ns >= self._window_ns):
            return []
        found, mean_kpa = self._result(first, line, (reading.time_ns - line.start_ns) / 1e9)
        start_ns, line.start_ns = line.start_ns, NEVER
        return [] if mean_kpa < self._least_kpa else self._verdict(first, line, found, start_ns, reading)

    def _result(self, first: int, line: _Test, span_s: float) -> tuple[Tightness, float]:
        spread = line.tt - line.t * line.t / line.n
        slope = (line.tp - line.t * line.p / line.n) / spread
        rest = max(0.0, line.pp - line.p * line.p / line.n - slope * slope * spread)
        known = line.warm_ns != NEVER
        warming = (line.end_c - line.start_c) / span_s if known else 0.0
        mean_kpa = line.start_kpa + line.p / line.n
        found = leak(
            volume_dm3=self._volume.values.item(first),
            absolute_kpa=mean_kpa + self._ambient_kpa,
            slope_kpa_s=slope,
            slope_sd_kpa_s=math.sqrt(rest / (line.n - 2) / spread),
            kelvin=_KELVIN + (line.end_c if known else 20.0),
            warming_k_s=warming,
            warming_sd_k_s=self._kelvin_sd * (1 if known else _UNMEASURED) * 1e9 / self._window_ns,
        )
        return found, mean_kpa

    def _verdict(self, first: int, line: _Test, found: Tightness, start_ns: int, reading: Reading) -> list[Finding]:
        leaking = found.leak_dm3h - found.twice_dm3h > self._limit
        tight = found.leak_dm3h + found.twice_dm3h < self._limit
        if not (leaking if line.onset_ns == NEVER else tight):
            return []
        onset_ns = start_ns if leaking else line.onset_ns
        line.onset_ns = onset_ns if leaking else NEVER
        return [
            self._finding(
                first,
                AlarmKind.TIGHTNESS_LOST,
                Transition.ONSET if leaking else Transition.END,
                reading,
                level=int(leaking),
                onset_ns=onset_ns,
                value=found.leak_dm3h,
                limit=self._limit,
                reason="" if leaking else "tight",
            )
        ]


def _begin(line: _Test, reading: Reading) -> None:
    line.start_ns, line.start_kpa, line.warm_ns = reading.time_ns, reading.value, NEVER
    line.n, line.t, line.p, line.tt, line.tp, line.pp = 0, 0.0, 0.0, 0.0, 0.0, 0.0


def _add(line: _Test, time_s: float, kpa: float) -> None:
    line.n += 1
    line.t, line.p = line.t + time_s, line.p + kpa
    line.tt, line.tp, line.pp = line.tt + time_s * time_s, line.tp + time_s * kpa, line.pp + kpa * kpa


def _warm(line: _Test, reading: Reading) -> None:
    if line.warm_ns == NEVER:
        line.warm_ns, line.start_c = reading.time_ns, reading.value
    line.end_c = reading.value

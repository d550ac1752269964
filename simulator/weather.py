"""The weather of the town: temperature, humidity, air pressure with fronts, rain. A function of time and seed alone."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from simulator.daily import hour_of_day, temperature_c
from simulator.dice import generator

_HOUR_NS = 3_600_000_000_000
_MEMORY_H = 24
_KEEP = 0.85
_DAMP_PER_K = 2.5
_WAVE_PEAK_H = 10.0


@dataclass(frozen=True, slots=True)
class Climate:
    """What is usual; the defaults are Dali's in January, without chance.

    Attributes:
        pressure_kpa: mean air pressure.
        wave_kpa: amplitude of its daily double wave, highest at 10 and 22 h.
        mean_c: mean temperature.
        amplitude_c: of its daily course.
        peak_hour: when it is warmest.
        noise_c: standard deviation of the temperature around its daily course, from hour to hour alike.
        humidity_pct: at the mean temperature; warmer air is drier.
        humidity_noise_pct: standard deviation around that.
        utc_offset_h: of the town's clock.
    """

    pressure_kpa: float = 79.7
    wave_kpa: float = 0.1
    mean_c: float = 9.0
    amplitude_c: float = 6.0
    peak_hour: float = 15.0
    noise_c: float = 0.0
    humidity_pct: float = 60.0
    humidity_noise_pct: float = 0.0
    utc_offset_h: float = 8.0


class Front(NamedTuple):
    """Air pressure that changes for good: down before a storm, up behind it."""

    time_ns: int
    change_kpa: float
    lasts_ns: int


class Rain(NamedTuple):
    """Rain from one time to another."""

    begin_ns: int
    end_ns: int
    mm_h: float


class Weather:
    """One weather for the whole town.

    Args:
        climate: what is usual.
        fronts: of air pressure.
        rains: that fall.
        seed: of the run.

    Example:
        >>> storm = Weather(Climate(wave_kpa=0.0), [Front(0, -0.8, 4 * 3_600_000_000_000)], [], seed=1)
        >>> [round(storm.air_pressure_kpa(h * 3_600_000_000_000), 2) for h in (0, 2, 4, 9)]
        [79.7, 79.3, 78.9, 78.9]
        >>> round(storm.pressure_trend_kpa_h(2 * 3_600_000_000_000), 2)
        -0.31
    """

    def __init__(self, climate: Climate, fronts: Sequence[Front], rains: Sequence[Rain], seed: int) -> None:
        self._climate, self._fronts, self._rains, self._seed = climate, fronts, rains, seed
        self._hourly: Callable[[str, int], float] = lru_cache(maxsize=256)(self._hour)

    def temperature_c(self, time_ns: int) -> float:
        climate = self._climate
        hour = hour_of_day(time_ns, climate.utc_offset_h)
        usual = temperature_c(hour, climate.mean_c, climate.amplitude_c, climate.peak_hour)
        return usual + climate.noise_c * self._chance("temperature", time_ns) if climate.noise_c else usual

    def humidity_pct(self, time_ns: int) -> float:
        """Relative humidity: warmth lowers it, rain saturates the air."""
        climate = self._climate
        if self.rain_mm_h(time_ns) > 0:
            return 98.0
        usual = climate.humidity_pct - _DAMP_PER_K * (self.temperature_c(time_ns) - climate.mean_c)
        chance = climate.humidity_noise_pct * self._chance("humidity", time_ns) if climate.humidity_noise_pct else 0.0
        return min(98.0, max(10.0, usual + chance))

    def air_pressure_kpa(self, time_ns: int) -> float:
        climate = self._climate
        angle = 4 * math.pi * (hour_of_day(time_ns, climate.utc_offset_h) - _WAVE_PEAK_H) / 24
        fronts = sum(front.change_kpa * _ramp(front, time_ns) for front in self._fronts)
        return climate.pressure_kpa + climate.wave_kpa * math.cos(angle) + fronts

    def pressure_trend_kpa_h(self, time_ns: int) -> float:
        """Change of the air pressure in an hour, by central difference over six minutes."""
        half = _HOUR_NS // 20
        return 10 * (self.air_pressure_kpa(time_ns + half) - self.air_pressure_kpa(time_ns - half))

    def rain_mm_h(self, time_ns: int) -> float:
        return sum((rain.mm_h for rain in self._rains if rain.begin_ns <= time_ns < rain.end_ns), 0.0)

    def _chance(self, name: str, time_ns: int) -> float:
        hour, rest = divmod(time_ns, _HOUR_NS)
        part = rest / _HOUR_NS
        return (1 - part) * self._hourly(name, hour) + part * self._hourly(name, hour + 1)

    def _hour(self, name: str, hour: int) -> float:
        """Standard normal number of an hour, like its neighbours: a moving average of independent ones."""
        fresh = (generator(self._seed, "weather", name, hour - k).standard_normal() for k in range(_MEMORY_H))
        return math.sqrt(1 - _KEEP * _KEEP) * sum(math.pow(_KEEP, k) * value for k, value in enumerate(fresh))


def _ramp(front: Front, time_ns: int) -> float:
    """Share of a front that has passed: a cosine, so that it neither begins nor ends with a jerk."""
    passed = min(1.0, max(0.0, (time_ns - front.time_ns) / front.lasts_ns))
    return (1 - math.cos(math.pi * passed)) / 2

"""What the hour of the day does to temperature and to gas demand."""

import math

_HOUR_NS = 3_600_000_000_000
_PEAKS = ((7.5, 1.0, 0.7), (11.8, 1.2, 1.0), (18.3, 1.4, 0.9))  # hour, width in hours, height


def hour_of_day(time_ns: int, utc_offset_h: float) -> float:
    return (time_ns / _HOUR_NS + utc_offset_h) % 24.0


def demand(hour: float) -> float:
    """Share of the day's peak demand: breakfast, lunch and dinner over a low base.

    Example:
        >>> [round(demand(hour), 1) for hour in (3, 7.5, 11.8, 15, 18.3)]
        [0.1, 0.7, 1.0, 0.1, 0.9]
    """
    humps = sum(
        height * math.exp(-(((hour - peak + 12) % 24 - 12) ** 2) / (2 * width**2)) for peak, width, height in _PEAKS
    )
    return min(1.0, max(0.08, humps))


def temperature_c(hour: float, mean_c: float, amplitude_c: float, peak_hour: float) -> float:
    return mean_c + amplitude_c * math.cos(2 * math.pi * (hour - peak_hour) / 24)

"""When a restaurant cooks, by the hour of its own clock."""

from dataclasses import dataclass

from domain.errors import ConfigurationError

_HOUR_NS, _DAY_H = 3_600_000_000_000, 24


@dataclass(frozen=True, slots=True)
class Hours:
    """Trading hours of a day; they may pass midnight.

    Attributes:
        open_h: hour of the day at which they begin.
        close_h: at which they end.
        utc_offset_h: of the local clock.

    Example:
        >>> hours = Hours(open_h=9, close_h=22, utc_offset_h=8)
        >>> hours.open_at(0), hours.open_at(14 * 3_600_000_000_000)  # 08:00 and 22:00 in Dali
        (False, False)
        >>> hours.open_at(3_600_000_000_000), Hours(17, 2, 0).open_at(3_600_000_000_000)
        (True, True)
    """

    open_h: float
    close_h: float
    utc_offset_h: float

    def __post_init__(self) -> None:
        if self.open_h == self.close_h:
            raise ConfigurationError("trading.open equals trading.close; expected hours of the day that differ")

    def open_at(self, time_ns: int) -> bool:
        hour = (time_ns / _HOUR_NS + self.utc_offset_h) % _DAY_H
        if self.open_h < self.close_h:
            return self.open_h <= hour < self.close_h
        return hour >= self.open_h or hour < self.close_h

"""Times as cities write them: Beijing time, which has no summer time."""

from datetime import UTC, date, datetime, timedelta, timezone

BEIJING = timezone(timedelta(hours=8))
_MS = 1_000_000


def beijing(time_ns: int) -> str:
    """Write a time as the canonical records do.

    Example:
        >>> beijing(1_768_449_600_250_000_000)
        '2026-01-15T12:00:00.250+08:00'
    """
    return _at(time_ns).isoformat(timespec="milliseconds")


def compact(time_ns: int) -> str:
    """Write a time as 14 digits.

    Example:
        >>> compact(1_768_449_600_250_000_000)
        '20260115120000'
    """
    return _at(time_ns).strftime("%Y%m%d%H%M%S")


def plain(time_ns: int) -> str:
    """Write a time as people do.

    Example:
        >>> plain(1_768_449_600_250_000_000)
        '2026-01-15 12:00:00'
    """
    return _at(time_ns).strftime("%Y-%m-%d %H:%M:%S")


def read(text: str) -> int:
    """Give the nanoseconds since 1970 of a canonical time.

    Example:
        >>> read("2026-01-15T12:00:00.250+08:00")
        1768449600250000000
    """
    since = datetime.fromisoformat(text) - datetime.fromtimestamp(0, UTC)
    return since // timedelta(milliseconds=1) * _MS


def day(when: date | None) -> str:
    return "" if when is None else when.isoformat()


def _at(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, BEIJING).replace(
        microsecond=time_ns % 1_000_000_000 // 1_000
    )

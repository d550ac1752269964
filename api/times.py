"""Times as people and programs read them: RFC 3339 with the offset of China, whatever the machine's zone."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Annotated

from pydantic import BeforeValidator

ZONE = timezone(timedelta(hours=8))
"""China has one zone and no summer time."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2262, 1, 1, tzinfo=UTC)
"""Beyond it the nanoseconds since 1970 leave 64 bits."""


def rfc3339(time_ns: int) -> str:
    """Write nanoseconds since 1970 to the millisecond.

    Example:
        >>> rfc3339(1_768_449_600_250_999_999)
        '2026-01-15T12:00:00.250+08:00'
    """
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, ZONE)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time_ns // 1_000_000 % 1000:03d}+08:00"


def rfc3339_or_none(time_ns: int | None) -> str | None:
    """Write a time; None where there is none (0 is "never")."""
    return rfc3339(time_ns) if time_ns else None


def parse(text: object) -> datetime:
    """Read RFC 3339 with an offset (ValueError: anything else).

    Example:
        >>> to_ns(parse("2026-01-15T12:00:00.250+08:00"))
        1768449600250000000
    """
    moment = datetime.fromisoformat(text) if isinstance(text, str) and "T" in text else None
    if moment is None or moment.tzinfo is None:
        raise ValueError("expected an RFC 3339 time with an offset, such as 2026-01-15T12:00:00+08:00")
    if not _EPOCH <= moment < _LAST:
        raise ValueError("expected a time between 1970 and 2262")
    return moment


def to_ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


Moment = Annotated[datetime, BeforeValidator(parse)]

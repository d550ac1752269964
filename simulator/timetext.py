"""Time as people and frames write it: durations such as 12h30m, and RFC 3339."""

import re
from datetime import UTC, datetime, timedelta, timezone

S_NS = 1_000_000_000
MS_NS = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS = re.compile(r"(-?)(?=\d)(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)(?:min|m))?(?:(\d+(?:\.\d{1,3})?)s)?")
DURATION_HINT = "expected a duration such as 90s, 2min or 12h30m"


def duration_ns(text: str) -> int:
    """Read a duration (ValueError: it is none).

    Example:
        >>> duration_ns("12h30m") // S_NS, duration_ns("-3min") // S_NS, duration_ns("1.5s")
        (45000, -180, 1500000000)
    """
    found = _PARTS.fullmatch(text)
    if found is None or text.lstrip("-").isdigit():
        raise ValueError(f"{text!r} is no duration; {DURATION_HINT}")
    sign, days, hours, minutes, seconds = found.groups()
    whole_s = int(days or 0) * 86_400 + int(hours or 0) * 3_600 + int(minutes or 0) * 60
    total = whole_s * S_NS + round(float(seconds or 0) * 1000) * MS_NS
    return -total if sign else total


def instant_ns(text: str) -> int:
    """Read RFC 3339 with an offset (ValueError: it is none).

    Example:
        >>> instant_ns("2026-01-15T12:00:00.250+08:00")
        1768449600250000000
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise ValueError(f"{text!r} is no time; expected RFC 3339 with an offset, such as 2026-01-15T12:00:00+08:00")
    return (time - _EPOCH) // timedelta(microseconds=1) * 1000


def zone(utc_offset_h: float) -> timezone:
    return timezone(timedelta(hours=utc_offset_h))


def instant_text(time_ns: int, at: timezone) -> str:
    """Write RFC 3339 in milliseconds.

    Example:
        >>> instant_text(1_768_449_600_250_000_000, zone(8))
        '2026-01-15T12:00:00.250+08:00'
    """
    return (_EPOCH + timedelta(milliseconds=time_ns // MS_NS)).astimezone(at).isoformat(timespec="milliseconds")

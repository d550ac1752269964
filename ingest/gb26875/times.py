"""Time tags: second, minute, hour, day, month, year of the century; one byte each, clocks of Shanghai."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

TAG_BYTES = 6
UNSET = bytes(TAG_BYTES)
"""Of a clock that nobody set."""

_CENTURY, _YEARS = 2_000, 100
_SHANGHAI = timedelta(hours=8)
"""The standard names no zone. China has had this one without summer time since 1992."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


@lru_cache(4_096)  # a town's devices send in the same seconds
def time_ns(tag: bytes) -> int | None:
    """Read a tag of six bytes, nanoseconds since 1970; None where there is no such moment.

    Example:
        >>> time_ns(bytes([0, 30, 8, 15, 9, 23])), time_ns(bytes([0, 30, 8, 31, 2, 23])), time_ns(bytes(6))
        (1694737800000000000, None, None)
    """
    second, minute, hour, day, month, year = tag
    try:
        moment = datetime(_CENTURY + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return None if year >= _YEARS else (moment - _SHANGHAI - _EPOCH) // _SECOND * 1_000_000_000


def time_tag(time_ns: int) -> bytes:
    """Write a moment of this century as a tag (ValueError: of another); what is below a second is cut off.

    Example:
        >>> time_tag(1_694_737_800_999_000_000).hex()
        '001e080f0917'
    """
    moment = _EPOCH + _SHANGHAI + time_ns // 1_000_000_000 * _SECOND
    year = moment.year - _CENTURY
    if not 0 <= year < _YEARS:
        raise ValueError(f"{moment} is not of this century")
    return bytes((moment.second, moment.minute, moment.hour, moment.day, moment.month, year))

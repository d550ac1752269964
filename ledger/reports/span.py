"""Which days a report is about: days of China, weeks from Monday, months, quarters of the year."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from typing import NamedTuple

from alerting.kpi_texts import Said

_ZONE = timezone(timedelta(hours=8))
_DAY = timedelta(days=1)
_DAY_NS = 86_400_000_000_000
_QUARTER_MONTHS = 3
_WEEK_D = 7
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)
"""Days between which there are reports."""


class Rhythm(StrEnum):
    """How often a report is made."""

    DAILY = "daily"
    """日调度"""
    WEEKLY = "weekly"
    """周通报"""
    MONTHLY = "monthly"
    """月督导"""
    QUARTERLY = "quarterly"
    """季度督查"""


class Span(NamedTuple):
    """Days of a report; `end` is not among them."""

    first: date
    end: date

    @property
    def from_ns(self) -> int:
        return midnight_ns(self.first)

    @property
    def to_ns(self) -> int:
        return midnight_ns(self.end)


def midnight_ns(day: date) -> int:
    """Give 00:00 in China, where days are cut.

    Example:
        >>> midnight_ns(date(2026, 1, 15))
        1768406400000000000
    """
    at = datetime(day.year, day.month, day.day, tzinfo=_ZONE) - datetime(1970, 1, 1, tzinfo=UTC)
    return at // timedelta(seconds=1) * 1_000_000_000


def day_of(time_ns: int) -> date:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, _ZONE).date()


def span_of(rhythm: Rhythm, day: date) -> Span:
    """Give the day, week, month or quarter of a day.

    Example:
        >>> span_of(Rhythm.QUARTERLY, date(2026, 12, 24))
        Span(first=datetime.date(2026, 10, 1), end=datetime.date(2027, 1, 1))
    """
    if rhythm is Rhythm.DAILY:
        return Span(day, day + _DAY)
    if rhythm is Rhythm.WEEKLY:
        first = day - timedelta(days=day.weekday())
        return Span(first, first + timedelta(days=_WEEK_D))
    months = 1 if rhythm is Rhythm.MONTHLY else _QUARTER_MONTHS
    first = day.replace(day=1, month=day.month - (day.month - 1) % months)
    end = (first + timedelta(days=31 * months)).replace(day=1)
    return Span(first, end)


def before(rhythm: Rhythm, span: Span) -> Span:
    """Give the one before, with which a report compares."""
    return span_of(rhythm, span.first - _DAY)


def last_complete(rhythm: Rhythm, now_ns: int) -> date:
    """Give a day of the last one that is over."""
    return span_of(rhythm, day_of(now_ns)).first - _DAY


def marks_ns(rhythm: Rhythm, span: Span, cut_ns: int) -> Sequence[int]:
    """Give where the course of a report begins, and the ends of its parts: days, of a quarter weeks.

    A day by itself has no course: that of the seven days up to it is shown.
    """
    begin_ns = span.to_ns - _WEEK_D * _DAY_NS if rhythm is Rhythm.DAILY else span.from_ns
    part_ns = _DAY_NS * (_WEEK_D if rhythm is Rhythm.QUARTERLY else 1)
    return [*range(begin_ns, cut_ns, part_ns), cut_ns]


PHASES = {
    date(2024, 7, 1): Said("长效机制", "lasting mechanism"),
    date(2023, 12, 1): Said("巩固提升", "consolidation"),
    date(2023, 8, 1): Said("集中攻坚", "concentrated effort"),
}
"""Phases of the programme by their first day, the latest first (方案 2023-09-15, 三阶段)."""


def phase_of(day: date) -> Said | None:
    """Tell in which phase of the programme a day lies; None before it.

    Example:
        >>> phase_of(date(2023, 11, 30)).zh
        '集中攻坚'
    """
    return next((said for first, said in PHASES.items() if day >= first), None)

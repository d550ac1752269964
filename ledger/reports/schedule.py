"""Which reports are to be made by themselves, and which leave: a function of what is there and of the time.

A report is due from some minutes after its last day, so that what was written at midnight is in it. The last of each
rhythm is always wanted; of those before it, what is missing between the oldest that is there and `missed_d` days ago,
so that an outage leaves no hole and a new installation does not begin with empty reports of a time before it.

What is kept is counted, not dated: a clock that jumps ahead by years drops a few reports and not all of them.
"""

import re
from collections.abc import Collection, Iterator
from datetime import date
from typing import NamedTuple

from ledger.reports.span import FIRST_DAY, LAST_DAY, Rhythm, Span, before, last_complete, span_of

DELAY_NS = 300_000_000_000
_DAY_NS = 86_400_000_000_000
_IN_A_YEAR = {Rhythm.DAILY: 366, Rhythm.WEEKLY: 53, Rhythm.MONTHLY: 12, Rhythm.QUARTERLY: 4}
_NAME = re.compile(r"([a-z]+)-(\d{4}-\d{2}-\d{2})")


class Issue(NamedTuple):
    """One report: how often it is made, and its first day."""

    rhythm: Rhythm
    first: date

    @property
    def span(self) -> Span:
        return span_of(self.rhythm, self.first)

    def __str__(self) -> str:
        return f"{self.rhythm}-{self.first}"


def issue_of(name: str) -> Issue | None:
    """Read the name of a report; None where it is none, as where no month begins on that day.

    Example:
        >>> str(issue_of("monthly-2024-02-01")), issue_of("monthly-2024-02-29")
        ('monthly-2024-02-01', None)
    """
    told = _NAME.fullmatch(name)
    if told is None or told[1] not in set(Rhythm):
        return None
    try:
        found = Issue(Rhythm(told[1]), date.fromisoformat(told[2]))
    except ValueError:
        return None
    return found if FIRST_DAY <= found.first <= LAST_DAY and found.span.first == found.first else None


def due(held: Collection[Issue], now_ns: int, missed_d: float) -> list[Issue]:
    """Give what is to be made, rhythm by rhythm, the oldest first.

    Args:
        held: what is there.
        now_ns: wall clock.
        missed_d: how long ago a time may have ended that was missed.
    """
    return [issue for rhythm in Rhythm for issue in reversed(list(_missing(rhythm, held, now_ns, missed_d)))]


def _missing(rhythm: Rhythm, held: Collection[Issue], now_ns: int, missed_d: float) -> Iterator[Issue]:
    """Walk back from the last that is over; the last itself is wanted however long ago it ended."""
    since_ns = now_ns - round(missed_d * _DAY_NS)
    begun = min((issue.first for issue in held if issue.rhythm is rhythm), default=LAST_DAY)
    span = span_of(rhythm, last_complete(rhythm, now_ns - DELAY_NS))
    last = span
    while span.first >= FIRST_DAY and (span is last or (span.first > begun and span.to_ns + DELAY_NS >= since_ns)):
        if (issue := Issue(rhythm, span.first)) not in held:
            yield issue
        span = before(rhythm, span)


def outdated(held: Collection[Issue], keep_y: float) -> list[Issue]:
    """Give what leaves: of each rhythm all but as many of the newest as `keep_y` years have."""
    return [
        issue
        for rhythm, in_a_year in _IN_A_YEAR.items()
        for issue in sorted((i for i in held if i.rhythm is rhythm), reverse=True)[round(in_a_year * keep_y) :]
    ]

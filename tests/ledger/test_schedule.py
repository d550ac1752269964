"""Which reports are due, and which leave: over days of China, ends of months, leap years and outages."""

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.reports.schedule import DELAY_NS, Issue, due, issue_of, outdated
from ledger.reports.span import Rhythm, midnight_ns
from tests.ledger.support import DAY_NS


def names(held: set[str], day: date, *, early_ns: int = 0, missed_d: float = 31) -> list[str]:
    """Name what is due when a day has begun and the delay is over, or a little before."""
    there = {issue for issue in map(issue_of, held) if issue}
    return [str(issue) for issue in due(there, midnight_ns(day) + DELAY_NS - early_ns, missed_d)]


def test_a_new_installation_begins_with_the_last_of_each_and_not_before_the_delay_is_over() -> None:
    leap = ["daily-2024-02-29", "weekly-2024-02-19", "monthly-2024-02-01", "quarterly-2023-10-01"]
    assert names(set(), date(2024, 3, 1)) == leap
    assert names(set(), date(2024, 3, 1), early_ns=1)[::2] == ["daily-2024-02-28", "monthly-2024-01-01"]
    assert names(set(leap), date(2024, 3, 1)) == []
    assert names(set(), date(2026, 1, 1))[2:] == ["monthly-2025-12-01", "quarterly-2025-10-01"]


def test_an_outage_is_made_up_for_the_oldest_first_as_far_as_it_is_bounded() -> None:
    held = {"daily-2026-01-29", "daily-2026-02-01", "weekly-2026-01-19", "monthly-2025-12-01", "quarterly-2025-10-01"}
    found = names(held, date(2026, 2, 3))
    assert found == [
        "daily-2026-01-30",
        "daily-2026-01-31",
        "daily-2026-02-02",
        "weekly-2026-01-26",
        "monthly-2026-01-01",
    ]
    late = names({"daily-2020-01-01"}, date(2026, 2, 3), missed_d=2)
    assert late[:3] == ["daily-2026-01-31", "daily-2026-02-01", "daily-2026-02-02"]
    assert names({"monthly-2026-01-01"}, date(2026, 3, 31), missed_d=1)[2] == "monthly-2026-02-01"


@settings(max_examples=30)
@given(st.dates(date(2001, 1, 1), date(2199, 1, 1)), st.integers(0, 60), st.floats(1, 90))
def test_whoever_looks_every_day_and_whoever_was_away_make_the_same_each_once(
    day: date, away: int, missed_d: float
) -> None:
    held = set[Issue]()
    for n in (0, *range(away, away + 3)):
        now_ns = midnight_ns(day + timedelta(days=n)) + DELAY_NS
        made = due(held, now_ns, missed_d)
        assert len(set(made)) == len(made)
        assert all(issue.span.to_ns + DELAY_NS <= now_ns and issue not in held for issue in made)
        held.update(made)
        assert due(held, now_ns, missed_d) == []
    for rhythm in Rhythm:
        spans = sorted(issue.span for issue in held if issue.rhythm is rhythm)
        gaps = [late.from_ns - early.to_ns for early, late in itertools.pairwise(spans)]
        assert all(gap == 0 or away * DAY_NS >= missed_d * DAY_NS for gap in gaps)


def test_nothing_is_due_before_there_are_reports() -> None:
    assert due(set(), 0, 31) == []


@pytest.mark.parametrize(
    "name", ["daily", "yearly-2026-01-01", "daily-2026-02-30", "weekly-2026-01-01", "daily-1999-01-01", ".new"]
)
def test_what_is_no_report_has_no_name_of_one(name: str) -> None:
    assert issue_of(name) is None


def test_of_each_rhythm_the_newest_are_kept_by_number_whatever_the_clock_says() -> None:
    days = [Issue(Rhythm.DAILY, date(2026, 1, 1) + timedelta(days=n)) for n in range(368)]
    month, far = Issue(Rhythm.MONTHLY, date(2001, 1, 1)), Issue(Rhythm.DAILY, date(2199, 1, 1))
    assert outdated({*days, month}, 1) == [days[1], days[0]]
    assert set(outdated({*days, month, far}, 1)) == set(days[:3])

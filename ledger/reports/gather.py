"""Reads what a report is made of, and makes it."""

from collections.abc import Collection
from datetime import date
from typing import Protocol

from domain.asset import Assets
from domain.hazard import Hazard, HazardMove, HazardQuery, HazardScope, Inspection, PublicReport, Within
from domain.period import Period
from ledger.reports.report import Report, Rows, report
from ledger.reports.span import FIRST_DAY, LAST_DAY, Rhythm, before, last_complete, span_of

_ALL = 1_000_000


class Records(Protocol):
    """The records: `store.records.Records`."""

    def hazard_moves(self, scope: HazardScope, to_ns: int) -> list[HazardMove]: ...
    def hazards(self, query: HazardQuery, *, limit: int = 200) -> list[Hazard]: ...
    def inspections(self, scope: HazardScope, *, within_ns: Within = None, limit: int = 200) -> list[Inspection]: ...
    def public_reports(
        self, scope: HazardScope, *, within_ns: Within = None, limit: int = 200
    ) -> list[PublicReport]: ...
    def period(self, from_ns: int, to_ns: int, sites: Collection[str] | None = None) -> Period: ...


def made(
    records: Records, assets: Assets, scope: HazardScope, rhythm: Rhythm, *, day: date | None, now_ns: int
) -> Report:
    """Make the report of the time in which a day lies; None: of the last one that is over (ValueError: no such).

    Args:
        records: are read one after the other; what is written meanwhile lies behind the cut or counts not twice.
        assets: the registry.
        scope: of whoever asks; departments narrow the hazards alone.
        rhythm: how often it is made.
        day: in it.
        now_ns: it counts to here at most.
    """
    day = day or last_complete(rhythm, now_ns)
    if not FIRST_DAY <= day <= LAST_DAY or span_of(rhythm, day).from_ns >= now_ns:
        raise ValueError(f"{day} is no day of a time that has begun")
    span = span_of(rhythm, day)
    earlier, cut_ns = before(rhythm, span), min(span.to_ns, now_ns)
    moves = records.hazard_moves(scope, cut_ns)  # first: every hazard that they name is there then
    both_ns = earlier.from_ns, cut_ns
    rows = Rows(
        hazards=records.hazards(HazardQuery(scope=scope), limit=_ALL),
        moves=moves,
        inspections=records.inspections(scope, within_ns=both_ns, limit=_ALL),
        public=records.public_reports(scope, within_ns=both_ns, limit=_ALL),
        period=records.period(span.from_ns, cut_ns, scope.sites),
        period_before=records.period(earlier.from_ns, span.from_ns, scope.sites),
        sites=scope.sites,
    )
    return report(rhythm, span, now_ns, rows, assets)

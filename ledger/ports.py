"""What is read of the ledger: `store.records.Records` gives it."""

from typing import Protocol

from domain.hazard import (
    Attachment,
    Below,
    Hazard,
    HazardCount,
    HazardEvent,
    HazardMove,
    HazardQuery,
    HazardScope,
    Inspection,
    PublicReport,
    ReportState,
    Within,
)


class Reader(Protocol):
    """Hazards, and what people said of them."""

    def hazards(self, query: HazardQuery, *, below: Below = None, limit: int = 200) -> list[Hazard]: ...
    def hazard_counts(self, query: HazardQuery, now_ns: int) -> list[HazardCount]: ...
    def hazard(self, hazard_id: str) -> Hazard | None: ...
    def hazard_events(self, hazard_id: str) -> list[HazardEvent]: ...
    def hazard_moves(self, scope: HazardScope, to_ns: int) -> list[HazardMove]: ...
    def inspections(
        self,
        scope: HazardScope,
        *,
        site: str | None = None,
        within_ns: Within = None,
        below: Below = None,
        limit: int = 200,
    ) -> list[Inspection]: ...
    def public_reports(
        self,
        scope: HazardScope,
        *,
        state: ReportState | None = None,
        within_ns: Within = None,
        below: Below = None,
        limit: int = 200,
    ) -> list[PublicReport]: ...
    def public_report(self, report_id: str) -> PublicReport | None: ...
    def attachments(self, hazard_id: str) -> list[Attachment]: ...
    def attachment_content(self, attachment_id: str) -> bytes | None: ...

"""Reading the hazard ledger."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Table, and_, func, or_, select, true, tuple_, type_coerce
from sqlalchemy import Text as AnyText

from domain.hazard import (
    UNFIXED,
    Attachment,
    Below,
    Hazard,
    HazardCount,
    HazardEvent,
    HazardMove,
    HazardQuery,
    HazardScope,
    HazardState,
    HazardStep,
    Inspection,
    PublicReport,
    ReportState,
    Within,
)
from store import ledger_tables as tables
from store.hazards import to_attachment, to_event, to_hazard, to_inspection, to_report
from store.reading import Reading, where

_AT_ONCE = 1_000
"""Values in one query; SQLite takes 32,766."""
_STATES = {str(state): state for state in HazardState}
_STEPS = {str(step): step for step in HazardStep}
_EQUAL = ("rule", "site", "township", "origin")


class Ledger(Reading):
    """What `store.records.Records` knows of the ledger."""

    def hazards(self, query: HazardQuery, *, below: Below = None, limit: int = 200) -> list[Hazard]:
        """List hazards, the latest found first; `below` goes on after that (finding, id)."""
        found = _asked(select(tables.hazard), query)
        column = tables.hazard.c
        return self._all(to_hazard, _paged(found, (column.found_ns, column.id), below, limit))

    def hazard_counts(self, query: HazardQuery, now_ns: int) -> list[HazardCount]:
        """Count hazards by rule, township, leading department, state, and whether they are overdue now."""
        column = tables.hazard.c
        overdue = _overdue(now_ns)
        keys = (column.rule, column.township, column.lead, column.state)
        found = _asked(select(*keys, overdue.label("overdue"), func.count()), query).group_by(*keys, overdue)
        with self._reading() as connection:
            told = list(connection.execute(found.order_by(*keys)))
        return [
            HazardCount(rule, at, lead, HazardState(state), bool(late), n) for rule, at, lead, state, late, n in told
        ]

    def hazard(self, hazard_id: str) -> Hazard | None:
        return self._one(to_hazard, select(tables.hazard).where(tables.hazard.c.id == hazard_id))

    def hazards_named(self, ids: Collection[str]) -> dict[str, Hazard]:
        """Give those of these ids that there are."""
        wanted, column = sorted(ids), tables.hazard.c
        parts = (wanted[i : i + _AT_ONCE] for i in range(0, len(wanted), _AT_ONCE))
        found = (
            row for part in parts for row in self._all(to_hazard, select(tables.hazard).where(column.id.in_(part)))
        )
        return {row.id: row for row in found}

    def hazard_events(self, hazard_id: str) -> list[HazardEvent]:
        """Give what was done about a hazard, the oldest first."""
        query = where(select(tables.hazard_event), hazard_id=hazard_id)
        return self._all(to_event, query.order_by(tables.hazard_event.c.seq))

    def hazard_moves(self, scope: HazardScope, to_ns: int) -> list[HazardMove]:
        """Give every step that was taken before a time, in order."""
        column = tables.hazard_event.c
        query = _asked(
            select(*(column[name] for name in HazardMove._fields)).join(tables.hazard), HazardQuery(scope=scope)
        )
        query = query.where(column.time_ns < to_ns).order_by(column.time_ns, column.seq)
        return self._all(_to_move, query)

    def inspections(
        self,
        scope: HazardScope,
        *,
        site: str | None = None,
        within_ns: Within = None,
        below: Below = None,
        limit: int = 200,
    ) -> list[Inspection]:
        """List inspections, the newest first; `within_ns` only from the first to before the second time."""
        query = where(_during(select(tables.inspection), tables.inspection, within_ns), site=site)
        query = query.where(_within(tables.inspection, scope))
        column = tables.inspection.c
        return self._all(to_inspection, _paged(query, (column.time_ns, column.id), below, limit))

    def public_reports(
        self,
        scope: HazardScope,
        *,
        state: ReportState | None = None,
        within_ns: Within = None,
        below: Below = None,
        limit: int = 200,
    ) -> list[PublicReport]:
        """List what the public reported, the newest first; `within_ns` as of `inspections`."""
        query = where(_during(select(tables.public_report), tables.public_report, within_ns), state=state)
        query = query.where(_within(tables.public_report, scope))
        column = tables.public_report.c
        return self._all(to_report, _paged(query, (column.time_ns, column.id), below, limit))

    def public_report(self, report_id: str) -> PublicReport | None:
        return self._one(to_report, select(tables.public_report).where(tables.public_report.c.id == report_id))

    def attachments(self, hazard_id: str) -> list[Attachment]:
        """Give what was attached to a hazard, the oldest first, without its bytes."""
        table = tables.attachment
        query = select(*(column for column in table.c if column.name != "content"))
        return self._all(to_attachment, where(query, hazard_id=hazard_id).order_by(table.c.time_ns, table.c.id))

    def attachment_content(self, attachment_id: str) -> bytes | None:
        column = tables.attachment.c
        return self._one(lambda row: bytes(row.content), select(column.content).where(column.id == attachment_id))


def _to_move(row: Row[Any]) -> HazardMove:
    return HazardMove(row.hazard_id, _STEPS[row.step], _STATES[row.after], row.time_ns)


def _paged(query: Select[Any], key: tuple[ColumnElement[Any], ...], below: Below, limit: int) -> Select[Any]:
    query = query if below is None else query.where(tuple_(*key) < tuple_(*below))
    return query.order_by(*(column.desc() for column in key)).limit(limit)


def _overdue(now_ns: int) -> ColumnElement[bool]:
    column = tables.hazard.c
    return and_(column.state.in_(sorted(UNFIXED)), column.deadline_ns < now_ns)


def _asked(found: Select[Any], query: HazardQuery) -> Select[Any]:
    column = tables.hazard.c
    wanted = [column[name] == value for name in _EQUAL if (value := getattr(query, name)) is not None]
    wanted.append(_within(tables.hazard, query.scope))
    if query.states is not None:
        wanted.append(column.state.in_(sorted(query.states)))
    if query.responsible is not None:
        wanted.append(column.responsible.in_(sorted(query.responsible)))
    if query.overdue_ns is not None:
        wanted.append(_overdue(query.overdue_ns))
    if query.within_ns is not None:
        done = _during(select(tables.hazard_event.c.hazard_id), tables.hazard_event, query.within_ns)
        wanted.append(column.id.in_(done))
    if query.department is not None:
        wanted.append(_of(query.department))
    if query.scope.departments:
        wanted.append(or_(*map(_of, sorted(query.scope.departments))))
    return found.where(*wanted)


def _of(department: str) -> ColumnElement[bool]:
    """Of a department that leads or helps; the helpers are a JSON list, and names have nothing to escape."""
    column = tables.hazard.c
    helps = type_coerce(column.co, AnyText).contains(f'"{department}"', autoescape=True)
    return or_(column.lead == department, helps)


def _during(query: Select[Any], table: Table, within_ns: Within) -> Select[Any]:
    if within_ns is None:
        return query
    return query.where(table.c.time_ns >= within_ns[0], table.c.time_ns < within_ns[1])


def _within(table: Table, scope: HazardScope) -> ColumnElement[bool]:
    if scope.sites is None:
        return true()
    elsewhere = and_(table.c.site == "", table.c.township.in_(sorted(scope.townships)))
    return or_(table.c.site.in_(sorted(scope.sites)), elsewhere)

"""The records of a time, read as they stood at one moment."""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select

from domain.alarm import AlarmKind, StateLetter
from domain.handling import StepKind
from domain.period import KPI_EVENTS, LOOKBACK_NS, Handled, Line, Period, Sent
from domain.record import NoticeState
from store import rows, tables
from store.reading import Reading

_KINDS = {str(kind): kind for kind in AlarmKind}
_STATES = {str(state): state for state in NoticeState}
_DRILLS = select(tables.alarm.c.id).where(tables.alarm.c.drill)
_DRILLED = select(tables.alarm.c.incident_id).where(tables.alarm.c.drill)


class Periods(Reading):
    """What `store.records.Records` knows of some days."""

    def period(self, from_ns: int, to_ns: int, sites: Collection[str] | None = None) -> Period:
        """Read what the KPIs need, without drills.

        Args:
            from_ns: first moment.
            to_ns: end, not in it.
            sites: only of these; None: of all.
        """
        with self._reading() as connection:
            return Period(
                from_ns,
                to_ns,
                lines=list(_lines(connection, from_ns - LOOKBACK_NS, to_ns, sites)),
                notices=list(_notices(connection, from_ns, to_ns, sites)),
                incidents=list(_incidents(connection, from_ns, to_ns, sites)),
                standing=[rows.to_alarm(row) for row in connection.execute(_standing(sites))],
            )


def _at(query: Select[Any], site: ColumnElement[str], sites: Collection[str] | None) -> Select[Any]:
    return query if sites is None else query.where(site.in_(sites))


def _lines(connection: Connection, from_ns: int, to_ns: int, sites: Collection[str] | None) -> Iterator[Line]:
    column = tables.journal.c
    query = select(*(column[name] for name in Line._fields)).where(
        column.time_ns >= from_ns, column.time_ns < to_ns, column.event.in_(KPI_EVENTS), column.alarm_id.not_in(_DRILLS)
    )
    for row in connection.execute(_at(query, column.site, sites).order_by(column.time_ns, column.seq)):
        alarm_id, occurrence, event, kind, *rest = row
        yield Line(alarm_id, occurrence, event, _KINDS[kind], *rest)


def _notices(connection: Connection, from_ns: int, to_ns: int, sites: Collection[str] | None) -> Iterator[Sent]:
    column, alarm = tables.notice.c, tables.alarm.c
    begun_ns = func.coalesce(func.nullif(column.first_ns, 0), column.due_ns)
    query = (
        select(*(column[name] for name in Sent._fields))
        .join(tables.alarm, alarm.id == column.alarm_id)
        .where(begun_ns >= from_ns, begun_ns < to_ns, ~alarm.drill)
    )
    for row in connection.execute(_at(query, alarm.site, sites).order_by(column.id)):
        alarm_id, occurrence, step, person, channel, state, *rest = row
        yield Sent(alarm_id, occurrence, step, person, channel, _STATES[state], *rest)


def _incidents(connection: Connection, from_ns: int, to_ns: int, sites: Collection[str] | None) -> Iterator[Handled]:
    column, step = tables.incident.c, tables.incident_step.c
    arrived = (
        select(func.min(step.time_ns))
        .where(step.incident_id == column.id, step.kind == StepKind.ARRIVE)
        .scalar_subquery()
    )
    within = or_(
        (column.opened_ns >= from_ns) & (column.opened_ns < to_ns),
        (column.closed_ns >= from_ns) & (column.closed_ns < to_ns),
    )
    query = select(column.id, column.priority, column.opened_ns, column.closed_ns, column.result, arrived).where(
        within, column.id.not_in(_DRILLED)
    )
    for row in connection.execute(_at(query, column.site, sites).order_by(column.opened_ns, column.id)):
        yield Handled(*row)


def _standing(sites: Collection[str] | None) -> Select[Any]:
    column = tables.alarm.c
    query = select(tables.alarm).where(column.letter != StateLetter.NORMAL, ~column.drill).order_by(column.id)
    return _at(query, column.site, sites)

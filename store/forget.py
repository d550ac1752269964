"""Drops what people were told long ago, and nothing that still matters."""

from typing import Any

from sqlalchemy import CompoundSelect, Connection, delete, exists, select, tuple_, union

from domain.alarm import StateLetter
from domain.record import NoticeState
from store import tables

_STANDING = [letter for letter in StateLetter if letter is not StateLetter.NORMAL]
_OVER = [state for state in NoticeState if state not in {NoticeState.PENDING, NoticeState.SENDING}]


def forget_told(connection: Connection, before_ns: int, limit: int) -> int:
    """Drop up to `limit` notices, answer codes, escalations and receipts each that are older; give their number.

    Everything of an alarm that stands stays, of whatever occurrence, and of one that was ever part of an incident
    that is open; with it the notices of others whose messages carried its own, and the receipts of all these.
    """
    steps = (_forget_notices, _forget_answers, _forget_escalations, _forget_receipts)
    return sum(forget(connection, before_ns, limit) for forget in steps)


def _needed() -> CompoundSelect[Any]:
    """Ask for the alarms of which everything is kept."""
    alarm, line, incident = tables.alarm.c, tables.journal.c, tables.incident.c
    open_ = select(incident.id).where(incident.closed_ns.is_(None))
    return union(
        select(alarm.id).where(alarm.letter.in_(_STANDING)),
        select(alarm.id).where(alarm.incident_id.in_(open_)),
        select(line.alarm_id).where(line.incident_id.in_(open_)),  # of an occurrence before the present one
    )


def _forget_notices(connection: Connection, before_ns: int, limit: int) -> int:
    column, carried = tables.notice.c, tables.notice.alias().c
    carriers = select(carried.carrier).where(carried.alarm_id.in_(_needed()), carried.carrier != "")
    old = select(column.id).where(column.state.in_(_OVER), column.due_ns < before_ns)
    spare = old.where(column.alarm_id.not_in(_needed()), column.key.not_in(carriers)).limit(limit)
    return connection.execute(delete(tables.notice).where(column.id.in_(spare))).rowcount


def _forget_answers(connection: Connection, before_ns: int, limit: int) -> int:
    column = tables.answer.c
    key = column.alarm_id, column.occurrence, column.person
    spare = select(*key).where(column.expires_ns < before_ns, column.alarm_id.not_in(_needed())).limit(limit)
    return connection.execute(delete(tables.answer).where(tuple_(*key).in_(spare))).rowcount


def _forget_escalations(connection: Connection, before_ns: int, limit: int) -> int:
    column = tables.escalation.c
    key = column.alarm_id, column.occurrence
    spare = select(*key).where(column.ended_ns < before_ns, column.alarm_id.not_in(_needed())).limit(limit)
    return connection.execute(delete(tables.escalation).where(tuple_(*key).in_(spare))).rowcount


def _forget_receipts(connection: Connection, before_ns: int, limit: int) -> int:
    column, notice = tables.receipt.c, tables.notice.c
    key = column.channel, column.provider_id
    spoken_of = exists().where(notice.channel == column.channel, notice.provider_id == column.provider_id)
    spare = select(*key).where(column.time_ns < before_ns, ~spoken_of).limit(limit)
    return connection.execute(delete(tables.receipt).where(tuple_(*key).in_(spare))).rowcount

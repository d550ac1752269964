"""Plans, overrides, escalations and answer codes inside a unit of work."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select, update

from domain.alarm import AlarmKind
from domain.duty import AnswerCode, Escalation, Override, StoredPlan
from domain.errors import Conflict
from store import rows, tables
from store.engine import upsert

_PLAN_ID = select(func.coalesce(func.max(tables.plan.c.id), 0))


class Duties:
    """What `store.unit.Unit` knows of duties.

    Args:
        connection: in a transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # ------------------------------------------------------------ plans and overrides

    def plan_id(self) -> int:
        """Give the number of the plan in force; 0 for none."""
        return int(self._connection.execute(_PLAN_ID).scalar_one())

    def plan(self) -> StoredPlan | None:
        """Give the plan in force: the newest one."""
        row = self._connection.execute(select(tables.plan).order_by(tables.plan.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else rows.to(StoredPlan, row)

    def add_plan(self, plan: StoredPlan) -> None:
        self._connection.execute(tables.plan.insert(), rows.fields(plan, "id"))

    def overrides(self, from_ns: int, to_ns: int) -> list[Override]:
        """Give those that hold at some time of a span and were not taken back, in the order in which they were made."""
        column = tables.override.c
        there = (column.to_ns > from_ns) & (column.from_ns < to_ns) & column.dropped_ns.is_(None)
        return [
            rows.to(Override, row)
            for row in self._connection.execute(select(tables.override).where(there).order_by(column.id))
        ]

    def add_override(self, override: Override) -> int:
        """Write an override; give its number."""
        made = tables.override.insert().returning(tables.override.c.id)
        return int(self._connection.execute(made, rows.fields(override, "id")).scalar_one())

    def drop_override(self, override_id: int, user: str, now_ns: int) -> None:
        """Take an override back (Conflict: there is none of that number that still holds)."""
        column = tables.override.c
        ours = (column.id == override_id) & column.dropped_ns.is_(None)
        done = self._connection.execute(update(tables.override).where(ours).values(dropped_ns=now_ns, dropped_by=user))
        if done.rowcount != 1:
            raise Conflict("没有该替班 / there is no such override, or it was taken back")

    # ------------------------------------------------------------ escalations

    def escalation(self, alarm_id: str, occurrence: int) -> Escalation | None:
        column = tables.escalation.c
        found = select(tables.escalation).where(column.alarm_id == alarm_id, column.occurrence == occurrence)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else rows.to(Escalation, row)

    def save_escalation(self, escalation: Escalation) -> None:
        upsert(self._connection, tables.escalation, [rows.fields(escalation)])

    def due_escalations(self, now_ns: int) -> list[Escalation]:
        """Give those with a step that is due, the worst first."""
        column = tables.escalation.c
        order = (column.priority, column.due_ns, column.alarm_id)
        found = self._connection.execute(select(tables.escalation).where(column.due_ns <= now_ns).order_by(*order))
        return [rows.to(Escalation, row) for row in found]

    def unreached(self) -> int:
        """Count running escalations with a step that found nobody; that of the alarm about it does not count."""
        column, kind = tables.escalation.c, tables.alarm.c.kind
        lost = column.ended_ns.is_(None) & (column.nobody > 0) & (kind != AlarmKind.NOBODY_ON_CALL)
        joined = tables.escalation.join(tables.alarm)
        return int(self._connection.execute(select(func.count()).select_from(joined).where(lost)).scalar_one())

    # ------------------------------------------------------------ answers

    def answer(self, alarm_id: str, occurrence: int, person: str) -> AnswerCode | None:
        column = tables.answer.c
        named = (column.alarm_id == alarm_id) & (column.occurrence == occurrence) & (column.person == person)
        row = self._connection.execute(select(tables.answer).where(named)).one_or_none()
        return None if row is None else rows.to(AnswerCode, row)

    def answer_of(self, token: str) -> AnswerCode | None:
        """Find the answer behind a link."""
        row = self._connection.execute(select(tables.answer).where(tables.answer.c.token == token)).one_or_none()
        return None if row is None else rows.to(AnswerCode, row)

    def has_code(self, person: str, code: str, now_ns: int) -> bool:
        """Tell whether a person was given this code for another alarm, and it is not over yet."""
        column = tables.answer.c
        named = (column.person == person) & (column.code == code) & (column.expires_ns > now_ns)
        return self._connection.execute(select(column.code).where(named).limit(1)).one_or_none() is not None

    def codes(self, person: str, now_ns: int) -> list[AnswerCode]:
        """Give a person's codes that are not over yet, the newest first."""
        column = tables.answer.c
        found = select(tables.answer).where(column.person == person, column.expires_ns > now_ns)
        return [rows.to(AnswerCode, row) for row in self._connection.execute(found.order_by(column.expires_ns.desc()))]

    def answered(self, people: Collection[str]) -> dict[str, int]:
        """Give when each of these people answered last, without those who never did."""
        column = tables.answer.c
        used = column.person.in_(people) & column.used_ns.is_not(None)
        found = select(column.person, func.max(column.used_ns)).where(used).group_by(column.person)
        return {str(person): int(used_ns) for person, used_ns in self._connection.execute(found)}

    def save_answer(self, answer: AnswerCode) -> None:
        upsert(self._connection, tables.answer, [rows.fields(answer)])

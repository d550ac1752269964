"""The outbox of the city connector, and what it reads of the journal to fill it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, func, or_, select, update

from domain.alarm import AlarmKind, Condition, StateLetter
from domain.handling import HandlingStep
from domain.hazard import HazardEvent
from domain.parcel import LONGEST_WAIT_S, Backlog, Parcel, ParcelState
from domain.record import JournalEntry
from store import city_tables, ledger_tables, rows, tables
from store.engine import guarded, insert_or_ignore, upsert
from store.hazards import to_event
from store.reading import Reading

_LONGEST_WAIT_NS = round(LONGEST_WAIT_S * 1_000_000_000)
_SETTLED = ("state", "due_ns", "refusals", "alone", "answer", "settled_ns")
_SETTLE = (
    update(city_tables.parcel)
    .where(city_tables.parcel.c.id == bindparam("same_id"), city_tables.parcel.c.attempts == bindparam("same_attempts"))
    .where(city_tables.parcel.c.state == ParcelState.WAITING)
)

_STANDING = [letter for letter in StateLetter if letter is not StateLetter.NORMAL]
_ACTIVE = (Condition.ACTIVE, Condition.PENDING_OFF)


class Parcels(Reading):
    """What `store.records.Records` knows of a city's platform."""

    def enqueue(self, parcels: Sequence[Parcel], cursors: Mapping[str, int]) -> None:
        """Add parcels and move the cursors of what they were made from, both or neither; known ones change nothing."""
        with guarded(), self._writer.begin() as connection:
            insert_or_ignore(connection, city_tables.parcel, [rows.fields(parcel, "id") for parcel in parcels])
            moved = [{"reader": name, "position": position} for name, position in cursors.items()]
            upsert(connection, tables.cursor, moved)

    def lease_parcels(self, target: str, now_ns: int, lease_ns: int, limits: Mapping[str, int]) -> list[Parcel]:
        """Take the next call's parcels: of one kind, the first rank first, each record's versions in order.

        A parcel that is due further ahead than anybody puts one off is due: the clock was set back.

        After `lease_ns` another sender may take what is not settled: rather twice than never. A version waits while an
        earlier one of its record is held, waits for its time, or is of another kind and so of another call.

        Args:
            target: whose.
            now_ns: wall clock.
            lease_ns: how long nobody else may take them.
            limits: how many of each kind; others are left alone.
        """
        column, earlier = city_tables.parcel.c, city_tables.parcel.alias().c
        before = (earlier.target == column.target) & (earlier.record == column.record) & (earlier.id < column.id)
        latest_ns = now_ns + _LONGEST_WAIT_NS
        later = earlier.due_ns.between(now_ns + 1, latest_ns)
        elsewhere = or_(later, earlier.kind != column.kind, earlier.alone, column.alone)
        blocked = exists().where(before, earlier.state == ParcelState.WAITING, elsewhere)
        due = (column.target == target) & (column.state == ParcelState.WAITING)
        due &= or_(column.due_ns <= now_ns, column.due_ns > latest_ns)
        query = (
            select(city_tables.parcel).where(due, column.kind.in_(limits), ~blocked).order_by(column.rank, column.id)
        )
        first = self._one(to_parcel, query.limit(1))
        if first is None:
            return []  # the write lock is for those who have something to write
        most = 1 if first.alone else limits[first.kind]
        same = query.where(column.kind == first.kind, column.alone == first.alone).limit(most)
        with guarded(), self._writer.begin() as connection:
            taken = [to_parcel(row) for row in connection.execute(same)]
            held = {"attempts": column.attempts + 1, "due_ns": now_ns + lease_ns}
            connection.execute(update(city_tables.parcel).where(column.id.in_([p.id for p in taken])).values(held))
            changed = select(city_tables.parcel).where(column.id.in_([p.id for p in taken])).order_by(column.id)
            return [to_parcel(row) for row in connection.execute(changed)]

    def settle_parcels(self, parcels: Sequence[Parcel]) -> None:
        """Record how an attempt ended; one whose lease went to another sender has no say any more."""
        values = [
            {"same_id": p.id, "same_attempts": p.attempts} | {name: getattr(p, name) for name in _SETTLED}
            for p in parcels
        ]
        with guarded(), self._writer.begin() as connection:
            connection.execute(_SETTLE, values)

    def backlog(self, target: str) -> Backlog:
        """Tell how a target's outbox stands."""
        column = city_tables.parcel.c
        waits = (column.target == target) & (column.state == ParcelState.WAITING)
        accepted = (column.target == target) & (column.state == ParcelState.ACCEPTED)
        tried = select(column.answer).where(waits, column.answer != "").order_by(column.rank, column.id).limit(1)
        newest = select(column.settled_ns).where(accepted).order_by(column.settled_ns.desc()).limit(1)
        return Backlog(
            waiting=self.count_parcels(target, ParcelState.WAITING),
            dead=self.count_parcels(target, ParcelState.DEAD),
            oldest_ns=self._number(select(func.min(column.made_ns)).where(waits)),
            accepted_ns=self._number(newest),
            trouble=self._one(lambda row: str(row.answer), tried) or "",
        )

    def backlogs(self) -> dict[str, Backlog]:
        """Tell the same of every target that ever had a parcel."""
        names = select(city_tables.parcel.c.target).distinct().order_by(city_tables.parcel.c.target)
        return {name: self.backlog(name) for name in self._all(lambda row: str(row.target), names)}

    def count_parcels(self, target: str, state: ParcelState) -> int:
        column = city_tables.parcel.c
        return self._number(select(func.count()).where(column.target == target, column.state == state))

    def dead_parcels(self, target: str, limit: int = 50) -> list[Parcel]:
        """List what was refused for good, the newest first."""
        column = city_tables.parcel.c
        query = select(city_tables.parcel).where(column.target == target, column.state == ParcelState.DEAD)
        return self._all(to_parcel, query.order_by(column.id.desc()).limit(limit))

    def revive_parcels(self, target: str) -> int:
        """Let what was refused for good go once more, as after a repair of the mapping; give the number.

        A state that a later one has overtaken stays: it would come after what it came before. A disposal is no state.
        """
        column, later = city_tables.parcel.c, city_tables.parcel.alias().c
        same = (later.target == column.target) & (later.kind == column.kind) & (later.record == column.record)
        overtaken = exists().where(same, later.id > column.id, later.state == ParcelState.ACCEPTED)
        current = or_(column.kind == "disposal", ~overtaken)
        dead = (column.target == target) & (column.state == ParcelState.DEAD) & current
        again = {"state": ParcelState.WAITING, "refusals": 0, "due_ns": 0, "settled_ns": 0, "alone": True}
        with guarded(), self._writer.begin() as connection:
            return connection.execute(update(city_tables.parcel).where(dead).values(again)).rowcount

    def forget_parcels(self, target: str, kinds: Collection[str], before_ns: int, limit: int) -> int:
        """Drop parcels of some kinds that were accepted before. Those of devices and sites stay, to be compared."""
        column = city_tables.parcel.c
        old = (column.target == target) & (column.state == ParcelState.ACCEPTED) & (column.settled_ns < before_ns)
        spare = select(column.id).where(old, column.kind.in_(kinds)).limit(limit)
        if not self._all(lambda row: row.id, spare.limit(1)):
            return 0
        with guarded(), self._writer.begin() as connection:
            return connection.execute(delete(city_tables.parcel).where(column.id.in_(spare))).rowcount

    def newest_versions(self, target: str, kind: str) -> dict[str, str]:
        """Give the last version of each record of a kind."""
        column = city_tables.parcel.c
        newest = select(func.max(column.id)).where(column.target == target, column.kind == kind).group_by(column.record)
        found = self._all(tuple, select(column.record, column.version).where(column.id.in_(newest)))
        return {str(record): str(version) for record, version in found}

    # ------------------------------------------------------------ what it is made from

    def life_lines(self, alarm_id: str, until: int) -> list[JournalEntry]:
        """Give an alarm's lines from its last raise at or before a place in the journal up to there."""
        column = tables.journal.c
        ours = (column.alarm_id == alarm_id) & (column.seq <= until)
        raised = select(func.max(column.seq)).where(ours, column.event == "raise").scalar_subquery()
        return self._all(rows.to_journal, select(tables.journal).where(ours, column.seq >= raised).order_by(column.seq))

    def steps_after(self, seq: int, limit: int) -> list[HandlingStep]:
        """Give what people did about any incident, in order."""
        column = tables.incident_step.c
        query = select(tables.incident_step).where(column.seq > seq).order_by(column.seq).limit(limit)
        return self._all(rows.to_step, query)

    def hazard_events_after(self, seq: int, limit: int) -> list[HazardEvent]:
        """Give what was done about any hazard, in order."""
        column = ledger_tables.hazard_event.c
        query = select(ledger_tables.hazard_event).where(column.seq > seq).order_by(column.seq).limit(limit)
        return self._all(to_event, query)

    def alarms_of(self, incident_id: str) -> list[str]:
        """Name the alarms that are or were part of an incident."""
        line, alarm = tables.journal.c, tables.alarm.c
        were = select(line.alarm_id).where(line.incident_id == incident_id)
        query = were.union(select(alarm.id).where(alarm.incident_id == incident_id))
        with self._reading() as connection:
            return sorted(str(name) for (name,) in connection.execute(query))

    def alarms_at(self, device: str, site: str) -> list[str]:
        """Name the alarms of a device, or of a site without one."""
        alarm = tables.alarm.c
        query = select(alarm.id).where(alarm.device == device, alarm.site == site).order_by(alarm.id)
        return self._all(lambda row: str(row.id), query)

    def devices_under(self, kind: AlarmKind) -> list[str]:
        """Name the devices at which an alarm of a kind is active, whatever people did about it."""
        alarm = tables.alarm.c
        standing = alarm.letter.in_(_STANDING) & alarm.condition.in_(_ACTIVE)  # the letter has an index
        query = select(alarm.device).where(standing, alarm.kind == kind).distinct()
        return self._all(lambda row: str(row.device), query)


def to_parcel(row: Row[Any]) -> Parcel:
    columns = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    return Parcel(**(columns | {"state": ParcelState(row.state)}))

"""The records database: what people and auditors read, and what the workers share."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select, tuple_

from domain.alarm import CANARY, Alarm, AlarmKind, StateLetter
from domain.command import Command
from domain.handling import HandlingStep
from domain.record import (
    AuditEntry,
    DeviceState,
    Gap,
    Incident,
    JournalEntry,
    Quarantined,
    Session,
    Token,
    User,
)
from store import migrating, rows, tables
from store.deliveries import Delivered
from store.duties import Duties
from store.engine import connect, guarded, take_all_the_time
from store.instructions import Inquiries
from store.ledger import Ledger
from store.outbox import Outbox
from store.parcels import Parcels
from store.period import Periods
from store.reading import audited, where
from store.unit import Unit

_STANDING = [letter for letter in StateLetter if letter is not StateLetter.NORMAL]
_UNANSWERED = [
    StateLetter.ACTIVE_UNACKNOWLEDGED,
    StateLetter.RETURNED_UNACKNOWLEDGED,
    StateLetter.LATCHED_UNACKNOWLEDGED,
]


class Records(Outbox, Parcels, Periods, Ledger, Inquiries, Delivered):
    """Alarms, journal, incidents, outbox, quarantine, gaps, devices, users, hazards. Safe to use from many threads.

    Args:
        url: of SQLAlchemy, such as ``sqlite:////var/lib/gas-lifeline/records.db`` or
            ``postgresql+psycopg://user:password@host/database`` (ConfigurationError: neither).
    """

    def __init__(self, url: str) -> None:
        super().__init__(connect(url))

    def upgrade(self, revision: str = "head") -> None:
        """Bring the tables up to date; an empty database gets them all."""
        with self._reading() as connection:
            if revision == "head" and migrating.is_newest(connection):
                return
        with guarded(), self._writer.begin() as connection:
            take_all_the_time(connection)
            migrating.upgrade(connection, revision)

    def downgrade(self, revision: str = "base") -> None:
        """Take all tables away, or what came after a revision."""
        with guarded(), self._writer.begin() as connection:
            take_all_the_time(connection)
            migrating.downgrade(connection, revision)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Open a unit of work; it is committed at the end, rolled back by an exception (StoreUnavailable)."""
        with guarded(), self._writer.begin() as connection:
            yield Unit(connection)

    @contextmanager
    def duties(self) -> Iterator[Duties]:
        """Read plan, overrides and escalations as they stood at one moment (StoreUnavailable)."""
        with self._reading() as connection:
            yield Duties(connection)

    # ------------------------------------------------------------ alarms

    def alarm(self, alarm_id: str) -> Alarm | None:
        return self._one(rows.to_alarm, select(tables.alarm).where(tables.alarm.c.id == alarm_id))

    def alarms(
        self,
        *,
        standing: bool = False,
        state: StateLetter | None = None,
        priority: int | None = None,
        site: str | None = None,
        kind: AlarmKind | None = None,
        incident_id: str | None = None,
        sites: Collection[str] | None = None,
        within_ns: tuple[int, int] | None = None,
        after: str = "",
        newest: tuple[int, str] | None = None,
        limit: int = 200,
    ) -> list[Alarm]:
        """List alarms; the standing ones in the order in which they ask for a person, all others by id.

        Args:
            standing: only those that are not normal.
            state: only these.
            priority: only these.
            site: only there.
            kind: only these.
            incident_id: only its members.
            sites: only at these; None: everywhere.
            within_ns: only those with a transition at or after the first and before the second time.
            after: with the id after this one.
            newest: instead by their last transition, the latest first, from below this (time, id).
            limit: at most so many.
        """
        column = tables.alarm.c
        equal = {"letter": state, "priority": priority, "site": site, "kind": kind, "incident_id": incident_id}
        query = where(select(tables.alarm), **equal).where(column.subject != CANARY).limit(limit)
        query = _within(query, column.site, sites)
        if within_ns is not None:
            query = query.where(_moved(*within_ns))
        if newest is not None:
            return self._all(rows.to_alarm, _below(query, (column.last_ns, column.id), newest))
        if not standing:
            return self._all(rows.to_alarm, query.where(column.id > after).order_by(column.id))
        answered = case((column.letter.in_(_UNANSWERED), 0), else_=1)
        order = (answered, column.priority, column.raised_ns, column.id)
        return self._all(rows.to_alarm, query.where(column.letter.in_(_STANDING)).order_by(*order))

    def journal(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        alarm_id: str | None = None,
        incident_id: str | None = None,
        sites: Collection[str] | None = None,
    ) -> list[JournalEntry]:
        column = tables.journal.c
        query = _within(where(select(tables.journal), alarm_id=alarm_id, incident_id=incident_id), column.site, sites)
        return self._all(rows.to_journal, query.where(column.seq > after).order_by(column.seq).limit(limit))

    def latest_lines(self, alarm_ids: Collection[str], events: Collection[str]) -> list[JournalEntry]:
        """Give the latest line of each of these events of each of these alarms, the oldest first."""
        column = tables.journal.c
        wanted = column.alarm_id.in_(alarm_ids), column.event.in_(events)
        latest = select(func.max(column.seq)).where(*wanted).group_by(column.alarm_id, column.event)
        return self._all(rows.to_journal, select(tables.journal).where(column.seq.in_(latest)).order_by(column.seq))

    def count_journal(self, after: int, sites: Collection[str] | None = None) -> int:
        column = tables.journal.c
        return self._number(_within(select(func.count(column.seq)).where(column.seq > after), column.site, sites))

    def last_journal(self) -> int:
        return self._number(select(func.max(tables.journal.c.seq)))

    def incidents(
        self,
        *,
        open_only: bool = False,
        below: tuple[int, str] | None = None,
        limit: int = 200,
        sites: Collection[str] | None = None,
    ) -> list[Incident]:
        """List incidents, the newest first; `below` goes on after that (opening, id)."""
        column = tables.incident.c
        query = _within(select(tables.incident), column.site, sites).limit(limit)
        query = query.where(column.closed_ns.is_(None)) if open_only else query
        return self._all(lambda row: rows.to(Incident, row), _below(query, (column.opened_ns, column.id), below))

    def incident(self, incident_id: str) -> Incident | None:
        query = select(tables.incident).where(tables.incident.c.id == incident_id)
        return self._one(lambda row: rows.to(Incident, row), query)

    # ------------------------------------------------------------ frames and devices

    def quarantine(
        self,
        *,
        after: int = 0,
        limit: int = 200,
        reason: str | None = None,
        device: str | None = None,
        sites: Collection[str] | None = None,
    ) -> list[Quarantined]:
        """List refused parts, the newest first; `after` goes on below that id."""
        column = tables.quarantine.c
        query = _within(where(select(tables.quarantine), reason=reason, device=device), column.site, sites)
        query = query.where(column.id < after) if after > 0 else query
        return self._all(rows.to_quarantined, query.order_by(column.id.desc()).limit(limit))

    def quarantine_counts(self) -> dict[str, int]:
        """Refused parts that are kept, by reason."""
        table = tables.quarantine
        query = select(table.c.reason, func.count()).group_by(table.c.reason)
        with self._reading() as connection:
            return {str(reason): count for reason, count in connection.execute(query)}

    def quarantined(self, entry_id: int) -> Quarantined | None:
        return self._one(rows.to_quarantined, select(tables.quarantine).where(tables.quarantine.c.id == entry_id))

    def quarantined_frames(self) -> int:
        """Count the frames with at least one refused part."""
        return self._number(select(func.count(tables.quarantine.c.position.distinct())))

    def gaps(
        self,
        device: str | None = None,
        limit: int = 200,
        *,
        reason: str | None = None,
        devices: Collection[str] | None = None,
        open_only: bool = False,
        below: tuple[int, str, int, str] | None = None,
    ) -> list[Gap]:
        """List gaps, the newest first; `below` goes on after that (opening, device, first number, start)."""
        column = tables.gap.c
        query = where(select(tables.gap), device=device, reason=reason)
        query = _within(query, column.device, devices).limit(limit)
        query = query.where(column.closed_ns.is_(None)) if open_only else query
        key = (column.opened_ns, column.device, column.from_seq, column.boot_id)
        return self._all(lambda row: rows.to(Gap, row), _below(query, key, below))

    def count_gaps(self) -> int:
        return self._number(select(func.count()).select_from(tables.gap))

    def gap_counts(self) -> dict[str, int]:
        """Messages in the ledger, by reason."""
        table = tables.gap
        query = select(table.c.reason, func.sum(table.c.to_seq - table.c.from_seq + 1)).group_by(table.c.reason)
        with self._reading() as connection:
            return {str(reason): int(count) for reason, count in connection.execute(query)}

    def device_states(self) -> dict[str, DeviceState]:
        states = self._all(lambda row: rows.to(DeviceState, row), select(tables.device_state))
        return {state.device: state for state in states}

    def cursor(self, reader: str) -> int:
        return self._number(select(tables.cursor.c.position).where(tables.cursor.c.reader == reader))

    # ------------------------------------------------------------ persons

    def user(self, name: str) -> User | None:
        return self._one(lambda row: rows.to(User, row), select(tables.account).where(tables.account.c.name == name))

    def users(self) -> list[User]:
        return self._all(lambda row: rows.to(User, row), select(tables.account).order_by(tables.account.c.name))

    def session(self, token_hash: str) -> Session | None:
        query = select(tables.session).where(tables.session.c.token_hash == token_hash)
        return self._one(lambda row: rows.to(Session, row), query)

    def token(self, token_hash: str) -> Token | None:
        query = select(tables.token).where(tables.token.c.token_hash == token_hash)
        return self._one(lambda row: rows.to(Token, row), query)

    def tokens(self) -> list[Token]:
        return self._all(lambda row: rows.to(Token, row), select(tables.token).order_by(tables.token.c.name))

    def audit(self, limit: int = 200, after: int = 0, *, actions: Collection[str] | None = None) -> list[AuditEntry]:
        """List what was done, the newest first; `after` goes on below that number, `actions`: these alone."""
        return self._all(rows.to_audit, audited(limit, after, actions))

    def audit_trail(self) -> Iterator[AuditEntry]:
        """Give every entry, the oldest first."""
        with self._reading() as connection:
            found = connection.execute(select(tables.audit).order_by(tables.audit.c.seq))
            yield from map(rows.to_audit, found.yield_per(1_000))

    def broken_audit(self) -> int | None:
        """Compute the chain of hashes anew; give the first entry that was changed or follows what is missing."""
        previous = ""
        for entry in self.audit_trail():
            if entry.hash != rows.chain(previous, entry):
                return entry.seq
            previous = entry.hash
        return None

    def members(self, incident_id: str) -> list[Alarm]:
        """Give the alarms of an incident."""
        return self._all(
            rows.to_alarm, where(select(tables.alarm), incident_id=incident_id).order_by(tables.alarm.c.id)
        )

    def steps(self, incident_id: str) -> list[HandlingStep]:
        """Give what people did about an incident, in order."""
        query = where(select(tables.incident_step), incident_id=incident_id)
        return self._all(rows.to_step, query.order_by(tables.incident_step.c.seq))

    # ------------------------------------------------------------ commands

    def command(self, command_id: str) -> Command | None:
        return self._one(rows.to_command, select(tables.command).where(tables.command.c.id == command_id))

    def commands(
        self, *, device: str | None = None, sites: Collection[str] | None = None, limit: int = 200
    ) -> list[Command]:
        """List commands, the newest first."""
        column = tables.command.c
        query = _within(where(select(tables.command), device=device), column.site, sites)
        return self._all(rows.to_command, query.order_by(column.requested_ns.desc(), column.id).limit(limit))


def _within(query: Select[Any], column: ColumnElement[str], names: Collection[str] | None) -> Select[Any]:
    """Narrow a query to these names; None: all."""
    return query if names is None else query.where(column.in_(names))


def _below(query: Select[Any], key: tuple[ColumnElement[Any], ...], last: tuple[object, ...] | None) -> Select[Any]:
    """Order by a unique key, the largest first, and go on below the last one that was seen."""
    query = query.order_by(*(column.desc() for column in key))
    return query if last is None else query.where(tuple_(*key) < tuple_(*last))


def _moved(from_ns: int, to_ns: int) -> ColumnElement[bool]:
    line = tables.journal.c
    return exists().where(line.alarm_id == tables.alarm.c.id, line.time_ns >= from_ns, line.time_ns < to_ns)

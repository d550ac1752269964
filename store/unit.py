"""One unit of work: everything in it is committed together, or nothing is."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, bindparam, delete, func, select, tuple_, update

from domain.alarm import Alarm, AlarmKind, Condition, StateLetter
from domain.command import Command
from domain.errors import Conflict
from domain.handling import HandlingStep
from domain.record import (
    AuditEntry,
    DeviceState,
    Gap,
    Incident,
    JournalEntry,
    LoginAttempt,
    Notice,
    NoticeState,
    Quarantined,
    Session,
    Token,
    User,
)
from store import rows, tables
from store.deliveries import Deliveries
from store.duties import Duties
from store.engine import insert_or_ignore, upsert
from store.forget import forget_told
from store.hazards import Hazards
from store.instructions import Instructions
from store.reading import audited

# built once: building a statement of forty columns costs more than running it
_ALARM = select(tables.alarm).where(tables.alarm.c.id == bindparam("alarm_id"))
# the write lock makes the next number sure; a sequence of PostgreSQL would leave a hole at each rollback
_NEXT = select(func.coalesce(func.max(tables.journal.c.seq), 0) + 1).scalar_subquery()
_JOURNAL = tables.journal.insert().values(seq=_NEXT).returning(tables.journal.c.seq)
_UPDATE = {
    table: update(table).where(table.c.id == bindparam("same_id"), table.c.version == bindparam("same_version"))
    for table in (tables.alarm, tables.incident)
}


@cache
def _newest(*names: str) -> Select[Any]:
    column = tables.journal.c
    named = (column[name] == bindparam(name) for name in names)
    return select(tables.journal).where(*named).order_by(column.seq.desc()).limit(bindparam("most"))


@cache
def _standing(*names: str) -> Select[Any]:
    column = tables.alarm.c
    named = (column[name] == bindparam(name) for name in names)
    there = column.kind.in_(bindparam("kinds", expanding=True)) & (column.condition != Condition.NORMAL)
    return select(tables.alarm).where(*named, there).order_by(column.id).limit(bindparam("most"))


@cache
def _open_incidents(*names: str) -> Select[Any]:
    column = tables.incident.c
    named = (column[name] == bindparam(name) for name in names)
    there = column.zone.in_(bindparam("zones", expanding=True)) & column.closed_ns.is_(None)
    return select(tables.incident).where(*named, there).order_by(column.opened_ns, column.id)


class Unit(Duties, Hazards, Instructions, Deliveries):
    """Writes inside one transaction; `Records.unit` gives it and ends it.

    Args:
        connection: in a transaction that holds the write lock.
    """

    # ------------------------------------------------------------ alarms

    def alarm(self, alarm_id: str) -> Alarm | None:
        row = self._connection.execute(_ALARM, {"alarm_id": alarm_id}).one_or_none()
        return None if row is None else rows.to_alarm(row)

    def save(self, alarm: Alarm) -> None:
        """Write an alarm row (Conflict: its version moved since it was read)."""
        self._save(tables.alarm, rows.alarm_fields(alarm))

    def due(self, now_ns: int) -> list[Alarm]:
        """Give the alarms that have a deadline at or before now, ordered by id."""
        table = tables.alarm
        found = self._connection.execute(select(table).where(table.c.due_ns <= now_ns).order_by(table.c.id))
        return [rows.to_alarm(row) for row in found]

    def standing(self, zone: str, kinds: Collection[AlarmKind], limit: int, *, site: str | None = None) -> list[Alarm]:
        """Give alarms of some kinds in a zone or at a site in it, that are there or pending, ordered by id."""
        named = {"zone": zone} | ({} if site is None else {"site": site})
        found = self._connection.execute(_standing(*named), named | {"kinds": sorted(kinds), "most": limit})
        return [rows.to_alarm(row) for row in found]

    def journal(self, entry: JournalEntry) -> int:
        """Append an entry; give its place in the journal."""
        return int(self._connection.execute(_JOURNAL, rows.fields(entry, "seq")).scalar_one())

    def newest(
        self, limit: int, *, event: str | None = None, site: str | None = None, alarm_id: str | None = None
    ) -> list[JournalEntry]:
        """Give the newest lines of an event, of it at a site, or of an alarm, the last one first."""
        wanted = {"event": event, "site": site, "alarm_id": alarm_id}
        named = {name: value for name, value in wanted.items() if value is not None}
        found = self._connection.execute(_newest(*named), named | {"most": limit})
        return [rows.to_journal(row) for row in found]

    def audit(self, entry: AuditEntry) -> None:
        """Append an entry that carries the hash of all before it."""
        table = tables.audit
        newest = select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)
        seq, previous = self._connection.execute(newest).one_or_none() or (0, "")
        link = {"seq": seq + 1, "hash": rows.chain(previous, entry)}
        self._connection.execute(table.insert(), rows.fields(entry, "seq", "hash") | link)

    def audited(self, limit: int, actions: Collection[str]) -> list[AuditEntry]:
        """Give the latest entries of some actions, the newest first."""
        return [rows.to_audit(row) for row in self._connection.execute(audited(limit, 0, actions))]

    # ------------------------------------------------------------ incidents

    def incident(self, incident_id: str) -> Incident | None:
        table = tables.incident
        row = self._connection.execute(select(table).where(table.c.id == incident_id)).one_or_none()
        return None if row is None else rows.to(Incident, row)

    def open_incidents(self, zones: Sequence[str], *, site: str | None = None) -> list[Incident]:
        """Give the open incidents of some zones, or of a site in them, the oldest first."""
        named = {} if site is None else {"site": site}
        found = self._connection.execute(_open_incidents(*named), named | {"zones": list(zones)})
        return [rows.to(Incident, row) for row in found]

    def save_incident(self, incident: Incident) -> None:
        """Write an incident (Conflict: its version moved since it was read)."""
        self._save(tables.incident, rows.fields(incident))

    def members(self, incident_id: str) -> list[Alarm]:
        table = tables.alarm
        found = self._connection.execute(select(table).where(table.c.incident_id == incident_id).order_by(table.c.id))
        return [rows.to_alarm(row) for row in found]

    def add_step(self, step: HandlingStep) -> None:
        self._connection.execute(tables.incident_step.insert(), rows.fields(step, "seq"))

    def steps(self, incident_id: str) -> list[HandlingStep]:
        table = tables.incident_step
        found = self._connection.execute(select(table).where(table.c.incident_id == incident_id).order_by(table.c.seq))
        return [rows.to_step(row) for row in found]

    def is_standing(self, incident_id: str) -> bool:
        """Tell whether any member is not normal yet."""
        table = tables.alarm
        found = select(table.c.id).where(table.c.incident_id == incident_id, table.c.letter != StateLetter.NORMAL)
        return self._connection.execute(found.limit(1)).one_or_none() is not None

    # ------------------------------------------------------------ notices

    def notice(self, notice: Notice) -> None:
        """Put a notice into the outbox, once for each key."""
        insert_or_ignore(self._connection, tables.notice, [rows.fields(notice, "id")])

    def forget_notices(self, alarm_id: str) -> None:
        """Drop all notices of an alarm: of test alarms the newest is enough."""
        self._connection.execute(delete(tables.notice).where(tables.notice.c.alarm_id == alarm_id))

    def cancel_notices(self, alarm_id: str, occurrence: int, why: str) -> None:
        """Call back what was not accepted yet; an attempt under way may still turn out to be accepted."""
        table = tables.notice
        open_ = table.c.state.in_([NoticeState.PENDING, NoticeState.SENDING])
        named = (table.c.alarm_id == alarm_id) & (table.c.occurrence == occurrence)
        values = {"state": NoticeState.CANCELLED, "answer": why, "next_ns": None}
        self._connection.execute(update(table).where(named, open_).values(values))
        self.wait_for_no_receipt(alarm_id, occurrence)

    def wait_for_no_receipt(self, alarm_id: str, occurrence: int) -> None:
        """Begin no further way for what was accepted and has no receipt."""
        table = tables.notice
        named = (table.c.alarm_id == alarm_id) & (table.c.occurrence == occurrence)
        waits = (table.c.state == NoticeState.ACCEPTED) & table.c.next_ns.is_not(None)
        self._connection.execute(update(table).where(named, waits).values(next_ns=None))

    # ------------------------------------------------------------ commands

    def commands(self, device: str, since_ns: int) -> list[Command]:
        """Give the commands to a valve that were requested since then, the newest first."""
        column = tables.command.c
        wanted = (column.device == device) & (column.requested_ns >= since_ns)
        found = select(tables.command).where(wanted).order_by(column.requested_ns.desc(), column.id)
        return [rows.to_command(row) for row in self._connection.execute(found)]

    def command(self, command_id: str) -> Command | None:
        found = select(tables.command).where(tables.command.c.id == command_id)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else rows.to_command(row)

    def save_command(self, command: Command) -> None:
        upsert(self._connection, tables.command, [rows.fields(command)])

    def follow_command(self, command: Command) -> None:
        """Write what the log says of a command; what was already read further on in the log stays."""
        known = self.command(command.id)
        if known is None or known.position < command.position:
            self.save_command(command)

    # ------------------------------------------------------------ frames and devices

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        """Keep refused parts, once for each (position, part)."""
        found = [rows.fields(entry, "id") for entry in entries]
        insert_or_ignore(self._connection, tables.quarantine, found)

    def retried(self, entry_id: int, position: int) -> None:
        table = tables.quarantine
        self._connection.execute(update(table).where(table.c.id == entry_id).values(retried_position=position))

    def gap(self, gap: Gap) -> None:
        upsert(self._connection, tables.gap, [rows.fields(gap)])

    def drop_gap(self, device: str, boot_id: str, from_seq: int) -> None:
        table = tables.gap
        named = (table.c.device == device) & (table.c.boot_id == boot_id) & (table.c.from_seq == from_seq)
        self._connection.execute(delete(table).where(named))

    def devices(self, states: Iterable[DeviceState]) -> None:
        upsert(self._connection, tables.device_state, [rows.fields(state) for state in states])

    def cursor(self, reader: str) -> int:
        table = tables.cursor
        found = self._connection.execute(select(table.c.position).where(table.c.reader == reader))
        return found.scalar_one_or_none() or 0

    def set_cursor(self, reader: str, position: int) -> None:
        upsert(self._connection, tables.cursor, [{"reader": reader, "position": position}])

    def forget_quarantine(self, before_ns: int, limit: int) -> dict[str, int]:
        """Drop entries among the oldest `limit` that were received earlier; give their numbers by reason."""
        column = tables.quarantine.c
        oldest = self._connection.execute(
            select(column.id, column.reason, column.received_ns).order_by(column.id).limit(limit)
        )
        old = [row for row in oldest if row.received_ns < before_ns]
        self._connection.execute(delete(tables.quarantine).where(column.id.in_([row.id for row in old])))
        return dict(Counter(str(row.reason) for row in old))

    def forget_gaps(self, before_ns: int, limit: int) -> int:
        """Drop up to `limit` gaps that were closed earlier; give their number. An open one stays for ever."""
        table, key = tables.gap, (tables.gap.c.device, tables.gap.c.boot_id, tables.gap.c.from_seq)
        # it was opened even earlier, and by that there is an index
        closed = select(*key).where(table.c.opened_ns < before_ns, table.c.closed_ns < before_ns)
        old = closed.order_by(table.c.opened_ns).limit(limit)
        return self._connection.execute(delete(table).where(tuple_(*key).in_(old))).rowcount

    def forget_told(self, before_ns: int, limit: int) -> int:
        """Drop up to `limit` old notices, answer codes, escalations and receipts each, none that still matters."""
        return forget_told(self._connection, before_ns, limit)

    # ------------------------------------------------------------ persons

    def user(self, name: str) -> User | None:
        row = self._connection.execute(select(tables.account).where(tables.account.c.name == name)).one_or_none()
        return None if row is None else rows.to(User, row)

    def users(self) -> list[User]:
        found = self._connection.execute(select(tables.account).order_by(tables.account.c.name))
        return [rows.to(User, row) for row in found]

    def add_user(self, user: User) -> None:
        """Add a user (Conflict: the name is taken)."""
        self._add(tables.account, rows.fields(user), tables.account.c.name == user.name)

    def save_user(self, user: User) -> None:
        """Change a user (Conflict: there is none of that name)."""
        table = tables.account
        done = self._connection.execute(update(table).where(table.c.name == user.name).values(rows.fields(user)))
        _demand(done.rowcount == 1)

    def add_session(self, session: Session) -> None:
        self._connection.execute(tables.session.insert(), rows.fields(session))

    def drop_session(self, token_hash: str) -> None:
        self._connection.execute(delete(tables.session).where(tables.session.c.token_hash == token_hash))

    def drop_expired_sessions(self, now_ns: int) -> None:
        self._connection.execute(delete(tables.session).where(tables.session.c.expires_ns <= now_ns))

    def drop_sessions_of(self, user: str) -> None:
        self._connection.execute(delete(tables.session).where(tables.session.c.user == user))

    def add_token(self, token: Token) -> None:
        """Add a token (Conflict: the name is taken)."""
        self._add(tables.token, rows.fields(token), tables.token.c.name == token.name)

    def tokens(self) -> list[Token]:
        found = self._connection.execute(select(tables.token).order_by(tables.token.c.name))
        return [rows.to(Token, row) for row in found]

    def use_token(self, name: str, now_ns: int) -> None:
        self._connection.execute(update(tables.token).where(tables.token.c.name == name).values(used_ns=now_ns))

    def revoke_token(self, name: str, now_ns: int) -> None:
        """End a token for good (Conflict: there is none of that name that still holds)."""
        column = tables.token.c
        ours = (column.name == name) & column.revoked_ns.is_(None)
        _demand(self._connection.execute(update(tables.token).where(ours).values(revoked_ns=now_ns)).rowcount == 1)

    def add_login_attempt(self, attempt: LoginAttempt, now_ns: int, most: int) -> bool:
        """Remember a visitor; False when `most` are under way already. Those whose time is over are forgotten."""
        table = tables.login_attempt
        self._connection.execute(delete(table).where(table.c.expires_ns <= now_ns))
        if self._connection.execute(select(func.count()).select_from(table)).scalar_one() >= most:
            return False
        self._connection.execute(table.insert(), rows.fields(attempt))
        return True

    def take_login_attempt(self, state_hash: str, now_ns: int) -> LoginAttempt | None:
        """Give an attempt and forget it, so that nobody uses it twice; None: unknown, used or over."""
        table = tables.login_attempt
        row = self._connection.execute(select(table).where(table.c.state_hash == state_hash)).one_or_none()
        self._connection.execute(delete(table).where(table.c.state_hash == state_hash))
        return rows.to(LoginAttempt, row) if row is not None and row.expires_ns > now_ns else None

    # ------------------------------------------------------------ versions

    def _save(self, table: Table, values: dict[str, Any]) -> None:
        version = values["version"]
        values = {**values, "version": version + 1}
        if version == 0:
            self._add(table, values, table.c.id == values["id"])
            return
        done = self._connection.execute(_UPDATE[table], {**values, "same_id": values["id"], "same_version": version})
        _demand(done.rowcount == 1)

    def _add(self, table: Table, values: dict[str, Any], same: Any) -> None:  # noqa: ANN401 - an SQL condition
        _demand(self._connection.execute(select(1).select_from(table).where(same)).first() is None)
        self._connection.execute(table.insert(), values)


def _demand(unchanged: bool) -> None:  # noqa: FBT001 - reads as a sentence at the call
    if not unchanged:
        raise Conflict("已被他人修改 / changed by somebody else meanwhile")

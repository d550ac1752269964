"""The outbox: notices wait here for their senders, their receipts, and the way that follows where one fails."""

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, case, func, select, update

from domain.duty import StoredReceipt
from domain.record import Notice, NoticeState
from store import rows, tables
from store.engine import guarded, insert_or_ignore
from store.reading import Reading, where

NEXT_WAY_NS = 15_000_000_000
"""A person's next way begins when this one was not accepted within so long of its first attempt."""
_ROUND = 100
_MOST_CARRIED = 200
"""Notices in one message; those beyond are in the next one."""
_LEASED = ("state", "lease_ns", "attempts", "first_ns", "next_ns", "carrier")


class Waiting(NamedTuple):
    """Notices of one channel that wait.

    Attributes:
        number: all of them.
        tried: those that were tried already, in vain so far.
        oldest_ns: since when the oldest is due.
    """

    number: int = 0
    tried: int = 0
    oldest_ns: int = 0


class Outbox(Reading):
    """What `store.records.Records` knows of notices."""

    def notices(self, *, alarm_id: str | None = None, occurrence: int | None = None, limit: int = 200) -> list[Notice]:
        """List notices, the newest first."""
        query = where(select(tables.notice), alarm_id=alarm_id, occurrence=occurrence)
        return self._all(rows.to_notice, query.order_by(tables.notice.c.id.desc()).limit(limit))

    def lease_notices(
        self,
        now_ns: int,
        lease_ns: int,
        limit: int,
        channels: Collection[str] | None = None,
        *,
        late_ns: int = 0,
        priority: int | None = None,
    ) -> list[Notice]:
        """Take due notices to send them, the worst first; after `lease_ns` another sender may take what is not settled.

        Rather twice than never: a sender that dies between the call and its record leaves a notice that is sent again.
        Behind one that belongs to a bundle come all of it that are due for the same receiver, beyond the limit: its
        message carries them.

        Args:
            now_ns: wall clock.
            lease_ns: how long nobody else may take them.
            limit: at most so many, what is carried apart.
            channels: only of these; None: of all.
            late_ns: only what has waited for so long.
            priority: only of this one.
        """
        column = tables.notice.c
        waiting = (column.state == NoticeState.PENDING) & (column.due_ns <= now_ns - late_ns)
        abandoned = (column.state == NoticeState.SENDING) & (column.lease_ns <= now_ns - late_ns)
        due = waiting | abandoned
        queue = case((column.priority == 1, 0), (column.ahead, 1), else_=2)
        order = (queue, column.priority, column.due_ns, column.id)
        query = where(select(tables.notice), priority=priority).where(due).order_by(*order).limit(limit)
        if channels is not None:
            query = query.where(column.channel.in_(channels))
        if not self._all(rows.to_notice, query):
            return []  # the write lock is for those who have something to write
        with guarded(), self._writer.begin() as connection:
            taken: dict[int, Notice] = {}
            for first in [rows.to_notice(row) for row in connection.execute(query)]:
                for notice in () if first.id in taken else _with_bundle(connection, first, due):
                    taken[notice.id] = _lease(connection, notice, now_ns, lease_ns)
            return list(taken.values())

    def overdue(self, before_ns: int, patient_ns: int, moving: Collection[str] = ()) -> int:
        """Count notices that were due before and that nobody has tried, or whose sender never came back.

        Args:
            before_ns: they were due, or their lease was over, before this.
            patient_ns: what is not of priority 1 may wait since then in the queue of a sender that moves.
            moving: channels whose senders move.
        """
        column = tables.notice.c
        stuck = (column.priority == 1) | column.channel.not_in(moving) | (column.due_ns < patient_ns)
        waiting = (column.state == NoticeState.PENDING) & (column.attempts == 0) & (column.due_ns < before_ns)
        abandoned = (column.state == NoticeState.SENDING) & (column.lease_ns < before_ns)
        return self._number(select(func.count()).where(waiting & stuck | abandoned))

    def waiting(self) -> dict[str, Waiting]:
        """Tell of each channel that has any how many notices wait."""
        column = tables.notice.c
        counts = func.count(), func.count().filter(column.attempts > 0), func.min(column.due_ns)
        waits = column.state.in_([NoticeState.PENDING, NoticeState.SENDING])
        query = select(column.channel, *counts).where(waits).group_by(column.channel)
        return {str(name): Waiting(*map(int, numbers)) for name, *numbers in self._all(tuple, query)}

    def accepted(self, keys: Collection[str]) -> set[str]:
        """Tell which of these notices a provider took on."""
        column = tables.notice.c
        found, names = set[str](), sorted(keys)
        for start in range(0, len(names), _ROUND):
            wanted = column.key.in_(names[start : start + _ROUND]) & (column.accepted_ns > 0)
            found.update(self._all(lambda row: str(row.key), select(column.key).where(wanted)))
        return found

    def settle_notice(self, notice: Notice) -> None:
        """Record how an attempt ended; one whose lease went to another sender has no say any more.

        A notice that was cancelled while it was under way stays cancelled, unless it was accepted after all. A receipt
        that was faster than the provider's own answer counts now.
        """
        column = tables.notice.c
        ours = (column.id == notice.id) & (column.attempts == notice.attempts)
        with guarded(), self._writer.begin() as connection:
            values = rows.fields(_receipted(connection, notice), "id", "key", "alarm_id", "attempts", "first_ns")
            done = connection.execute(
                update(tables.notice).where(ours, column.state == NoticeState.SENDING).values(values)
            )
            if done.rowcount == 0 and notice.state is NoticeState.ACCEPTED:
                values["next_ns"] = None  # nobody needs to be reached any more
                cancelled = column.state == NoticeState.CANCELLED
                connection.execute(update(tables.notice).where(ours, cancelled).values(values))

    def hand_over(self, now_ns: int) -> int:
        """Begin the next way of people whose notice did not get through in time; give their number."""
        column = tables.notice.c
        query = select(tables.notice).where(column.next_ns <= now_ns).order_by(column.priority, column.id).limit(_ROUND)
        if not self._all(rows.to_notice, query):
            return 0
        with guarded(), self._writer.begin() as connection:
            late = [rows.to_notice(row) for row in connection.execute(query)]
            insert_or_ignore(connection, tables.notice, [rows.fields(_next(n, now_ns), "id") for n in late if n.then])
            connection.execute(update(tables.notice).where(column.id.in_([n.id for n in late])).values(next_ns=None))
        return len(late)

    def add_receipt(self, receipt: StoredReceipt) -> Notice | None:
        """Keep what a provider says of a notice, once; give the notice, None while it is unknown.

        A notice that arrived needs no further way; one that never will gets it at once.
        """
        column = tables.notice.c
        named = (column.channel == receipt.channel) & (column.provider_id == receipt.provider_id)
        with guarded(), self._writer.begin() as connection:
            insert_or_ignore(connection, tables.receipt, [rows.fields(receipt)])
            # those that its message carried have the same number, and are behind it
            found = connection.execute(select(tables.notice).where(named).order_by(column.carrier, column.id))
            notices = [_receipted(connection, rows.to_notice(row)) for row in found]
            for notice in notices:
                values = {"state": notice.state, "next_ns": notice.next_ns, "answer": notice.answer}
                connection.execute(update(tables.notice).where(column.id == notice.id).values(values))
        return next(iter(notices), None)

    def notice_of(self, channel: str, provider_id: str) -> Notice | None:
        """Find the notice that a provider speaks of."""
        query = where(select(tables.notice), channel=channel, provider_id=provider_id)
        first = query.order_by(tables.notice.c.carrier, tables.notice.c.id).limit(1)
        return self._one(rows.to_notice, first) if provider_id else None

    def accepted_since(self, channel: str, address: str | None, since_ns: int) -> list[int]:
        """Give when the provider of a channel took messages on, those to one address or to all (None)."""
        column = tables.notice.c
        taken = (column.channel == channel) & (column.accepted_ns >= max(1, since_ns)) & (column.carrier == "")
        to_it = taken if address is None else taken & (column.address == address)
        return self._all(lambda row: int(row.accepted_ns), select(column.accepted_ns).where(to_it))


def _with_bundle(connection: Connection, first: Notice, due: ColumnElement[bool]) -> list[Notice]:
    """Give a notice and what its message carries, the worst first: that one is the carrier."""
    if not first.bundle:
        return [replace(first, carrier="")]
    query = where(
        select(tables.notice), bundle=first.bundle, channel=first.channel, person=first.person, address=first.address
    )
    column = tables.notice.c
    found = query.where(due).order_by(column.priority, column.due_ns, column.id).limit(_MOST_CARRIED)
    carrier, *carried = [rows.to_notice(row) for row in connection.execute(found)]
    return [replace(carrier, carrier=""), *(replace(notice, carrier=carrier.key) for notice in carried)]


def _lease(connection: Connection, notice: Notice, now_ns: int, lease_ns: int) -> Notice:
    first = notice.attempts == 0
    # what waited for long before its first attempt, as after an outage, has its own fair time
    next_ns = max(notice.next_ns, now_ns + NEXT_WAY_NS) if first and notice.next_ns is not None else notice.next_ns
    taken = replace(
        notice,
        state=NoticeState.SENDING,
        lease_ns=now_ns + lease_ns,
        attempts=notice.attempts + 1,
        first_ns=now_ns if first else notice.first_ns,
        next_ns=next_ns,
    )
    values = {name: getattr(taken, name) for name in _LEASED}
    connection.execute(update(tables.notice).where(tables.notice.c.id == notice.id).values(values))
    return taken


def _receipted(connection: Connection, notice: Notice) -> Notice:
    """Apply the receipt that is known of an accepted notice, if any."""
    if notice.state is not NoticeState.ACCEPTED or not notice.provider_id:
        return notice
    column = tables.receipt.c
    named = (column.channel == notice.channel) & (column.provider_id == notice.provider_id)
    row = connection.execute(select(tables.receipt).where(named)).one_or_none()
    if row is None:
        return notice
    told = f"{notice.answer}; receipt: {row.text}"
    if row.delivered:
        return replace(notice, state=NoticeState.DELIVERED, next_ns=None, answer=told)
    waits = notice.next_ns is not None  # else the next way has begun already, or there is none
    return replace(notice, next_ns=row.time_ns if waits else None, answer=told)


def _next(notice: Notice, now_ns: int) -> Notice:
    """Write the notice of a person's next way."""
    way, *then = notice.then
    return replace(
        notice,
        key=f"{notice.key.rpartition('/')[0]}/{way.channel}",
        channel=way.channel,
        address=way.address,
        receipt_s=way.receipt_s,
        then=tuple(then),
        due_ns=now_ns,
        next_ns=now_ns + NEXT_WAY_NS if then else None,
        state=NoticeState.PENDING,
        lease_ns=0,
        attempts=0,
        first_ns=0,
        accepted_ns=0,
        provider_id="",
        answer="",
        carrier="",
    )

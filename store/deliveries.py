"""LPG deliveries in the records: each once, and of each cylinder the newest place, in whatever order they are told."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, type_coerce
from sqlalchemy import Text as AnyText

from domain.cylinder import Move
from domain.delivery import Delivery
from store import delivery_tables as tables
from store import rows
from store.engine import upsert
from store.reading import Reading, where

_AT_ONCE = 1_000
"""Values in one query; SQLite takes 32,766."""


class Deliveries:
    """What `store.unit.Unit` knows of deliveries.

    Args:
        connection: in a transaction.
    """

    _connection: Connection

    def add_deliveries(self, deliveries: Sequence[Delivery]) -> None:
        """Write deliveries down, and move their cylinders; one that is known already changes nothing."""
        told = {delivery.id: delivery for delivery in reversed(deliveries)}  # the first of a name counts
        column = tables.delivery.c
        for part in _parts(told):
            known = {row.id for row in self._connection.execute(select(column.id).where(column.id.in_(part)))}
            fresh = [told[name] for name in reversed(part) if name not in known]
            if fresh:
                self._connection.execute(tables.delivery.insert(), [rows.fields(one, "seq") for one in fresh])
                self._move(fresh)

    def _move(self, deliveries: Iterable[Delivery]) -> None:
        newest: dict[str, Move] = {}
        for move in _moves(deliveries):
            _keep(newest, move)
        column = tables.cylinder_move.c
        for part in _parts(newest):
            for row in self._connection.execute(select(tables.cylinder_move).where(column.code.in_(part))):
                _keep(newest, _to_move(row))
            upsert(self._connection, tables.cylinder_move, [newest[code]._asdict() for code in part])


def _parts(names: Iterable[str]) -> Iterator[list[str]]:
    wanted = list(names)
    return (wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE))


def _moves(deliveries: Iterable[Delivery]) -> Iterator[Move]:
    for one in deliveries:
        for codes, site in ((one.delivered, one.site), (one.returned, "")):
            yield from (Move(code, site, one.time_ns, one.id) for code in codes)


def _keep(newest: dict[str, Move], move: Move) -> None:
    """Keep the later of two; of one moment that of the larger name, and of one delivery what it left there."""
    known = newest.get(move.code)
    if known is None or _order(move) > _order(known):
        newest[move.code] = move


def _order(move: Move) -> tuple[int, str, bool]:
    return move.time_ns, move.delivery, bool(move.site)


def _to_move(row: Row[Any]) -> Move:
    return Move(row.code, row.site, row.time_ns, row.delivery)


def _to_delivery(row: Row[Any]) -> Delivery:
    return Delivery(**row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


class Delivered(Reading):
    """What `store.records.Records` knows of them."""

    def deliveries(
        self,
        *,
        sites: Collection[str] | None = None,
        site: str | None = None,
        vehicle: str | None = None,
        cylinder: str | None = None,
        breach: str | None = None,
        below: int = 0,
        limit: int = 200,
    ) -> list[Delivery]:
        """List deliveries, the latest heard of first; `below` goes on after that number, 0 is from the end.

        Args:
            sites: only to these; None: everywhere.
            site: only there.
            vehicle: only of it.
            cylinder: only those that left or took back this code.
            breach: only those with it.
            below: as said.
            limit: at most so many.
        """
        column = tables.delivery.c
        query = where(select(tables.delivery), site=site, vehicle=vehicle)
        query = query if sites is None else query.where(column.site.in_(sorted(sites)))
        query = query if below == 0 else query.where(column.seq < below)
        if cylinder is not None:
            query = query.where(or_(_holds("delivered", cylinder), _holds("returned", cylinder)))
        if breach is not None:
            query = query.where(_holds("breaches", breach))
        return self._all(_to_delivery, query.order_by(column.seq.desc()).limit(limit))

    def deliveries_after(self, seq: int, limit: int) -> list[Delivery]:
        """Give deliveries in the order in which they were written down."""
        query = select(tables.delivery).where(tables.delivery.c.seq > seq)
        return self._all(_to_delivery, query.order_by(tables.delivery.c.seq).limit(limit))

    def last_delivery(self) -> int:
        return self._number(select(func.max(tables.delivery.c.seq)))

    def cylinder_moves(self, sites: Collection[str] | None = None, codes: Collection[str] = ()) -> list[Move]:
        """Give where cylinders went: all of them, or those that went to some sites and those of some codes."""
        table, found = tables.cylinder_move, list[Move]()
        if sites is None:
            return self._all(_to_move, select(table))
        for column, names in ((table.c.site, sites), (table.c.code, codes)):
            for part in _parts(names):
                found += self._all(_to_move, select(table).where(column.in_(part)))
        return list({move.code: move for move in found}.values())


def _holds(name: str, value: str) -> ColumnElement[bool]:
    """Look for a name in a JSON list of names."""
    packed = msgspec.json.encode(value).decode()
    return type_coerce(tables.delivery.c[name], AnyText).contains(packed, autoescape=True)

"""Transactions over one database, and how rows become records."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, select

from store import tables
from store.engine import guarded, writing

Found = TypeVar("Found")


class Reading:
    """What every part of the records reads and writes with.

    Args:
        engine: of the database.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = writing(engine)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with guarded(), self._engine.begin() as connection:
            yield connection

    def _all(self, to: Callable[[Row[Any]], Found], query: Select[Any]) -> list[Found]:
        with self._reading() as connection:
            return [to(row) for row in connection.execute(query)]

    def _one(self, to: Callable[[Row[Any]], Found], query: Select[Any]) -> Found | None:
        return next(iter(self._all(to, query)), None)

    def _number(self, query: Select[Any]) -> int:
        with self._reading() as connection:
            return connection.execute(query).scalar() or 0


def where(query: Select[Any], **equal: object) -> Select[Any]:
    """Narrow a query by the columns whose wanted value is not None."""
    wanted: list[ColumnElement[bool]] = [
        query.selected_columns[name] == value for name, value in equal.items() if value is not None
    ]
    return query.where(*wanted)


def audited(limit: int, after: int, actions: Collection[str] | None) -> Select[Any]:
    """Ask for entries of the audit, the newest first, below the number `after` (0: from the end)."""
    column = tables.audit.c
    query = select(tables.audit).order_by(column.seq.desc()).limit(limit)
    query = query.where(column.seq < after) if after > 0 else query
    return query if actions is None else query.where(column.action.in_(actions))

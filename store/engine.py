"""The one place that knows which database it talks to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from sqlite3 import Connection as SQLiteConnection
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import StoreUnavailable

BUSY_MS = 5_000
"""How long a writer waits for another one."""


def connect(url: str) -> Engine:
    """Open a pool of connections.

    Every commit of SQLite reaches the disk before it returns (WAL, synchronous FULL), and a unit of work takes the
    write lock when it begins: two units never read the same row and then both write it.
    """
    engine = create_engine(url, pool_size=4, max_overflow=12, pool_timeout=BUSY_MS / 1_000)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_sqlite` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def writing(engine: Engine) -> Engine:
    """Give the same pool, whose transactions take the write lock at once."""
    return engine.execution_options(writes=True)


def insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an insert that may say what to do on a conflict: both databases speak alike there."""
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; those whose key is taken change nothing."""
    if rows:
        connection.execute(insert(connection, table).on_conflict_do_nothing(), rows)


def upsert(connection: Connection, table: Table, found: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or set all columns of those with their primary keys; all rows have the same columns."""
    if not found:
        return
    keys = [column.name for column in table.primary_key]
    statement = insert(connection, table)
    changed = {name: statement.excluded[name] for name in found[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(found))


@contextmanager
def guarded() -> Iterator[None]:
    """Tell an absent or busy database from our own mistakes (StoreUnavailable)."""
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise StoreUnavailable(f"the records database cannot be used: {error.args[0]}") from error

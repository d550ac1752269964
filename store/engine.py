"""The one place that knows which database it talks to."""

import fcntl
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import IO, Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, InterfaceError, InternalError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from domain.errors import ConfigurationError, StoreUnavailable

BUSY_MS = 5_000
"""How long a writer waits for another one."""

_TURN_S, _LOOK_S = BUSY_MS / 2_000, 0.002

_FORM = "expected postgresql+psycopg://user:password@host/database, special signs in the password percent-encoded"
_WRITER = 0x6761736C696665
"""Name of PostgreSQL's advisory lock that a unit of work holds to its end."""

_NO_TABLE = "42P01"
_LET_NOBODY_IN = re.compile(
    r"password authentication failed|no password supplied|is not permitted to log in|pg_hba\.conf"
    r"|(role|database) \".*\" does not exist"
    r"|认证失败|不允许角色|(角色|数据库) \".*\" 不存在"
)
"""28P01, 28000 and 3D000 in words: libpq keeps the code of a refused connection to itself. The server speaks its own
language: here English and Chinese, as of PostgreSQL 15; in another one it is waited for as if it were away."""
_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 5,
    # a host that vanished sends no farewell: without these a call waits for a quarter of an hour
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "options": (
        f"-c lock_timeout={BUSY_MS} -c statement_timeout=10000 -c idle_in_transaction_session_timeout=10000"
        " -c synchronous_commit=on"
    ),
}


def connect(url: str) -> Engine:
    """Open a pool of connections (ConfigurationError: no address of SQLite or PostgreSQL).

    Both databases keep two promises. A commit has reached the disk before it returns (SQLite: WAL, synchronous FULL;
    PostgreSQL: synchronous_commit). And a unit of work waits for the one before it when it begins (SQLite: BEGIN
    IMMEDIATE, in turn; PostgreSQL: an advisory lock, which has a queue), so that no two units read the same row and
    then both write it, the audit's chain never forks, and whoever reads the journal on from a number misses no line
    that is committed later. Row locks would let units of different alarms overlap, but promise neither of the last two;
    what waits here is one short transaction. A unit that stands still for 10 s, as on a frozen machine, is ended by the
    server.
    """
    address = _parse(url)
    limits: dict[str, Any] = {"pool_size": 4, "max_overflow": 12, "pool_timeout": BUSY_MS / 1_000}
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, **limits)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        engine = create_engine(address, **limits, pool_pre_ping=True, connect_args=_POSTGRESQL)
    except ModuleNotFoundError:
        raise ConfigurationError("records.url_file: PostgreSQL needs the package psycopg, which is missing") from None
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _parse(url: str) -> URL:
    """Read the address; no message repeats it, since it holds a password."""
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(f"records.url_file: no address of a database; {_FORM}") from None
    if address.get_backend_name() == "sqlite":
        return address
    if address.get_backend_name() != "postgresql" or "@" in (address.host or ""):
        raise ConfigurationError(f"records.url_file: no address of a PostgreSQL database; {_FORM}")
    return address.set(drivername="postgresql+psycopg")


def database_file(url: str) -> Path | None:
    """Give the file of a SQLite database, None for that of a server (ConfigurationError: no address of either)."""
    address = _parse(url)
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def tools_address(url: str) -> str:
    """Give the address of a PostgreSQL database as its own tools take it; they ask for the password.

    Example:
        >>> tools_address("postgresql+psycopg://li:secret@db.example:5433/records?password=secret&sslmode=require")
        'postgresql://li@db.example:5433/records?sslmode=require'
    """
    found = _parse(url)
    query = {name: value for name, value in found.query.items() if name != "password"}
    return URL.create(
        "postgresql", found.username, host=found.host, port=found.port, database=found.database, query=query
    ).render_as_string()


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: `_begin_sqlite` does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("writes", False))


def _begin_sqlite(connection: Connection) -> None:
    if not _writes(connection):
        connection.exec_driver_sql("BEGIN")
        return
    with _next_turn(connection.engine.url.database):
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def _next_turn(database: str | None) -> Iterator[None]:
    """Be the one who takes SQLite's write lock next, however often another one comes back for it.

    SQLite has no queue: who waits looks again after up to 100 ms, and `watch`, which returns at once in a storm, would
    take the lock before the others for seconds. While this file is locked nobody else asks for it. It promises fairness
    and nothing else, so where it cannot be had, or whoever has it stands still, the lock itself decides.
    """
    with ExitStack() as stack:
        if database and database != ":memory:":
            with suppress(OSError):
                _await_turn(stack.enter_context(Path(f"{database}-turn").open("ab")))
        yield


def _await_turn(file: IO[bytes]) -> None:
    deadline_s = time.monotonic() + _TURN_S
    while not _locked(file) and time.monotonic() < deadline_s:
        time.sleep(_LOOK_S)


def _locked(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _begin_postgresql(connection: Connection) -> None:
    if _writes(connection):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")


def take_all_the_time(connection: Connection) -> None:
    """Let the statements of this transaction last: a migration may rewrite a large table."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def writing(engine: Engine) -> Engine:
    """Give the same pool, whose transactions take the write lock at once."""
    return engine.execution_options(writes=True)


def insert(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Begin an insert that may say what to do on a conflict: both databases speak alike there."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def insert_or_ignore(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; those whose key is taken change nothing."""
    if rows:
        connection.execute(_ignoring(connection.dialect.name, table), rows)


def upsert(connection: Connection, table: Table, found: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or set all columns of those with their primary keys; all rows have the same columns."""
    if not found:
        return
    connection.execute(_upserting(connection.dialect.name, table, tuple(found[0])), list(found))


# built once: building a statement of many columns costs more than running it


@cache
def _ignoring(dialect: str, table: Table) -> sqlite.Insert | postgresql.Insert:
    return insert(dialect, table).on_conflict_do_nothing()


@cache
def _upserting(dialect: str, table: Table, names: tuple[str, ...]) -> sqlite.Insert | postgresql.Insert:
    keys = [column.name for column in table.primary_key]
    statement = insert(dialect, table)
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


@contextmanager
def guarded() -> Iterator[None]:
    """Tell an absent or busy database, or one that lets us not in, from our own mistakes (StoreUnavailable)."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError, PoolTimeout, ProgrammingError) as error:
        if isinstance(error, ProgrammingError) and getattr(error.orig, "sqlstate", "") != _NO_TABLE:
            raise
        text = f"the records database cannot be used: {error.args[0]}"
        if not _LET_NOBODY_IN.search(text) or not isinstance(error, OperationalError):
            raise StoreUnavailable(text) from error
        text += "; expected in records.url_file what it takes"
        raise StoreUnavailable(text, reason="settings") from error

"""Tables of the records database, in types that SQLite and PostgreSQL share.

Times are integers, nanoseconds since 1970. `alarm.letter` and `alarm.due_ns` follow from the other columns; they are
stored so that standing alarms and due deadlines are found by index.
"""

import msgspec
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.engine import Dialect

from domain.location import Location

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


class Text(TypeDecorator[str]):
    """Text without NUL, which PostgreSQL refuses: one in a device's `boot_id` must not stop the watch for ever."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        del dialect  # the same in both: the databases tell one story
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if value and "\0" in value else value


class Names(TypeDecorator[tuple[str, ...]]):
    """A few names, as a JSON list."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        del dialect
        return msgspec.json.encode(value or ()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        del dialect
        return msgspec.json.decode(value or "[]", type=tuple[str, ...])


class Located(TypeDecorator[Location]):
    """A possible place, as JSON."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: Location | None, dialect: Dialect) -> str | None:
        del dialect
        return None if value is None else msgspec.json.encode(value).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Location | None:
        del dialect
        return None if value is None else msgspec.json.decode(value, type=Location)


_SERIAL = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts up by itself in SQLite


def _text(name: str) -> "Column[str]":
    return Column(name, Text, nullable=False)


def _int(name: str, *, nullable: bool = False) -> "Column[int]":
    return Column(name, BigInteger, nullable=nullable)


def _flag(name: str) -> "Column[bool]":
    return Column(name, Boolean, nullable=False)


def _real(name: str) -> "Column[float]":
    return Column(name, Float(53), nullable=True)


def _serial(name: str) -> "Column[int]":
    return Column(name, _SERIAL, primary_key=True, autoincrement=True)


def _names(name: str) -> "Column[tuple[str, ...]]":
    return Column(name, Names, nullable=False)


def _alarm_id() -> "Column[str]":
    return Column("alarm_id", Text, ForeignKey("alarm.id"), nullable=False)


alarm = Table(
    "alarm",
    METADATA,
    Column("id", Text, primary_key=True),
    _text("kind"),
    _text("subject"),
    _text("device"),
    _text("site"),
    _text("zone"),
    _text("condition"),
    _int("deadline_ns", nullable=True),
    _int("remaining_ns", nullable=True),
    _int("candidate"),
    _int("level"),
    _flag("acknowledged"),
    _int("occurrence"),
    _flag("latched"),
    _int("shelf_until_ns", nullable=True),
    _int("oos_until_ns", nullable=True),
    _text("permit_no"),
    _text("causes"),
    _int("quality"),
    _int("realarm_ns", nullable=True),
    _int("priority"),
    _text("incident_id"),
    _real("value"),
    _real("limit"),
    _text("reason"),
    Column("location", Located, nullable=True),
    _text("finding"),
    _text("acknowledged_by"),
    _int("acknowledged_ns", nullable=True),
    _int("first_ns"),
    _int("last_ns"),
    _int("raised_ns"),
    _int("position"),
    _int("version"),
    _flag("drill"),
    _text("letter"),
    _int("due_ns", nullable=True),
    Index(None, "letter", "priority"),
    Index(None, "due_ns"),
    Index(None, "incident_id"),
)

journal = Table(
    "journal",
    METADATA,
    _serial("seq"),
    _alarm_id(),
    _int("occurrence"),
    _text("event"),
    _text("before"),
    _text("after"),
    _text("kind"),
    _int("priority"),
    _int("level"),
    _text("device"),
    _text("site"),
    _text("incident_id"),
    _int("position"),
    _int("time_ns"),
    _real("value"),
    _real("limit"),
    _text("user"),
    _text("note"),
    Index(None, "alarm_id", "seq"),
    Index(None, "incident_id", "seq"),
    sqlite_autoincrement=True,
)

incident = Table(
    "incident",
    METADATA,
    Column("id", Text, primary_key=True),
    _text("site"),
    _text("zone"),
    _int("priority"),
    _int("opened_ns"),
    _int("closed_ns", nullable=True),
    _int("version"),
    Index(None, "site", "closed_ns"),
    Index(None, "opened_ns"),
)

notice = Table(
    "notice",
    METADATA,
    _serial("id"),
    _text("key"),
    _alarm_id(),
    _int("occurrence"),
    _text("channel"),
    _text("person"),
    _text("body"),
    _int("due_ns"),
    _text("state"),
    _int("lease_ns"),
    _int("attempts"),
    _text("answer"),
    UniqueConstraint("key"),
    Index(None, "state", "due_ns"),
    Index(None, "alarm_id", "occurrence"),
    sqlite_autoincrement=True,
)

quarantine = Table(
    "quarantine",
    METADATA,
    _serial("id"),
    _int("position"),
    _text("part"),
    _text("reason"),
    _text("detail"),
    _text("device"),
    _text("site"),
    _text("topic"),
    Column("payload", LargeBinary, nullable=False),
    _int("received_ns"),
    _int("retried_position", nullable=True),
    UniqueConstraint("position", "part"),
    Index(None, "device", "id"),
    Index(None, "reason", "id"),
    sqlite_autoincrement=True,
)

gap = Table(
    "gap",
    METADATA,
    Column("device", Text, primary_key=True),
    Column("boot_id", Text, primary_key=True),
    Column("from_seq", BigInteger, primary_key=True, autoincrement=False),
    _int("to_seq"),
    _int("opened_ns"),
    _int("closed_ns", nullable=True),
    _text("reason"),
    Index(None, "opened_ns"),
)

device_state = Table(
    "device_state",
    METADATA,
    Column("device", Text, primary_key=True),
    _int("newest_ns"),
    _flag("online"),
    _text("boot_id"),
    Column("interval_s", Float(53), nullable=False),
    _int("frames"),
    _int("duplicates"),
    _int("missing"),
    _flag("counted"),
    _int("shift_ns"),
)

cursor = Table("cursor", METADATA, Column("reader", Text, primary_key=True), _int("position"))

account = Table(
    "account",
    METADATA,
    Column("name", Text, primary_key=True),
    _text("display_name"),
    _text("role"),
    _text("password_hash"),
    _flag("enabled"),
    _names("townships"),
    _names("sites"),
    _text("source"),
    _text("subject"),
    _flag("break_glass"),
)

session = Table(
    "session",
    METADATA,
    Column("token_hash", Text, primary_key=True),
    Column("user", Text, ForeignKey("account.name"), nullable=False),
    _text("csrf"),
    _int("expires_ns"),
    Index(None, "expires_ns"),
)

audit = Table(
    "audit",
    METADATA,
    _serial("seq"),
    _int("time_ns"),
    _text("user"),
    _text("action"),
    _text("target"),
    _text("detail"),
    _text("hash"),
    sqlite_autoincrement=True,
)

token = Table(
    "token",
    METADATA,
    Column("name", Text, primary_key=True),
    _text("token_hash"),
    Column("owner", Text, ForeignKey("account.name"), nullable=False),
    _text("role"),
    _names("rights"),
    _names("townships"),
    _names("sites"),
    _int("created_ns"),
    _int("expires_ns"),
    _int("used_ns", nullable=True),
    _int("revoked_ns", nullable=True),
    UniqueConstraint("token_hash"),
)

login_attempt = Table(
    "login_attempt",
    METADATA,
    Column("state_hash", Text, primary_key=True),
    _text("nonce"),
    _text("verifier"),
    _int("expires_ns"),
    Index(None, "expires_ns"),
)

"""Tables of the records database, in types that SQLite and PostgreSQL share.

Times are integers, nanoseconds since 1970. `alarm.letter` and `alarm.due_ns` follow from the other columns; they are
stored so that standing alarms and due deadlines are found by index.
"""

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Index, LargeBinary, MetaData, Table, UniqueConstraint

from store.columns import Counts, Located, Text, Ways, flag, integer, names, real, serial, text

METADATA = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _alarm_id() -> "Column[str]":
    return Column("alarm_id", Text, ForeignKey("alarm.id"), nullable=False)


alarm = Table(
    "alarm",
    METADATA,
    Column("id", Text, primary_key=True),
    text("kind"),
    text("subject"),
    text("device"),
    text("site"),
    text("zone"),
    text("condition"),
    integer("deadline_ns", nullable=True),
    integer("remaining_ns", nullable=True),
    integer("candidate"),
    integer("level"),
    flag("acknowledged"),
    integer("occurrence"),
    flag("latched"),
    integer("shelf_until_ns", nullable=True),
    integer("oos_until_ns", nullable=True),
    text("permit_no"),
    text("causes"),
    integer("quality"),
    integer("realarm_ns", nullable=True),
    integer("priority"),
    text("incident_id"),
    real("value"),
    real("limit"),
    text("reason"),
    Column("location", Located, nullable=True),
    text("finding"),
    text("acknowledged_by"),
    integer("acknowledged_ns", nullable=True),
    integer("first_ns"),
    integer("last_ns"),
    integer("raised_ns"),
    integer("position"),
    integer("version"),
    flag("drill"),
    text("classification"),
    real("confidence"),
    text("letter"),
    integer("due_ns", nullable=True),
    Index(None, "letter", "priority"),
    Index(None, "due_ns"),
    Index(None, "incident_id"),
    Index(None, "zone", "kind"),
)

journal = Table(
    "journal",
    METADATA,
    serial("seq"),
    _alarm_id(),
    integer("occurrence"),
    text("event"),
    text("before"),
    text("after"),
    text("kind"),
    integer("priority"),
    integer("level"),
    text("device"),
    text("site"),
    text("incident_id"),
    integer("position"),
    integer("time_ns"),
    real("value"),
    real("limit"),
    text("user"),
    text("note"),
    Index(None, "alarm_id", "seq"),
    Index(None, "incident_id", "seq"),
    Index(None, "event", "seq"),
    Index(None, "site", "event", "seq"),
    sqlite_autoincrement=True,
)

incident = Table(
    "incident",
    METADATA,
    Column("id", Text, primary_key=True),
    text("site"),
    text("zone"),
    integer("priority"),
    integer("opened_ns"),
    integer("closed_ns", nullable=True),
    integer("version"),
    integer("joined_ns"),
    text("cause"),
    Column("confidence", Float(53), nullable=False),
    text("place"),
    Column("votes", Counts, nullable=False),
    text("result"),
    text("closed_by"),
    Index(None, "zone", "closed_ns"),
    Index(None, "opened_ns"),
)

incident_step = Table(
    "incident_step",
    METADATA,
    serial("seq"),
    Column("incident_id", Text, ForeignKey("incident.id"), nullable=False),
    text("kind"),
    text("user"),
    integer("time_ns"),
    text("text"),
    text("result"),
    Index(None, "incident_id", "seq"),
    sqlite_autoincrement=True,
)

notice = Table(
    "notice",
    METADATA,
    serial("id"),
    text("key"),
    _alarm_id(),
    integer("occurrence"),
    text("channel"),
    text("person"),
    text("body"),
    integer("due_ns"),
    text("state"),
    integer("lease_ns"),
    integer("attempts"),
    text("answer"),
    text("address"),
    integer("priority"),
    integer("step"),
    text("provider_id"),
    integer("first_ns"),
    integer("accepted_ns"),
    integer("receipt_s"),
    integer("next_ns", nullable=True),
    Column("then", Ways, nullable=False),
    text("bundle"),
    flag("ahead"),
    text("carrier"),
    UniqueConstraint("key"),
    Index(None, "state", "due_ns"),
    Index(None, "next_ns"),
    Index(None, "channel", "provider_id"),
    Index(None, "channel", "address", "first_ns"),
    Index(None, "alarm_id", "occurrence"),
    sqlite_autoincrement=True,
)

quarantine = Table(
    "quarantine",
    METADATA,
    serial("id"),
    integer("position"),
    text("part"),
    text("reason"),
    text("detail"),
    text("device"),
    text("site"),
    text("topic"),
    Column("payload", LargeBinary, nullable=False),
    integer("received_ns"),
    integer("retried_position", nullable=True),
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
    integer("to_seq"),
    integer("opened_ns"),
    integer("closed_ns", nullable=True),
    text("reason"),
    Index(None, "opened_ns"),
)

device_state = Table(
    "device_state",
    METADATA,
    Column("device", Text, primary_key=True),
    integer("newest_ns"),
    flag("online"),
    text("boot_id"),
    Column("interval_s", Float(53), nullable=False),
    integer("frames"),
    integer("duplicates"),
    integer("missing"),
    flag("counted"),
    integer("shift_ns"),
)

cursor = Table("cursor", METADATA, Column("reader", Text, primary_key=True), integer("position"))

command = Table(
    "command",
    METADATA,
    Column("id", Text, primary_key=True),
    text("device"),
    text("site"),
    text("user"),
    text("reason"),
    text("seen"),
    flag("urgent"),
    integer("requested_ns"),
    integer("confirm_by_ns"),
    text("state"),
    integer("sent_ns"),
    integer("answer_by_ns"),
    integer("closed_by_ns"),
    text("detail"),
    integer("position"),
    Index(None, "device", "requested_ns"),
    Index(None, "requested_ns"),
)

account = Table(
    "account",
    METADATA,
    Column("name", Text, primary_key=True),
    text("display_name"),
    text("role"),
    text("password_hash"),
    flag("enabled"),
    names("townships"),
    names("sites"),
    text("source"),
    text("subject"),
    flag("break_glass"),
    names("departments"),
)

session = Table(
    "session",
    METADATA,
    Column("token_hash", Text, primary_key=True),
    Column("user", Text, ForeignKey("account.name"), nullable=False),
    text("csrf"),
    integer("expires_ns"),
    Index(None, "expires_ns"),
)

audit = Table(
    "audit",
    METADATA,
    serial("seq"),
    integer("time_ns"),
    text("user"),
    text("action"),
    text("target"),
    text("detail"),
    text("hash"),
    sqlite_autoincrement=True,
)

token = Table(
    "token",
    METADATA,
    Column("name", Text, primary_key=True),
    text("token_hash"),
    Column("owner", Text, ForeignKey("account.name"), nullable=False),
    text("role"),
    names("rights"),
    names("townships"),
    names("sites"),
    integer("created_ns"),
    integer("expires_ns"),
    integer("used_ns", nullable=True),
    integer("revoked_ns", nullable=True),
    UniqueConstraint("token_hash"),
)

login_attempt = Table(
    "login_attempt",
    METADATA,
    Column("state_hash", Text, primary_key=True),
    text("nonce"),
    text("verifier"),
    integer("expires_ns"),
    Index(None, "expires_ns"),
)

plan = Table(
    "plan",
    METADATA,
    serial("id"),
    text("text"),
    text("user"),
    integer("imported_ns"),
    sqlite_autoincrement=True,
)

override = Table(
    "override",
    METADATA,
    serial("id"),
    text("team"),
    text("role"),
    text("person"),
    integer("from_ns"),
    integer("to_ns"),
    text("user"),
    integer("made_ns"),
    integer("dropped_ns", nullable=True),
    text("dropped_by"),
    Index(None, "to_ns"),
    sqlite_autoincrement=True,
)

escalation = Table(
    "escalation",
    METADATA,
    Column("alarm_id", Text, ForeignKey("alarm.id"), primary_key=True),
    Column("occurrence", BigInteger, primary_key=True, autoincrement=False),
    text("table"),
    integer("priority"),
    integer("began_ns"),
    integer("step"),
    integer("due_ns", nullable=True),
    integer("nobody"),
    integer("ended_ns", nullable=True),
    text("why"),
    Index(None, "due_ns"),
    Index(None, "ended_ns"),
)

answer = Table(
    "answer",
    METADATA,
    Column("alarm_id", Text, ForeignKey("alarm.id"), primary_key=True),
    Column("occurrence", BigInteger, primary_key=True, autoincrement=False),
    Column("person", Text, primary_key=True),
    text("code"),
    text("token"),
    integer("expires_ns"),
    integer("used_ns", nullable=True),
    UniqueConstraint("token"),
    Index(None, "person", "code"),
    Index(None, "person", "used_ns"),
    Index(None, "expires_ns"),
)

receipt = Table(
    "receipt",
    METADATA,
    Column("channel", Text, primary_key=True),
    Column("provider_id", Text, primary_key=True),
    flag("delivered"),
    text("text"),
    integer("time_ns"),
    Index(None, "time_ns"),
)

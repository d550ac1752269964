"""The tables of the city connector; the others are in `store.tables`."""

from sqlalchemy import Index, Table, UniqueConstraint

from store.columns import flag, integer, serial, text
from store.tables import METADATA

parcel = Table(
    "parcel",
    METADATA,
    serial("id"),
    text("target"),
    text("kind"),
    text("record"),
    text("version"),
    text("body"),
    integer("rank"),
    integer("made_ns"),
    integer("due_ns"),
    text("state"),
    integer("attempts"),
    integer("refusals"),
    flag("alone"),
    text("answer"),
    integer("settled_ns"),
    UniqueConstraint("target", "kind", "record", "version"),
    Index(None, "target", "state", "rank", "id"),
    Index(None, "target", "record", "state", "id"),
    Index(None, "target", "settled_ns"),
    sqlite_autoincrement=True,
)

instruction = Table(
    "instruction",
    METADATA,
    serial("seq"),
    *map(text, ("target", "id", "kind", "subject", "person", "text", "digest")),
    integer("received_ns"),
    integer("answer_by_ns"),
    UniqueConstraint("target", "id"),
    Index(None, "kind", "seq"),
    sqlite_autoincrement=True,
)

reply = Table(
    "reply",
    METADATA,
    serial("seq"),
    *map(text, ("target", "instruction_id", "user", "text")),
    *map(integer, ("asked_ns", "answer_by_ns", "time_ns")),
    UniqueConstraint("target", "instruction_id"),
    sqlite_autoincrement=True,
)

"""Tables of the hazard ledger, as those of `store.tables`; `hazard_event` is append-only."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table

from store.columns import Text, flag, integer, names, serial, text
from store.tables import METADATA

hazard = Table(
    "hazard",
    METADATA,
    Column("id", Text, primary_key=True),
    *map(text, ("rule", "site", "object", "address", "township", "grade", "origin", "found_by")),
    integer("found_ns"),
    *map(text, ("evidence", "responsible")),
    integer("deadline_ns"),
    text("lead"),
    names("co"),
    *map(text, ("finding", "alarm_id", "interim", "state")),
    integer("supervision"),
    flag("out_of_use"),
    integer("begun_ns"),
    text("rectified_by"),
    integer("rectified_ns"),
    *map(text, ("rectified_evidence", "rechecked_by")),
    integer("rechecked_ns"),
    integer("closed_ns", nullable=True),
    integer("reopened"),
    names("barred"),
    integer("version"),
    Index(None, "found_ns", "id"),
    Index(None, "state", "deadline_ns"),
    Index(None, "site"),
)

hazard_event = Table(
    "hazard_event",
    METADATA,
    serial("seq"),
    Column("hazard_id", Text, ForeignKey("hazard.id"), nullable=False),
    *map(text, ("step", "before", "after", "user")),
    integer("time_ns"),
    text("text"),
    Index(None, "hazard_id", "seq"),
    Index(None, "time_ns"),
    sqlite_autoincrement=True,
)

inspection = Table(
    "inspection",
    METADATA,
    Column("id", Text, primary_key=True),
    *map(text, ("site", "object", "township", "user", "signed")),
    integer("time_ns"),
    text("facts"),
    names("judged"),
    names("broken"),
    text("note"),
    Index(None, "time_ns", "id"),
)

public_report = Table(
    "public_report",
    METADATA,
    Column("id", Text, primary_key=True),
    *map(text, ("site", "object", "township", "text", "contact", "user")),
    integer("time_ns"),
    *map(text, ("state", "hazard_id", "verified_by")),
    integer("verified_ns"),
    text("note"),
    integer("reward_yuan"),
    Index(None, "time_ns", "id"),
)

attachment = Table(
    "attachment",
    METADATA,
    Column("id", Text, primary_key=True),
    Column("hazard_id", Text, ForeignKey("hazard.id"), nullable=False),
    *map(text, ("name", "media")),
    integer("size"),
    *map(text, ("sha256", "user")),
    integer("time_ns"),
    Column("content", LargeBinary, nullable=False),
    Index(None, "hazard_id"),
)

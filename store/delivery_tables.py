"""Tables of LPG deliveries: what was reported, and the newest place of each cylinder that came of it."""

from sqlalchemy import Column, Index, Table, UniqueConstraint

from store.columns import Text, flag, integer, names, real, serial, text
from store.tables import METADATA

delivery = Table(
    "delivery",
    METADATA,
    serial("seq"),
    *map(text, ("id", "device", "vehicle", "enterprise", "person", "site")),
    *map(integer, ("time_ns", "received_ns")),
    *map(names, ("delivered", "returned")),
    flag("inspected"),
    *map(real, ("lon", "lat")),
    names("breaches"),
    UniqueConstraint("id"),
    Index(None, "site", "seq"),
    Index(None, "vehicle", "seq"),
    sqlite_autoincrement=True,
)

cylinder_move = Table(
    "cylinder_move",
    METADATA,
    Column("code", Text, primary_key=True),
    text("site"),
    integer("time_ns"),
    text("delivery"),
    Index(None, "site"),
)

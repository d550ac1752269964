"""Deliveries of LPG cylinders, and where each cylinder went."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _integers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "delivery",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        *_texts("id", "device", "vehicle", "enterprise", "person", "site"),
        *_integers("time_ns", "received_ns"),
        *_texts("delivered", "returned"),
        sa.Column("inspected", sa.Boolean, nullable=False),
        *(sa.Column(name, sa.Float(53), nullable=True) for name in ("lon", "lat")),
        *_texts("breaches"),
        sa.PrimaryKeyConstraint("seq", name="pk_delivery"),
        sa.UniqueConstraint("id", name="uq_delivery_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_delivery_site_seq", "delivery", ["site", "seq"])
    op.create_index("ix_delivery_vehicle_seq", "delivery", ["vehicle", "seq"])
    op.create_table(
        "cylinder_move",
        *_texts("code", "site"),
        *_integers("time_ns"),
        *_texts("delivery"),
        sa.PrimaryKeyConstraint("code", name="pk_cylinder_move"),
    )
    op.create_index("ix_cylinder_move_site", "cylinder_move", ["site"])


def downgrade() -> None:
    op.drop_table("cylinder_move")
    op.drop_table("delivery")

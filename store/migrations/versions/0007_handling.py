"""How incidents are handled and stood down."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("result", "closed_by"):
        op.add_column("incident", sa.Column(name, sa.Text, nullable=False, server_default=""))
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "incident_step",
        sa.Column("seq", serial, nullable=False, autoincrement=True),
        sa.Column("incident_id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "user", "text", "result")),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["incident_id"], ["incident.id"], name="fk_incident_step_incident_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_incident_step"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_step_incident_id_seq", "incident_step", ["incident_id", "seq"])


def downgrade() -> None:
    op.drop_table("incident_step")
    for name in ("closed_by", "result"):
        op.drop_column("incident", name)

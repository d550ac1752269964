"""What waits for a city's platform."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXTS = ("target", "kind", "record", "version", "body", "state", "answer")
NUMBERS = ("rank", "made_ns", "due_ns", "attempts", "refusals", "settled_ns")


def upgrade() -> None:
    op.create_table(
        "parcel",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS),
        sa.Column("alone", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_parcel"),
        sa.UniqueConstraint("target", "kind", "record", "version", name="uq_parcel_target_kind_record_version"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_parcel_target_state_rank_id", "parcel", ["target", "state", "rank", "id"])
    op.create_index("ix_parcel_target_record_state_id", "parcel", ["target", "record", "state", "id"])
    op.create_index("ix_parcel_target_settled_ns", "parcel", ["target", "settled_ns"])


def downgrade() -> None:
    op.drop_table("parcel")

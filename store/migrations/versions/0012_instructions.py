"""What the platforms of the city told us to do, and what was answered."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TABLES = {
    "instruction": (
        ("target", "id", "kind", "subject", "person", "text", "digest"),
        ("received_ns", "answer_by_ns"),
        ("target", "id"),
    ),
    "reply": (
        ("target", "instruction_id", "user", "text"),
        ("asked_ns", "answer_by_ns", "time_ns"),
        ("target", "instruction_id"),
    ),
}


def upgrade() -> None:
    for table, (texts, numbers, unique) in TABLES.items():
        op.create_table(
            table,
            sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
            *(sa.Column(name, sa.Text, nullable=False) for name in texts),
            *(sa.Column(name, sa.BigInteger, nullable=False) for name in numbers),
            sa.PrimaryKeyConstraint("seq", name=f"pk_{table}"),
            sa.UniqueConstraint(*unique, name=f"uq_{table}_{'_'.join(unique)}"),
            sqlite_autoincrement=True,
        )
    op.create_index("ix_instruction_kind_seq", "instruction", ["kind", "seq"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)

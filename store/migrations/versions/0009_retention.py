"""What finds answer codes and receipts by their age, to drop the old ones, and a person's last answer."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_answer_expires_ns": ("answer", ["expires_ns"]),
    "ix_answer_person_used_ns": ("answer", ["person", "used_ns"]),
    "ix_receipt_time_ns": ("receipt", ["time_ns"]),
}


def upgrade() -> None:
    for name, (table, columns) in _INDEXES.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, (table, _) in _INDEXES.items():
        op.drop_index(name, table)

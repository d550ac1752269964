"""Close commands to valves."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXTS = ("device", "site", "user", "reason", "seen", "state", "detail")
NUMBERS = ("requested_ns", "confirm_by_ns", "sent_ns", "answer_by_ns", "closed_by_ns", "position")


def upgrade() -> None:
    op.create_table(
        "command",
        sa.Column("id", sa.Text, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS),
        sa.Column("urgent", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_command"),
    )
    op.create_index("ix_command_device_requested_ns", "command", ["device", "requested_ns"])
    op.create_index("ix_command_requested_ns", "command", ["requested_ns"])


def downgrade() -> None:
    op.drop_table("command")

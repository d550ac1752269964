"""Notices that share a message, and what finds the newest lines of a journal by event."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_INDEXES = {"ix_journal_event_seq": ["event", "seq"], "ix_journal_site_event_seq": ["site", "event", "seq"]}


def upgrade() -> None:
    for name in ("bundle", "carrier"):
        op.add_column("notice", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.add_column("notice", sa.Column("ahead", sa.Boolean, nullable=False, server_default=sa.false()))
    for name, columns in _INDEXES.items():
        op.create_index(name, "journal", columns)


def downgrade() -> None:
    for name in _INDEXES:
        op.drop_index(name, "journal")
    for name in ("bundle", "carrier", "ahead"):
        op.drop_column("notice", name)

"""Where the network may leak: pipes with probabilities, and a place."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alarm", sa.Column("location", sa.Text, nullable=True))


def downgrade() -> None:
    op.drop_column("alarm", "location")

"""Who may not check a hazard again, and events of hazards by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("hazard", sa.Column("barred", sa.Text, nullable=False, server_default="[]"))
    op.create_index("ix_hazard_event_time_ns", "hazard_event", ["time_ns"])


def downgrade() -> None:
    op.drop_index("ix_hazard_event_time_ns", "hazard_event")
    op.drop_column("hazard", "barred")

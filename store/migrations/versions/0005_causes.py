"""What gas is taken for; what is behind an incident."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXTS = {"cause": "unclear", "place": "", "votes": "[]"}


def upgrade() -> None:
    op.add_column("alarm", sa.Column("classification", sa.Text, nullable=False, server_default=""))
    op.add_column("alarm", sa.Column("confidence", sa.Float(53), nullable=True))
    op.create_index("ix_alarm_zone_kind", "alarm", ["zone", "kind"])
    op.add_column("incident", sa.Column("joined_ns", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("incident", sa.Column("confidence", sa.Float(53), nullable=False, server_default="0"))
    for name, default in TEXTS.items():
        op.add_column("incident", sa.Column(name, sa.Text, nullable=False, server_default=default))
    op.drop_index("ix_incident_site_closed_ns", "incident")
    op.create_index("ix_incident_zone_closed_ns", "incident", ["zone", "closed_ns"])


def downgrade() -> None:
    op.drop_index("ix_incident_zone_closed_ns", "incident")
    op.create_index("ix_incident_site_closed_ns", "incident", ["site", "closed_ns"])
    for name in ("joined_ns", "confidence", *TEXTS):
        op.drop_column("incident", name)
    op.drop_index("ix_alarm_zone_kind", "alarm")
    for name in ("classification", "confidence"):
        op.drop_column("alarm", name)

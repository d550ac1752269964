"""Addresses, ways and receipts of notices; duty plans and overrides, escalations, answer codes."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
TEXTS = {"address": "", "provider_id": "", "then": "[]"}
NUMBERS = {"priority": "4", "step": "0", "first_ns": "0", "accepted_ns": "0", "receipt_s": "0"}
INDEXES = {
    "ix_notice_next_ns": ["next_ns"],
    "ix_notice_channel_provider_id": ["channel", "provider_id"],
    "ix_notice_channel_address_first_ns": ["channel", "address", "first_ns"],
}


def upgrade() -> None:
    for name, default in TEXTS.items():
        op.add_column("notice", sa.Column(name, sa.Text, nullable=False, server_default=default))
    for name, default in NUMBERS.items():
        op.add_column("notice", sa.Column(name, sa.BigInteger, nullable=False, server_default=default))
    op.add_column("notice", sa.Column("next_ns", sa.BigInteger, nullable=True))
    for name, columns in INDEXES.items():
        op.create_index(name, "notice", columns)

    op.create_table(
        "plan",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("imported_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "override",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("team", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("from_ns", sa.BigInteger, nullable=False),
        sa.Column("to_ns", sa.BigInteger, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("made_ns", sa.BigInteger, nullable=False),
        sa.Column("dropped_ns", sa.BigInteger, nullable=True),
        sa.Column("dropped_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_override"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_override_to_ns", "override", ["to_ns"])
    op.create_table(
        "escalation",
        sa.Column("alarm_id", sa.Text, nullable=False),
        sa.Column("occurrence", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("table", sa.Text, nullable=False),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("began_ns", sa.BigInteger, nullable=False),
        sa.Column("step", sa.BigInteger, nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=True),
        sa.Column("nobody", sa.BigInteger, nullable=False),
        sa.Column("ended_ns", sa.BigInteger, nullable=True),
        sa.Column("why", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name="fk_escalation_alarm_id"),
        sa.PrimaryKeyConstraint("alarm_id", "occurrence", name="pk_escalation"),
    )
    op.create_index("ix_escalation_due_ns", "escalation", ["due_ns"])
    op.create_index("ix_escalation_ended_ns", "escalation", ["ended_ns"])
    op.create_table(
        "answer",
        sa.Column("alarm_id", sa.Text, nullable=False),
        sa.Column("occurrence", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.Column("used_ns", sa.BigInteger, nullable=True),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name="fk_answer_alarm_id"),
        sa.PrimaryKeyConstraint("alarm_id", "occurrence", "person", name="pk_answer"),
        sa.UniqueConstraint("token", name="uq_answer_token"),
    )
    op.create_index("ix_answer_person_code", "answer", ["person", "code"])
    op.create_table(
        "receipt",
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("provider_id", sa.Text, nullable=False),
        sa.Column("delivered", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel", "provider_id", name="pk_receipt"),
    )


def downgrade() -> None:
    for table in ("receipt", "answer", "escalation", "override", "plan"):
        op.drop_table(table)
    for name in INDEXES:
        op.drop_index(name, "notice")
    for name in (*TEXTS, *NUMBERS, "next_ns"):
        op.drop_column("notice", name)

"""First tables of the records."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("display_name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_account"),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("condition", sa.Text, nullable=False),
        sa.Column("deadline_ns", sa.BigInteger, nullable=True),
        sa.Column("remaining_ns", sa.BigInteger, nullable=True),
        sa.Column("candidate", sa.BigInteger, nullable=False),
        sa.Column("level", sa.BigInteger, nullable=False),
        sa.Column("acknowledged", sa.Boolean, nullable=False),
        sa.Column("occurrence", sa.BigInteger, nullable=False),
        sa.Column("latched", sa.Boolean, nullable=False),
        sa.Column("shelf_until_ns", sa.BigInteger, nullable=True),
        sa.Column("oos_until_ns", sa.BigInteger, nullable=True),
        sa.Column("permit_no", sa.Text, nullable=False),
        sa.Column("causes", sa.Text, nullable=False),
        sa.Column("quality", sa.BigInteger, nullable=False),
        sa.Column("realarm_ns", sa.BigInteger, nullable=True),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("value", sa.Float(53), nullable=True),
        sa.Column("limit", sa.Float(53), nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("finding", sa.Text, nullable=False),
        sa.Column("acknowledged_by", sa.Text, nullable=False),
        sa.Column("acknowledged_ns", sa.BigInteger, nullable=True),
        sa.Column("first_ns", sa.BigInteger, nullable=False),
        sa.Column("last_ns", sa.BigInteger, nullable=False),
        sa.Column("raised_ns", sa.BigInteger, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("letter", sa.Text, nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_alarm"),
    )
    op.create_index("ix_alarm_due_ns", "alarm", ["due_ns"])
    op.create_index("ix_alarm_incident_id", "alarm", ["incident_id"])
    op.create_index("ix_alarm_letter_priority", "alarm", ["letter", "priority"])

    op.create_table(
        "audit",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "cursor",
        sa.Column("reader", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("reader", name="pk_cursor"),
    )
    op.create_table(
        "device_state",
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("newest_ns", sa.BigInteger, nullable=False),
        sa.Column("online", sa.Boolean, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("interval_s", sa.Float(53), nullable=False),
        sa.Column("frames", sa.BigInteger, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("missing", sa.BigInteger, nullable=False),
        sa.Column("counted", sa.Boolean, nullable=False),
        sa.Column("shift_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("device", name="pk_device_state"),
    )
    op.create_table(
        "gap",
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
        sa.Column("from_seq", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("to_seq", sa.BigInteger, nullable=False),
        sa.Column("opened_ns", sa.BigInteger, nullable=False),
        sa.Column("closed_ns", sa.BigInteger, nullable=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("device", "boot_id", "from_seq", name="pk_gap"),
    )
    op.create_index("ix_gap_opened_ns", "gap", ["opened_ns"])

    op.create_table(
        "incident",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("zone", sa.Text, nullable=False),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("opened_ns", sa.BigInteger, nullable=False),
        sa.Column("closed_ns", sa.BigInteger, nullable=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incident"),
    )
    op.create_index("ix_incident_opened_ns", "incident", ["opened_ns"])
    op.create_index("ix_incident_site_closed_ns", "incident", ["site", "closed_ns"])

    op.create_table(
        "quarantine",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("part", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("received_ns", sa.BigInteger, nullable=False),
        sa.Column("retried_position", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quarantine"),
        sa.UniqueConstraint("position", "part", name="uq_quarantine_position_part"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_quarantine_device_id", "quarantine", ["device", "id"])
    op.create_index("ix_quarantine_reason_id", "quarantine", ["reason", "id"])

    op.create_table(
        "journal",
        sa.Column("seq", SERIAL, nullable=False),
        sa.Column("alarm_id", sa.Text, nullable=False),
        sa.Column("occurrence", sa.BigInteger, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("level", sa.BigInteger, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("time_ns", sa.BigInteger, nullable=False),
        sa.Column("value", sa.Float(53), nullable=True),
        sa.Column("limit", sa.Float(53), nullable=True),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name="fk_journal_alarm_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_journal"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_alarm_id_seq", "journal", ["alarm_id", "seq"])
    op.create_index("ix_journal_incident_id_seq", "journal", ["incident_id", "seq"])

    op.create_table(
        "notice",
        sa.Column("id", SERIAL, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("alarm_id", sa.Text, nullable=False),
        sa.Column("occurrence", sa.BigInteger, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("due_ns", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("lease_ns", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarm.id"], name="fk_notice_alarm_id"),
        sa.PrimaryKeyConstraint("id", name="pk_notice"),
        sa.UniqueConstraint("key", name="uq_notice_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notice_alarm_id_occurrence", "notice", ["alarm_id", "occurrence"])
    op.create_index("ix_notice_state_due_ns", "notice", ["state", "due_ns"])

    op.create_table(
        "session",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["user"], ["account.name"], name="fk_session_user"),
        sa.PrimaryKeyConstraint("token_hash", name="pk_session"),
    )
    op.create_index("ix_session_expires_ns", "session", ["expires_ns"])


def downgrade() -> None:
    for table in (
        "audit",
        "cursor",
        "device_state",
        "gap",
        "incident",
        "journal",
        "notice",
        "quarantine",
        "session",
        "account",
        "alarm",
    ):
        op.drop_table(table)

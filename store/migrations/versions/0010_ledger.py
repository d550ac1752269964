"""The hazard ledger: hazards, what was done about them, inspections, reports, attachments; departments of accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _texts(*names: str) -> list["sa.Column[str]"]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _integers(*names: str) -> list["sa.Column[int]"]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]


def upgrade() -> None:
    op.add_column("account", sa.Column("departments", sa.Text, nullable=False, server_default="[]"))
    _make_hazards()
    _make_events()
    _make_visits()
    _make_attachments()


def _make_hazards() -> None:
    op.create_table(
        "hazard",
        *_texts("id", "rule", "site", "object", "address", "township", "grade", "origin", "found_by"),
        *_integers("found_ns"),
        *_texts("evidence", "responsible"),
        *_integers("deadline_ns"),
        *_texts("lead", "co", "finding", "alarm_id", "interim", "state"),
        *_integers("supervision"),
        sa.Column("out_of_use", sa.Boolean, nullable=False),
        *_integers("begun_ns"),
        *_texts("rectified_by"),
        *_integers("rectified_ns"),
        *_texts("rectified_evidence", "rechecked_by"),
        *_integers("rechecked_ns"),
        sa.Column("closed_ns", sa.BigInteger, nullable=True),
        *_integers("reopened", "version"),
        sa.PrimaryKeyConstraint("id", name="pk_hazard"),
    )
    for columns in (["found_ns", "id"], ["state", "deadline_ns"], ["site"]):
        op.create_index(f"ix_hazard_{'_'.join(columns)}", "hazard", columns)


def _make_events() -> None:
    op.create_table(
        "hazard_event",
        sa.Column("seq", _SERIAL, nullable=False, autoincrement=True),
        *_texts("hazard_id", "step", "before", "after", "user"),
        *_integers("time_ns"),
        *_texts("text"),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name="fk_hazard_event_hazard_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_hazard_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_hazard_event_hazard_id_seq", "hazard_event", ["hazard_id", "seq"])


def _make_visits() -> None:
    op.create_table(
        "inspection",
        *_texts("id", "site", "object", "township", "user", "signed"),
        *_integers("time_ns"),
        *_texts("facts", "judged", "broken", "note"),
        sa.PrimaryKeyConstraint("id", name="pk_inspection"),
    )
    op.create_index("ix_inspection_time_ns_id", "inspection", ["time_ns", "id"])
    op.create_table(
        "public_report",
        *_texts("id", "site", "object", "township", "text", "contact", "user"),
        *_integers("time_ns"),
        *_texts("state", "hazard_id", "verified_by"),
        *_integers("verified_ns"),
        *_texts("note"),
        *_integers("reward_yuan"),
        sa.PrimaryKeyConstraint("id", name="pk_public_report"),
    )
    op.create_index("ix_public_report_time_ns_id", "public_report", ["time_ns", "id"])


def _make_attachments() -> None:
    op.create_table(
        "attachment",
        *_texts("id", "hazard_id", "name", "media"),
        *_integers("size"),
        *_texts("sha256", "user"),
        *_integers("time_ns"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.ForeignKeyConstraint(["hazard_id"], ["hazard.id"], name="fk_attachment_hazard_id"),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
    )
    op.create_index("ix_attachment_hazard_id", "attachment", ["hazard_id"])


def downgrade() -> None:
    for table in ("attachment", "public_report", "inspection", "hazard_event", "hazard"):
        op.drop_table(table)
    op.drop_column("account", "departments")

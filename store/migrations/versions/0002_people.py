"""Scopes and sources of accounts, tokens of programs, logins under way at an identity provider."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXTS = {"townships": "[]", "sites": "[]", "source": "local", "subject": ""}


def upgrade() -> None:
    for name, default in TEXTS.items():  # no batch: sessions refer to the table
        op.add_column("account", sa.Column(name, sa.Text, nullable=False, server_default=default))
    op.add_column("account", sa.Column("break_glass", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "token",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("rights", sa.Text, nullable=False),
        sa.Column("townships", sa.Text, nullable=False),
        sa.Column("sites", sa.Text, nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.Column("used_ns", sa.BigInteger, nullable=True),
        sa.Column("revoked_ns", sa.BigInteger, nullable=True),
        sa.ForeignKeyConstraint(["owner"], ["account.name"], name="fk_token_owner"),
        sa.PrimaryKeyConstraint("name", name="pk_token"),
        sa.UniqueConstraint("token_hash", name="uq_token_token_hash"),
    )
    op.create_table(
        "login_attempt",
        sa.Column("state_hash", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False),
        sa.Column("verifier", sa.Text, nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_login_attempt"),
    )
    op.create_index("ix_login_attempt_expires_ns", "login_attempt", ["expires_ns"])


def downgrade() -> None:
    op.drop_table("login_attempt")
    op.drop_table("token")
    for name in (*TEXTS, "break_glass"):
        op.drop_column("account", name)

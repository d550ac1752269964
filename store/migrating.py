"""Migrations of the records database; alembic is imported where there is something to do, and seldom there is.

Its import and its scripts take a quarter of a second of every start of every role: more than all else of `Records`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "migrations"


def newest() -> str:
    """Give the last revision there is: their files are named by number."""
    return max(file.stem[:4] for file in (_SCRIPTS / "versions").glob("[0-9]*.py"))


def is_newest(connection: Connection) -> bool:
    if not inspect(connection).has_table("alembic_version"):
        return False
    return list(connection.execute(text("SELECT version_num FROM alembic_version")).scalars()) == [newest()]


def upgrade(connection: Connection, revision: str) -> None:
    from alembic import command

    command.upgrade(_configured(connection), revision)


def downgrade(connection: Connection, revision: str) -> None:
    from alembic import command

    command.downgrade(_configured(connection), revision)


def _configured(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config

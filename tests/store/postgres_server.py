"""A real PostgreSQL of its own: in a folder of its own, on a free port, stopped by its id."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from store.records import Records
from tests.end_to_end.support import free_port, wait_for

OWNER = "postgres"  # the server refuses to run as root
_LEAVE = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"


def programs() -> Path | None:
    """Give the newest installed server; Debian does not put it on the path."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    found = installed[-1] if installed else shutil.which("initdb")
    return Path(found).parent if found else None


class PostgresServer:
    """One server; `stop` and `start` as often as a test likes.

    Args:
        bin_folder: with initdb and postgres.
    """

    def __init__(self, bin_folder: Path) -> None:
        self._bin, self.port = bin_folder, free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))  # not pytest's: its folders are closed to others
        self._as_owner: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam(OWNER)
            os.chown(self.folder, user.pw_uid, user.pw_gid)
            self._as_owner = ["setpriv", f"--reuid={OWNER}", f"--regid={OWNER}", "--clear-groups"]
        initdb: list[str | Path] = [bin_folder / "initdb", "-D", self.folder / "data", "-A", "trust", "-U", OWNER]
        more = ["-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run([*self._as_owner, *initdb, *more], check=True, capture_output=True, cwd=self.folder)
        self._names, self._upgraded = count(), ""
        self.start()

    def start(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "on",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [*self._as_owner, self._bin / "postgres", "-D", self.folder / "data", *options],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        wait_for(self._answers, 30, "PostgreSQL")

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self.url(OWNER, driver="postgresql"), connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop at once; SIGQUIT is a crash."""
        self.process.send_signal(how)
        self.process.wait(30)

    def url(self, database: str, driver: str = "postgresql+psycopg") -> str:
        return f"{driver}://{OWNER}:a-password@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Give the address of an empty database."""
        name = f"records_{next(self._names)}"
        with self._connect(OWNER) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self.url(name)

    def upgraded_database(self) -> str:
        """Give the address of one with all tables, and no rows: the same each time, its migrations take long."""
        if not self._upgraded:
            records = Records(url := self.new_database())
            records.upgrade()
            self._upgraded = url
            records.close()
        with self._connect(self._upgraded.rpartition("/")[2]) as connection:
            connection.execute(_LEAVE)
            tables = connection.execute(_TABLES).fetchall()
            names = psycopg.sql.SQL(", ").join(psycopg.sql.Identifier(name) for (name,) in tables)
            connection.execute(psycopg.sql.SQL("TRUNCATE {} RESTART IDENTITY").format(names))
        return self._upgraded

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.url(database, driver="postgresql"), autocommit=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    server = PostgresServer(found)
    yield server
    server.stop(signal.SIGQUIT)  # what it holds is not needed again
    shutil.rmtree(server.folder)

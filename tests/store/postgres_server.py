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

from tests.end_to_end.support import free_port, wait_for

OWNER = "postgres"  # the server refuses to run as root


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
        self._names = count()
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
        with psycopg.connect(self.url(OWNER, driver="postgresql"), autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {}").format(psycopg.sql.Identifier(name)))
        return self.url(name)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    server = PostgresServer(found)
    yield server
    server.stop()
    shutil.rmtree(server.folder)

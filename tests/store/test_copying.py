import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from domain.errors import StoreUnavailable
from store.copying import copy_database


def numbers(file: Path) -> list[int]:
    with closing(sqlite3.connect(file)) as db:
        return [number for (number,) in db.execute("SELECT n FROM t ORDER BY n")]


def test_a_copy_has_what_was_committed_and_nothing_else(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as db:
        db.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t(n INTEGER); INSERT INTO t VALUES(1), (2)")
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO t VALUES(3)")  # the file lies in its -wal, and a writer is at work
        copy_database(tmp_path / "a.db", tmp_path / "b.db")
        db.execute("COMMIT")
    assert numbers(tmp_path / "b.db") == [1, 2]
    assert numbers(tmp_path / "a.db") == [1, 2, 3]


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"copy of .*missing\.db: unable to open"):
        copy_database(tmp_path / "missing.db", tmp_path / "b.db")
    assert not (tmp_path / "missing.db").exists()

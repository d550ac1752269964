import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from domain.errors import StoreUnavailable
from store.cursor import CursorFile


def test_keeps_the_newest_position_and_adds_the_frames(tmp_path: Path) -> None:
    path = tmp_path / "made" / "cursor.db"
    assert CursorFile(path).read() == (0, 0)
    CursorFile(path).move(5, 2)
    CursorFile(path).move(9, 3)
    assert CursorFile(path).read() == (9, 5)


def test_a_process_that_dies_in_the_middle_leaves_the_old_position(tmp_path: Path) -> None:
    cursor = CursorFile(tmp_path / "cursor.db")
    cursor.move(5, 2)
    with closing(sqlite3.connect(tmp_path / "cursor.db")) as dying:
        dying.execute("UPDATE meta SET cursor = 9")
    assert cursor.read() == (5, 2)


def test_a_file_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "cursor.db").mkdir()
    with pytest.raises(StoreUnavailable, match=r"cursor .*unable to open"):
        CursorFile(tmp_path / "cursor.db").read()

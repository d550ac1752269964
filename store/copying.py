"""Copy a database file while others write it."""

import sqlite3
from contextlib import closing
from pathlib import Path

from store.available import available


def copy_database(source: Path, target: Path) -> None:
    """Copy a SQLite file as it stands at one moment, and have the copy on the disk.

    Writers go on meanwhile. Pages are taken as they are: a broken one is broken in the copy too, and whoever reads it
    there passes over it as before. StoreUnavailable: no such file, or the disk refuses.
    """
    place = f"{source.absolute().as_uri()}?mode=rw"  # rw: never brings an empty file into being
    with (
        available(f"copy of {source}", lambda: None),
        closing(sqlite3.connect(place, uri=True)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)  # all pages in one step: in several, each commit of a writer begins it anew

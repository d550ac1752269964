"""Empty records as `Records.upgrade` makes them, without the time that its migrations take in every test."""

import functools
import tempfile
from pathlib import Path

from store.records import Records


def blank_records(path: Path) -> Records:
    path.write_bytes(_upgraded())
    return Records(f"sqlite:///{path}")


@functools.cache
def _upgraded() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "records.db"
        records = Records(f"sqlite:///{path}")
        records.upgrade()
        records.close()
        return path.read_bytes()

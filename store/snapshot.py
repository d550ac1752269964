"""Snapshots of a reader's state: a start goes on from the newest instead of reading the whole log again.

A file is whole or does not count: written beside, flushed, renamed; the header tells length and checksum of what
follows. The last but one is kept, for a disk that spoiled the last.
"""

import os
import struct
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from store.available import available

_HEADER = struct.Struct(">4sHQI")  # magic, schema version, length, crc32
_MAGIC = b"GLSN"
_VERSION = 1
_KEPT = 2


class SnapshotStore:
    """The snapshots of one reader, by the log position that they hold the state behind.

    Args:
        folder: of the files; made where it is missing, and written by one process at a time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, position: int, blob: bytes) -> None:
        """Keep the state behind a position and the one before it; `StoreUnavailable` where the disk refuses."""
        draft = self._folder / "snapshot.new"
        with available(f"snapshots {self._folder}", lambda: _forget(draft)):
            self._folder.mkdir(parents=True, exist_ok=True)
            with draft.open("wb") as file:
                file.write(_HEADER.pack(_MAGIC, _VERSION, len(blob), crc32(blob)))
                file.write(blob)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self._folder / f"snapshot-{position:012}.bin")
            _sync(self._folder)
            for old in self._files()[_KEPT:]:
                old.unlink()

    def set_aside(self, position: int) -> None:
        """Take the snapshots behind a position out of use; they stay beside the others under another name."""
        with available(f"snapshots {self._folder}", lambda: None):
            for file in self._files():
                if _position(file) > position:
                    file.rename(file.with_name(f"{file.name}.aside"))

    def newest_before(self, position: int) -> int:
        """Position of the newest whole snapshot at or before a position; 0 where there is none."""
        for file in self._files():
            with suppress(OSError):
                if _position(file) <= position and _content(file.read_bytes()) is not None:
                    return _position(file)
        return 0

    def newest(self) -> tuple[int, bytes] | None:
        """Give (position, state) of the newest snapshot that is whole, or None."""
        for file in self._files():
            with suppress(OSError):  # unreadable is as good as torn
                blob = _content(file.read_bytes())
                if blob is not None:
                    return _position(file), blob
        return None

    def _files(self) -> list[Path]:
        """Newest first; by number, for the names may outgrow their zeros."""
        files = (file for file in self._folder.glob("snapshot-*.bin") if file.stem[9:].isdecimal())
        return sorted(files, key=_position, reverse=True)


def _position(file: Path) -> int:
    return int(file.stem[9:])


def _content(raw: bytes) -> bytes | None:
    if len(raw) < _HEADER.size:
        return None
    blob = raw[_HEADER.size :]
    return blob if raw[: _HEADER.size] == _HEADER.pack(_MAGIC, _VERSION, len(blob), crc32(blob)) else None


def _forget(draft: Path) -> None:
    with suppress(OSError):
        draft.unlink()


def _sync(folder: Path) -> None:
    """See the folder's new names on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

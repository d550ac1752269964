"""Recorded frames as files: one JSON line each, `topic`, `received` and the payload as it was."""

import base64
import heapq
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from domain.errors import ConfigurationError
from simulator.timetext import instant_ns

_LINE = 'expected {"topic":…,"received":"2026-01-15T12:00:00+08:00","payload":{…}} or "payload_base64":"…"'


class Recorded(NamedTuple):
    """A frame of a recording.

    Attributes:
        received_ns: time of its arrival, nanoseconds since 1970.
        topic: with the root.
        payload: the raw bytes.
    """

    received_ns: int
    topic: str
    payload: bytes


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    topic: str
    received: str
    payload: msgspec.Raw = msgspec.Raw(b"")
    payload_base64: str | None = None


def read_recordings(paths: Sequence[Path]) -> Iterator[Recorded]:
    """Read recordings as one, in order of arrival (ConfigurationError: file, line and what was expected)."""
    return heapq.merge(*map(_read, paths), key=lambda frame: frame.received_ns)


def _read(path: Path) -> Iterator[Recorded]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield _parse(line, f"{path}:{number}")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


def _parse(line: bytes, where: str) -> Recorded:
    try:
        found = msgspec.json.decode(line, type=_Line)
        return Recorded(instant_ns(found.received), found.topic, _payload(found))
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ConfigurationError(f"{where}: {error}; {_LINE}") from None


def _payload(line: _Line) -> bytes:
    raw = bytes(line.payload)
    if bool(raw) == (line.payload_base64 is not None):
        raise ValueError("there must be one of payload and payload_base64")
    return raw if line.payload_base64 is None else base64.b64decode(line.payload_base64, validate=True)

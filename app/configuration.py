"""What the log's readers judge with: assets, rulebook and topic root, as files and as one frame of the log."""

import hashlib
import logging
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.assets import FILES, OPTIONAL, parse_assets
from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.frame import Frame
from domain.rulebook import Rulebook

_LOGGER = logging.getLogger(__name__)


class _Packed(msgspec.Struct, frozen=True):
    root: str
    rulebook: str
    assets: dict[str, str]


@dataclass(frozen=True, slots=True)
class Configuration:
    """Assets, rulebook and topic root that belong together.

    Attributes:
        version: hash of everything in it.
        packed: the payload of its frame in the log.
    """

    assets: Assets
    rulebook: Rulebook
    root: str
    version: str
    packed: bytes


def load_configuration(assets: Path, rulebook: Path, root: str) -> Configuration:
    """Read the files of a configuration (ConfigurationError: a file is missing or wrong)."""
    return unpack_configuration(msgspec.json.encode(_Packed(root, read_text(rulebook), _texts(assets))))


def read_assets(folder: Path) -> Assets:
    return parse_assets(_texts(folder))


def _texts(folder: Path) -> dict[str, str]:
    """Read the registry's files; a town without a network has the same configuration as before there were any."""
    there = [name for name in OPTIONAL if (folder / name).exists()]
    return {name: read_text(folder / name) for name in (*FILES, *there)}


def unpack_configuration(packed: bytes) -> Configuration:
    parts = msgspec.json.decode(packed, type=_Packed)
    return Configuration(
        assets=parse_assets(parts.assets),
        rulebook=Rulebook.parse(parts.rulebook),
        root=parts.root,
        version=hashlib.sha256(packed).hexdigest()[:12],
        packed=packed,
    )


def read_configuration(frame: Frame) -> Configuration | None:
    """Give the configuration of a frame of the log; None, aloud, where the disk or another release spoiled it.

    Whoever meets None goes on with what was in force before: a log that nobody can read any more helps nobody.
    """
    try:
        return unpack_configuration(frame.payload) if frame.intact else None
    except (ConfigurationError, msgspec.MsgspecError) as error:
        _LOGGER.error("configuration at position %d is not used: %s", frame.position, error)  # noqa: TRY400 - one line
        return None


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from None


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file that a person asked for by name."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None

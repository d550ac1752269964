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

_RULEBOOK = "the rulebook (TOML)"
ONE_WORD = "a secret in one line"
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
    texts = read_texts(assets, rulebook)
    return unpack_configuration(msgspec.json.encode(_Packed(root, texts.pop(_RULEBOOK), texts)))


def read_assets(folder: Path) -> Assets:
    return parse_assets(read_texts(folder))


def read_rulebook(path: Path) -> Rulebook:
    return Rulebook.parse(read_text(path, _RULEBOOK))


def read_texts(folder: Path, rulebook: Path | None = None) -> dict[str, str]:
    """Read the registry's files, and a rulebook; a town without a network is as before there were any.

    ConfigurationError: one line for each that is not there, one for all of a folder that is not.
    """
    there = [name for name in OPTIONAL if (folder / name).exists()]
    files = {name: folder / name for name in (*FILES, *there)} if folder.is_dir() else {}
    files |= {} if rulebook is None else {_RULEBOOK: rulebook}
    problems = [] if folder.is_dir() else [f"{folder}: no such folder; expected {', '.join(FILES)} in it"]
    found: dict[str, str] = {}
    for name, path in files.items():
        try:
            found[name] = read_text(path, name if name == _RULEBOOK else f"the registry's {name}")
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(*problems)
    return found


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


def read_text(path: Path, expected: str = "a text") -> str:
    """Read a file that a person named (ConfigurationError: what was expected there instead)."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; expected {expected}") from None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path}: not UTF-8 at byte {error.start}; expected {expected}") from None


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

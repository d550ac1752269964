"""What the log's readers judge with: assets, rulebook and topic root, as files and as one frame of the log."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from app.assets import FILES, parse_assets
from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.rulebook import Rulebook


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
    texts = {name: read_text(assets / name) for name in FILES}
    return unpack_configuration(msgspec.json.encode(_Packed(root, read_text(rulebook), texts)))


def read_assets(folder: Path) -> Assets:
    return parse_assets({name: read_text(folder / name) for name in FILES})


def unpack_configuration(packed: bytes) -> Configuration:
    parts = msgspec.json.decode(packed, type=_Packed)
    return Configuration(
        assets=parse_assets(parts.assets),
        rulebook=Rulebook.parse(parts.rulebook),
        root=parts.root,
        version=hashlib.sha256(packed).hexdigest()[:12],
        packed=packed,
    )


def read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from None

"""`gas-lifeline device import FILE.csv [--dry-run]`: rows into `devices.csv`, checked as the registry is."""

import argparse
import csv
import getpass
import io
import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from app.assets import parse_assets
from app.clock import now_ns
from app.configuration import read_text, read_texts
from app.settings import Settings, load_settings
from app.stores import Stores
from domain.errors import ConfigurationError
from domain.record import AuditEntry

WHAT = "devices of the registry: add rows to devices.csv, or change them, after all were checked"
EXAMPLE = "gas-lifeline device import new.csv --dry-run --config config.toml"
_DEVICES = "devices.csv"
_S_NS = 1_000_000_000
_Rows = dict[str, dict[str, str]]


class Merged(NamedTuple):
    """A registry of devices with other rows in it.

    Attributes:
        text: of the new `devices.csv`.
        told: what became of each row of the file: added, changed or unchanged, by its id.
        lines: where the row of each line of `text` came from, as ``FILE:LINE``.
    """

    text: str
    told: dict[str, str]
    lines: dict[int, str]


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["import"])
    parser.add_argument(
        "file", type=Path, metavar="FILE.csv", help="columns as in devices.csv; others keep their value"
    )
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, and write nothing")
    parser.add_argument("--config", type=Path, metavar="FILE", help="config.toml")


def device(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    texts = read_texts(settings.assets)
    merged = merge(texts[_DEVICES], read_text(options.file, "rows of devices.csv"), str(options.file))
    check(texts, merged)
    for name, what in merged.told.items():
        if what != "unchanged":
            print(f"{what:9} {name}")  # noqa: T201 - the command's answer
    counts = Counter(merged.told.values())
    words = ", ".join(f"{counts[what]} {what}" for what in ("added", "changed", "unchanged"))
    if options.dry_run or counts["unchanged"] == len(merged.told):
        print(f"{words}; nothing written")  # noqa: T201 - the command's answer
        return 0
    print(f"{words}; as it was: {_write(settings, merged.text, f'{options.file.name}: {words}')}")  # noqa: T201
    return 0


def merge(before: str, given: str, name: str) -> Merged:
    r"""Put rows over those of the same id, or behind all; a column that is not given keeps what it has.

    Example:
        >>> merge("id,kind,site\nG1,fan,S1\n", "id,site\nG1,S2\n", "new.csv").text.split()
        ['id,kind,site', 'G1,fan,S2']
    """
    columns, rows, lines = _table(before, _DEVICES)
    more, new, places = _table(given, name)
    told: dict[str, str] = {}
    for key, row in new.items():
        old = rows.get(key)
        rows[key] = (old or {}) | row
        told[key] = "added" if old is None else "unchanged" if _same(old, rows[key]) else "changed"
    every = [*columns, *(column for column in more if column not in columns)]
    text = io.StringIO()
    writer = csv.DictWriter(text, every, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows.values())
    origin = {key: f"{_DEVICES}:{line}" for key, line in lines.items()}
    origin |= {key: f"{name}:{line}" for key, line in places.items()}
    return Merged(text.getvalue(), told, {number: origin[key] for number, key in enumerate(rows, 2)} | {1: f"{name}:1"})


def check(texts: Mapping[str, str], merged: Merged) -> None:
    """Hold the new registry against its rules (ConfigurationError: each problem with the line that it came from)."""

    def placed(problem: str) -> str:
        return re.sub(rf"^{_DEVICES}:(\d+)", lambda found: merged.lines[int(found[1])], problem)

    try:
        parse_assets({**texts, _DEVICES: merged.text})
    except ConfigurationError as error:
        raise ConfigurationError(*map(placed, error.problems)) from None


def _table(text: str, name: str) -> tuple[list[str], _Rows, dict[str, int]]:
    """Give columns, rows and the line of each (ConfigurationError: it is no table, or has an id twice)."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")), strict=True)
    rows: _Rows = {}
    lines: dict[str, int] = {}
    try:
        if "id" not in (reader.fieldnames or ()):
            raise ConfigurationError(f"{name}:1: column id is missing; expected columns as in {_DEVICES}")
        for row in reader:
            if None in row or None in row.values():
                raise ConfigurationError(f"{name}:{reader.line_num}: expected a cell for each column")
            if row["id"] in rows:
                raise ConfigurationError(f"{name}:{reader.line_num}: id {row['id']} stands there twice")
            rows[row["id"]], lines[row["id"]] = row, reader.line_num
    except csv.Error as error:
        raise ConfigurationError(f"{name}:{reader.line_num}: {error}; is a quotation mark missing?") from None
    return list(reader.fieldnames or ()), rows, lines


def _same(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return all(one.get(column, "") == other.get(column, "") for column in {*one, *other})


def _write(settings: Settings, text: str, detail: str) -> Path:
    """Replace the file, whole or not at all; give the name under which the old one is kept."""
    file, at_ns = settings.assets / _DEVICES, now_ns()
    kept, draft = (file.with_name(f"{_DEVICES}.{what}") for what in (at_ns // _S_NS, "draft"))
    try:
        kept.write_bytes(file.read_bytes())
        with draft.open("w", encoding="utf-8") as drafted:
            drafted.write(text)
            drafted.flush()
            os.fsync(drafted.fileno())
        with Stores(settings).records().unit() as unit:
            unit.audit(AuditEntry(at_ns, getpass.getuser(), "device_import", _DEVICES, detail))
            draft.replace(file)
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}; expected a folder that can be written") from None
    return kept

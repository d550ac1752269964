"""Read the registry from a folder of CSV files; every problem is one clear line."""

import csv
import dataclasses
import io
import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Any, TypeVar, get_args, get_type_hints

from domain.asset import Assets, Device, Site, Zone
from domain.errors import ConfigurationError

FILES = ("zones.csv", "sites.csv", "devices.csv")
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CEILING_PCT_LEL = {"gas_low_pct_lel": 25.0, "gas_high_pct_lel": 50.0}
Row = TypeVar("Row", Device, Site, Zone)


def parse_assets(texts: Mapping[str, str]) -> Assets:
    """Build the registry from the texts of `FILES` (ConfigurationError: every problem, with file and line)."""
    problems: list[str] = []
    zones = _table(Zone, "zones.csv", texts, problems)
    sites = _table(Site, "sites.csv", texts, problems)
    devices = _table(Device, "devices.csv", texts, problems)
    problems += [
        f"sites.csv: site {s.id}: zone {s.zone!r} is not in zones.csv" for s in sites.values() if s.zone not in zones
    ]
    problems += [
        f"devices.csv: device {d.id}: site {d.site!r} is not in sites.csv"
        for d in devices.values()
        if d.site not in sites
    ]
    problems += [problem for device in devices.values() for problem in _set_points(device)]
    if problems:
        raise ConfigurationError(*problems)
    return Assets(sites=sites, zones=zones, devices=devices)


def _set_points(device: Device) -> Iterator[str]:
    for name, ceiling in _CEILING_PCT_LEL.items():
        value = getattr(device, name)
        if value is not None and not 0 < value <= ceiling:
            yield f"devices.csv: device {device.id}: {name} is {value:g}; expected above 0 and at most {ceiling:g} %LEL"


def _table(kind: type[Row], name: str, texts: Mapping[str, str], problems: list[str]) -> dict[str, Row]:
    rows: dict[str, Row] = {}
    fields = {field.name: field for field in dataclasses.fields(kind)}
    reader = csv.DictReader(io.StringIO(texts[name]))
    unknown = sorted(set(reader.fieldnames or ()) - set(fields))
    if unknown:
        problems.append(f"{name}: unknown columns {', '.join(unknown)}; expected {', '.join(fields)}")
        return rows
    hints = get_type_hints(kind)
    for cells in reader:
        where = f"{name}:{reader.line_num}"
        try:
            values: dict[str, Any] = {key: _convert(hints[key], key, text) for key, text in cells.items() if text}
            row = kind(**values)
        except (TypeError, ValueError) as error:
            problems.append(f"{where}: {error}")
            continue
        if not _ID.fullmatch(row.id):
            problems.append(f"{where}: id {row.id!r}; expected 1 to 64 of A-Z a-z 0-9 _ -")
        elif row.id in rows:
            problems.append(f"{where}: id {row.id} stands there twice")
        rows[row.id] = row
    return rows


def _convert(hint: Any, key: str, text: str) -> object:  # noqa: ANN401 - a type hint has no type of its own
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)]
    convert: Callable[[str], object] = kinds[0]
    try:
        return convert(text)
    except ValueError:
        choices = f"one of {', '.join(kinds[0])}" if issubclass(kinds[0], StrEnum) else "a number"
        raise ValueError(f"{key} is {text!r}; expected {choices}") from None

"""Read the registry from a folder of CSV files; every problem is one clear line."""

import csv
import dataclasses
import io
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

from domain.asset import Assets, Device, Site, Zone
from domain.cylinder import Carrier, Cylinder
from domain.errors import ConfigurationError
from domain.network import parse_network
from ingest.gb26875.place import parse_place
from ingest.products import parse_products

FILES = ("zones.csv", "sites.csv", "devices.csv")
NETWORK = "network.json"
"""May be missing: not every town has its pipes drawn."""
PRODUCTS = "products.toml"
"""May be missing: what carriers' platforms push."""
CYLINDERS, CARRIERS = "cylinders.csv", "carriers.csv"
"""May be missing: LPG cylinders, and the vehicles that deliver them."""
OPTIONAL = (NETWORK, PRODUCTS, CYLINDERS, CARRIERS)
Row = TypeVar("Row", Device, Site, Zone, Cylinder, Carrier)
_HINTS = {kind: get_type_hints(kind) for kind in (Device, Site, Zone, Cylinder, Carrier)}
"""Once: for each row it would take longer than reading it."""
Check = Callable[[Row], Iterator[str]]
_Places = dict[tuple[int, tuple[int, int] | None], str]
"""Devices by their address in GB/T 26875.3: transmitter, and zone and position of a component."""


class _Form(NamedTuple):
    fits: Callable[[str], object]
    expected: str


_ID = _Form(re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch, "1 to 64 of A-Z a-z 0-9 _ -")
_TAG = _Form(re.compile(r"\S{1,64}").fullmatch, "1 to 64 characters without blanks")
"""Of a cylinder or a plate: tags carry numbers and addresses of many makers."""


class _Bounds(NamedTuple):
    above: float
    most: float
    unit: str = ""


_FORMS = {date: "a day such as 2026-01-31"}
_BOUNDS = {
    "gas_low_pct_lel": _Bounds(0, 25, " %LEL"),  # the ceilings of GB/T 50493-2019 5.5.2, as in the rulebook
    "gas_high_pct_lel": _Bounds(0, 50, " %LEL"),
    "gas_range_pct_lel": _Bounds(0, 1_000, " %LEL"),
    "pipe_dm3": _Bounds(0, 1e5, " dm³"),
    "net_kg": _Bounds(0, 1_000, " kg"),
    "tare_kg": _Bounds(0, 1_000, " kg"),
    "interval_s": _Bounds(0, 86_400, " s"),
    "lon": _Bounds(-180, 180, " degrees"),
    "lat": _Bounds(-90, 90, " degrees"),
}


def parse_assets(texts: Mapping[str, str]) -> Assets:
    """Build the registry from the texts of `FILES` and `OPTIONAL` (ConfigurationError: every problem)."""
    reader = _Reader(texts)
    zones = reader.table(Zone, "zones.csv", lambda _zone: iter(()))
    sites = reader.table(Site, "sites.csv", lambda site: _refers("zone", site.zone, reader.ids["zones.csv"]))
    places: _Places = {}
    devices = reader.table(Device, "devices.csv", lambda device: _fits(device, reader.ids["sites.csv"], places))
    reader.problems += _orphans(places)
    at = {"", *reader.ids["sites.csv"]}
    cylinders = reader.table(Cylinder, CYLINDERS, lambda one: _refers("site", one.site, at), _TAG)
    carriers = reader.table(Carrier, CARRIERS, lambda one: _within(one, {s.district for s in sites.values()}), _TAG)
    if reader.problems:
        raise ConfigurationError(*reader.problems)
    network = parse_network(texts[NETWORK], NETWORK) if NETWORK in texts else None
    products = parse_products(texts.get(PRODUCTS, ""), PRODUCTS)
    if problems := [*_pushed(devices.values(), products)]:
        raise ConfigurationError(*problems)
    return Assets(sites, zones, devices, network, products, cylinders, carriers)


class _Reader:
    """Reads the tables one after the other.

    Attributes:
        ids: of each file, also of its wrong rows: what refers to them is right.
        problems: so far.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts
        self.ids: dict[str, set[str]] = {}
        self.problems: list[str] = []

    def table(self, kind: type[Row], name: str, check: Check[Row], form: _Form = _ID) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        ids: set[str] = set()
        self.ids[name] = ids
        if name in OPTIONAL and name not in self._texts:
            return rows
        text = self._texts[name].removeprefix("\ufeff")  # spreadsheets write that mark
        reader = csv.DictReader(io.StringIO(text), strict=True)
        try:
            _demand_columns(kind, name, reader.fieldnames or ())
            for cells in reader:
                values, found = _values(kind, cells)
                if not found:
                    row: Row = kind(**values)
                    found += [*_identity(row.id, ids, form), *check(row)]
                    rows[row.id] = row
                self.problems += [f"{name}:{reader.line_num}: {problem}" for problem in found]
                ids.add(cells["id"])
        except csv.Error as error:
            raise ConfigurationError(f"{name}:{reader.line_num}: {error}; is a quotation mark missing?") from None
        return rows


def _demand_columns(kind: type[Row], file: str, names: Collection[str]) -> None:
    known = {field.name: field.default is dataclasses.MISSING for field in dataclasses.fields(kind)}
    wrong = [f"unknown column {name!r}; expected {', '.join(known)}" for name in names if name not in known]
    wrong += [f"column {name} is missing" for name, required in known.items() if required and name not in names]
    if wrong:
        raise ConfigurationError(*(f"{file}:1: {problem}" for problem in wrong))


def _values(kind: type[Row], cells: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    hints = _HINTS[kind]
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field in dataclasses.fields(kind):
        text = cells.get(field.name)
        try:
            if text:
                values[field.name] = _convert(hints[field.name], field.name, text)
            elif field.default is dataclasses.MISSING:
                wrong.append(f"{field.name} is missing")
        except ValueError as error:
            wrong.append(str(error))
    if None in cells:
        wrong.append("more cells than columns")
    return values, wrong


def _convert(hint: Any, name: str, text: str) -> object:  # noqa: ANN401 - a type hint has no type of its own
    kinds = [kind for kind in (get_args(hint) or (hint,)) if kind is not type(None)]
    convert: Callable[[str], object] = date.fromisoformat if kinds[0] is date else kinds[0]
    try:
        value = convert(text)
    except ValueError:
        choices = f"one of {', '.join(kinds[0])}" if issubclass(kinds[0], StrEnum) else _FORMS.get(kinds[0], "a number")
        raise ValueError(f"{name} is {text!r}; expected {choices}") from None
    bounds = _BOUNDS.get(name)
    if isinstance(value, float) and bounds is not None and not bounds.above < value <= bounds.most:
        expected = f"expected above {bounds.above:g} and at most {bounds.most:g}{bounds.unit}"
        raise ValueError(f"{name} is {value:g}; {expected}")
    return value


def _identity(found: str, known: Collection[str], form: _Form) -> Iterator[str]:
    if not form.fits(found):
        yield f"id is {found!r}; expected {form.expected}"
    elif found in known:
        yield f"id {found} stands there twice"


def _refers(what: str, wanted: str, known: Collection[str]) -> Iterator[str]:
    if wanted not in known:
        yield f"{what} {wanted!r} is not in {what}s.csv"


def _within(carrier: Carrier, townships: Collection[str]) -> Iterator[str]:
    for name in sorted(carrier.area - set(townships)):
        yield f"township {name!r} is no district of sites.csv"


def _fits(device: Device, sites: Collection[str], places: _Places) -> Iterator[str]:
    yield from _refers("site", device.site, sites)
    low, high = device.gas_low_pct_lel, device.gas_high_pct_lel
    if not (low or -math.inf) < (high or math.inf):
        yield f"gas_low_pct_lel is {low:g}; expected below gas_high_pct_lel, {high:g}"
    if device.gb26875:
        yield from _stands(device, places)


def _stands(device: Device, places: _Places) -> Iterator[str]:
    """Judge an address of GB/T 26875.3; `places` holds those before it."""
    try:
        place = parse_place(device.gb26875)
    except ValueError as error:
        yield str(error)
        return
    before = places.setdefault((place.transmitter, place.component), device.id)
    if before != device.id:
        yield f"gb26875 {device.gb26875} is the place of {before} already"


def _pushed(devices: Iterable[Device], products: Collection[str]) -> Iterator[str]:
    named: dict[str, str] = {}
    for device in devices:
        product, slash, name = device.push.partition("/")
        if device.push and (product not in products or not (slash and name)):
            yield f"devices.csv: push of {device.id} is {device.push!r}; expected product/name, a product of {PRODUCTS}"
        elif device.push and named.setdefault(device.push, device.id) != device.id:
            yield f"devices.csv: push {device.push} of {device.id} is that of {named[device.push]} already"


def _orphans(places: _Places) -> Iterator[str]:
    for (transmitter, component), device in places.items():
        if component is not None and (transmitter, None) not in places:
            yield f"devices.csv: {device} is a component of transmitter {transmitter}; expected a row with that alone"

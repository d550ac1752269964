"""Networks of GasLib: a ``.net`` file (XML) with a ``.scn`` scenario beside it, plain or in one zip archive."""

import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from domain.errors import ConfigurationError
from domain.network import Friction, Gas, Network, Node, Pipe, Valve
from simulator.loaders.loaded import BAR_PA, SEA_PA, Loaded, Row
from simulator.topology import ambient_pa

_UNITS: Mapping[str, tuple[float, float]] = {  # factor and offset to SI; flows to m³/s at normal state
    "m": (1.0, 0.0), "km": (1e3, 0.0), "mm": (1e-3, 0.0), "meter": (1.0, 0.0),
    "bar": (BAR_PA, 0.0), "barg": (BAR_PA, SEA_PA), "Pa": (1.0, 0.0),
    "1000m_cube_per_hour": (1e3 / 3600, 0.0), "m_cube_per_hour": (1 / 3600, 0.0), "m_cube_per_s": (1.0, 0.0),
    "Celsius": (1.0, 273.15), "C": (1.0, 273.15), "K": (1.0, 0.0),
    "kg_per_m_cube": (1.0, 0.0), "kg_per_kmol": (1e-3, 0.0), "": (1.0, 0.0),
}  # fmt: skip
_OPEN = {"shortPipe", "valve", "controlValve", "compressorStation", "resistor"}
_WIDE_M = 2.0
_VISCOSITY_PA_S, _RATIO = 1.1e-5, 1.31
_TYPICAL = {
    "normDensity": 0.785, "molarMass": 0.0185674, "gasTemperature": 283.15,
    "pseudocriticalPressure": 45.93e5, "pseudocriticalTemperature": 188.55,
}  # fmt: skip
_FLOWS = {"entry": -1.0, "exit": 1.0}


def load_gaslib(path: Path) -> Loaded:
    """Read a network with its nomination.

    The entry that feeds in most is held at its highest pressure, unless the scenario fixes pressures. Compressor
    stations and control valves are open connections here, and each is noted: their set points belong to an optimisation
    that GasLib leaves open. Resistors lose their drag factor in velocity heads. Compressibility after Papay, as a line.
    """
    beside = path.with_suffix(".scn")
    scenarios = [beside] if beside.exists() else sorted(path.parent.glob("*.scn"))
    return _loaded(path, path.read_bytes(), scenarios[0].read_bytes() if len(scenarios) == 1 else None)


def load_gaslib_archive(path: Path, archive: zipfile.ZipFile) -> Loaded:
    """Read the first network and scenario of an archive; see `load_gaslib`."""
    nets, scenarios = ([name for name in archive.namelist() if name.endswith(end)] for end in (".net", ".scn"))
    if not nets:
        raise ConfigurationError(f"{path}: holds no .net file; expected a GasLib network in XML")
    return _loaded(path, archive.read(nets[0]), archive.read(scenarios[0]) if scenarios else None)


def _loaded(path: Path, net: bytes, scenario: bytes | None) -> Loaded:
    return _Reader(path.name, _parsed(path, net), None if scenario is None else _parsed(path, scenario)).loaded()


def _parsed(path: Path, document: bytes) -> ET.Element:
    if b"<!ENTITY" in document:
        raise ConfigurationError(f"{path}: defines entities; expected plain XML")
    try:
        return ET.fromstring(document)  # noqa: S314 - entities, the danger that is meant, were refused above
    except ET.ParseError as error:
        raise ConfigurationError(f"{path}:{error.position[0]}: not XML: {error}") from None


class _Item:
    """An element with its values in SI units."""

    def __init__(self, name: str, element: ET.Element) -> None:
        self.kind = element.tag.rpartition("}")[2]
        self.id = element.get("id", "")
        self._row = Row(f"{name}: {self.kind} {self.id}", dict(element.attrib))
        self._children = {child.tag.rpartition("}")[2]: child for child in element}

    def text(self, name: str) -> str:
        return self._row.text(name)

    def attribute(self, name: str) -> float | None:
        return self._row.number(name) if self._row.has(name) else None

    def has(self, name: str) -> bool:
        return name in self._children

    def value(self, name: str, default: float | None = None, *, above: float = -math.inf) -> float:
        child = self._children.get(name)
        if child is None and default is not None:
            return default
        return _in_si(self._row.where, name, child, above)


def _in_si(where: str, name: str, element: ET.Element | None, above: float = -math.inf) -> float:
    cells = {} if element is None else dict(element.attrib)
    found = Row(where, {name: cells.get("value")}).number(name, above=above)
    unit = cells.get("unit", "")
    if unit not in _UNITS:
        raise ConfigurationError(
            f"{where}: {name} has the unit {unit!r}; expected one of {', '.join(filter(None, _UNITS))}"
        )
    factor, offset = _UNITS[unit]
    return found * factor + offset


class _Reader:
    def __init__(self, name: str, net: ET.Element, scenario: ET.Element | None) -> None:
        self._name, self._notes = name, list[str]()
        sections = {child.tag.rpartition("}")[2]: child for child in net}
        if not {"nodes", "connections"} <= set(sections):
            raise ConfigurationError(f"{name}: expected the sections nodes and connections of a GasLib network")
        self._nodes = [_Item(name, element) for element in sections["nodes"]]
        self._links = [_Item(name, element) for element in sections["connections"]]
        self._sources = [item for item in self._nodes if item.kind == "source"]
        self._flows, self._held = self._nominated(scenario)

    def loaded(self) -> Loaded:
        gas, z_per_pa = self._gas()
        heights = [item.value("height", 0.0) for item in self._nodes]
        network = Network(
            gas=gas,
            ambient_pressure_pa=ambient_pa(SEA_PA, sum(heights) / max(1, len(heights))),
            friction=Friction.NIKURADSE,
            nodes=tuple(self._node(item) for item in self._nodes),
            pipes=tuple(self._pipes()),
            valves=tuple(self._valves()),
        )
        return Loaded(network, z_per_pa, tuple(self._notes))

    def _mean(self, name: str) -> float:
        values = [item.value(name) for item in self._sources if item.has(name)]
        return sum(values) / len(values) if values else _TYPICAL[name]

    def _gas(self) -> tuple[Gas, float]:
        temperature_k, middle_pa = self._mean("gasTemperature"), 0.8 * max(self._held.values())
        reduced_pa = middle_pa / self._mean("pseudocriticalPressure")
        reduced_k = temperature_k / self._mean("pseudocriticalTemperature")
        z = 1 - 3.52 * reduced_pa * math.exp(-2.26 * reduced_k) + 0.274 * reduced_pa**2 * math.exp(-1.878 * reduced_k)
        return Gas(self._mean("molarMass"), temperature_k, 1.0, _RATIO, _VISCOSITY_PA_S), (z - 1) / middle_pa

    # ------------------------------------------------------------ nodes
    def _nominated(self, scenario: ET.Element | None) -> tuple[dict[str, float], dict[str, float]]:
        """Read what each node draws in kg/s, and the pressures that are held."""
        if scenario is None:
            raise ConfigurationError(f"{self._name}: no scenario; expected one .scn file of the same name beside it")
        density, flows, held = self._mean("normDensity"), dict[str, float](), dict[str, float]()
        for node in scenario.iter():
            if node.tag.rpartition("}")[2] == "node":
                name, where = node.get("id", ""), f"{self._name}: scenario: node {node.get('id')}"
                bounds = self._bounds(where, node)
                flows[name] = _FLOWS.get(node.get("type", ""), 0.0) * density * _middle(bounds.get("flow", []))
                if bounds.get("pressure") and len(set(bounds["pressure"])) == 1:
                    held[name] = bounds["pressure"][0]
        if not held:
            slack = min(self._sources, key=lambda item: flows.get(item.id, 0.0), default=None)
            if slack is None:
                raise ConfigurationError(f"{self._name}: no source; expected at least one entry")
            held[slack.id] = slack.value("pressureMax", above=0)
            self._notes.append(f"{slack.id}: held at its highest pressure, {held[slack.id] / BAR_PA:g} bar")
        return flows, held

    @staticmethod
    def _bounds(where: str, node: ET.Element) -> dict[str, list[float]]:
        found: dict[str, list[float]] = {}
        for child in node:
            kind = child.tag.rpartition("}")[2]
            if kind in {"flow", "pressure"}:
                found.setdefault(kind, []).append(_in_si(where, kind, child))
        return found

    def _node(self, item: _Item) -> Node:
        fixed = self._held.get(item.id)
        return Node(
            item.id,
            x_m=item.attribute("x"),
            y_m=item.attribute("y"),
            elevation_m=item.value("height", 0.0),
            fixed_pressure_pa_abs=fixed,
            demand_kg_s=0.0 if fixed is not None else self._flows.get(item.id, 0.0),
        )

    # ------------------------------------------------------------ edges
    def _pipes(self) -> Iterator[Pipe]:
        for item in self._links:
            if item.kind == "pipe":
                yield Pipe(
                    id=item.id,
                    from_node=item.text("from"),
                    to_node=item.text("to"),
                    length_m=item.value("length", above=0),
                    inner_diameter_m=item.value("diameter", above=0),
                    roughness_m=item.value("roughness", above=0),
                )

    def _valves(self) -> Iterator[Valve]:
        for item in self._links:
            if item.kind == "pipe":
                continue
            if item.kind not in _OPEN:
                self._notes.append(f"{item.kind} {item.id}: not supported, left out")
                continue
            if item.kind in {"controlValve", "compressorStation"}:
                self._notes.append(f"{item.kind} {item.id}: taken as an open connection, it changes no pressure")
            width_m = item.value("diameter", _WIDE_M, above=0)
            drag = item.value("dragFactor", 0.0) if item.kind == "resistor" else 0.0
            if item.kind == "resistor" and item.has("pressureLoss"):
                self._notes.append(f"resistor {item.id}: its fixed pressure loss is not applied")
            yield Valve(item.id, item.text("from"), item.text("to"), width_m, loss_coefficient=drag)


def _middle(bounds: list[float]) -> float:
    return sum(bounds) / len(bounds) if bounds else 0.0

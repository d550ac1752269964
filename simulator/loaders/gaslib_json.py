"""Networks of GasLib converted to JSON: an archive of network, nominations, parameters and slack nodes."""

import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from domain.errors import ConfigurationError
from domain.network import Friction, Gas, Network, Node, Pipe, Valve
from domain.strictjson import decode_object
from simulator.loaders.loaded import BAR_PA, SEA_PA, Loaded, Row
from simulator.topology import ambient_pa

_AIR_KG_MOL, _VISCOSITY_PA_S, _WIDE_M = 0.02896, 1.1e-5, 2.0
_OPEN = ("valves", "short_pipes", "compressors", "control_valves", "resistors", "loss_resistors")
_LOSSLESS = ("valves", "short_pipes")
_FLOWS = (("entries", "entry_nominations", "injection", -1.0), ("exits", "exit_nominations", "withdrawal", 1.0))

Section = Mapping[str, object]


def is_gaslib_json(archive: zipfile.ZipFile) -> bool:
    return any(name.rpartition("/")[2] == "network.json" for name in archive.namelist())


def load_gaslib_json(path: Path, archive: zipfile.ZipFile) -> Loaded:
    """Read an archive; nominated flows are the means of their bounds, the slack node is held at its highest pressure.

    Compressors, control valves and resistors are open connections here, and each is noted.
    """
    return _Reader(path.name, archive).loaded()


class _Reader:
    def __init__(self, name: str, archive: zipfile.ZipFile) -> None:
        self._name, self._archive, self._notes = name, archive, list[str]()
        self._net, self._parameters = self._document("network"), Row(f"{name}: params", self._only("params"))
        self._nominations, self._slack = self._only("nominations"), self._slack_node()

    def loaded(self) -> Loaded:
        heights = [row.number("elevation", 0.0) for row in self._rows("nodes")]
        network = Network(
            gas=self._gas(),
            ambient_pressure_pa=ambient_pa(SEA_PA, sum(heights) / max(1, len(heights))),
            friction=Friction.CONSTANT,
            nodes=tuple(self._nodes()),
            pipes=tuple(self._pipes()),
            valves=tuple(self._valves()),
        )
        return Loaded(network, 0.0, tuple(self._notes))

    def _document(self, name: str) -> Section:
        found = next((one for one in self._archive.namelist() if one.rpartition("/")[2] == f"{name}.json"), None)
        if found is None:
            raise ConfigurationError(f"{self._name}: holds no {name}.json; expected it beside network.json")
        return decode_object(self._archive.read(found).decode("utf-8", "replace"), f"{self._name}: {name}.json")

    def _only(self, name: str) -> Section:
        """Give the first case of a document that may hold several."""
        inner = next(iter(self._document(name).values()), None)
        return cast("Section", inner) if isinstance(inner, dict) else {}

    def _slack_node(self) -> str:
        return str(next(iter(self._document("slack_nodes").values()), ""))

    def _rows(self, section: str) -> Iterator[Row]:
        for key, cells in cast("Section", self._net.get(section) or {}).items():
            if isinstance(cells, dict):
                yield Row(f"{self._name}: {section} {key}", cells)

    def _gas(self) -> Gas:
        gravity = self._parameters.number("Gas specific gravity (G):", 0.6, above=0)
        ratio = self._parameters.number("Specific heat capacity ratio", 1.31, above=1)
        temperature_k = self._parameters.number("Temperature (K):", above=0)
        return Gas(gravity * _AIR_KG_MOL, temperature_k, 1.0, ratio, _VISCOSITY_PA_S)

    def _nodes(self) -> Iterator[Node]:
        flows: dict[str, float] = defaultdict(float)
        for section, nominated, what, sign in _FLOWS:
            bounds = cast("Section", self._nominations.get(nominated) or {})
            for row in self._rows(section):
                cells = bounds.get(row.text("id"))
                bound = Row(f"{row.where}: nomination", cells if isinstance(cells, dict) else {})
                flow = 0.5 * (bound.number(f"min_{what}") + bound.number(f"max_{what}"))
                flows[row.text("node_id")] += sign * flow
        for row in self._rows("nodes"):
            name, fixed_pa = row.text("id"), None
            if name == self._slack:
                fixed_pa = row.number("max_pressure", above=0)
                self._notes.append(f"{row.text('name', name)}: held at its highest pressure, {fixed_pa / BAR_PA:g} bar")
            yield Node(
                name,
                x_m=row.number("x_coord", 0.0),
                y_m=row.number("y_coord", 0.0),
                elevation_m=row.number("elevation", 0.0),
                fixed_pressure_pa_abs=fixed_pa,
                demand_kg_s=0.0 if fixed_pa else flows.get(name, 0.0),
            )

    def _pipes(self) -> Iterator[Pipe]:
        for row in self._rows("pipes"):
            yield Pipe(
                id=row.text("id"),
                from_node=row.text("fr_node"),
                to_node=row.text("to_node"),
                length_m=row.number("length", above=0),
                inner_diameter_m=row.number("diameter", above=0),
                friction_factor=row.number("friction_factor", above=0),
            )

    def _valves(self) -> Iterator[Valve]:
        for section in _OPEN:
            for row in self._rows(section):
                name = f"{section} {row.text('id')}"
                if section not in _LOSSLESS:
                    self._notes.append(f"{name}: taken as an open connection, it changes no pressure")
                yield Valve(name, row.text("fr_node"), row.text("to_node"), _WIDE_M)

"""Networks saved by pandapipes (``pandapipes.to_json``)."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import cast

from domain.errors import ConfigurationError
from domain.network import Friction, Gas, Network, Node, Pipe, Regulator, Valve
from simulator.loaders.fluids import gas_of, unpacked
from simulator.loaders.loaded import SEA_PA, Loaded, Row, absolute_pa
from simulator.topology import ambient_pa

Rows = Mapping[str, Row]
_WIDE_M = 1.0
"""Diameter of a connection that is meant to lose nothing."""
_OPEN = {
    "compressor": "its pressure ratio is not applied",
    "pump": "its pressure lift is not applied",
    "heat_exchanger": "its heat and loss are not applied",
    "heat_consumer": "its heat and loss are not applied",
}
_LAWS = {
    "nikuradse": Friction.NIKURADSE,
    "colebrook": Friction.COLEBROOK,
    "prandtl-colebrook": Friction.COLEBROOK,
}
_IGNORED = ("circ_pump_mass", "circ_pump_pressure")
TABLES = (
    "junction", "junction_geodata", "pipe", "ext_grid", "sink", "source", "mass_storage", "valve", "pressure_control",
    "flow_control", *_OPEN, *_IGNORED,
)  # fmt: skip
"""Tables that are read."""


def is_pandapipes(data: Mapping[str, object]) -> bool:
    return data.get("_class") == "pandapipesNet"


def load_pandapipes(path: Path, data: Mapping[str, object]) -> Loaded:
    """Read a saved network; its junctions and pipes keep their index as name."""
    name, net = path.name, unpacked(data, path.name)
    if not isinstance(net, dict):
        raise ConfigurationError(f"{name}: expected the tables of a network")
    tables = {table: _rows(f"{name}: {table}", net.get(table)) for table in TABLES}
    kinds = net.get("std_types") or net.get("std_type")
    reader = TableReader(name, tables, kinds if isinstance(kinds, dict) else {})
    options = net.get("user_pf_options")
    law = str(options.get("friction_model", "nikuradse")) if isinstance(options, dict) else "nikuradse"
    return reader.loaded(law, lambda temperature_k: gas_of(net.get("fluid"), temperature_k, f"{name}: fluid"))


def _rows(where: str, packed: object) -> Rows:
    table = unpacked(packed, where)
    if not isinstance(table, dict):
        return {}
    try:
        columns, index, data = (cast("list[object]", table[key]) for key in ("columns", "index", "data"))
        rows = [dict(zip(map(str, columns), cast("list[object]", cells), strict=True)) for cells in data]
        keyed = list(zip(index, rows, strict=True))
    except (KeyError, TypeError, ValueError):
        raise ConfigurationError(f"{where}: expected a table of columns, index and data") from None
    return {str(key): Row(f"{where}[{key}]", cells) for key, cells in keyed}


class TableReader:
    """Builds a network from pandapipes' tables, wherever they come from.

    Whatever hangs on a junction that is out of service is left out. Pressure controls become regulators, which cannot
    raise a pressure; flow controls become a demand before and a feed behind them; what this solver does not have
    (compressors, pumps) is taken as an open connection and noted.

    Args:
        name: of the file, for messages.
        tables: by name.
        kinds: standard types, by kind and name.
    """

    def __init__(self, name: str, tables: Mapping[str, Rows], kinds: Mapping[str, object]) -> None:
        self._name, self._tables, self._kinds = name, tables, kinds
        self._notes: list[str] = []
        self._places = self._table("junction_geodata")
        self._junctions = {key: row for key, row in self._table("junction").items() if row.truth("in_service")}
        self._flows: dict[str, float] = defaultdict(float)
        self._pipes = {key: self._pipe(key, row) for key, row in self._table("pipe").items()}
        self._inner: list[Node] = []
        self._valves: list[Valve] = []

    def loaded(self, law: str, gas_at: Callable[[float], tuple[Gas, float]]) -> Loaded:
        """Give the network.

        Args:
            law: of friction, as pandapipes names it.
            gas_at: gives the gas at a temperature in K, and how its compressibility follows the pressure.
        """
        self._gather_flows()
        self._gather_valves()
        self._gather_open_ones()
        regulators = tuple(self._regulators())
        heights = [row.number("height_m", 0.0) for row in self._junctions.values()]
        gas, z_per_pa = gas_at(self._temperature_k())
        network = Network(
            gas=gas,
            ambient_pressure_pa=ambient_pa(SEA_PA, sum(heights) / max(1, len(heights))),
            friction=self._friction(law),
            nodes=(*self._nodes(), *self._inner),
            pipes=tuple(pipe for pipe in self._pipes.values() if self._is_there(pipe)),
            regulators=regulators,
            valves=tuple(self._valves),
        )
        return Loaded(network, z_per_pa, tuple(self._notes))

    def _temperature_k(self) -> float:
        found = [row.number("tfluid_k", above=0) for row in self._junctions.values()]
        if len(set(found)) > 1:
            self._notes.append("temperature: one for the whole network, the mean of tfluid_k")
        return sum(found) / max(1, len(found))

    def _is_there(self, pipe: Pipe) -> bool:
        """Tell whether no end hangs on a junction out of service; on an unknown one it is a mistake to report."""
        gone = self._table("junction").keys() - self._junctions.keys()
        return not {pipe.from_node, pipe.to_node} & gone

    def _names(self) -> set[str]:
        return {*self._junctions, *(node.id for node in self._inner)}

    def _table(self, name: str) -> Rows:
        return self._tables.get(name, {})

    def _alive(self, row: Row, *columns: str) -> bool:
        return row.truth("in_service") and all(row.text(column) in self._junctions for column in columns)

    # ------------------------------------------------------------ nodes
    def _gather_flows(self) -> None:
        for name, sign in (("sink", 1.0), ("source", -1.0), ("mass_storage", 1.0)):
            for row in self._table(name).values():
                if self._alive(row, "junction"):
                    self._flows[row.text("junction")] += sign * row.number("mdot_kg_per_s") * row.number("scaling", 1.0)
        for row in self._table("flow_control").values():
            if self._alive(row, "from_junction", "to_junction"):
                flow = row.number("controlled_mdot_kg_per_s")
                self._flows[row.text("from_junction")] += flow
                self._flows[row.text("to_junction")] -= flow

    def _nodes(self) -> list[Node]:
        held = {
            row.text("junction"): row.number("p_bar")
            for row in self._table("ext_grid").values()
            if self._alive(row, "junction") and row.text("type", "auto") != "t"  # which holds a temperature alone
        }
        return [self._node(key, row, held.get(key)) for key, row in self._junctions.items()]

    def _node(self, key: str, row: Row, held_bar: float | None) -> Node:
        height_m, place = row.number("height_m", 0.0), self._places.get(key)
        return Node(
            key,
            x_m=place.number("x") if place else None,
            y_m=place.number("y") if place else None,
            elevation_m=height_m,
            fixed_pressure_pa_abs=None if held_bar is None else absolute_pa(held_bar, height_m),
            demand_kg_s=self._flows.get(key, 0.0),
        )

    # ------------------------------------------------------------ edges
    def _pipe(self, key: str, row: Row) -> Pipe:
        return Pipe(
            id=key,
            from_node=row.text("from_junction"),
            to_node=row.text("to_junction"),
            length_m=1000 * row.number("length_km", above=0),
            inner_diameter_m=self._diameter_m(row),
            roughness_m=row.number("k_mm", 0.2) / 1000,
            loss_coefficient=row.number("loss_coefficient", 0.0),
            in_service=row.truth("in_service"),
        )

    def _diameter_m(self, row: Row) -> float:
        if row.has("diameter_m"):
            return row.number("diameter_m", above=0)
        if not row.has("inner_diameter_mm") and row.has("std_type"):
            kind = cast("Mapping[str, object]", self._kinds.get("pipe", {})).get(row.text("std_type"))
            if isinstance(kind, dict):
                row = Row(f"{row.where}: std_type {row.text('std_type')}", kind)
        return row.number("inner_diameter_mm", above=0) / 1000

    def _gather_valves(self) -> None:
        """Valves between two junctions, or (`et` is "pi") between a junction and the pipe that begins or ends there."""
        for key, row in self._table("valve").items():
            one = row.text("junction") if row.has("junction") else row.text("from_junction")
            if one not in self._junctions:
                continue
            if row.text("et", "ju") == "pi":
                other = self._before_pipe(row, one, row.text("element"))
            else:
                other = row.text("element") if row.has("element") else row.text("to_junction")
            if other in self._names():
                self._valves.append(
                    Valve(
                        id=key,
                        from_node=one,
                        to_node=other,
                        inner_diameter_m=self._diameter_m(row),
                        open=row.truth("opened"),
                        loss_coefficient=row.number("loss_coefficient", 0.0),
                    )
                )

    def _before_pipe(self, row: Row, junction: str, name: str) -> str:
        """Cut a pipe from its junction, for the valve in between; give the new node."""
        pipe = self._pipes.get(name)
        if pipe is None or junction not in {pipe.from_node, pipe.to_node}:
            raise ConfigurationError(f"{row.where}: element is {name}; expected a pipe at junction {junction}")
        inner = f"{junction}/{name}"
        self._inner.append(Node(inner, elevation_m=self._junctions[junction].number("height_m", 0.0)))
        if pipe.from_node == junction:
            self._pipes[name] = replace(pipe, from_node=inner)
        else:
            self._pipes[name] = replace(pipe, to_node=inner)
        return inner

    def _gather_open_ones(self) -> None:
        for name, why in _OPEN.items():
            for key, row in self._table(name).items():
                if self._alive(row, "from_junction", "to_junction"):
                    ends = (row.text("from_junction"), row.text("to_junction"))
                    self._valves.append(Valve(f"{name} {key}", *ends, row.number("diameter_m", _WIDE_M, above=0)))
                    self._notes.append(f"{name} {key}: taken as an open connection, {why}")
        self._notes += [f"{name}: left out, not supported" for name in _IGNORED if self._table(name)]

    def _regulators(self) -> Iterator[Regulator]:
        for key, row in self._table("pressure_control").items():
            if not self._alive(row, "from_junction", "to_junction"):
                continue
            ends = (row.text("from_junction"), row.text("to_junction"))
            if not row.truth("control_active"):
                self._valves.append(Valve(f"pressure_control {key}", *ends, _WIDE_M))
                continue
            if row.text("controlled_junction", ends[1]) != ends[1]:
                self._notes.append(f"pressure_control {key}: holds the pressure at its outlet, not farther on")
            height_m = self._junctions[ends[1]].number("height_m", 0.0)
            yield Regulator(key, *ends, absolute_pa(row.number("controlled_p_bar"), height_m))

    def _friction(self, law: str) -> Friction:
        if law in _LAWS:
            return _LAWS[law]
        self._notes.append(f"friction_model {law}: not supported, taken as colebrook")
        return Friction.COLEBROOK

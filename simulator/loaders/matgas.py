"""Gas networks in the MATPOWER-like form of GasModels: ``mgc.key = value;`` and ``mgc.table = [ … ];``."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from domain.errors import ConfigurationError
from domain.network import Friction, Gas, Network, Node, Pipe, Regulator, Valve
from simulator.gases import R_J_MOL_K
from simulator.loaders.loaded import SEA_PA, Loaded, Row

_COLUMNS: Mapping[str, Sequence[str]] = {  # where no comment before the table names them
    "junction": ("id", "p_min", "p_max", "p_nominal", "junction_type", "status"),
    "pipe": ("id", "fr_junction", "to_junction", "diameter", "length", "friction_factor", "p_min", "p_max", "status"),
    "regulator": ("id", "fr_junction", "to_junction", "reduction_factor_min", "reduction_factor_max", "flow_min",
                  "flow_max", "status"),
    "compressor": ("id", "fr_junction", "to_junction"),
    "short_pipe": ("id", "fr_junction", "to_junction", "status"),
    "valve": ("id", "fr_junction", "to_junction", "status"),
    "resistor": ("id", "fr_junction", "to_junction", "drag", "diameter", "status"),
    "receipt": ("id", "junction_id", "injection_min", "injection_max", "injection_nominal", "is_dispatchable",
                "status"),
    "delivery": ("id", "junction_id", "withdrawal_min", "withdrawal_max", "withdrawal_nominal", "is_dispatchable",
                 "status"),
}  # fmt: skip
_UNSUPPORTED = ("transfer", "storage", "ne_pipe", "ne_compressor", "loss_resistor")
_LEAST_DARCY = 0.005
"""No pipe has a smaller Darcy factor: such a file gives Fanning's."""
_SLACK = 1
_AIR_KG_MOL = 0.02896
_VISCOSITY_PA_S = 1.1e-5
_WIDE_M = 1.0
_TABLE = re.compile(r"mgc\.(\w+)\s*=\s*\[")
_SCALAR = re.compile(r"mgc\.(\w+)\s*=\s*([^;\[]+?)\s*;")


def load_matgas(path: Path, text: str) -> Loaded:
    """Read a ``.m`` file in SI units.

    A junction of type 1 is held at its nominal pressure, and so is what a regulator feeds; deliveries draw and receipts
    feed their nominal flows. Friction factors below 0.005 cannot be Darcy's and are taken as Fanning's; nominal
    pressures below that of the air cannot be absolute and are taken as gauge.
    """
    reader = _Reader(path.name, text)
    return Loaded(reader.network(), 0.0, tuple(reader.notes))


class _Reader:
    """Reads one file.

    Attributes:
        notes: how the file was understood.
    """

    def __init__(self, name: str, text: str) -> None:
        self._name, self.notes = name, list[str]()
        self._scalars = Row(name, {key: value.strip("'\" ") for key, value in _SCALAR.findall(_uncommented(text))})
        self._tables = _tables(name, text)
        if self._scalars.number("is_per_unit", 0.0) or self._scalars.text("units", "si").lower() != "si":
            raise ConfigurationError(f"{name}: units or is_per_unit: expected units = 'si' and is_per_unit = 0")
        nominal = [row.number("p_nominal", 0.0) for row in self._rows("junction")]
        self._base_pa = SEA_PA if any(0 < pressure < SEA_PA for pressure in nominal) else 0.0
        if self._base_pa:
            self.notes.append("pressures: gauge, over 101325 Pa (some nominal ones are below that of the air)")

    def network(self) -> Network:
        self.notes += [f"mgc.{name}: left out, not supported" for name in _UNSUPPORTED if self._tables.get(name)]
        return Network(
            gas=self._gas(),
            ambient_pressure_pa=SEA_PA,
            friction=Friction.CONSTANT,
            nodes=tuple(self._nodes()),
            pipes=tuple(self._pipes()),
            regulators=tuple(self._regulators()),
            valves=tuple(self._valves()),
        )

    def _rows(self, table: str) -> Iterator[Row]:
        return (row for row in self._tables.get(table, ()) if row.number("status", 1.0))

    def _gas(self) -> Gas:
        temperature_k, z = (
            self._scalars.number("temperature", above=0),
            self._scalars.number("compressibility_factor", 1.0),
        )
        if self._scalars.has("sound_speed"):
            molar_mass = z * R_J_MOL_K * temperature_k / self._scalars.number("sound_speed", above=0) ** 2
        elif self._scalars.has("gas_molar_mass"):
            molar_mass = self._scalars.number("gas_molar_mass", above=0)
        else:
            molar_mass = _AIR_KG_MOL * self._scalars.number("gas_specific_gravity", above=0)
        ratio = self._scalars.number("specific_heat_capacity_ratio", 1.31, above=1)
        return Gas(molar_mass, temperature_k, z, ratio, _VISCOSITY_PA_S)

    def _nodes(self) -> Iterator[Node]:
        flows: dict[str, float] = defaultdict(float)
        for table, column, sign in (("delivery", "withdrawal_nominal", 1.0), ("receipt", "injection_nominal", -1.0)):
            for row in self._rows(table):
                flows[row.text("junction_id")] += sign * row.number(column)
        slack = self._slack()
        for row in self._rows("junction"):
            name = row.text("id")
            yield Node(
                name,
                x_m=row.number("lat") if row.has("lat") and row.has("lon") else None,
                y_m=row.number("lon") if row.has("lat") and row.has("lon") else None,
                fixed_pressure_pa_abs=self._base_pa + self._nominal_pa(row) if name in slack else None,
                demand_kg_s=flows.get(name, 0.0),
            )

    def _slack(self) -> set[str]:
        """Name the junctions that are held: those of type 1, else where the largest receipt may feed in."""
        held = {row.text("id") for row in self._rows("junction") if row.number("junction_type", 0.0) == _SLACK}
        largest = max(self._rows("receipt"), key=lambda row: row.number("injection_max", 0.0), default=None)
        if held or largest is None:
            return held
        self.notes.append(f"junction {largest.text('junction_id')}: held, as none is of type 1: the largest receipt")
        return {largest.text("junction_id")}

    def _nominal_pa(self, junction: Row) -> float:
        return junction.number("p_nominal", 0.0) or junction.number("p_max", above=0)

    def _pipes(self) -> Iterator[Pipe]:
        rows = list(self._rows("pipe"))
        factors = [row.number("friction_factor", above=0) for row in rows]
        fanning = min(factors, default=1.0) < _LEAST_DARCY
        if fanning:
            self.notes.append("friction factors: Fanning's (some are below 0.005), four times that is Darcy's")
        for row, factor in zip(rows, factors, strict=True):
            yield Pipe(
                id=row.text("id"),
                from_node=row.text("fr_junction"),
                to_node=row.text("to_junction"),
                length_m=row.number("length", above=0),
                inner_diameter_m=row.number("diameter", above=0),
                friction_factor=4 * factor if fanning else factor,
            )

    def _regulators(self) -> Iterator[Regulator]:
        nominal = {row.text("id"): row for row in self._rows("junction")}
        for row in self._rows("regulator"):
            outlet = row.text("to_junction")
            if outlet not in nominal:
                raise ConfigurationError(f"{row.where}: to_junction is {outlet}; expected a junction in service")
            set_pa = self._base_pa + self._nominal_pa(nominal[outlet])
            yield Regulator(row.text("id"), row.text("fr_junction"), outlet, set_pa)

    def _valves(self) -> Iterator[Valve]:
        for table in ("valve", "short_pipe", "compressor", "resistor"):
            for row in self._rows(table):
                width_m = row.number("diameter", _WIDE_M) or _WIDE_M
                drag = row.number("drag", 0.0) if table == "resistor" else 0.0
                ends = (row.text("fr_junction"), row.text("to_junction"))
                yield Valve(f"{table} {row.text('id')}", *ends, width_m, loss_coefficient=drag)
                if table == "compressor":
                    self.notes.append(f"compressor {row.text('id')}: taken as an open connection, it lifts nothing")


def _uncommented(text: str) -> str:
    return re.sub(r"%.*", "", text)


def _tables(name: str, text: str) -> dict[str, list[Row]]:
    tables: dict[str, list[Row]] = {}
    table, columns, comment = "", tuple[str, ...](), ""
    for number, line in enumerate(text.splitlines(), 1):
        code = line.partition("%")[0].strip()
        if not table and line.lstrip().startswith("%"):
            comment = line.strip("% \t").removeprefix("column_names%").strip()
        if begin := _TABLE.search(code):
            table, code = begin.group(1), code[begin.end() :]
            columns = tuple(comment.split()) if comment.split()[:1] == ["id"] else tuple(_COLUMNS.get(table, ()))
            tables[table] = []
        if table:
            body, closes, _ = code.partition("]")
            for cells in filter(str.strip, body.split(";")):
                values = [one or other for one, other in re.findall(r"'([^']*)'|([^\s,]+)", cells)]
                tables[table].append(Row(f"{name}:{number}: mgc.{table}", dict(zip(columns, values, strict=False))))
            if closes:
                table, comment = "", ""
    if table:
        raise ConfigurationError(f"{name}: mgc.{table}: the bracket ] is missing")
    return tables

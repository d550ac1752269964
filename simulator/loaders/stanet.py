"""Networks exported as one JSON file (fluid, supplies, sinks) with two CSV tables beside it (junctions, pipes)."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

from domain.errors import ConfigurationError
from domain.network import Friction, Gas, Network, Node, Pipe
from simulator.gases import NORMAL_K, NORMAL_PA, R_J_MOL_K
from simulator.loaders.loaded import BAR_PA, SEA_PA, Loaded, Row, absolute_pa
from simulator.topology import ambient_pa

_RATIO = 1.31


def is_export(data: Mapping[str, object]) -> bool:
    fluid = data.get("fluid")
    return isinstance(fluid, dict) and "rho_n_kg_m3" in fluid


def load_export(path: Path, data: Mapping[str, object]) -> Loaded:
    """Read an export, whose tables are ``<name>.junctions.csv`` and ``<name>.pipes.csv``."""
    junctions, pipes = (_table(path.with_suffix(f".{table}.csv")) for table in ("junctions", "pipes"))
    flows: dict[str, float] = defaultdict(float)
    for section, sign in (("sink", 1.0), ("source", -1.0)):
        for row in _rows(path, data, section):
            if row.truth("in_service"):
                flows[row.text("junction")] += sign * row.number("mdot_kg_per_s") * row.number("scaling", 1.0)
    held = {
        row.text("junction"): row.number("p_bar") for row in _rows(path, data, "ext_grid") if row.truth("in_service")
    }
    used = [row for row in junctions if row.truth("in_service")]
    fluid = Row(f"{path.name}: fluid", cast("Mapping[str, object]", data["fluid"]))
    gas, z_per_pa = _gas(fluid, sum(row.number("tfluid_k", above=0) for row in used) / max(1, len(used)))
    heights = [row.number("height_m", 0.0) for row in used]
    network = Network(
        gas=gas,
        ambient_pressure_pa=ambient_pa(SEA_PA, sum(heights) / max(1, len(heights))),
        friction=_friction(path, data),
        nodes=tuple(_node(row, held, flows) for row in used),
        pipes=tuple(_pipe(row) for row in pipes),
    )
    return Loaded(network, z_per_pa)


def _friction(path: Path, data: Mapping[str, object]) -> Friction:
    try:
        return Friction(str(data.get("friction_model")))
    except ValueError:
        laws = ", ".join(Friction)
        raise ConfigurationError(
            f"{path.name}: friction_model is {data.get('friction_model')!r}; expected one of {laws}"
        ) from None


def _gas(fluid: Row, temperature_k: float) -> tuple[Gas, float]:
    one, ten = fluid.number("Z_1bar", 1.0, above=0), fluid.number("Z_10bar", 1.0, above=0)
    slope = (ten - one) / (9 * BAR_PA)
    molar_mass = fluid.number("rho_n_kg_m3", above=0) * R_J_MOL_K * NORMAL_K / NORMAL_PA
    return Gas(molar_mass, temperature_k, one - slope * BAR_PA, _RATIO, fluid.number("eta_Pas", above=0)), slope


def _node(row: Row, held: Mapping[str, float], flows: Mapping[str, float]) -> Node:
    name, height_m = row.text("junction"), row.number("height_m", 0.0)
    fixed_pa = absolute_pa(held[name], height_m) if name in held else None
    return Node(name, elevation_m=height_m, fixed_pressure_pa_abs=fixed_pa, demand_kg_s=flows.get(name, 0.0))


def _pipe(row: Row) -> Pipe:
    return Pipe(
        id=row.text("pipe"),
        from_node=row.text("from_junction"),
        to_node=row.text("to_junction"),
        length_m=1000 * row.number("length_km", above=0),
        inner_diameter_m=row.number("inner_diameter_mm", above=0) / 1000,
        roughness_m=row.number("k_mm", 0.0) / 1000,
        loss_coefficient=row.number("loss_coefficient", 0.0),
        in_service=row.truth("in_service"),
    )


def _table(path: Path) -> list[Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; this table belongs to the network") from None
    reader = csv.DictReader(io.StringIO(text), strict=True)
    return [Row(f"{path.name}:{reader.line_num}", cells) for cells in reader]


def _rows(path: Path, data: Mapping[str, object], section: str) -> Iterator[Row]:
    found = data.get(section)
    if isinstance(found, list):  # the key `source` is the provenance, as text, where nothing feeds in
        for index, cells in enumerate(found):
            if isinstance(cells, dict):
                yield Row(f"{path.name}: {section}[{index}]", cells)

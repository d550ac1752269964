"""`gas-lifeline hydraulics`: the steady state of a network, as tables and a picture."""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.errors import ConfigurationError
from domain.network import Friction
from simulator.hydraulics import Hydraulics
from simulator.islands import tiers
from simulator.loaders.load import load_network
from simulator.loaders.loaded import checked
from simulator.steady import solve_steady

Numbers = npt.NDArray[np.intp]
_COLUMNS = ("part", "nodes", "pipes", "lowest kPa(g)", "at", "highest kPa(g)", "at", "drawn kg/s")
_NAMED = 5


def run_hydraulics(path: Path, out: Path | None, friction: str | None, *, plot: bool) -> int:
    """Solve a network, print what holds in each part between regulators, and write the files asked for."""
    loaded = load_network(path)
    if friction is not None:
        network = replace(loaded.network, friction=Friction(friction))
        loaded = checked(loaded._replace(network=network), path.name)
    network = loaded.network
    try:
        hydraulics = Hydraulics(network, z_per_pa=loaded.z_per_pa)
        solve_steady(hydraulics)
    except ConfigurationError as error:
        raise ConfigurationError(*(f"{path}: {problem}" for problem in error.problems)) from None
    for note in [*loaded.notes, *_remarks(hydraulics)]:
        print(f"note: {note}", file=sys.stderr)  # noqa: T201 - the command speaks to its user
    print(_table([_COLUMNS, *_rows(hydraulics)]))  # noqa: T201
    balance = hydraulics.balance()
    print(f"supply {balance.supply_kg_s:.6g} kg/s, line pack {balance.line_pack_kg:.6g} kg")  # noqa: T201
    if out is not None:
        _write(out, hydraulics)
    if plot:
        from app.picture import draw_network  # noqa: PLC0415 - matplotlib takes half a second to import

        draw_network((out or Path()) / "network.png", hydraulics)
    return 0


def _remarks(hydraulics: Hydraulics) -> Iterator[str]:
    ids, state = hydraulics.topology.node_ids, hydraulics.state
    for numbers, remark in (
        (np.flatnonzero(~hydraulics.supplied()), "without a supply, and without demand: at the pressure of the air"),
        (np.flatnonzero(state.pressure_pa < state.ambient_pa - 1), "below the pressure of the air: air would come in"),
    ):
        if len(numbers):
            names = ", ".join(ids[number] for number in numbers[:_NAMED])
            more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
            yield f"node {names}{more}: {remark}"


def _rows(hydraulics: Hydraulics) -> Iterator[Sequence[str]]:
    """Describe each part between regulators, the highest pressure first."""
    topology, state = hydraulics.topology, hydraulics.state
    gauge_kpa = (state.pressure_pa - state.ambient_pa) / 1000
    count, part = tiers(topology, hydraulics.shut())
    parts = [np.flatnonzero(part == number) for number in range(count)]
    pipes: dict[int, list[str]] = defaultdict(list)
    for cell in topology.cells:
        pipes[int(part[cell.from_node])].append(cell.pipe.tier or "")
    for nodes in sorted(parts, key=lambda nodes: -float(gauge_kpa[nodes].max())):
        low, high = nodes[gauge_kpa[nodes].argmin()], nodes[gauge_kpa[nodes].argmax()]
        names = pipes[int(part[nodes[0]])]
        yield (
            "/".join(sorted(set(names) - {""})) or "-",
            str(len(nodes)),
            str(len(names)),
            f"{gauge_kpa[low]:.3f}",
            topology.node_ids[low],
            f"{gauge_kpa[high]:.3f}",
            topology.node_ids[high],
            f"{state.drawn_kg_s[nodes].sum():.6g}",
        )


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _write(out: Path, hydraulics: Hydraulics) -> None:
    network, topology = hydraulics.topology.network, hydraulics.topology
    pressures = hydraulics.state.pressure_pa.tolist()
    nodes = [(node.id, f"{pressures[topology.node_of[node.id]]:.6f}") for node in network.nodes]
    flows = {pipe: hydraulics.pipe_flow_kg_s(pipe)[0] for pipe in topology.cells_of}
    pipes = [(pipe.id, f"{flows.get(pipe.id, 0.0):.12g}") for pipe in network.pipes]
    try:
        out.mkdir(parents=True, exist_ok=True)
        _write_csv(out / "nodes.csv", ("node", "p_pa_abs"), nodes)
        _write_csv(out / "pipes.csv", ("pipe", "mass_flow_kg_s"), pipes)
    except OSError as error:
        raise ConfigurationError(f"{out}: {error.strerror}") from None


def _write_csv(path: Path, names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([names, *rows])

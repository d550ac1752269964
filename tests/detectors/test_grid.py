import dataclasses

import numpy as np
import pytest

from detectors.grid import Grid
from domain.network import Friction, Gas, Network, Node, Pipe, Regulator, Valve
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady

NETWORK = Network(
    gas=Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5),
    ambient_pressure_pa=79_700,
    friction=Friction.GB50028,
    nodes=(
        Node("GATE", fixed_pressure_pa_abs=4.3e5, elevation_m=1_980),
        Node("IN", elevation_m=1_975),
        Node("OUT", elevation_m=1_975),
        Node("A", demand_kg_s=0.02, elevation_m=1_990),
        Node("B", demand_kg_s=0.03, elevation_m=1_970),
        Node("C", demand_kg_s=0.01),
        Node("D", demand_kg_s=0.01),
    ),
    pipes=(
        Pipe("P-IN", "GATE", "IN", 900, 0.2, 2e-4),
        Pipe("P-1", "OUT", "A", 500, 0.0968, 1e-5),
        Pipe("P-2", "B", "A", 400, 0.0968, 1e-5),
        Pipe("P-3", "OUT", "B", 700, 0.0968, 1e-5, loss_coefficient=2.0),
        Pipe("P-4", "B", "C", 300, 0.0736, 1e-5),
        Pipe("P-OFF", "C", "A", 300, 0.0736, 1e-5, in_service=False),
    ),
    regulators=(Regulator("R-1", "IN", "OUT", 2.4e5, droop_pa_per_kg_s=20_000),),
    valves=(Valve("V-1", "C", "D", 0.0736, loss_coefficient=0.3), Valve("V-2", "C", "A", 0.05, open=False)),
)
"""A loop and a branch of medium pressure behind a regulator, fed by a long main."""


def solved(network: Network, load: float = 1.0, more: dict[str, float] | None = None) -> Hydraulics:
    hydraulics = Hydraulics(network)
    hydraulics.demand_kg_s *= load
    for node, kg_s in (more or {}).items():
        hydraulics.demand_kg_s[hydraulics.topology.node_of[node]] += kg_s
    solve_steady(hydraulics)
    return hydraulics


@pytest.mark.parametrize("load", [0.1, 0.5, 1.0, 1.5])
def test_finds_the_pressures_that_the_simulator_finds(load: float) -> None:
    # Churchill's friction and Altshul's differ by up to 5 %: so may the falls
    there, here = solved(NETWORK, load).state.pressure_pa, Grid(NETWORK).working(load).pressure_pa
    assert np.abs(here - there).max() <= 0.05 * np.abs(there[2:] - there[2]).max() + 1.0


def test_a_constant_friction_factor_is_taken_as_it_is() -> None:
    pipes = tuple(dataclasses.replace(pipe, friction_factor=0.02) for pipe in NETWORK.pipes)
    network = dataclasses.replace(NETWORK, friction=Friction.CONSTANT, pipes=pipes)
    assert Grid(network).working(1.0).pressure_pa == pytest.approx(solved(network).state.pressure_pa, abs=1.0)


@pytest.mark.parametrize("node", ["IN", "A", "B", "D"])
def test_a_little_more_outflow_answers_as_the_simulator_does(node: str) -> None:
    grid, little_kg_s = Grid(NETWORK), 1e-4
    before, after = (solved(NETWORK, more={node: kg_s}).state.pressure_pa for kg_s in (0.0, little_kg_s))
    falls = grid.falls(grid.working(1.0), np.arange(len(NETWORK.nodes)))[:, grid.node_of[node]] * little_kg_s
    assert falls == pytest.approx(before - after, rel=0.06, abs=0.02)


@pytest.mark.parametrize("load", [0.3, 1.0])
def test_much_more_outflow_is_told_better_by_secants_than_by_tangents(load: float) -> None:
    grid, much_kg_s, node = Grid(NETWORK), 0.02, "B"
    before, after = (solved(NETWORK, load, {node: kg_s}).state.pressure_pa for kg_s in (0.0, much_kg_s))
    out = np.zeros((1, len(NETWORK.nodes)))
    out[0, grid.node_of[node]] = much_kg_s
    working = grid.working(load)
    answer = grid.answer(working, out)
    gate = grid.metered(np.stack([working.flow_kg_s, answer.flow_kg_s[0]]), np.array([grid.node_of["GATE"]]))
    assert gate[1] - gate[0] == pytest.approx(much_kg_s, rel=1e-3)
    bent = answer.fall_pa[0]
    straight = grid.falls(working, np.arange(len(NETWORK.nodes)))[:, grid.node_of[node]] * much_kg_s
    error, plain = (np.linalg.norm(found - (before - after)) for found in (bent, straight))
    assert error < 0.06 * np.linalg.norm(before - after)
    assert error < plain / 2


def test_meters_see_more_where_it_comes_from() -> None:
    grid, names = Grid(NETWORK), ("GATE", "IN", "OUT", "A", "C")
    seen = grid.through(grid.working(1.0), np.array([grid.node_of[name] for name in names]))
    of_c = dict(zip(names, seen[:, grid.node_of["C"]].tolist(), strict=True))
    assert [of_c[name] for name in ("GATE", "IN", "OUT", "C")] == pytest.approx([1, 1, 1, 1], abs=1e-3)
    assert 0 < of_c["A"] < 1  # by the loop, part of it
    assert dict(zip(names, seen[:, grid.node_of["IN"]].tolist(), strict=True))["OUT"] == pytest.approx(0, abs=1e-6)


def test_a_regulator_whose_inlet_is_too_low_stands_open_and_one_that_would_draw_back_is_shut() -> None:
    starved = dataclasses.replace(NETWORK, regulators=(Regulator("R-1", "IN", "OUT", 5e5),))
    pa = Grid(starved).working(1.0).pressure_pa
    assert pa[2] == pytest.approx(pa[1], rel=1e-3)
    second = Regulator("R-2", "IN", "B", 1.5e5)
    both = dataclasses.replace(NETWORK, regulators=(*NETWORK.regulators, second))
    assert Grid(both).working(1.0).pressure_pa == pytest.approx(Grid(NETWORK).working(1.0).pressure_pa, rel=1e-6)


def test_each_working_point_is_found_once() -> None:
    grid = Grid(NETWORK)
    assert grid.working(0.5) is grid.working(0.5)

"""Iterates that go on with the slopes of an earlier one."""

import numpy as np
import pytest

from domain.network import Friction, Gas, Network, Node, Pipe, Regulator
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady

GAS = Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5)


def town() -> Hydraulics:
    """Medium pressure, a regulator, and a ring of low pressure."""
    nodes = (
        Node("M", fixed_pressure_pa_abs=279_700.0),
        Node("R"),
        *(Node(f"N{n}", demand_kg_s=0.004 * (n + 1)) for n in range(4)),
    )
    ring = [(0, 1), (1, 2), (2, 3), (3, 0)]
    pipes = tuple(Pipe(f"P{a}{b}", f"N{a}", f"N{b}", 200.0, 0.1, 1e-5) for a, b in ring)
    supply = Pipe("PM", "M", "R", 500.0, 0.1, 1e-5)
    regulator = Regulator("RG", "R", "N0", set_pressure_pa_abs=82_000.0, max_flow_kg_s=0.1)
    hydraulics = Hydraulics(Network(GAS, 79_700.0, Friction.GB50028, nodes, (supply, *pipes), (regulator,)))
    solve_steady(hydraulics)
    return hydraulics


def test_goes_on_with_the_slopes_of_the_first_iterate_and_comes_to_the_same() -> None:
    chord, tangent = town(), town()
    for hydraulics in (chord, tangent):
        hydraulics.demand_kg_s *= 1.5
    chord.step(5.0)
    frame, state = tangent.frame(5.0), tangent.state
    state.time_s += 5.0
    for _ in range(8):
        delta, _ = tangent.newton.iterate(state, frame)
        state.pressure_pa = state.pressure_pa + delta
    assert chord.state.pressure_pa == pytest.approx(state.pressure_pa, rel=1e-8)
    assert chord.state.flow_kg_s == pytest.approx(state.flow_kg_s, abs=1e-8)


def test_old_slopes_keep_the_mass_however_wrong_they_are() -> None:
    hydraulics = town()
    frame, state = hydraulics.frame(5.0), hydraulics.state
    _, slopes = hydraulics.newton.iterate(state, frame)
    hydraulics.demand_kg_s *= 1.2
    wrong = hydraulics.frame(5.0)
    delta, held = hydraulics.newton.iterate(state, wrong, slopes=slopes)
    assert held is slopes
    state.pressure_pa = state.pressure_pa + delta
    gained = hydraulics.storage_kg_pa @ (state.pressure_pa - wrong.before_pa) / 5.0
    supplied = hydraulics.newton.supply(state, wrong).sum()
    assert gained == pytest.approx(supplied - state.drawn_kg_s.sum(), abs=1e-15)


def test_slopes_hold_no_longer_when_a_regulator_works_in_another_way() -> None:
    hydraulics = town()
    frame, state = hydraulics.frame(5.0), hydraulics.state
    _, slopes = hydraulics.newton.iterate(state, frame)
    inlet = hydraulics.topology.node_of["R"]
    state.pressure_pa = np.where(np.arange(len(state.pressure_pa)) == inlet, 80_500.0, state.pressure_pa)
    _, fresh = hydraulics.newton.iterate(state, frame, slopes=slopes)
    assert fresh is not slopes

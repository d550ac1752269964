import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from domain.errors import ConfigurationError
from domain.network import Friction, Network, Node, Pipe, Regulator, Valve
from tests.simulator.support import DALI_PA, GAS, gas_of, meshes, network, steady, two_tiers

NU_M2_S, RHO = 15e-6, 0.74
HELD = (Node("S", fixed_pressure_pa_abs=2e5), Node("T", fixed_pressure_pa_abs=1.5e5))


@pytest.mark.parametrize(
    ("flow", "diameter_mm", "roughness_mm", "length_m", "inlet_kpa", "outlet_kpa"),
    [
        (1_500, 130.8, 0.01, 3_000, 301.325, 254.90),
        (8_000, 207, 0.2, 5_000, 501.325, 294.50),
        # at low pressure the note's figure is incompressible: 101.325 kPa in the middle of the pipe
        (20, 73.6, 0.01, 300, 101.325 + 0.09609 / 2, 101.325 - 0.09609 / 2),
        (60, 107, 0.2, 500, 101.325 + 0.19946 / 2, 101.325 - 0.19946 / 2),
        (1, 32, 0.2, 50, 101.325 + 0.006319 / 2, 101.325 - 0.006319 / 2),
    ],
)
def test_gives_the_general_flow_equation(  # simulator notes, V1: general equation, exact constants
    flow: float, diameter_mm: float, roughness_mm: float, length_m: float, *, inlet_kpa: float, outlet_kpa: float
) -> None:
    gas = replace(gas_of(101_325 / (RHO * 273.15) * 288.15), viscosity_pa_s=NU_M2_S * RHO)
    pipe = Pipe("P", "A", "B", length_m, diameter_mm / 1000, roughness_mm / 1000)
    supply, demand = Node("A", fixed_pressure_pa_abs=1000 * inlet_kpa), Node("B", demand_kg_s=flow * RHO / 3600)
    drop_pa = 1000 * inlet_kpa - steady(network(supply, demand, pipe, gas=gas)).pressure_pa("B")
    assert drop_pa == pytest.approx(1000 * (inlet_kpa - outlet_kpa), rel=3e-4)


def test_gas_that_is_lighter_than_air_gains_pressure_uphill() -> None:
    net = network(
        Node("A", elevation_m=0.0, fixed_pressure_pa_abs=101_425.0),
        Node("B", elevation_m=10.0),
        Pipe("P", "A", "B", 500.0, 0.1, 1e-5),
        gas=replace(GAS, molar_mass_kg_mol=0.01604, temperature_k=288.15),
        ambient_pa=101_325 * (1 - 0.0065 * 5 / 288.15) ** 5.255,
    )
    # simulator notes 3.1: methane +5.4 Pa per metre at sea level, (1.225 - 0.678) kg/m³ · g
    assert (steady(net).gauge_pa("B") - steady(net).gauge_pa("A")) / 10 == pytest.approx(5.36, abs=0.03)


def three_tiers(**changes: float) -> Network:
    return network(
        Node("S", fixed_pressure_pa_abs=DALI_PA + 400_000),
        *(Node(name) for name in ("A", "B1", "B2")),
        Node("L", demand_kg_s=0.02),
        Pipe("P1", "S", "A", 800.0, 0.15, 1e-5),
        Regulator("R1", "A", "B1", DALI_PA + 100_000, **changes),
        Pipe("P2", "B1", "B2", 800.0, 0.1, 1e-5),
        Regulator("R2", "B2", "L", DALI_PA + 2_000),
    )


def test_a_regulator_holds_its_set_pressure() -> None:
    hydraulics = steady(three_tiers())
    assert hydraulics.pressure_pa("B1") == pytest.approx(DALI_PA + 100_000, rel=1e-9)
    assert hydraulics.pressure_pa("L") == pytest.approx(DALI_PA + 2_000, rel=1e-9)
    assert hydraulics.pipe_flow_kg_s("P1")[0] == pytest.approx(0.02, rel=1e-12)


def test_a_regulator_droops_with_its_flow() -> None:
    hydraulics = steady(three_tiers(droop_pa_per_kg_s=1e5))
    assert hydraulics.pressure_pa("B1") == pytest.approx(DALI_PA + 100_000 - 1e5 * 0.02, rel=1e-9)


def test_a_regulator_whose_inlet_is_too_low_stands_open() -> None:
    net = three_tiers()
    weak = replace(net, nodes=(replace(net.nodes[0], fixed_pressure_pa_abs=DALI_PA + 60_000), *net.nodes[1:]))
    hydraulics = steady(weak)
    assert hydraulics.pressure_pa("B1") == pytest.approx(hydraulics.pressure_pa("A"), abs=0.1)
    assert hydraulics.pressure_pa("L") == pytest.approx(DALI_PA + 2_000, rel=1e-9)


def test_the_lower_of_two_regulators_in_parallel_stays_shut() -> None:
    net = two_tiers(max_flow_kg_s=None)
    monitor = Regulator("R'", "M2", "L1", DALI_PA + 2_000)
    hydraulics = steady(replace(net, regulators=(*net.regulators, monitor)))
    assert hydraulics.pressure_pa("L1") == pytest.approx(DALI_PA + 2_500, rel=1e-9)
    assert hydraulics.state.flow_kg_s[-4:-2].tolist() == pytest.approx([0.02, 0.0], abs=1e-12)


def test_two_regulators_share_what_one_alone_cannot_pass() -> None:
    net = two_tiers(max_flow_kg_s=0.015)
    monitor = Regulator("R'", "M2", "L1", DALI_PA + 2_000)
    hydraulics = steady(replace(net, regulators=(*net.regulators, monitor)))
    assert hydraulics.pressure_pa("L1") == pytest.approx(DALI_PA + 2_000, rel=1e-9)
    assert hydraulics.state.flow_kg_s[-4:-2].tolist() == pytest.approx([0.015, 0.005], rel=1e-9)


def test_a_regulator_lets_nothing_back() -> None:
    net = two_tiers(demand_kg_s=-0.0)
    feeds = replace(net, nodes=(*net.nodes[:-1], Node("L3", fixed_pressure_pa_abs=DALI_PA + 4_000)))
    hydraulics = steady(feeds)
    assert hydraulics.state.flow_kg_s.tolist() == pytest.approx([0.0] * 5, abs=1e-12)
    assert hydraulics.pressure_pa("L1") == pytest.approx(DALI_PA + 4_000, rel=1e-9)


def test_what_has_neither_supply_nor_demand_stands_at_the_pressure_of_the_air() -> None:
    net = two_tiers(demand_kg_s=0.0)
    shut = replace(net, valves=(replace(net.valves[0], open=False),))
    hydraulics = steady(shut)
    assert hydraulics.pressure_pa("L3") == DALI_PA
    assert hydraulics.supplied().tolist() == [True, True, True, True, False]


def test_everything_held_needs_no_system_at_all() -> None:
    net = network(
        *(Node(n, fixed_pressure_pa_abs=p) for n, p in (("A", 3e5), ("B", 2e5))), Pipe("P", "A", "B", 100.0, 0.1)
    )
    hydraulics = steady(net)
    assert hydraulics.state.supply_kg_s.sum() == pytest.approx(0.0, abs=1e-12)
    assert hydraulics.state.supply_kg_s[0] > 0.1


def shut_off(net: Network) -> Network:
    return replace(net, valves=(replace(net.valves[0], open=False),))


@pytest.mark.parametrize(
    ("net", "problem", "remedy"),
    [
        (network(Node("A"), Node("B", demand_kg_s=1.0), Pipe("P", "A", "B", 1.0, 0.1)),
         "no source: no node has fixed_pressure_pa_abs", "give it to the node where gas comes in"),
        (shut_off(two_tiers()), "node L3: demand without a supply", "open valve V, or take the demand away"),
        (network(HELD[0], *(Node(f"N{k}", demand_kg_s=1.0) for k in range(7))),
         "node N0, N1, N2, N3, N4 and 2 more: demand without a supply",
         "connect them, or put a pipe in service, or take the demand away"),
        (network(*HELD, Regulator("R", "S", "T", 1.4e5)),
         "regulator R sets 140000 Pa at node T, which is held at 150000 Pa: two fixed pressures fight",
         "take one of them away"),
        (network(*HELD, Valve("V", "S", "T", 0.1)),
         "valve V is open between nodes S and T, which are held at different pressures: two fixed pressures fight",
         "close it or take one of them away"),
        (network(HELD[0], Node("T", demand_kg_s=5.0), Pipe("P", "S", "T", 9e3, 0.1, 1e-5)),
         "node T: the demand cannot be met", "lower the demand, widen the pipes or raise the supply"),
        (network(HELD[0], Node("T", demand_kg_s=-5.0), Regulator("R", "S", "T", 1.4e5)),
         "node T: more is fed in than anybody takes, and regulators let nothing back", "lower what is fed in"),
        (two_tiers(demand_kg_s=0.2), "node L1, L2, L3: the demand cannot be met",
         "lower the demand, widen the pipes, raise the limit of regulator R or raise the supply"),
    ],
)  # fmt: skip
def test_what_has_no_steady_state_is_told_in_one_line(net: Network, problem: str, remedy: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        steady(net)
    (line,) = error.value.problems
    assert line.startswith(problem)
    assert line.endswith(remedy)


# ---------------------------------------------------------------- any network
@settings(max_examples=60, deadline=None)
@given(meshes())
def test_every_pipe_obeys_its_equation_and_every_node_its_balance(net: Network) -> None:
    hydraulics = steady(net)
    balance = hydraulics.balance()
    assert balance.supply_kg_s == pytest.approx(balance.drawn_kg_s, rel=1e-9, abs=1e-12)
    celerity_2 = hydraulics.topology.specific_j_kg()
    height_m, node_of = hydraulics.topology.elevation_m, hydraulics.topology.node_of
    for pipe in net.pipes:
        flow = hydraulics.pipe_flow_kg_s(pipe.id)[0]
        one, other = (hydraulics.pressure_pa(end) for end in (pipe.from_node, pipe.to_node))
        heights = [height_m[node_of[end]] for end in (pipe.from_node, pipe.to_node)]
        rise = 9.80665 * (heights[1] - heights[0]) / celerity_2
        left = one**2 * math.exp(-rise) - other**2 * math.exp(rise)
        assert left * flow >= -1e-3  # gas flows downhill in squared pressure
        if net.friction is Friction.CONSTANT and abs(flow) > 1e-4:
            area = math.pi / 4 * pipe.inner_diameter_m**2
            right = 0.02 * pipe.length_m / pipe.inner_diameter_m * celerity_2 * flow * abs(flow) / area**2
            bend = math.sinh(rise) / rise if rise else 1.0
            assert left == pytest.approx(right * bend, rel=1e-7, abs=1.0)


@settings(max_examples=30, deadline=None)
@given(meshes())
def test_cutting_pipes_changes_nothing(net: Network) -> None:  # V18 (7)
    whole, cut = steady(net), steady(net, cell_m=150.0, places=[("P0", 0.37)])
    count = len(net.nodes)
    np.testing.assert_allclose(cut.state.pressure_pa[:count], whole.state.pressure_pa[:count], rtol=1e-9)


@settings(max_examples=30, deadline=None)
@given(meshes())
def test_turning_a_pipe_round_changes_the_sign_of_its_flow_alone(net: Network) -> None:  # V18 (8)
    turned = replace(net.pipes[0], from_node=net.pipes[0].to_node, to_node=net.pipes[0].from_node)
    one, other = steady(net), steady(replace(net, pipes=(turned, *net.pipes[1:])))
    np.testing.assert_allclose(other.state.pressure_pa, one.state.pressure_pa, rtol=1e-9)
    scale = max(1e-3, np.max(np.abs(one.state.flow_kg_s)))
    assert other.pipe_flow_kg_s("P0")[0] == pytest.approx(-one.pipe_flow_kg_s("P0")[0], abs=1e-7 * scale)

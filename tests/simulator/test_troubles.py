"""Whatever breaks at once in a town of three tiers: the solver settles and keeps the mass."""

import numpy as np
import pytest

from simulator.hydraulics import Hydraulics
from tests.simulator.support import steady, town

STEPS = 30


def trouble(hydraulics: Hydraulics, rng: np.random.Generator) -> None:
    tier, hole_mm = int(rng.integers(0, 3)), float(rng.choice([5.0, 50.0, 200.0]))
    names = list(hydraulics.regulators.fault)
    fault = hydraulics.regulators.fault[names[int(rng.integers(0, len(names)))]]
    match int(rng.integers(0, 10)):
        case 0:
            hydraulics.valves.close(f"v{tier}", float(rng.choice([0.0, 20.0])))
        case 1:
            hydraulics.valves.open_by_hand(f"v{tier}")
        case 2:
            hydraulics.open_hole(f"L{tier}", (f"p{tier}-3", 0.4), hole_mm)
        case 3:
            fault.ruptured = not fault.ruptured
        case 4:
            fault.seat_m2 = 1e-5
        case 5:
            fault.limit_share = float(rng.choice([0.01, 1.0]))
        case 6:
            fault.drift_pa, fault.hunting_pa = float(rng.uniform(-500, 500)), 300.0
        case _:
            pass


@pytest.mark.parametrize("seed", range(12))
def test_a_town_in_trouble_settles_and_keeps_its_mass(seed: int) -> None:
    hydraulics = steady(town(seed), places=[(f"p{tier}-3", 0.4) for tier in range(3)])
    rng, base = np.random.default_rng(1_000 + seed), hydraulics.demand_kg_s.copy()
    start_kg, gained_kg, moved_kg = hydraulics.balance().line_pack_kg, 0.0, 0.0
    for _ in range(STEPS):
        trouble(hydraulics, rng)
        hydraulics.demand_kg_s = base * float(rng.uniform(0, 2))
        dt_s = float(rng.choice([1.0, 5.0, 60.0]))
        hydraulics.step(dt_s)
        balance = hydraulics.balance()
        gained_kg += dt_s * (balance.supply_kg_s - balance.drawn_kg_s - balance.leak_kg_s)
        moved_kg += dt_s * (abs(balance.supply_kg_s) + balance.drawn_kg_s + abs(balance.leak_kg_s))
        assert hydraulics.unsettled == 0
        assert np.all(np.isfinite(hydraulics.state.pressure_pa))
    assert abs(hydraulics.balance().line_pack_kg - start_kg - gained_kg) <= 1e-9 * moved_kg


@pytest.mark.parametrize("seed", range(4))
def test_regulators_never_pass_gas_backwards_or_beyond_their_limit(seed: int) -> None:
    net = town(seed)
    hydraulics = steady(net)
    base = hydraulics.demand_kg_s.copy()
    first = hydraulics.topology.lines
    for step in range(20):
        hydraulics.demand_kg_s = base * (1 + np.sin(step))
        hydraulics.step(10.0)
        flows = hydraulics.state.flow_kg_s[first : first + len(net.regulators)]
        limits = np.array([regulator.max_flow_kg_s for regulator in net.regulators], np.float64)
        assert np.all(flows >= -1e-6)
        assert np.all(flows <= limits + 1e-6)

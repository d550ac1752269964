from dataclasses import replace

import numpy as np
import pytest

from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady
from tests.simulator.support import DALI_PA, steady, two_tiers

SET_PA = DALI_PA + 2_500


def run(hydraulics: Hydraulics, seconds: float, dt_s: float = 5.0) -> None:
    for _ in range(round(seconds / dt_s)):
        hydraulics.step(dt_s)


def test_a_regulator_holds_its_outlet_while_the_load_changes() -> None:
    hydraulics = steady(two_tiers())
    for demand in (0.03, 0.001, 0.05):
        hydraulics.demand_kg_s[-1] = demand
        run(hydraulics, 120)
        assert hydraulics.pressure_pa("L1") == pytest.approx(SET_PA, abs=0.1)
        assert hydraulics.regulator_flow_kg_s("R") == pytest.approx(demand, rel=1e-3)


def test_the_outlet_sags_when_the_limit_is_reached() -> None:
    hydraulics = steady(two_tiers(demand_kg_s=0.09))
    hydraulics.demand_kg_s[-1] = 0.15
    run(hydraulics, 60)
    assert hydraulics.regulator_flow_kg_s("R") == pytest.approx(0.1, rel=1e-9)
    assert hydraulics.pressure_pa("L1") < SET_PA - 100


def test_no_load_leads_to_the_lock_up_pressure() -> None:
    hydraulics = steady(two_tiers())
    hydraulics.regulators.lock_up[:] = 0.1
    hydraulics.demand_kg_s[-1] = 1e-6
    run(hydraulics, 600)
    assert hydraulics.gauge_pa("L1") == pytest.approx(2_750, rel=1e-2)
    hydraulics.demand_kg_s[-1] = 0.02
    run(hydraulics, 600)
    assert hydraulics.gauge_pa("L1") == pytest.approx(2_500, rel=1e-6)


def test_a_choked_inlet_limits_the_flow() -> None:
    hydraulics = steady(two_tiers(max_flow_kg_s=None))
    hydraulics.regulators.choke_m2[:] = 1e-5
    run(hydraulics, 60)
    inlet_pa = hydraulics.pressure_pa("M2")
    root = (1.31 / hydraulics.topology.specific_j_kg()) ** 0.5 * (2 / 2.31) ** (2.31 / 0.62)
    assert hydraulics.regulator_flow_kg_s("R") == pytest.approx(1e-5 * inlet_pa * root, rel=1e-6)


def test_drift_moves_the_outlet() -> None:
    hydraulics = steady(two_tiers())
    hydraulics.regulators.fault["R"].drift_pa = -400.0
    run(hydraulics, 120)
    assert hydraulics.pressure_pa("L1") == pytest.approx(SET_PA - 400, abs=0.1)


def test_hunting_makes_the_outlet_swing_at_its_frequency() -> None:
    hydraulics = steady(two_tiers())
    fault = hydraulics.regulators.fault["R"]
    fault.hunting_pa, fault.hunting_hz = 200.0, 0.05
    swing = []
    for _ in range(80):
        hydraulics.step(1.0)
        swing.append(hydraulics.pressure_pa("L1"))
    tail = np.array(swing[-40:]) - np.mean(swing[-40:])
    assert np.argmax(np.abs(np.fft.rfft(tail))) == 2  # twice in 40 s
    assert 100 < np.ptp(tail) <= 401


def test_a_freezing_regulator_starves_its_tier() -> None:
    hydraulics = steady(two_tiers())
    hydraulics.regulators.fault["R"].limit_share = 0.1
    run(hydraulics, 10)
    assert hydraulics.regulator_flow_kg_s("R") == pytest.approx(0.01, rel=1e-9)
    run(hydraulics, 600)
    assert hydraulics.pressure_pa("L1") < SET_PA - 1_000


def test_a_creeping_regulator_lets_the_outlet_rise_slowly_at_night() -> None:
    hydraulics = steady(two_tiers())
    hydraulics.demand_kg_s[-1] = 0.0
    hydraulics.regulators.fault["R"].seat_m2 = 0.6 * 1e-6
    rises = []
    for _ in range(5):
        run(hydraulics, 60)
        rises.append(hydraulics.pressure_pa("L1"))
    assert np.all(np.diff(rises) > 50)
    run(hydraulics, 40_000, 100.0)
    assert hydraulics.pressure_pa("L1") == pytest.approx(hydraulics.pressure_pa("M2"), rel=1e-3)


def test_a_slam_shut_valve_stops_the_creep_until_a_hand_resets_it() -> None:
    hydraulics = steady(two_tiers())
    hydraulics.demand_kg_s[-1] = 0.0
    hydraulics.regulators.fault["R"].seat_m2 = 0.6 * 1e-6
    hydraulics.regulators.protect("R", DALI_PA + 4_000)
    run(hydraulics, 4_000)
    assert hydraulics.regulators.tripped.tolist() == [True]
    assert hydraulics.regulator_flow_kg_s("R") == 0.0
    assert DALI_PA + 4_000 <= hydraulics.pressure_pa("L1") < DALI_PA + 4_400
    assert not hydraulics.supplied()[2:].any()
    hydraulics.demand_kg_s[-1] = 0.02
    run(hydraulics, 300)
    assert hydraulics.gauge_pa("L3") < 60
    hydraulics.regulators.fault["R"].seat_m2 = 0.0
    hydraulics.regulators.reset("R")
    run(hydraulics, 300)
    assert hydraulics.pressure_pa("L1") == pytest.approx(SET_PA, abs=0.1)


def test_a_torn_diaphragm_passes_the_limit() -> None:
    hydraulics = steady(two_tiers())
    hydraulics.regulators.fault["R"].ruptured = True
    hydraulics.step(1.0)
    assert hydraulics.regulator_flow_kg_s("R") == pytest.approx(0.1, rel=1e-9)
    run(hydraulics, 2_000)
    assert hydraulics.pressure_pa("L1") > DALI_PA + 100_000


def test_what_holds_the_flow_holds_it_at_any_step() -> None:
    ends = []
    for dt_s in (1.0, 10.0, 60.0):
        hydraulics = steady(replace(two_tiers()))
        hydraulics.demand_kg_s[-1] = 0.06
        run(hydraulics, 600, dt_s)
        ends.append(hydraulics.state.pressure_pa.tolist())
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-7)
    np.testing.assert_allclose(ends[2], ends[0], rtol=1e-7)


def test_a_start_knows_what_is_broken() -> None:
    hydraulics = Hydraulics(two_tiers())
    hydraulics.regulators.fault["R"].drift_pa = -300.0
    hydraulics.regulators.lock_up[:] = 0.1
    solve_steady(hydraulics)
    assert hydraulics.pressure_pa("L1") == pytest.approx(SET_PA - 300, abs=0.1)
    hydraulics.demand_kg_s[-1] = 5e-4  # half of where the lock-up begins
    solve_steady(hydraulics)
    assert hydraulics.gauge_pa("L1") == pytest.approx(2_200 * 1.05, rel=1e-3)


def test_the_outlet_follows_the_weather_so_that_its_gauge_pressure_stays() -> None:
    hydraulics = steady(two_tiers())
    for air_pa in (DALI_PA - 1_000, DALI_PA + 800):
        hydraulics.set_ambient(air_pa)
        run(hydraulics, 120)
        assert hydraulics.gauge_pa("L1") == pytest.approx(2_500, abs=0.1)

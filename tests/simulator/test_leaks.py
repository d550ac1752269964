import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.asset import Gas
from simulator.gases import PROPERTIES, Properties
from simulator.leaks import HOLES_MM, mass_flow_kg_s, normal_m3_h

METHANE = Properties(8.314462618 / 518.28, 1.31, 0.05)
DALI_PA = 79_700.0


def test_agrees_with_an_independent_vessel_calculation() -> None:
    # 401,325 Pa through 5 mm into 101,325 Pa, choked: 8.45850 g/s; six digits are given
    assert mass_flow_kg_s(5, 401_325, 101_325, METHANE) == pytest.approx(8.45850e-3, rel=1e-6)


@pytest.mark.parametrize(
    ("gauge_kpa", "hole_mm", "flow_g_s"),
    [
        (2, 1, 0.025331416),
        (2, 3, 0.22798275),
        (2, 10, 2.5331416),
        (5, 1, 0.039967917),
        (100, 3, 1.52756),
        (400, 10, 42.2646),
    ],
)
def test_agrees_with_the_orifice_table_at_sea_level(gauge_kpa: float, hole_mm: float, flow_g_s: float) -> None:
    # the table uses M 16.04 g/mol; its shortest numbers have six digits
    gas = Properties(0.01604, 1.31, 0.05)
    found = mass_flow_kg_s(hole_mm, 101_325 + 1000 * gauge_kpa, 101_325, gas, temperature_k=288.15)
    assert 1000 * found == pytest.approx(flow_g_s, rel=2e-4)


@pytest.mark.parametrize(
    ("gauge_kpa", "flows_m3_h"),
    [
        (2, (0.113, 0.451, 2.82, 11.3)),
        (5, (0.178, 0.711, 4.45, 17.8)),
        (70, (0.634, 2.54, 15.8, 63.4)),
        (200, (1.18, 4.74, 29.6, 118)),
        (400, (2.03, 8.12, 50.8, 203)),
    ],
)
def test_gives_the_known_normal_flows_in_dali(gauge_kpa: float, flows_m3_h: tuple[float, ...]) -> None:
    # three digits are given: half of the last one is up to 0.5 %; the table's density of methane is 0.2 % above ours
    gas = Properties(0.01604, 1.31, 0.05)
    for hole_mm, expected in zip((1, 2, 5, 10), flows_m3_h, strict=True):
        flow = mass_flow_kg_s(hole_mm, DALI_PA + 1000 * gauge_kpa, DALI_PA, gas)
        assert normal_m3_h(flow, gas) == pytest.approx(expected, rel=7e-3)


@given(st.floats(1.0, 500.0))
def test_flow_is_continuous_where_it_chokes(ambient_kpa: float) -> None:
    critical = (2 / 2.31) ** (1.31 / 0.31)
    inside_pa = 1000 * ambient_kpa / critical
    flows = [mass_flow_kg_s(3, inside_pa * x, 1000 * ambient_kpa, METHANE) for x in (1 - 1e-9, 1 + 1e-9)]
    assert flows[0] == pytest.approx(flows[1], rel=1e-8)


def test_chokes_earlier_in_dali_than_at_sea_level() -> None:
    # choked flow follows the inside pressure alone: a small change of ambient pressure changes nothing
    assert mass_flow_kg_s(3, DALI_PA + 67_000, DALI_PA, METHANE) == mass_flow_kg_s(
        3, DALI_PA + 67_000, DALI_PA - 100, METHANE
    )
    assert mass_flow_kg_s(3, DALI_PA + 66_500, DALI_PA, METHANE) != mass_flow_kg_s(
        3, DALI_PA + 66_500, DALI_PA - 100, METHANE
    )


@given(st.floats(0.1, 50), st.floats(1, 400))
def test_flow_grows_with_the_square_of_the_hole(hole_mm: float, gauge_kpa: float) -> None:
    one, two = (mass_flow_kg_s(x, DALI_PA + 1000 * gauge_kpa, DALI_PA, METHANE) for x in (hole_mm, 2 * hole_mm))
    assert two == pytest.approx(4 * one, rel=1e-12)


def test_nothing_flows_out_of_an_empty_pipe() -> None:
    assert mass_flow_kg_s(10, DALI_PA, DALI_PA, METHANE) == 0


def test_a_hose_that_is_off_fills_a_room_with_13_cubic_metres_an_hour() -> None:
    # known: 13.6 m³/h of room gas at the 288 K of the pipe for methane; ours is a little heavier: within 5 %
    gas = PROPERTIES[Gas.NATURAL]
    flow = mass_flow_kg_s(HOLES_MM["hose off"], DALI_PA + 2_000, DALI_PA, gas) * gas.volume_m3_kg(DALI_PA, 288.15)
    assert 3600 * flow == pytest.approx(13.6, rel=0.05)
    assert math.isfinite(flow)

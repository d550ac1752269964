import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.orifice import Jet, orifice

SPECIFIC = 518.28 * 288.15  # methane, as the table takes it
SEA_PA = 101_325.0


def jet(hole_mm: float, gauge_pa: float, ambient_pa: float = SEA_PA) -> Jet:
    area_m2 = np.array([0.62 * math.pi / 4 * (hole_mm / 1000) ** 2])
    inside, outside = np.array([ambient_pa + gauge_pa]), np.array([ambient_pa])
    return orifice(area_m2, inside, outside, specific_j_kg=SPECIFIC, ratio=1.31)


@pytest.mark.parametrize(
    ("gauge_pa", "hole_mm", "flow_g_s"), [(2_000, 10, 2.53314), (100_000, 3, 1.52756), (400_000, 10, 42.2646)]
)
def test_agrees_with_the_table_of_orifices(gauge_pa: float, hole_mm: float, flow_g_s: float) -> None:
    assert 1000 * jet(hole_mm, gauge_pa).flow[0] == pytest.approx(flow_g_s, rel=5e-6)  # simulator notes, V12


@given(st.floats(-1_000, 500_000))
def test_the_slopes_are_the_derivatives(gauge_pa: float) -> None:
    choking = SEA_PA / 0.543927 - SEA_PA
    step = 1e-3 * max(1.0, gauge_pa)
    if abs(gauge_pa) < 0.3 or abs(gauge_pa - choking) < 2 * step:
        return  # corners
    here, more, less = (jet(5, gauge_pa + shift) for shift in (0.0, step, -step))
    assert (more.flow - less.flow)[0] / (2 * step) == pytest.approx(here.by_inside[0], rel=1e-3, abs=1e-15)
    air = [jet(5, gauge_pa - shift, SEA_PA + shift).flow[0] for shift in (step, -step)]
    assert (air[0] - air[1]) / (2 * step) == pytest.approx(here.by_outside[0], rel=1e-3, abs=1e-15)


@given(st.floats(-1e5, 0.0))
def test_nothing_flows_back(gauge_pa: float) -> None:
    found = jet(5, gauge_pa)
    assert (found.flow[0], found.by_inside[0], found.by_outside[0]) == (0.0, 0.0, 0.0)


@given(st.floats(0.0, 1e6), st.floats(1e-3, 1e4))
def test_more_pressure_gives_more_flow(gauge_pa: float, more_pa: float) -> None:
    assert jet(5, gauge_pa + more_pa).flow[0] > jet(5, gauge_pa).flow[0]

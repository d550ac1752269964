import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from domain.network import Friction
from simulator.friction import LAWS, DesignFlow, darcy, low_pressure_drop_pa_m, medium_pressure_outlet_kpa

NU_M2_S = 15e-6
KINDS = pytest.mark.parametrize("law", list(Friction))


def reynolds(normal_m3_h: float, diameter_mm: float) -> float:
    return 4 * normal_m3_h / 3600 / (math.pi * diameter_mm / 1000 * NU_M2_S)


# Simulator notes, case V1: normal m³/h, d and K in mm, Re, λ, λ by Colebrook
PIPES = [
    (20, 73.6, 0.01, 6_407, 0.035419),
    (60, 107, 0.2, 13_222, 0.031832),
    (1, 32, 0.2, 736.8, 0.086859),
    (1_500, 130.8, 0.01, 270_396, 0.014803),
    (8_000, 207, 0.2, 911_247, 0.019758),
]


@pytest.mark.parametrize(("flow", "diameter", "roughness", "re", "factor"), PIPES)
def test_gives_the_design_codes_factor(
    flow: float, diameter: float, roughness: float, re: float, factor: float
) -> None:
    assert reynolds(flow, diameter) == pytest.approx(re, rel=1e-4)
    assert darcy(Friction.GB50028, reynolds(flow, diameter), roughness / diameter) == pytest.approx(factor, abs=6e-7)


@pytest.mark.parametrize(
    ("flow", "diameter", "roughness", "length", "drop"),
    [(20, 73.6, 0.01, 300, 96.17), (60, 107, 0.2, 500, 199.63), (1, 32, 0.2, 50, 6.325)],
)
def test_gives_the_design_codes_drop_at_low_pressure(
    flow: float, diameter: float, roughness: float, length: float, drop: float
) -> None:
    factor = darcy(Friction.GB50028, reynolds(flow, diameter), roughness / diameter)
    design = DesignFlow(flow, diameter, 0.74, 288.15)
    assert length * low_pressure_drop_pa_m(design, factor) == pytest.approx(drop, rel=1e-4)


@pytest.mark.parametrize(
    ("flow", "diameter", "roughness", "km", "pressures"),
    [(1_500, 130.8, 0.01, 3, (301.325, 254.80)), (8_000, 207, 0.2, 5, (501.325, 293.94))],
)
def test_gives_the_design_codes_outlet_at_medium_pressure(
    flow: float, diameter: float, roughness: float, km: float, pressures: tuple[float, float]
) -> None:
    factor = darcy(Friction.GB50028, reynolds(flow, diameter), roughness / diameter)
    design = DesignFlow(flow, diameter, 0.74, 288.15)
    found = medium_pressure_outlet_kpa(design, factor, inlet_kpa_abs=pressures[0], length_km=km)
    assert found == pytest.approx(pressures[1], rel=2e-5)


def test_an_inlet_that_cannot_push_the_flow_has_no_outlet_pressure() -> None:
    design = DesignFlow(1_500, 130.8, 0.74, 288.15)
    assert math.isnan(medium_pressure_outlet_kpa(design, 0.0148, inlet_kpa_abs=301.325, length_km=300))


@given(st.floats(4.0, 1e8), st.floats(0.0, 0.05))
def test_colebrook_is_solved_to_the_last_digit(re: float, roughness: float) -> None:
    def residual(x: float) -> float:
        return x + 2 * math.log10(roughness / 3.71 + 2.51 * x / re)

    assert darcy(Friction.COLEBROOK, re, roughness) == pytest.approx(brentq(residual, 1e-6, 50) ** -2, rel=1e-9)


def test_nikuradse_adds_a_laminar_term_to_the_rough_one() -> None:
    assert darcy(Friction.NIKURADSE, 1_000, 0.001) == pytest.approx(0.064 + 1 / (2 * 3 + 1.14) ** 2, rel=1e-14)


@KINDS
@given(st.floats(0.0, 1e7), st.floats(1e-6, 0.05))
def test_the_slope_is_the_derivative(law: Friction, re: float, roughness: float) -> None:
    if law in {Friction.COLEBROOK, Friction.CONSTANT} and abs(re - 4) < 1e-3:
        return  # the border of the rest
    step = 1e-5 * max(re, 1.0)
    at = np.array([max(re - step, 0.0), re, re + step])
    drag = LAWS[law](at, np.full(3, roughness))
    squares = drag.lambda_re * at
    measured = (squares[2] - squares[0]) / (at[2] - at[0])
    assert measured == pytest.approx(drag.slope[1], rel=2e-3, abs=1e-9)


@KINDS
@given(st.floats(0.0, 1e7), st.floats(1.000001, 1.1), st.floats(1e-6, 0.05))
def test_more_flow_always_meets_more_drag(law: Friction, re: float, more: float, roughness: float) -> None:
    at = np.array([re, re * more + 1e-9])
    drag = LAWS[law](at, np.full(2, roughness))
    assert np.diff(drag.lambda_re * at)[0] > 0
    assert np.all(drag.lambda_re > 0)
    assert np.all(drag.slope > 0)


@pytest.mark.parametrize(("at", "jump"), [(2_100.0, -0.0156), (3_500.0, 0.0039)])
def test_the_jumps_of_the_design_code_are_spread_over_one_per_cent(at: float, jump: float) -> None:
    factors = [darcy(Friction.GB50028, at * share, 1e-5 / 0.0736) for share in (0.9899, 0.9999, 1.0001, 1.0101)]
    assert abs(factors[2] / factors[1] - 1) < 1e-3
    bare = {2_100.0: (64 / 2_100, 0.03), 3_500.0: (0.03 + 1_400 / 127_500, 0.11 * (1e-5 / 0.0736 + 68 / 3_500) ** 0.25)}
    assert bare[at][1] / bare[at][0] - 1 == pytest.approx(jump, abs=2e-3)

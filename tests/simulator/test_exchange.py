import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from simulator.dice import FloatArray
from simulator.exchange import Layers, exchange_matrix, layered, mixing, settled, zones

LEL = 0.05
TIMES_MIN = [  # volume m³, air changes /h, leak m³/h, minutes to 10, 25 and 50 %LEL (closed form, seven digits or more)
    (30, 0.5, 1.0, (9.380431, 25.103650, 57.467883)),
    (30, 0.5, 0.3, (34.631889, 119.380095, None)),
    (60, 3, 4.0, (5.113658, 16.741293, None)),
    (60, 12, 4.0, (11.704368, None, None)),
    (20, 0.2, 0.05, (153.835222, None, None)),
    (120, 6, 25.0, (1.559290, 4.503736, 13.206363)),
]
FLOW = st.floats(0, 2)
STEPS = st.lists(st.floats(0.01, 1.0), min_size=1, max_size=12)


def mixed(share: FloatArray, gas: FloatArray, air: FloatArray, volume: FloatArray, dt_s: float) -> FloatArray:
    final, gone = mixing(gas, air, volume, dt_s)
    found: FloatArray = share + gone * (final - share)
    return found


def fill(volume: float, changes: float, leak: float, seconds: float, steps: int = 1) -> float:
    share = np.zeros(1)
    for _ in range(steps):
        share = mixed(
            share, np.array([leak / 3600]), np.array([volume * changes / 3600]), np.array([volume]), seconds / steps
        )
    return float(share[0])


@pytest.mark.parametrize(("volume", "changes", "leak", "times"), TIMES_MIN)
def test_reaches_each_level_when_the_closed_form_says(
    volume: float, changes: float, leak: float, times: tuple[float | None, ...]
) -> None:
    for level, minutes in zip((0.10, 0.25, 0.50), times, strict=True):
        if minutes is None:
            assert fill(volume, changes, leak, 1e9) < level * LEL
        else:  # the times have 1e-6 min; the slope never exceeds 7 %LEL/min
            assert fill(volume, changes, leak, 60 * minutes) == pytest.approx(level * LEL, rel=1e-6)


@given(st.integers(1, 1000), st.floats(0, 50), st.floats(0, 50))
def test_many_small_steps_give_what_one_large_step_gives(steps: int, changes: float, leak: float) -> None:
    # exact for any step: only rounding is left, one unit (1.1e-16) for each of up to 1,000 steps
    assert fill(40, changes, leak, 600, steps) == pytest.approx(fill(40, changes, leak, 600), rel=1e-11, abs=1e-15)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 10), st.floats(0, 1e5))
def test_a_share_stays_a_share(start: float, gas: float, air: float, seconds: float) -> None:
    found = mixed(np.array([start]), np.array([gas]), np.array([air]), np.array([20.0]), seconds)[0]
    assert -1e-15 <= found <= 1 + 1e-12


def test_a_sealed_room_without_a_leak_keeps_its_gas() -> None:
    assert mixed(np.array([0.3]), np.zeros(1), np.zeros(1), np.array([20.0]), 1e6)[0] == 0.3


# ---------------------------------------------------------------- two layers
def two(values: tuple[float, float]) -> FloatArray:
    return np.array(values, np.float64).reshape(2, 1)


def flows(gas: tuple[float, float], air: tuple[float, float], up: float, down: float) -> Layers:
    return Layers(two(gas), two(air), np.array([up]), np.array([down]), two((12.0, 18.0)))


@given(st.tuples(*[FLOW] * 6), st.tuples(st.floats(0, 1), st.floats(0, 1)), STEPS)
def test_layers_do_not_care_how_a_step_is_split(
    flow: tuple[float, ...], start: tuple[float, float], parts: list[float]
) -> None:
    room = flows((flow[0], flow[1]), (flow[2], flow[3]), flow[4], flow[5])
    whole = layered(two(start), room.gas_m3_s, room, 60 * sum(parts))
    share = two(start)
    for part in parts:
        share = layered(share, room.gas_m3_s, room, 60 * part)
        assert ((share >= 0) & (share <= 1)).all()
    np.testing.assert_allclose(share, whole, rtol=1e-9, atol=1e-12)


@given(*[st.tuples(FLOW, FLOW)] * 2, FLOW, FLOW, st.floats(0, 1e4))
def test_layers_are_what_the_matrix_exponential_says(
    gas: tuple[float, float], air: tuple[float, float], up: float, down: float, seconds: float
) -> None:
    room = flows(gas, air, up, down)
    flow = np.array([[0.0, up], [down, 0.0]])
    matrix = exchange_matrix(flow, (room.gas_m3_s + room.air_m3_s)[:, 0], room.volume_m3[:, 0])
    expected = zones(two((0.2, 0.4)), room.gas_m3_s / room.volume_m3, matrix, seconds)
    # scipy's exponential of a matrix of norm 2e3 is good to about 1e-10
    np.testing.assert_allclose(layered(two((0.2, 0.4)), room.gas_m3_s, room, seconds), expected, rtol=1e-8, atol=1e-8)


@given(st.floats(1e-3, 1), st.floats(1e-3, 1), FLOW)
def test_layers_settle_where_the_linear_solve_says(gas: float, air: float, exchange: float) -> None:
    room = flows((0.0, gas), (air, air), exchange, exchange)
    flow = np.array([[0.0, exchange], [exchange, 0.0]])
    into = (room.gas_m3_s + room.air_m3_s)[:, 0]
    found = layered(two((0.0, 0.0)), room.gas_m3_s, room, 1e9)[:, 0]
    np.testing.assert_allclose(found, settled(room.gas_m3_s[:, 0], flow, into), rtol=1e-9)


@given(st.floats(0, 0.1), st.floats(0, 0.1), st.floats(1, 3600))
def test_layers_that_exchange_without_end_are_one_room(gas: float, air: float, seconds: float) -> None:
    room = flows((0.0, gas), (air, 0.0), 1e7, 1e7)
    found = layered(two((0.1, 0.1)), room.gas_m3_s, room, seconds)[:, 0]
    whole = mixed(np.array([0.1]), np.array([gas]), np.array([air]), np.array([30.0]), seconds)[0]
    np.testing.assert_allclose(found, whole, rtol=1e-6, atol=1e-9)  # what is left is flow over exchange, 1e-8


@given(st.floats(0, 2), st.floats(0, 1e5))
def test_nothing_is_lost_between_sealed_layers(exchange: float, seconds: float) -> None:
    room = flows((0.0, 0.0), (0.0, 0.0), exchange, exchange)
    found = layered(two((0.1, 0.7)), two((0.0, 0.0)), room, seconds)
    assert (found * room.volume_m3).sum() == pytest.approx(12 * 0.1 + 18 * 0.7, rel=1e-12)


def test_sealed_layers_that_exchange_become_equal() -> None:
    room = flows((0.0, 0.0), (0.0, 0.0), 0.1, 0.1)
    found = layered(two((0.1, 0.7)), two((0.0, 0.0)), room, 1e6)[:, 0]
    assert found == pytest.approx([0.46, 0.46], rel=1e-12)


def test_layers_without_any_flow_keep_what_they_have() -> None:
    room = flows((0.0, 0.0), (0.0, 0.1), 0.0, 0.0)
    found = layered(two((0.1, 0.7)), two((0.0, 0.0)), room, 60.0)[:, 0]
    assert found == pytest.approx([0.1, 0.7 * np.exp(-60 * 0.1 / 18)], rel=1e-12)


# ---------------------------------------------------------------- connected zones
def house(seed: int) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """Five zones: flow between them, fresh air, gas, and volume."""
    dice = np.random.default_rng(seed)
    flow = np.triu(dice.uniform(0, 0.2, (5, 5)), 1) * (dice.random((5, 5)) < 0.5)
    return flow + flow.T, dice.uniform(0.001, 0.1, 5), dice.uniform(0, 0.01, 5), dice.uniform(5, 80, 5)


@pytest.mark.untraced
@given(st.integers(0, 1000), STEPS)
def test_zones_do_not_care_how_a_step_is_split_and_stay_shares(seed: int, parts: list[float]) -> None:
    flow, air, gas, volume = house(seed)
    matrix, rate = exchange_matrix(flow, air + gas, volume), (gas / volume)[:, None]
    share = start = np.linspace(0, 1, 5)[:, None]
    for part in parts:
        share = zones(share, rate, matrix, 600 * part)
        assert ((share >= 0) & (share <= 1)).all()
    np.testing.assert_allclose(share, zones(start, rate, matrix, 600 * sum(parts)), rtol=1e-10, atol=1e-13)


@given(st.integers(0, 1000))
def test_zones_settle_where_the_linear_solve_says(seed: int) -> None:
    flow, air, gas, volume = house(seed)
    found = zones(np.zeros((5, 1)), (gas / volume)[:, None], exchange_matrix(flow, air + gas, volume), 1e7)[:, 0]
    np.testing.assert_allclose(found, settled(gas, flow, air + gas), rtol=1e-8)


@given(st.integers(0, 1000))
def test_nothing_is_lost_between_sealed_zones(seed: int) -> None:
    flow, _, _, volume = house(seed)
    start = np.linspace(0, 1, 5)[:, None]
    found = zones(start, np.zeros((5, 1)), exchange_matrix(flow, np.zeros(5), volume), 3_600.0)
    assert volume @ found[:, 0] == pytest.approx(volume @ start[:, 0], rel=1e-11)


def test_zones_follow_the_equation_as_an_integrator_does() -> None:
    flow, air, gas, volume = house(7)
    matrix = exchange_matrix(flow, air + gas, volume)
    found = zones(np.zeros((5, 1)), (gas / volume)[:, None], matrix, 900.0)[:, 0]
    solved = solve_ivp(lambda _t, c: matrix @ c + gas / volume, (0, 900), np.zeros(5), rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(found, solved.y[:, -1], rtol=1e-7)


@given(st.integers(0, 1000), st.floats(0, 1e5))
def test_what_leaves_is_what_came_and_is_no_longer_there(seed: int, seconds: float) -> None:
    # a sixth zone of endless volume takes the exhaust of all: with it every cubic metre of gas is accounted for
    flow, air, gas, volume = house(seed)
    matrix = np.zeros((6, 6))
    matrix[:5, :5] = exchange_matrix(flow, air + gas, volume)
    matrix[5, :5] = air + gas  # exhaust, as volume of gas
    rate = np.append(gas / volume, 0.0)[:, None]
    block = np.block([[matrix, rate], [np.zeros((1, 7))]])
    from scipy.linalg import expm  # noqa: PLC0415 - beside its only use

    end = expm(block * seconds)[:6, 6]
    assert volume @ end[:5] + end[5] == pytest.approx(gas.sum() * seconds, rel=1e-9, abs=1e-12)
    np.testing.assert_allclose(end[:5], zones(np.zeros((5, 1)), rate[:5], matrix[:5, :5], seconds)[:, 0], atol=1e-12)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.rooms import Rooms, biogas_m3_s, mixed

LEL = 0.05
TIMES_MIN = [  # volume m³, air changes /h, leak m³/h, minutes to 10, 25 and 50 %LEL (closed form, seven digits or more)
    (30, 0.5, 1.0, (9.380431, 25.103650, 57.467883)),
    (30, 0.5, 0.3, (34.631889, 119.380095, None)),
    (60, 3, 4.0, (5.113658, 16.741293, None)),
    (60, 12, 4.0, (11.704368, None, None)),
    (20, 0.2, 0.05, (153.835222, None, None)),
    (120, 6, 25.0, (1.559290, 4.503736, 13.206363)),
]


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


def room(**state: float) -> Rooms:
    usual = {"volume_m3": 60.0, "air_m3_s": 0.05, "lel_share": LEL}
    names = Rooms.__dataclass_fields__
    return Rooms(**{name: np.array([state.get(name, usual.get(name, 0.0))]) for name in names})


def test_a_fan_takes_five_seconds_to_full_speed() -> None:
    kitchen = room(fan_m3_s=0.2)
    for _ in range(40):
        kitchen.advance(0.1, np.ones(1), np.ones(1))
    assert kitchen.fan_speed[0] == pytest.approx(0.8)
    kitchen.advance(10.0, np.ones(1), np.ones(1))
    assert kitchen.fan_speed[0] == 1.0


def test_a_fan_thins_the_gas_and_a_closed_valve_ends_the_leak() -> None:
    def after(supply: float, fan: float) -> float:
        kitchen = room(share=0.01, leak_m3_s=0.002, fan_m3_s=0.2)
        for _ in range(600):
            kitchen.advance(0.1, np.array([supply]), np.array([fan]))
        return float(kitchen.pct_lel()[0])

    assert after(0, 1) < after(1, 1) < after(1, 0)
    assert after(0, 0) == pytest.approx(20 * math.exp(-60 * 0.05 / 60), rel=1e-9)  # closed form of plain ventilation


def test_vapour_comes_and_goes_with_a_time_constant_of_thirty_seconds() -> None:
    kitchen = room(vapour_source_ppm=1000.0)
    for _ in range(300):
        kitchen.advance(0.1, np.ones(1), np.zeros(1))
    assert kitchen.vapour_ppm[0] == pytest.approx(1000 * (1 - math.exp(-1)), rel=1e-9)


def test_biogas_at_20_degrees_makes_1900_ppm_of_a_usual_manhole() -> None:
    # source 1.5e-7 m³/s against 8e-5 m³/s of air: 1,871 ppm; ten degrees less divide it by 2.2
    source = biogas_m3_s(np.array([1.5e-7]), 20.0)[0]
    assert 1e6 * source / (source + 8e-5) == pytest.approx(1_871.5, rel=1e-4)
    assert biogas_m3_s(np.array([1.5e-7]), 10.0)[0] == pytest.approx(source / 2.2)

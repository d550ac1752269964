import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.front import Front, find_front
from detectors.order import Floats

TIME_S = np.arange(0, 20, 0.1)
NOISE = np.random.default_rng(3).normal(0, 0.01, len(TIME_S))


def found(pressure_kpa: Floats, after_s: float = 0.0) -> Front | None:
    return find_front(TIME_S[: len(pressure_kpa)], pressure_kpa, after_s=after_s, fall_kpa=0.03, sigmas=5)


def step(at_s: float, fall_kpa: float = 0.2) -> Floats:
    return np.where(at_s > TIME_S, 160.0, 160.0 - fall_kpa) + NOISE


@pytest.mark.parametrize("at_s", [5.03, 9.98, 14.51])
def test_a_step_is_found_where_it_is(at_s: float) -> None:
    front = found(step(at_s))
    assert front is not None
    assert front.time_s == pytest.approx(at_s, abs=0.06)
    assert front.fall_kpa == pytest.approx(0.2, abs=0.01)
    assert 0.02 < front.sd_s < 0.06


def test_the_first_of_several_is_told_and_then_the_next() -> None:
    both = step(8.0) - np.where(TIME_S < 14, 0.0, 0.2)
    first = found(both)
    assert first is not None
    assert first.time_s == pytest.approx(8.0, abs=0.1)
    second = found(both, after_s=first.time_s + 5.5)
    assert second is not None
    assert second.time_s == pytest.approx(14.0, abs=0.1)


@pytest.mark.parametrize(
    "pressure_kpa",
    [
        pytest.param(160.0 + NOISE, id="noise"),
        pytest.param(np.full(len(TIME_S), 160.0), id="still"),
        pytest.param(step(10, -0.2), id="rise"),
        pytest.param(160.0 + NOISE - 0.2 * (np.abs(TIME_S - 10) < 0.3), id="dip that is over"),
        pytest.param(160.0 - 0.005 * TIME_S + NOISE, id="demand"),
        pytest.param(step(10, 0.02), id="too small"),
        pytest.param(step(18.5), id="not yet known to last"),
        pytest.param(160.0 + NOISE[:4], id="hardly any samples"),
    ],
)
def test_nothing_else_is_a_front(pressure_kpa: Floats) -> None:
    assert found(pressure_kpa) is None


def test_samples_once_a_second_are_enough_for_a_second() -> None:
    time_s = np.arange(0, 30, 1.0)
    front = find_front(time_s, np.where(time_s < 20.4, 160.0, 159.0), after_s=0, fall_kpa=0.03, sigmas=5)
    assert front is not None
    assert front.time_s == pytest.approx(20.4, abs=0.5)


@pytest.mark.parametrize("near_s", [[8.0], [7.1, 7.5, 8.5]])
def test_a_fall_between_readings_that_are_far_apart_has_no_time(near_s: list[float]) -> None:
    time_s = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 5.5, *near_s, 9.5, 11.0])
    pressure_kpa = np.where(time_s < 6, 160.0, 159.0)
    assert find_front(time_s, pressure_kpa, after_s=0, fall_kpa=0.03, sigmas=5) is None


@given(st.lists(st.floats(0, 400), min_size=1, max_size=60))
def test_whatever_comes_a_front_falls_and_lies_among_the_samples(values: list[float]) -> None:
    front = found(np.array(values))
    if front is not None:
        assert front.fall_kpa > 0
        assert 0 <= front.time_s <= TIME_S[len(values) - 1]
        assert np.isfinite(front.sd_s)

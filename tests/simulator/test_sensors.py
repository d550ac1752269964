import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.sensors import Sensor, Sensors
from simulator.timetext import S_NS

PLAIN = Sensor("S1", t90_s=30.0, noise=0.0, resolution=1e-9, low=-5.0, high=100.0)
ROW = np.array([0])


def read(sensors: Sensors, time_ns: int = 0) -> float:
    return float(sensors.read(ROW, time_ns)[0])


@given(st.lists(st.floats(0.01, 5.0), min_size=1, max_size=30))
def test_the_lag_is_exact_for_any_sequence_of_steps(parts: list[float]) -> None:
    # T90 30 s, 15 s after a unit step: 1 - 10^-1/2, to 1e-9 whatever the steps
    sensors = Sensors([PLAIN], seed=1)
    for part in parts:
        sensors.advance(np.ones(1), 15.0 * part / sum(parts))
    assert sensors.signal[0] == pytest.approx(0.6837722340, abs=1e-9)


def test_ninety_per_cent_are_there_after_t90() -> None:
    sensors = Sensors([PLAIN], seed=1)
    sensors.advance(np.array([50.0]), 30.0)
    assert read(sensors) == pytest.approx(45.0, abs=1e-8)


def test_readings_come_in_steps_and_stop_at_the_ends_of_the_scale() -> None:
    for signal, shown in ((3.14, 3.1), (250.0, 100.0), (-9.0, -5.0), (-0.04, 0.0)):
        sensors = Sensors([dataclasses.replace(PLAIN, resolution=0.1, start=signal)], seed=1)
        value = read(sensors)
        assert value == pytest.approx(shown, abs=1e-12)
        assert not (value == 0 and math.copysign(1, value) < 0)
        assert (value >= sensors.high(0)) == (shown == 100.0)


def test_noise_has_its_standard_deviation() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, noise=0.5, start=50.0)], seed=1)
    values = [read(sensors, t * S_NS) for t in range(4_000)]
    # standard error of a mean of 4,000: 0.008; of their deviation: 0.0056; four of each
    assert np.mean(values) == pytest.approx(50.0, abs=0.032)
    assert np.std(values) == pytest.approx(0.5, abs=0.023)


def test_wandering_is_slow_and_keeps_its_size() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, wander=1.0, wander_s=60.0, start=50.0)], seed=1)
    values = np.array([read(sensors, 60 * t * S_NS) for t in range(4_000)]) - 50.0
    assert np.std(values) == pytest.approx(1.0, abs=0.08)  # e^-1 between neighbours: about 1,800 independent values
    assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx(math.exp(-1), abs=0.06)


def test_drift_grows_from_its_onset_and_is_gone_after_calibration() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, start=10.0)], seed=1)
    sensors.drift(0, 6.0, 0)
    assert read(sensors, 1_800 * S_NS) == pytest.approx(13.0, abs=1e-8)
    sensors.drift(0, 0.0, 1_800 * S_NS)
    assert read(sensors, 3_600 * S_NS) == pytest.approx(10.0, abs=1e-8)


def test_a_stuck_sensor_repeats_its_last_reading() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, noise=0.5, start=10.0)], seed=1)
    last = read(sensors)
    sensors.stick(0, stuck=True)
    sensors.advance(np.array([90.0]), 1e6)
    assert [read(sensors, t * S_NS) for t in range(1, 50)] == [last] * 49
    sensors.stick(0, stuck=False)
    assert read(sensors, 60 * S_NS) > 85


def test_dropped_readings_are_missing_in_their_share() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, drop_share=0.2, start=1.0)], seed=1)
    missing = sum(math.isnan(read(sensors, t * S_NS)) for t in range(2_000))
    assert missing == pytest.approx(400, abs=72)  # four standard deviations of a binomial


def test_another_sensor_changes_no_reading_of_the_first() -> None:
    noisy = dataclasses.replace(PLAIN, noise=0.5, wander=1.0, drop_share=0.1)
    alone = Sensors([noisy], seed=3)
    joined = Sensors([dataclasses.replace(noisy, name="S0"), noisy], seed=3)
    both = np.array([0, 1])
    for t in range(200):
        np.testing.assert_array_equal(alone.read(ROW, t * S_NS), joined.read(both, t * S_NS)[1:])


@given(st.lists(st.floats(0.05, 40.0), min_size=1, max_size=20))
def test_what_comes_later_comes_as_it_would_have_come_at_once(parts: list[float]) -> None:
    later = Sensors([dataclasses.replace(PLAIN, delay_s=7.0)], seed=1)
    for part in parts:
        later.advance(np.ones(1), part)
    passed = max(0.0, sum(parts) - 7.0)
    assert later.signal[0] == pytest.approx(1 - 10 ** (-passed / 30.0), abs=1e-9)


def test_a_delayed_sensor_beside_a_quick_one_changes_nothing_for_it() -> None:
    both = Sensors([PLAIN, dataclasses.replace(PLAIN, name="S2", delay_s=7.0)], seed=1)
    for truth in (1.0, 5.0, 2.0):
        both.advance(np.full(2, truth), 5.0)
    alone = Sensors([PLAIN], seed=1)
    for truth in (1.0, 5.0, 2.0):
        alone.advance(np.full(1, truth), 5.0)
    assert both.signal[0] == alone.signal[0]
    assert both.signal[1] < alone.signal[0]


def test_poison_weakens_the_response_and_a_disturbance_shifts_it() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, start=40.0, offset=1.0)], seed=1)
    sensors.gain[0] = 0.5
    sensors.disturbance[0] = 3.0
    assert read(sensors) == pytest.approx(24.0, abs=1e-8)


def test_outliers_are_wilder_than_gaussian_and_as_strong() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, noise=0.5, freedom=4.0, start=50.0)], seed=1)
    values = np.array([read(sensors, t * S_NS) for t in range(4_000)]) - 50.0
    assert np.std(values) == pytest.approx(0.5, abs=0.05)
    assert (np.abs(values) > 4 * 0.5).sum() > 4  # a Gaussian has 0.25 of them


def test_a_random_walk_grows_with_the_root_of_time() -> None:
    many = [dataclasses.replace(PLAIN, name=f"S{n}", walk=1.0, start=50.0) for n in range(400)]
    sensors, rows = Sensors(many, seed=1), np.arange(400)
    start = sensors.read(rows, 0)
    assert start == pytest.approx(np.full(400, 50.0), abs=1e-8)
    spread = [float(np.std(sensors.read(rows, day * 86_400 * S_NS))) for day in (1, 4)]
    assert spread == pytest.approx([1.0, 2.0], rel=0.15)  # standard error 3.5 %: four of them


def test_a_latch_holds_the_end_of_the_scale_until_somebody_calibrates() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, latches=True, start=120.0)], seed=1)
    assert read(sensors) == 100.0
    sensors.advance(np.zeros(1), 1e6)
    assert read(sensors) == 100.0
    sensors.calibrate(0, 0)
    assert read(sensors) == pytest.approx(0.0, abs=1e-8)


def test_a_meter_stands_still_below_its_start_up_flow() -> None:
    meters = [dataclasses.replace(PLAIN, start_up=0.5, start=start) for start in (0.4, 0.6)]
    assert [read(Sensors([meter], seed=1)) for meter in meters] == pytest.approx([0.0, 0.6], abs=1e-8)


def test_a_blind_sensor_gives_no_reading_and_sees_again() -> None:
    sensors = Sensors([dataclasses.replace(PLAIN, start=7.0)], seed=1)
    sensors.blind[0] = True
    assert math.isnan(read(sensors))
    sensors.blind[0] = False
    assert read(sensors) == pytest.approx(7.0, abs=1e-8)


def test_reading_all_at_once_gives_what_reading_one_by_one_gives() -> None:
    many = [dataclasses.replace(PLAIN, name=f"S{n}", noise=0.5, wander=1.0, walk=1.0) for n in range(5)]
    together, apart, rows = Sensors(many, seed=3), Sensors(many, seed=3), np.arange(5)
    for t in range(600):
        one_by_one = [float(apart.read(np.array([row]), t * S_NS)[0]) for row in range(5)]
        assert together.read(rows, t * S_NS).tolist() == one_by_one

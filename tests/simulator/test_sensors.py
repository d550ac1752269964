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
        assert sensors.saturated(0, value) == (shown == 100.0)


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

import numpy as np
import pytest

from simulator.daily import demand, hour_of_day, temperature_c
from simulator.timetext import instant_ns


def test_the_hour_is_local() -> None:
    assert hour_of_day(instant_ns("2026-01-15T18:30:00+08:00"), 8) == pytest.approx(18.5)
    assert hour_of_day(instant_ns("2026-01-15T18:30:00Z"), 8) == pytest.approx(2.5)


def test_demand_is_a_share_and_runs_smoothly_through_midnight() -> None:
    day = np.array([demand(hour) for hour in np.arange(0, 48, 0.01) % 24])
    assert 0 < day.min() < day.max() <= 1
    assert np.abs(np.diff(day)).max() < 0.01


def test_the_warmest_hour_is_the_peak_hour() -> None:
    assert temperature_c(15, 9, 6, 15) == 15
    assert temperature_c(3, 9, 6, 15) == 3

import statistics

import pytest

from simulator.weather import Climate, Front, Rain, Weather

HOUR_NS = 3_600_000_000_000
MIDNIGHT_NS = -8 * HOUR_NS  # of the town's clock


def at(hour: float) -> int:
    return MIDNIGHT_NS + round(hour * HOUR_NS)


def test_without_chance_it_is_the_daily_course() -> None:
    weather = Weather(Climate(), [], [], seed=1)
    assert weather.temperature_c(at(15)) == pytest.approx(15.0)
    assert weather.temperature_c(at(3)) == pytest.approx(3.0)
    assert weather.humidity_pct(at(15)) == pytest.approx(45.0)
    assert weather.rain_mm_h(at(15)) == 0.0


def test_the_air_pressure_has_two_waves_a_day() -> None:
    weather = Weather(Climate(), [], [], seed=1)
    assert [round(weather.air_pressure_kpa(at(h)), 3) for h in (4, 10, 16, 22)] == [79.6, 79.8, 79.6, 79.8]


def test_fronts_add_up_and_show_in_the_trend() -> None:
    fronts = [Front(at(10), -0.8, 4 * HOUR_NS), Front(at(20), 1.2, 2 * HOUR_NS)]
    weather = Weather(Climate(wave_kpa=0.0), fronts, [], seed=1)
    assert [round(weather.air_pressure_kpa(at(h)), 3) for h in (9, 12, 15, 23)] == [79.7, 79.3, 78.9, 80.1]
    trends = [weather.pressure_trend_kpa_h(at(h)) for h in (9, 12, 15, 21)]
    # a cosine ramp is steepest in its middle: π/2 times its mean
    assert trends == pytest.approx([0.0, -0.8 / 4 * 1.5708, 0.0, 1.2 / 2 * 1.5708], rel=0.01, abs=1e-9)


def test_rain_falls_while_it_falls_and_saturates_the_air() -> None:
    weather = Weather(Climate(), [], [Rain(at(5), at(6), 8.0), Rain(at(5.5), at(7), 4.0)], seed=1)
    assert [weather.rain_mm_h(at(h)) for h in (4.9, 5, 5.7, 6, 7)] == [0.0, 8.0, 12.0, 4.0, 0.0]
    assert weather.humidity_pct(at(5)) == 98.0


def test_chance_has_its_size_and_a_memory_of_hours() -> None:
    weather = Weather(Climate(amplitude_c=0.0, noise_c=2.0), [], [], seed=1)
    values = [weather.temperature_c(at(h)) for h in range(2_000)]
    # about 2,000·(1 − 0.85)/(1 + 0.85) = 160 independent values: four standard errors
    assert statistics.mean(values) == pytest.approx(9.0, abs=0.65)
    assert statistics.stdev(values) == pytest.approx(2.0, abs=0.45)
    assert statistics.correlation(values[1:], values[:-1]) == pytest.approx(0.85, abs=0.08)
    between = weather.temperature_c(at(7.5))
    assert between == pytest.approx((values[7] + values[8]) / 2)


def test_chance_depends_on_the_seed_and_on_no_order_of_asking() -> None:
    climate = Climate(noise_c=2.0, humidity_noise_pct=5.0)
    first, again, other = (Weather(climate, [], [], seed) for seed in (1, 1, 2))
    forwards = [first.temperature_c(at(h)) for h in range(48)]
    backwards = [again.temperature_c(at(h)) for h in reversed(range(48))]
    assert forwards == backwards[::-1]
    assert forwards != [other.temperature_c(at(h)) for h in range(48)]
    assert first.humidity_pct(at(9)) != other.humidity_pct(at(9))

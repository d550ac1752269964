import dataclasses

import numpy as np
import pytest

from detectors.catalogue import CATALOGUE
from detectors.gas_early import EarlyNumbers, GasEarly
from detectors.trading import Hours
from domain.asset import Device, DeviceKind
from domain.errors import ConfigurationError
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import RULES, START_S, Script, rules, town

GAS, DAMP = Quantity.GAS_PCT_LEL, Quantity.HUMIDITY_PCT
MIN = 60
NOON = (START_S // 86_400 * 86_400 + 4 * 3600 + 86_400) - START_S
"""12:00 in Dali, seconds of a script."""
NIGHT = NOON - 9 * 3600


def play(script: Script, **numbers: float) -> list[Finding]:
    channels = town()
    return script.play(CATALOGUE["gas_early"](channels, rules(**numbers)), channels)


def seen(script: Script, **numbers: float) -> list[tuple[str, str, int]]:
    return [(f.transition.value, f.reason, (f.time_ns // 10**9 - START_S)) for f in play(script, **numbers)]


def minutes(
    script: Script, start: float, values: list[float], quality: Quality = Quality.GOOD, device: str = "GD-1"
) -> float:
    for number, value in enumerate(values):
        script.row(device, GAS, start + number * MIN, value, quality)
    return start + len(values) * MIN


def usual(start: float, level: float = 1.4, count: int = 30) -> tuple[Script, float]:
    script = Script()
    return script, minutes(script, start, [level] * count)


def test_a_small_steady_rise_at_night_is_told_within_minutes() -> None:
    script, at = usual(NIGHT)
    minutes(script, at, [5.0] * 10)
    (finding,) = play(script)
    # z = 3.6, less a slack of 1.5: the sum passes 10 with the fifth minute
    assert (finding.reason, finding.value) == ("rise", 5.0)
    assert finding.limit == pytest.approx(1.4)
    assert finding.time_ns == (START_S + at + 4 * MIN) * 10**9
    assert finding.onset_ns == (START_S + at) // MIN * MIN * 10**9


def test_ends_when_the_air_is_as_before() -> None:
    script, at = usual(NIGHT)
    at = minutes(script, at, [5.0] * 10)
    minutes(script, at, [1.4] * 40)
    assert [what for what, _, _ in seen(script)] == ["onset", "end"]


def test_what_is_within_the_slack_is_never_told() -> None:
    script, at = usual(NIGHT)
    minutes(script, at, [2.7] * 600)
    assert seen(script) == []


def test_one_spike_is_not_told() -> None:
    script, at = usual(NIGHT)
    at = minutes(script, at, [19.0])
    minutes(script, at, [1.4] * 30)
    assert seen(script) == []


def test_two_reports_in_a_row_far_up_are_told_at_the_second() -> None:
    script, at = usual(NIGHT)
    minutes(script, at, [7.5, 14.0])
    assert seen(script) == [("onset", "rise", at + MIN)]


def test_two_far_up_with_one_between_them_are_not_told() -> None:
    script, at = usual(NIGHT)
    minutes(script, at, [6.0, 1.4, 6.0])
    assert seen(script) == []


def test_a_shift_too_small_for_the_sum_is_told_by_the_moving_average() -> None:
    script, at = usual(NIGHT)
    minutes(script, at, [3.8] * 60)
    assert seen(script, gas_early__slack=2.5)[0][:2] == ("onset", "rise")


def test_a_zero_that_falls_is_told_as_such() -> None:
    script, at = usual(NIGHT)
    minutes(script, at, [-2.6] * 10)
    assert [(what, why) for what, why, _ in seen(script)] == [("onset", "zero_low")]


def test_a_steep_rise_while_there_is_cooking_is_told_only_when_it_stays() -> None:
    script, at = usual(NOON)
    minutes(script, at, [9.0] * 25)
    assert seen(script) == []
    minutes(script, at + 25 * MIN, [9.0] * 10)
    assert seen(script) == [("onset", "cooking", at + 30 * MIN)]


def test_alcohol_that_goes_is_not_told() -> None:
    script, at = usual(NOON)
    at = minutes(script, at, [3.0, 8.0, 9.5, 9.5, 8.0, 6.0, 4.0, 3.0, 2.0])
    minutes(script, at, [1.4] * 60)
    assert seen(script) == []


def test_what_passes_half_of_the_set_point_is_told_though_it_may_be_alcohol() -> None:
    script, at = usual(NOON)
    minutes(script, at, [3.0, 8.0, 12.0, 15.0, 18.0])
    assert [(what, why) for what, why, *_ in seen(script)] == [("onset", "cooking_much")]


def test_a_slow_rise_while_there_is_cooking_is_told_at_once() -> None:
    script, at = usual(NOON)
    minutes(script, at, [1.4 + 0.3 * number for number in range(15)])
    assert [(what, why) for what, why, _ in seen(script)] == [("onset", "rise")]


@pytest.mark.parametrize(("humid", "why"), [(95.0, "steam"), (80.0, "rise")])
def test_steam_at_the_site_explains_for_a_while(humid: float, why: str) -> None:
    script, at = usual(NIGHT)
    script.row("GD-2", DAMP, at, humid)
    minutes(script, at, [5.0] * 40)
    (found,) = seen(script)
    assert found[1] == why
    assert (found[2] - at >= 1800) == (why == "steam")


@pytest.mark.parametrize(("quality", "why"), [(Quality.WARMUP, "warmup"), (Quality.BAD, "rise")])
def test_a_warm_up_before_it_explains_for_a_while(quality: Quality, why: str) -> None:
    script, at = usual(NIGHT)
    at = minutes(script, at, [60.0] * 3, quality)
    minutes(script, at, [5.0] * 40)
    assert [reason for _, reason, _ in seen(script)] == [why]


def test_a_calibration_is_a_new_zero() -> None:
    script, at = usual(NIGHT)
    at = minutes(script, at, [2.9] * 3, Quality.CALIBRATION)
    minutes(script, at, [-2.6] * 60)
    assert seen(script) == []


def test_soon_after_a_calibration_it_explains() -> None:
    script, at = usual(NIGHT)
    at = minutes(script, at, [2.9], Quality.CALIBRATION)
    at = minutes(script, at, [1.0] * 16)
    minutes(script, at, [6.0] * 40)
    assert [reason for _, reason, _ in seen(script)] == ["calibration"]


def test_what_stands_for_a_day_is_a_shift() -> None:
    script, at = usual(NIGHT)
    minutes(script, at, [5.0] * 1500)
    assert [(what, why) for what, why, _ in seen(script)] == [("onset", "rise"), ("escalate", "shifted")]


def test_a_leak_from_the_first_minute_on_is_not_learnt() -> None:
    script = Script()
    minutes(script, NIGHT, [9.0] * 40)
    assert [(what, why) for what, why, _ in seen(script)] == [("onset", "rise")]
    assert play(script)[0].limit == 3.0


def test_above_the_first_set_point_others_tell() -> None:
    script, at = usual(NIGHT)
    minutes(script, at, [40.0] * 40)
    assert seen(script) == []


def test_uncertain_and_late_readings_teach_and_tell_nothing() -> None:
    script, at = usual(NIGHT)
    at = minutes(script, at, [9.0] * 20, Quality.UNCERTAIN)
    for number in range(20):
        script.row("GD-1", GAS, at + number * MIN, 9.0, delay_s=100)
    assert seen(script) == []


def test_a_long_gap_restarts_the_sums_but_ends_nothing() -> None:
    script, at = usual(NIGHT)
    at = minutes(script, at, [5.0] * 4)
    at = minutes(script, at + 3600, [5.0] * 4)
    assert seen(script) == []
    at = minutes(script, at, [5.0] * 4)
    minutes(script, at + 3600, [1.4] * 2)
    assert [what for what, _, _ in seen(script)] == ["onset"]


def test_a_manhole_is_not_watched() -> None:
    script = Script()
    at = minutes(script, NIGHT, [1.0] * 30, device="M-1")
    minutes(script, at, [9.0] * 40, device="M-1")
    assert seen(script) == []


@pytest.mark.parametrize("seed", range(2))
def test_a_quiet_kitchen_with_daily_wander_stays_quiet(seed: int) -> None:
    dice, script = np.random.default_rng(seed), Script()
    count = 3 * 1440
    noise = np.convolve(dice.normal(0, 0.4, count + 20), np.full(20, 1 / 20), "valid")[:count] * 3
    day = 0.5 * np.sin(np.arange(count) / 1440 * 2 * np.pi)
    minutes(script, NIGHT, np.round(1.5 + day + noise, 1).tolist())
    assert seen(script) == []


@pytest.mark.parametrize("name", EarlyNumbers._fields)
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    good = EarlyNumbers(60, 1, 1.5, 10, 4, 0.1, 8, 604800, 86400, 900, 3, 600, 240, 1800, 90, 86400)
    with pytest.raises(ValueError, match=name):
        GasEarly(channels=town(), numbers=good._replace(**{name: -1}), low_pct_lel=20, hours=Hours(9, 22, 8))


def test_a_detector_s_own_set_point_goes_first() -> None:
    device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1", gas_low_pct_lel=4.0)
    channels = town((dataclasses.replace(device),))
    script, at = usual(NIGHT)
    minutes(script, at, [5.0] * 10)
    assert script.play(CATALOGUE["gas_early"](channels, RULES), channels) == []


def test_hours_that_are_the_same_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"trading\.open"):
        Hours(9, 9, 8)

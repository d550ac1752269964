import pytest

from detectors.gas_rising import GasRising
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import Script, told, town

GAS = Quantity.GAS_PCT_LEL
CHANNELS = town()
NORMAL = {"slope_pct_lel_min": 10.0, "floor_pct_lel": 10.0, "window_s": 60.0, "off_delay_s": 60.0, "page_s": 900.0}


def build(**changed: float) -> GasRising:
    return GasRising(channels=CHANNELS, **{**NORMAL, **changed})


def seen(script: Script) -> list[tuple[str, int]]:
    return [(transition, position) for _, _, transition, _, position in told(script.play(build(), CHANNELS))]


def ramp(per_min: float, seconds: range, start: float = 0.0, quality: Quality = Quality.GOOD) -> Script:
    script = Script()
    for second in seconds:
        script.row("GD-1", GAS, second, start + per_min * second / 60, quality)
    return script


def test_an_even_rise_is_told_when_it_reaches_the_floor() -> None:
    assert seen(ramp(12, range(0, 100, 5))) == [("onset", 11)]  # 12 %LEL/min reaches 10 %LEL after 50 s


def test_its_slope_is_told() -> None:
    (finding,) = ramp(12, range(0, 100, 5)).play(build(), CHANNELS)
    assert finding.value == pytest.approx(12.0, rel=1e-9)
    assert finding.limit == 10.0


def test_a_slower_rise_is_not_told() -> None:
    assert seen(ramp(9.9, range(0, 300, 5))) == []


def test_a_fast_rise_below_the_floor_is_not_told() -> None:
    assert seen(ramp(60, range(10))) == []


def test_high_and_level_is_no_rise() -> None:
    assert seen(ramp(0, range(0, 300, 5), start=40)) == []


@pytest.mark.parametrize(("apart_s", "expected"), [(44, []), (60, [("onset", 2)]), (121, [])])
def test_two_reports_are_a_slope_when_they_lie_a_window_apart(apart_s: float, expected: list[tuple[str, int]]) -> None:
    script = Script()
    for number, value in enumerate((0.0, 30.0)):
        script.row("GD-1", GAS, number * apart_s, value)
    assert seen(script) == expected


def test_an_uncertain_rise_is_told() -> None:
    assert seen(ramp(12, range(0, 100, 5), quality=Quality.UNCERTAIN)) == [("onset", 11)]


@pytest.mark.parametrize("quality", [Quality.WARMUP, Quality.CALIBRATION])
def test_a_warm_up_never_raises(quality: Quality) -> None:
    assert seen(ramp(60, range(0, 100, 5), quality=quality)) == []


def test_over_range_makes_no_slope() -> None:
    assert seen(ramp(60, range(0, 100, 5), quality=Quality.OVER_RANGE)) == []


def rise_then(*after: tuple[float, float, Quality]) -> Script:
    script = ramp(24, range(0, 65, 5))  # told at 25 s; 24 %LEL at 60 s
    for second, value, quality in after:
        script.row("GD-1", GAS, second, value, quality)
    return script


def test_ends_after_calm_time() -> None:
    good = Quality.GOOD
    level = [(second, 24.0, good) for second in range(65, 200, 5)]
    # with x = 24 from 60 s on, the slope of the 60 s before falls below 5 %LEL/min at 105 s: calm from then on
    found = seen(rise_then(*level))
    assert found[0] == ("onset", 6)
    assert [transition for transition, _ in found] == ["onset", "end"]
    calm_from = 13 + (found[1][1] - 13) - 12  # 60 s are 12 samples
    assert found[1][1] - calm_from == 12


def test_a_fall_below_half_the_floor_is_calm_at_once() -> None:
    good = Quality.GOOD
    assert seen(rise_then((65, 4.9, good), (124, 4.9, good), (125, 4.9, good))) == [("onset", 6), ("end", 16)]


@pytest.mark.parametrize("quality", [Quality.BAD, Quality.UNCERTAIN, Quality.OVER_RANGE])
def test_what_proves_nothing_starts_the_calm_time_again(quality: Quality) -> None:
    good = Quality.GOOD
    script = rise_then((65, 1.0, good), (120, 1.0, quality), (125, 1.0, good), (184, 1.0, good), (185, 1.0, good))
    assert seen(script) == [("onset", 6), ("end", 18)]


def test_a_late_calm_reading_does_not_end_it() -> None:
    script = rise_then((65, 1.0, Quality.GOOD))
    script.row("GD-1", GAS, 130, 1.0, delay_s=31)
    assert seen(script) == [("onset", 6)]


def test_an_end_without_a_slope_has_no_value() -> None:
    script = rise_then((65, 1.0, Quality.GOOD), (500, 1.0, Quality.GOOD))
    assert script.play(build(), CHANNELS)[-1].value is None


@pytest.mark.parametrize("name", list(NORMAL))
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        build(**{name: -1})

import pytest

from detectors.gas_threshold import GasThreshold
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import START_S, S, Script, told, town

GAS = Quantity.GAS_PCT_LEL
CHANNELS = town()
NORMAL = {
    "low_pct_lel": 20.0,
    "high_pct_lel": 50.0,
    "clear_share": 0.6,
    "on_samples": 2,
    "on_delay_s": 15.0,
    "low_off_delay_s": 300.0,
    "high_off_delay_s": 300.0,
    "page_s": 900.0,
}


def build(**changed: float) -> GasThreshold:
    return GasThreshold(channels=CHANNELS, **{**NORMAL, **changed})  # type: ignore[arg-type] # on_samples is whole


def play(script: Script, **changed: float) -> list[Finding]:
    return script.play(build(**changed), CHANNELS)


def seen(script: Script, **changed: float) -> list[tuple[str, str, int]]:
    return [(kind, transition, position) for _, kind, transition, _, position in told(play(script, **changed))]


def gas(*readings: tuple[float, float], device: str = "GD-1") -> Script:
    script = Script()
    for second, value in readings:
        script.row(device, GAS, second, value)
    return script


def test_low_is_confirmed_by_the_second_sample() -> None:
    assert seen(gas((0, 19.9), (1, 20.0), (2, 20.0))) == [("gas_low", "onset", 3)]


def test_a_good_reading_below_contradicts() -> None:
    assert seen(gas((0, 25), (1, 19.9), (2, 25), (3, 19.9))) == []


def test_an_uncertain_or_unusable_reading_below_does_not_contradict() -> None:
    script = gas((0, 25))
    script.row("GD-1", GAS, 1, 0.0, Quality.UNCERTAIN)
    script.row("GD-1", GAS, 2, 0.0, Quality.BAD)
    script.row("GD-1", GAS, 3, 0.0, delay_s=40)
    script.row("GD-1", GAS, 4, 25.0)
    assert seen(script) == [("gas_low", "onset", 5)]


def test_low_is_confirmed_by_sample_time_when_more_samples_are_asked_for() -> None:
    assert seen(gas((0, 25), (10, 25), (15, 25)), on_samples=5) == [("gas_low", "onset", 3)]


def test_low_is_confirmed_by_a_tick_when_nothing_more_comes() -> None:
    script = gas((0, 25))
    script.tick(14.9)
    at = script.tick(15)
    script.tick(16)
    (finding,) = play(script)
    assert (finding.position, finding.time_ns, finding.onset_ns) == (at, (START_S + 15) * S, START_S * S)
    assert (finding.value, finding.limit, finding.level) == (25.0, 20.0, 1)


def test_the_tick_counts_from_arrival_not_from_the_sample() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 25.0, delay_s=20)
    script.tick(34)
    at = script.tick(35)
    assert seen(script) == [("gas_low", "onset", at)]


def test_log_time_never_goes_back() -> None:
    script = Script()
    script.tick(100)
    script.row("GD-1", GAS, 50, 25.0)
    script.tick(114)
    at = script.tick(115)
    assert seen(script) == [("gas_low", "onset", at)]


def test_without_delay_one_sample_is_enough() -> None:
    assert seen(gas((0, 25)), on_delay_s=0) == [("gas_low", "onset", 1)]


def test_high_is_told_at_once_and_low_with_its_own_confirmation() -> None:
    assert seen(gas((0, 50), (1, 50))) == [("gas_high", "onset", 1), ("gas_low", "onset", 2)]


def test_over_range_is_high_whatever_its_number() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 3.0, Quality.OVER_RANGE)
    (finding,) = play(script)
    assert (finding.kind, finding.value, finding.limit) == ("gas_high", 3.0, 50.0)


def test_set_points_of_the_device_go_first() -> None:
    assert seen(gas((0, 10), (1, 29.9), (2, 30), device="GD-3")) == [("gas_low", "onset", 2), ("gas_high", "onset", 3)]


def test_ends_when_low_enough_for_the_off_delay() -> None:
    script = gas((0, 60), (1, 60), (10, 11.9), (309, 11.9), (310, 11.9))
    assert seen(script)[2:] == [("gas_high", "end", 5), ("gas_low", "end", 5)]


def test_each_kind_has_its_own_off_delay() -> None:
    script = gas((0, 60), (1, 60), (10, 5), (20, 5), (40, 5))
    found = seen(script, low_off_delay_s=10, high_off_delay_s=30)
    assert found[2:] == [("gas_low", "end", 4), ("gas_high", "end", 5)]


def test_without_off_delay_the_first_low_reading_ends_it() -> None:
    assert seen(gas((0, 25), (1, 25), (2, 5)), low_off_delay_s=0)[1:] == [("gas_low", "end", 3)]


@pytest.mark.parametrize(
    ("value", "quality"),
    [(12.0, Quality.GOOD), (0.0, Quality.UNCERTAIN), (0.0, Quality.BAD), (0.0, Quality.OVER_RANGE)],
)
def test_whatever_is_not_good_and_low_starts_the_off_delay_again(value: float, quality: Quality) -> None:
    script = gas((0, 25), (1, 25), (10, 5), (200, 5))
    script.row("GD-1", GAS, 250, value, quality)
    script.row("GD-1", GAS, 260, 5.0)
    script.row("GD-1", GAS, 559, 5.0)
    at = script.row("GD-1", GAS, 560, 5.0)
    assert [entry for entry in seen(script) if entry[1] == "end" and entry[0] == "gas_low"] == [("gas_low", "end", at)]


def test_a_late_low_reading_neither_counts_nor_disturbs() -> None:
    script = gas((0, 25), (1, 25), (10, 5))
    script.row("GD-1", GAS, 311, 5.0, delay_s=31)
    at = script.row("GD-1", GAS, 350, 5.0)
    assert seen(script)[1:] == [("gas_low", "end", at)]


def test_time_alone_ends_nothing() -> None:
    script = gas((0, 25), (1, 25), (10, 5))
    for second in range(11, 2000, 100):
        script.tick(second)
    assert len(seen(script)) == 1


def test_rises_again_after_an_end() -> None:
    script = gas((0, 25), (1, 25), (10, 5), (310, 5), (320, 25), (321, 25))
    assert [entry[1] for entry in seen(script)] == ["onset", "end", "onset"]
    first, _, second = play(script)
    assert (second.onset_ns - first.onset_ns) == 320 * S


def test_a_quiet_room_gives_nothing() -> None:
    assert seen(gas(*((second, 3.0 + second % 7) for second in range(0, 6000, 10)))) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"low_pct_lel": 0},
        {"low_pct_lel": float("nan")},
        {"high_pct_lel": 20},
        {"clear_share": 1},
        {"clear_share": 0},
        {"on_samples": 0},
        {"on_delay_s": -1},
        {"low_off_delay_s": -1},
        {"high_off_delay_s": float("inf")},
        {"page_s": -1},
    ],
)
def test_refuses_numbers_that_make_no_sense(changed: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(changed))):
        build(**changed)

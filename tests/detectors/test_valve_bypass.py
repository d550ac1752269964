import pytest

from detectors.valve_bypass import ValveBypass
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import Script, town

VALVE, FLOW, PRESSURE = Quantity.VALVE_OPEN, Quantity.FLOW_M3H, Quantity.PRESSURE_KPA
NORMAL = {"flow_m3h": 0.1, "rise_kpa": 1.0, "settle_s": 60.0, "confirm_s": 120.0, "page_s": 900.0}


def seen(script: Script) -> list[tuple[str, str, str, int]]:
    channels = town()
    findings = script.play(ValveBypass(channels=channels, **NORMAL), channels)
    return [(f.device, f.transition.value, f.reason, f.position) for f in findings]


def closed(quality: Quality = Quality.GOOD) -> Script:
    script = Script()
    script.row("V-3", VALVE, 0, 0, quality)
    return script


def rows(script: Script, quantity: Quantity, start: int, values: list[float], quality: Quality = Quality.GOOD) -> None:
    for number, value in enumerate(values):
        script.row("FM-2", quantity, start + 60 * number, value, quality)


def test_flow_behind_a_closed_valve_is_told_once_confirmed_and_ends_with_it() -> None:
    script = closed()
    rows(script, FLOW, 30, [0.5] * 6 + [0.0])
    assert seen(script) == [("V-3", "onset", "flow_m3h", 5), ("V-3", "end", "flow_m3h", 8)]


@pytest.mark.parametrize("words", [1, 0])
def test_flow_through_an_open_or_unknown_valve_is_normal(words: int) -> None:
    script = Script()
    for second in range(words):
        script.row("V-3", VALVE, second, 1)
    rows(script, FLOW, 30, [0.5] * 9)
    assert seen(script) == []


def test_a_drop_of_flow_in_between_starts_the_time_again() -> None:
    script = closed()
    rows(script, FLOW, 30, [0.5, 0.5, 0.5, 0.0, 0.5, 0.5])
    assert seen(script) == []


def test_opening_ends_it_and_an_uncertain_or_late_word_does_not() -> None:
    script = closed()
    rows(script, FLOW, 30, [0.5] * 5)
    script.row("V-3", VALVE, 400, 1, delay_s=40)
    script.row("V-3", VALVE, 401, 1, Quality.UNCERTAIN)
    at = script.row("V-3", VALVE, 402, 1)
    assert seen(script)[1:] == [("V-3", "end", "opened", at)]


def test_uncertain_flow_raises_and_does_not_clear() -> None:
    script = closed()
    rows(script, FLOW, 30, [0.5] * 5, Quality.UNCERTAIN)
    rows(script, FLOW, 330, [0.0] * 5, Quality.UNCERTAIN)
    assert [what for _, what, _, _ in seen(script)] == ["onset"]


def test_bad_flow_and_a_bad_word_of_the_valve_mean_nothing() -> None:
    script = closed()
    rows(script, FLOW, 30, [0.5] * 5, Quality.BAD)
    assert seen(script) == []
    script = closed(Quality.BAD)
    rows(script, FLOW, 30, [0.5] * 5)
    assert seen(script) == []


def test_pressure_that_falls_to_nothing_is_normal_and_one_that_recovers_is_a_seat_that_leaks() -> None:
    script = closed()
    rows(script, PRESSURE, 30, [2.0, 1.5, 0.4, 0.1, 0.1])
    assert seen(script) == []
    rows(script, PRESSURE, 330, [0.6, 1.2, 1.9])
    rows(script, FLOW, 600, [0.0])  # the meter says nothing about the pressure
    assert seen(script) == [("V-3", "onset", "pressure_kpa", 8)]


def test_a_warm_afternoon_is_not_told_nor_an_earlier_closing_remembered() -> None:
    script = closed()
    rows(script, PRESSURE, 60, [2.0, 2.4, 2.9])
    script.row("V-3", VALVE, 300, 1)
    script.row("V-3", VALVE, 310, 0)
    rows(script, PRESSURE, 400, [3.1, 3.1])
    assert seen(script) == []


def test_a_channel_of_a_site_without_its_valve_s_word_or_of_another_quantity_is_nothing() -> None:
    script = closed()
    script.row("FM-2", Quantity.TEMPERATURE_C, 100, 30.0)
    script.row("FM-1", FLOW, 200, 9.0)
    assert seen(script) == []


@pytest.mark.parametrize("name", list(NORMAL))
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        ValveBypass(channels=town(), **{**NORMAL, name: -1})

import pytest

from detectors.power_lost import PowerLost
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import Script, town

CHANNELS = town()
POWER, VALVE = Quantity.POWER_OK, Quantity.VALVE_OPEN


def seen(script: Script) -> list[tuple[str, int, int, str]]:
    findings = script.play(PowerLost(channels=CHANNELS, mains_s=10, battery_s=60, page_s=900), CHANNELS)
    return [(f.transition.value, f.level, f.position, f.reason) for f in findings]


def test_a_device_without_valve_stays_level_1() -> None:
    script = Script()
    script.row("P-1", POWER, 0, 1)
    onset = script.row("P-1", POWER, 1, 0)
    script.row("P-1", POWER, 2, 0)
    script.tick(1000)
    end = script.row("P-1", POWER, 1001, 1)
    assert seen(script) == [("onset", 1, onset, ""), ("end", 0, end, "")]


@pytest.mark.parametrize(("valve", "closing_s"), [("V-1", 10), ("V-2", 60)])
def test_a_valve_that_stays_open_is_level_2(valve: str, closing_s: int) -> None:
    script = Script()
    script.row(valve, VALVE, 0, 1)
    onset = script.row(valve, POWER, 1, 0)
    script.tick(closing_s)
    worse = script.tick(closing_s + 1)
    script.tick(closing_s + 2)
    assert seen(script) == [("onset", 1, onset, ""), ("escalate", 2, worse, "not_closed")]


def test_a_valve_of_which_nothing_was_heard_is_level_2() -> None:
    script = Script()
    onset = script.row("V-1", POWER, 0, 0)
    worse = script.tick(10)
    assert seen(script) == [("onset", 1, onset, ""), ("escalate", 2, worse, "no_feedback")]


def test_a_valve_that_closes_is_normal_and_one_that_opens_again_is_not() -> None:
    script = Script()
    onset = script.row("V-1", POWER, 0, 0)
    script.row("V-1", VALVE, 5, 0)
    script.tick(10)
    script.tick(11)
    script.row("V-1", VALVE, 12, 1, Quality.UNCERTAIN)
    worse = script.tick(13)
    end = script.row("V-1", POWER, 14, 1)
    script.tick(100)
    assert seen(script) == [("onset", 1, onset, ""), ("escalate", 2, worse, "not_closed"), ("end", 0, end, "")]


def test_a_late_or_over_range_report_of_closed_is_not_believed() -> None:
    script = Script()
    script.row("V-1", POWER, 0, 0)
    script.row("V-1", VALVE, 1, 0, delay_s=31)
    script.row("V-1", VALVE, 2, 0, Quality.OVER_RANGE)
    script.tick(50)
    assert seen(script)[-1][3] == "no_feedback"


@pytest.mark.parametrize("name", ["mains_s", "battery_s", "page_s"])
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        PowerLost(channels=CHANNELS, **{"mains_s": 10, "battery_s": 60, "page_s": 900, name: -1})

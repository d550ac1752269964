import pytest

from detectors.battery_low import BatteryLow
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import Script, town

CHANNELS = town()
PCT, V = Quantity.BATTERY_PCT, Quantity.BATTERY_V


def play(script: Script) -> list[Finding]:
    detector = BatteryLow(channels=CHANNELS, limit_pct=20, limit_v=3.2, reset_band=0.05, page_s=900)
    return script.play(detector, CHANNELS)


def seen(script: Script) -> list[tuple[str, int, str]]:
    return [(f.transition.value, f.position, f.reason) for f in play(script)]


def test_low_at_the_limit_and_fine_beyond_the_band() -> None:
    script = Script()
    for second, charge in enumerate([20.1, 20.0, 21.0, 21.1, 20.5]):
        script.row("P-1", PCT, second, charge)
    assert seen(script) == [("onset", 2, "battery_pct"), ("end", 4, "battery_pct")]
    assert [(f.value, f.limit) for f in play(script)] == [(20.0, 20.0), (21.1, 21.0)]


def test_charge_and_voltage_are_one_alarm() -> None:
    script = Script()
    script.row("P-1", V, 0, 3.1)
    script.row("P-1", PCT, 0, 10)
    script.row("P-1", V, 1, 3.6)
    script.row("P-1", PCT, 2, 60)
    script.row("P-2", PCT, 3, 60)
    assert seen(script) == [("onset", 1, "battery_v"), ("end", 4, "battery_pct")]


def test_uncertain_is_enough_to_begin_and_not_to_end() -> None:
    script = Script()
    script.row("P-1", PCT, 0, 10, Quality.UNCERTAIN)
    script.row("P-1", PCT, 1, 60, Quality.UNCERTAIN)
    assert seen(script) == [("onset", 1, "battery_pct")]


@pytest.mark.parametrize("name", ["limit_pct", "limit_v", "reset_band"])
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    normal = {"limit_pct": 20, "limit_v": 3.2, "reset_band": 0.05, "page_s": 900}
    with pytest.raises(ValueError, match=name):
        BatteryLow(channels=CHANNELS, **{**normal, name: -1})

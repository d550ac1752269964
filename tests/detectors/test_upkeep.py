import pytest

from detectors.trading import Hours
from detectors.upkeep import Upkeep
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import START_S, Script, town

VALVE, POWER = Quantity.VALVE_OPEN, Quantity.POWER_OK
NORMAL = {"off_s": 1800.0, "test_d": 365.0, "idle_d": 90.0}
DAY = 86_400
NOON = (START_S // DAY * DAY + DAY + 4 * 3600) - START_S
"""12:00 in Dali, seconds of a script."""


def seen(script: Script, device: str) -> list[tuple[str, str]]:
    channels = town()
    findings = script.play(Upkeep(channels=channels, hours=Hours(9, 22, 8), **NORMAL), channels)
    return [(f.transition.value, f.reason) for f in findings if f.device == device]


def test_a_muted_detector_is_told_until_it_is_unmuted() -> None:
    script = Script()
    script.tick(0)
    script.notice("GD-1", "mute", 1)
    script.tick(100)
    script.notice("GD-1", "unmute", 101)
    script.tick(200)
    assert seen(script, "GD-1") == [("onset", "muted"), ("end", "")]


def test_a_retained_word_a_stranger_s_and_a_valve_s_mute_mean_nothing() -> None:
    script = Script()
    script.tick(0)
    script.notice("GD-1", "mute", 1, retained=True)
    script.notice("X-1", "mute", 1)
    script.notice("V-1", "mute", 1)
    script.tick(100)
    assert seen(script, "GD-1") == seen(script, "V-1") == []


@pytest.mark.parametrize(("device", "hour", "told"), [("GD-1", 0, 1), ("V-1", 0, 1), ("GD-1", 11, 0), ("P-1", 0, 0)])
def test_no_mains_for_long_is_told_in_trading_hours_and_of_safety_devices_alone(
    device: str, hour: int, told: int
) -> None:
    script, at = Script(), NOON + hour * 3600
    script.tick(at)
    script.row(device, POWER, at, 0)
    script.tick(at + 1740)
    assert seen(script, device) == []
    script.row(device, POWER, at + 1780, 0)
    script.tick(at + 1810)
    script.row(device, POWER, at + 1820, 1)
    script.tick(at + 1900)
    assert seen(script, device) == [("onset", "unplugged"), ("end", "")][: 2 * told]


@pytest.mark.parametrize("word", ["self_test", "bump_test", "calibration"])
def test_a_detector_is_tested_once_a_year(word: str) -> None:
    script = Script()
    script.tick(0)
    script.tick(366 * DAY)
    script.notice("GD-1", word, 367 * DAY)
    script.tick(367 * DAY + 100)
    assert seen(script, "GD-1") == [("onset", "untested"), ("end", "")]


def test_a_valve_must_move_and_its_word_alone_is_no_movement() -> None:
    script = Script()
    script.tick(0)
    script.row("V-1", VALVE, 1, 1)
    script.notice("V-1", "self_test", 89 * DAY)
    script.row("V-1", VALVE, 89 * DAY, 1)
    script.tick(91 * DAY)
    script.row("V-1", VALVE, 91 * DAY + 1, 0)
    script.tick(91 * DAY + 100)
    assert seen(script, "V-1") == [("onset", "idle"), ("end", "")]


def test_the_first_word_of_a_valve_is_no_movement() -> None:
    script = Script()
    script.tick(0)
    script.row("V-1", VALVE, 89 * DAY, 1)
    script.tick(91 * DAY)
    assert seen(script, "V-1") == [("onset", "idle")]


def test_late_and_bad_words_mean_nothing() -> None:
    script = Script()
    script.tick(NOON)
    script.row("GD-1", POWER, NOON, 0, delay_s=40)
    script.row("GD-1", POWER, NOON, 0, Quality.BAD)
    script.tick(NOON + 3600)
    assert seen(script, "GD-1") == []


def test_the_worst_reason_is_named() -> None:
    script = Script()
    script.tick(0)
    script.notice("GD-1", "mute", 1)
    script.tick(366 * DAY)
    assert seen(script, "GD-1") == [("onset", "muted")]


@pytest.mark.parametrize("name", list(NORMAL))
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Upkeep(channels=town(), hours=Hours(9, 22, 8), **{**NORMAL, name: -1})

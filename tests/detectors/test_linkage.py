import pytest

from detectors.linkage import Linkage
from domain.alarm import AlarmKind
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import START_S, S, Script, town

GAS, VALVE, DECLARED = Quantity.GAS_PCT_LEL, Quantity.VALVE_OPEN, Quantity.DEVICE_ALARM
NORMAL = {
    "low_pct_lel": 20.0,
    "high_pct_lel": 50.0,
    "clear_share": 0.6,
    "mains_s": 10.0,
    "battery_s": 60.0,
    "intervals": 3.0,
    "settle_s": 60.0,
    "proof_s": 600.0,
    "fall_pct_lel": 1.0,
    "page_s": 900.0,
}


def play(script: Script) -> list[Finding]:
    channels = town()
    return script.play(Linkage(channels=channels, **NORMAL), channels)


def seen(script: Script, valve: str = "V-1") -> list[tuple[str, int, str]]:
    return [(f.transition.value, f.position, f.reason) for f in play(script) if f.device == valve]


def valves(script: Script, second: float, is_open: int) -> None:
    script.row("V-1", VALVE, second, is_open)
    script.row("V-2", VALVE, second, is_open)


def test_a_valve_that_stays_open_fails_at_the_tick_after_its_time() -> None:
    script = Script()
    valves(script, 0, 1)
    script.row("GD-1", GAS, 1, 50.0, delay_s=2)
    script.row("V-1", VALVE, 4, 1)
    script.tick(12.9)
    at = script.tick(13)
    battery = script.tick(63)
    assert seen(script) == [("onset", at, "not_closed")]
    assert seen(script, "V-2") == [("onset", battery, "no_feedback")]
    first = play(script)[0]
    assert (first.value, first.limit) == (10.0, 10.0)
    assert (first.onset_ns, first.time_ns) == ((START_S + 1) * S, (START_S + 13) * S)


def test_a_valve_that_closes_in_time_is_fine() -> None:
    script = Script()
    valves(script, 0, 1)
    script.row("GD-1", GAS, 1, 80.0)
    valves(script, 5, 0)
    script.tick(100)
    assert play(script) == []


def test_a_valve_closed_before_the_alarm_is_fine_while_its_word_is_fresh() -> None:
    script = Script()
    valves(script, 0, 0)
    script.row("GD-1", GAS, 15, 80.0)  # three intervals of 5 s
    script.tick(100)
    assert play(script) == []


def test_an_old_word_of_closed_must_be_renewed() -> None:
    script = Script()
    script.row("V-1", VALVE, 0, 0)
    script.row("V-2", VALVE, 0, 0)
    script.row("GD-1", GAS, 16, 80.0)
    script.row("V-2", VALVE, 20, 0)
    at = script.tick(26)
    script.tick(200)
    assert seen(script) == [("onset", at, "no_feedback")]
    assert seen(script, "V-2") == []


@pytest.mark.parametrize(
    ("value", "quality"), [(50.0, Quality.UNCERTAIN), (1.0, Quality.OVER_RANGE), (50.0, Quality.GOOD)]
)
def test_uncertain_and_over_range_gas_asks_too(value: float, quality: Quality) -> None:
    script = Script()
    script.row("GD-2", GAS, 0, value, quality)
    at = script.tick(10)
    assert seen(script) == [("onset", at, "no_feedback")]


def test_level_2_declared_by_a_detector_asks_and_level_1_does_not() -> None:
    script = Script()
    script.row("GD-1", DECLARED, 0, 1)
    script.row("V-1", DECLARED, 0, 2)  # a valve declares no gas
    script.tick(50)
    script.row("GD-1", DECLARED, 60, 2)
    at = script.tick(70)
    assert seen(script) == [("onset", at, "no_feedback")]


def test_ends_when_the_valve_reports_closed() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 80.0)
    script.tick(10)
    script.row("V-1", VALVE, 11, 0, delay_s=31)  # late: not believed
    script.row("V-1", VALVE, 12, 0, Quality.OVER_RANGE)
    script.row("V-1", VALVE, 13, 0, Quality.BAD)
    end = script.row("V-1", VALVE, 14, 0, Quality.UNCERTAIN)
    assert seen(script)[1:] == [("end", end, "closed")]


def test_gas_going_down_does_not_end_it_nor_take_the_question_back() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 80.0)
    script.row("GD-1", GAS, 5, 0.0)
    at = script.tick(10)
    assert seen(script) == [("onset", at, "no_feedback")]


def test_a_valve_opened_again_under_gas_is_asked_again() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 80.0)
    valves(script, 1, 0)
    script.row("GD-1", GAS, 20, 80.0)
    script.row("V-1", VALVE, 30, 1)
    script.tick(39)
    at = script.tick(40)
    assert seen(script) == [("onset", at, "not_closed")]


def test_a_valve_opened_again_after_the_gas_is_fine() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 80.0)
    valves(script, 1, 0)
    script.row("GD-1", GAS, 20, 11.9)
    valves(script, 30, 1)
    script.tick(100)
    assert play(script) == []


def test_a_stored_opening_of_long_ago_asks_nobody() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 80.0)
    valves(script, 1, 0)
    script.row("V-1", VALVE, 2, 1, delay_s=1000)
    script.tick(2000)
    assert play(script) == []


def test_the_same_gas_asks_once_and_gas_that_went_and_came_asks_again() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 80.0)
    valves(script, 1, 0)
    script.row("GD-2", GAS, 30, 80.0)  # the site is high already: no new question though the word of 1 s is old
    script.row("GD-1", GAS, 31, 12.0)  # not below the clear level
    script.row("GD-1", GAS, 32, 80.0)
    script.tick(100)
    assert play(script) == []
    script.row("GD-1", GAS, 110, 5.0)
    script.row("GD-2", GAS, 110, 5.0)
    script.row("GD-2", GAS, 120, 55.0)
    at = script.tick(130)
    assert seen(script) == [("onset", at, "no_feedback")]


def test_a_failed_valve_is_not_told_twice() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 80.0)
    script.tick(10)
    script.row("GD-1", GAS, 11, 0.0)
    script.row("GD-1", GAS, 12, 80.0)
    script.row("V-1", VALVE, 13, 1)
    script.tick(100)
    assert len(seen(script)) == 1


def test_gas_at_a_site_without_valve_asks_nobody() -> None:
    script = Script()
    script.row("GD-3", GAS, 0, 80.0)
    script.tick(100)
    assert play(script) == []


def test_a_valve_channel_that_appears_later_is_asked() -> None:
    channels = town()
    detector = Linkage(channels=channels, **NORMAL)
    script = Script()
    script.row("GD-3", GAS, 0, 0.0)
    script.row("GD-3", VALVE, 1, 1)
    script.row("GD-3", GAS, 2, 30.0)  # its own second set-point
    at = script.tick(12)
    findings = script.play(detector, channels, step=1)
    assert [(f.device, f.position, f.reason) for f in findings] == [("GD-3", at, "no_feedback")]


@pytest.mark.parametrize("name", list(NORMAL))
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        Linkage(channels=town(), **{**NORMAL, name: -1})


def proof(*gas: tuple[float, float, Quality]) -> Script:
    """Gas at 0 s, closed at 5 s, looked at from 65 s and 665 s on."""
    script = Script()
    script.row("GD-1", GAS, 0, 70.0)
    valves(script, 5, 0)
    script.row("GD-1", GAS, 60, 75.0)
    script.tick(65)
    for second, value, quality in gas:
        script.row("GD-1", GAS, second, value, quality)
    script.tick(664)
    script.tick(665)
    script.tick(2000)
    return script


def unproven(script: Script) -> list[tuple[str, str, float | None]]:
    return [(f.device, f.transition.value, f.value) for f in play(script) if f.kind is AlarmKind.CUTOFF_UNPROVEN]


@pytest.mark.parametrize(("value", "told"), [(74.1, 2), (90.0, 2), (74.0, 0), (13.0, 0), (5.0, 0)])
def test_a_cut_off_is_proven_by_gas_that_falls(value: float, told: int) -> None:
    found = unproven(proof((300, value, Quality.GOOD)))
    assert found == [("V-1", "onset", value), ("V-2", "onset", value)][:told]


def test_gas_that_is_no_longer_high_ends_what_was_not_proven() -> None:
    script = proof((300, 80.0, Quality.GOOD))
    script.row("GD-2", GAS, 2100, 5.0)
    script.row("GD-1", GAS, 2101, 5.0)
    assert [what for _, what, _ in unproven(script)] == ["onset", "onset", "end", "end"]


def test_gas_over_range_that_stays_so_is_not_proven() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 100.0, Quality.OVER_RANGE)
    valves(script, 5, 0)
    for second in (65, 665, 666):
        script.tick(second)
    assert [value for _, _, value in unproven(script)] == [None, None]


def test_gas_that_was_gone_before_the_first_look_needs_no_second() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 70.0)
    valves(script, 5, 0)
    script.row("GD-1", GAS, 30, 1.0)
    script.tick(65)
    script.row("GD-1", GAS, 70, 30.0)
    script.tick(700)
    assert unproven(script) == []


def test_level_2_declared_has_no_level_to_look_at() -> None:
    script = Script()
    script.row("GD-1", DECLARED, 0, 2)
    valves(script, 5, 0)
    script.tick(65)
    script.tick(700)
    assert play(script) == []


def test_a_valve_that_failed_and_closed_at_last_is_looked_at_too() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 70.0)
    script.tick(10)
    script.row("V-1", VALVE, 20, 0)
    for second in (80, 680):
        script.tick(second)
    assert ("V-1", "onset", 70.0) in unproven(script)


def test_what_stands_is_not_told_again_when_the_valve_is_asked_again() -> None:
    script = proof((300, 80.0, Quality.GOOD))
    valves(script, 2100, 1)
    valves(script, 2103, 0)
    script.tick(2200)
    script.tick(2900)
    assert len(unproven(script)) == 2

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.sensor_stuck import SensorStuck
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import Script, told, town

CHANNELS = town()


def build(samples: int = 30, duration_s: float = 21_600) -> SensorStuck:
    return SensorStuck(channels=CHANNELS, samples=samples, duration_s=duration_s, gas_zero_pct_lel=1.0, page_s=900)


def play(script: Script) -> list[Finding]:
    return script.play(build(), CHANNELS)


def flat(value: float, hours: float, quantity: Quantity = Quantity.PRESSURE_KPA, step_s: int = 600) -> Script:
    script = Script()
    device = {Quantity.GAS_PCT_LEL: "GD-1", Quantity.FLOW_M3H: "FM-1"}.get(quantity, "P-1")
    for second in range(0, round(hours * 3600) + 1, step_s):
        script.row(device, quantity, second, value)
    return script


def test_is_told_when_samples_and_duration_are_both_reached() -> None:
    assert told(play(flat(2.0, 7))) == [("P-1", "sensor_stuck", "onset", 1, 37)]  # 6 h are 36 steps
    assert told(play(flat(2.0, 20, step_s=1800))) == [("P-1", "sensor_stuck", "onset", 1, 30)]  # 30 samples


def test_one_other_value_starts_again() -> None:
    script = flat(2.0, 5.9)
    script.row("P-1", Quantity.PRESSURE_KPA, 5.95 * 3600, 2.1)
    for step in range(37):
        script.row("P-1", Quantity.PRESSURE_KPA, 6 * 3600 + 600 * step, 2.0)
    assert [finding.position for finding in play(script)] == [len(script.entries)]


@pytest.mark.parametrize("value", [0.0, 1.0, -1.0])
def test_clean_air_is_never_stuck(value: float) -> None:
    assert play(flat(value, 100, Quantity.GAS_PCT_LEL)) == []


def test_gas_above_zero_is() -> None:
    assert len(play(flat(1.5, 7, Quantity.GAS_PCT_LEL))) == 1


def test_a_closed_meter_is_never_stuck_but_a_running_one_is() -> None:
    assert play(flat(0.0, 100, Quantity.FLOW_M3H)) == []
    assert len(play(flat(3.0, 7, Quantity.FLOW_M3H))) == 1


@pytest.mark.parametrize("quantity", [Quantity.VALVE_OPEN, Quantity.POWER_OK, Quantity.DEVICE_ALARM])
def test_states_are_meant_to_stay(quantity: Quantity) -> None:
    script = Script()
    for second in range(0, 100 * 3600, 600):
        script.row("V-1", quantity, second, 1.0)
    assert play(script) == []


def test_ends_with_a_live_other_value_not_with_a_late_one() -> None:
    script = flat(2.0, 6)
    onset = len(script.entries)
    script.row("P-1", Quantity.PRESSURE_KPA, 6 * 3600 + 1, 2.2, delay_s=40)
    script.row("P-1", Quantity.PRESSURE_KPA, 6 * 3600 + 2, 2.2, Quality.UNCERTAIN)
    end = script.row("P-1", Quantity.PRESSURE_KPA, 6 * 3600 + 60, 2.2)
    assert [(t, p) for _, _, t, _, p in told(play(script))] == [("onset", onset), ("end", end)]


def test_two_stuck_channels_are_one_alarm() -> None:
    script = Script()
    for step in range(40):
        script.row("P-1", Quantity.PRESSURE_KPA, 600 * step, 2.0)
        script.row("P-1", Quantity.TEMPERATURE_C, 600 * step, 21.0)
    script.row("P-1", Quantity.PRESSURE_KPA, 24_000, 2.1)
    end = script.row("P-1", Quantity.TEMPERATURE_C, 24_000, 20.0)
    findings = play(script)
    assert [(f.transition.value, f.position, f.reason) for f in findings] == [
        ("onset", 73, "pressure_kpa"),
        ("end", end, "temperature_c"),
    ]


def test_a_stored_flat_line_pages_nobody_until_it_goes_on_live() -> None:
    script = Script()
    for step in range(50):
        script.row("P-1", Quantity.PRESSURE_KPA, 600 * step, 2.0, delay_s=31_000 - 600 * step)
    assert play(script) == []
    at = script.row("P-1", Quantity.PRESSURE_KPA, 31_000, 2.0)
    assert [finding.position for finding in play(script)] == [at]


def naive(values: list[int], samples: int, duration_s: int) -> list[int]:
    stuck, turns, since, count = False, list[int](), 0, 0
    for second, value in enumerate(values):
        if second == 0 or value != values[second - 1]:
            since, count = second, 0
        count += 1
        flat_now = count >= samples and second - since >= duration_s
        if flat_now != stuck:
            stuck = flat_now
            turns.append(second + 1)
    return turns


@settings(deadline=None, max_examples=80)
@given(st.lists(st.integers(2, 3), max_size=60), st.integers(1, 9), st.integers(1, 6), st.integers(1, 6))
def test_turns_where_the_definition_says(values: list[int], step: int, samples: int, duration_s: int) -> None:
    script = Script()
    for second, value in enumerate(values):
        script.row("P-1", Quantity.PRESSURE_KPA, second, value)
    findings = script.play(build(samples, duration_s), CHANNELS, step=step)
    assert [finding.position for finding in findings] == naive(values, samples, duration_s)


@pytest.mark.parametrize("name", ["samples", "duration_s", "gas_zero_pct_lel", "page_s"])
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    normal = {"samples": 30, "duration_s": 60, "gas_zero_pct_lel": 1, "page_s": 900}
    with pytest.raises(ValueError, match=name):
        SensorStuck(channels=CHANNELS, **{**normal, name: -1})

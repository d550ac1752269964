import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.tightness import TightnessTest, leak
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import Script, town

VALVE, FLOW, PRESSURE, WARMTH = Quantity.VALVE_OPEN, Quantity.FLOW_M3H, Quantity.PRESSURE_KPA, Quantity.TEMPERATURE_C
NORMAL: dict[str, Any] = {
    "volume_dm3": 10.0,
    "ambient_kpa": 79.7,
    "limit_dm3h": 1.0,
    "settle_s": 60.0,
    "window_s": 600.0,
    "kelvin_sd": 0.2,
    "least_kpa": 0.5,
    "samples": 5,
    "page_s": 900.0,
}


def play(script: Script, **changed: float) -> list[Finding]:
    channels = town()
    return script.play(TightnessTest(channels=channels, **{**NORMAL, **changed}), channels)


def seen(script: Script, **changed: float) -> list[tuple[str, str]]:
    return [(f.device, f.transition.value) for f in play(script, **changed)]


def night(
    leak_dm3h: float,
    *,
    kelvin: float = 0.0,
    hours: float = 1.5,
    start: float = 0.0,
    noise_kpa: float = 0.0,
    every_s: int = 60,
) -> Script:
    """Close at `start`; the gas of 10 dm³ leaks and cools by `kelvin` an hour, from 2 kPa and 20 °C."""
    dice, script = np.random.default_rng(1), Script()
    script.row("V-3", VALVE, start, 0)
    for second in np.arange(0, hours * 3600, every_s).tolist():
        absolute = 81.7 * (1 - leak_dm3h * second / 3600 / 10) * (293.15 - kelvin * second / 3600) / 293.15
        pressure = max(0.0, absolute - 79.7 + dice.normal(0, noise_kpa))
        script.row("FM-2", WARMTH, start + second + 1, 20.0 - kelvin * second / 3600)
        script.row("FM-2", PRESSURE, start + second + 2, pressure)
    return script


@pytest.mark.parametrize(("pascal_s", "dm3h"), [(4.2, 1.85), (0.84, 0.37), (3.4, 1.5)])
def test_a_fall_gives_the_leak_of_the_table(pascal_s: float, dm3h: float) -> None:
    # 10 dm³ at 2 kPa in Dali: 0.84 Pa/s is a hole of 0.05 mm (0.37 dm³/h), 3.4 Pa/s one of 0.1 mm (1.5 dm³/h)
    found = leak(
        volume_dm3=10,
        absolute_kpa=81.7,
        slope_kpa_s=-pascal_s / 1000,
        slope_sd_kpa_s=0,
        kelvin=288,
        warming_k_s=0,
        warming_sd_k_s=0,
    )
    assert found.leak_dm3h == pytest.approx(dm3h, rel=0.02)


def test_two_pascals_of_noise_and_half_a_kelvin_widen_the_interval() -> None:
    found = leak(
        volume_dm3=10,
        absolute_kpa=80,
        slope_kpa_s=0,
        slope_sd_kpa_s=3e-6,
        kelvin=320,
        warming_k_s=0,
        warming_sd_k_s=1.6e-5,
    )
    assert found.twice_dm3h == pytest.approx(2 * 10 / 80 * 3600 * math.hypot(3e-6, 4e-6))


def test_a_leak_is_told_with_its_rate() -> None:
    (finding,) = play(night(1.6, hours=0.17))
    assert (finding.device, finding.reason, finding.limit) == ("V-3", "", 1.0)
    assert finding.value == pytest.approx(1.6, rel=0.03)


def test_a_tight_pipe_is_not_told() -> None:
    assert seen(night(0.2)) == []


def test_a_tight_pipe_that_cools_is_not_told() -> None:
    assert seen(night(0.0, kelvin=6.0)) == []


def test_without_a_thermometer_a_small_leak_is_undecided_and_a_large_one_told() -> None:
    for rate, told in ((1.2, 0), (4.0, 1)):
        script = night(rate, hours=0.17, every_s=20)
        script.entries = [e for e in script.entries if getattr(e, "quantity", None) is not WARMTH]
        assert len(seen(script)) == told


def test_noise_does_not_make_a_leak() -> None:
    assert seen(night(0.2, noise_kpa=0.02)) == []


def test_a_tight_night_ends_the_alarm_of_a_leaky_one() -> None:
    script = night(1.6, hours=0.2)
    script.row("V-3", VALVE, 6000, 1)
    script.entries += night(0.1, start=86_400).entries
    assert seen(script) == [("V-3", "onset"), ("V-3", "end")]


def test_a_pipe_that_a_burner_emptied_proves_nothing() -> None:
    script = Script()
    script.row("V-3", VALVE, 0, 0)
    for second in range(300, 6000, 60):
        script.row("FM-2", PRESSURE, second, 0.4 - second * 5e-5)
    assert seen(script, limit_dm3h=0.01) == []


@pytest.mark.parametrize("what", ["open", "flow"])
def test_a_line_that_opens_or_flows_begins_anew(what: str) -> None:
    script = night(1.6, hours=0.2)
    for second in range(3, 720, 180):
        if what == "flow":
            script.row("FM-2", FLOW, second, 0.05)
        else:
            script.row("V-3", VALVE, second, 1)
            script.row("V-3", VALVE, second + 1, 0)
    script.entries.sort(key=lambda entry: getattr(entry, "time_ns", 0))
    assert seen(script) == []


@pytest.mark.parametrize(("quality", "delay_s"), [(Quality.UNCERTAIN, 0), (Quality.GOOD, 40), (Quality.BAD, 0)])
def test_only_good_live_readings_count(quality: Quality, delay_s: float) -> None:
    script = Script()
    script.row("V-3", VALVE, 0, 0)
    for second in range(0, 6000, 60):
        script.row("FM-2", PRESSURE, second, max(0.0, 2 - 0.2 * second / 60), quality, delay_s=delay_s)
    assert seen(script) == []


@given(st.floats(-5, 5), st.floats(0.1, 100), st.floats(0, 1))
def test_the_leak_is_proportional_to_the_volume_and_its_interval_never_negative(
    fall: float, volume: float, sd: float
) -> None:
    def of(volume_dm3: float) -> tuple[float, float]:
        return leak(
            volume_dm3=volume_dm3,
            absolute_kpa=81.7,
            slope_kpa_s=-fall / 1000,
            slope_sd_kpa_s=sd / 1000,
            kelvin=290,
            warming_k_s=0,
            warming_sd_k_s=1e-5,
        )

    assert of(2 * volume) == pytest.approx((2 * of(volume)[0], 2 * of(volume)[1]))
    assert of(volume)[1] > 0


@pytest.mark.parametrize("name", list(NORMAL))
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        TightnessTest(channels=town(), **{**NORMAL, name: -1})

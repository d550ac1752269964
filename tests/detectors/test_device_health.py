from datetime import date

import numpy as np
import pytest

from detectors.catalogue import CATALOGUE
from detectors.device_health import DeviceHealth, HealthNumbers
from domain.asset import Assets, Device, DeviceKind, Site
from domain.channels import Channels
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import RULES, START_S, Script, town

GAS, PRESSURE = Quantity.GAS_PCT_LEL, Quantity.PRESSURE_KPA
HOUR = 3600
NORMAL = HealthNumbers(3600, 24, 30, 60, 70, 5, 6, 3, 365, 20, 45)


def hours(script: Script, first: int, values: list[list[float]], quality: Quality = Quality.GOOD) -> int:
    """Write an hour of GD-1 for each list, 100 s apart, with a tick behind it; gives the next hour."""
    for hour, of_hour in enumerate(values, first):
        for number, value in enumerate(of_hour):
            script.row("GD-1", GAS, hour * HOUR + number * 100, value, quality)
        script.tick(hour * HOUR + 3599)
        script.tick((hour + 1) * HOUR)
    return first + len(values)


def noisy(scale: float, count: int, seed: int = 1) -> list[list[float]]:
    dice = np.random.default_rng(seed)
    return [np.round(dice.normal(1.5, scale, 36), 2).tolist() for _ in range(count)]


def seen(script: Script, channels: Channels | None = None) -> list[tuple[str, str, str]]:
    return [(f.device, f.transition.value, f.reason) for f in findings(script, channels)]


def findings(script: Script, channels: Channels | None = None) -> list[Finding]:
    channels = channels or town()
    return script.play(CATALOGUE["device_health"](channels, RULES), channels)


def test_an_even_life_takes_no_points() -> None:
    script, channels = Script(), town()
    hours(script, 0, noisy(0.3, 100))
    detector = DeviceHealth(channels=channels, numbers=NORMAL)
    assert script.play(detector, channels) == []
    assert detector.points.sum() == 0


@pytest.mark.parametrize(("scale", "why"), [(0.03, "noise_lost"), (3.0, "noise_grown")])
def test_noise_that_changes_is_told_once_and_ends_with_it(scale: float, why: str) -> None:
    script = Script()
    at = hours(script, 0, noisy(0.3, 48))
    at = hours(script, at, noisy(scale, 100, 2))
    hours(script, at, noisy(0.3, 100, 3))
    assert seen(script) == [("GD-1", "onset", why), ("GD-1", "end", "")]


def test_a_slow_change_of_level_is_no_noise() -> None:
    script = Script()
    at = hours(script, 0, noisy(0.3, 48))
    hours(script, at, [[value + 0.02 * hour for value in of] for hour, of in enumerate(noisy(0.3, 100, 2))])
    assert seen(script) == []


def test_spikes_take_few_points_and_a_step_none() -> None:
    for spiky, points in ((True, 20.0), (False, 0.0)):
        script, channels = Script(), town()
        at = hours(script, 0, noisy(0.3, 48))
        shape = [1.5, 1.5, 40.0, 1.5] * 9 if spiky else [1.5] * 18 + [40.0] * 18
        hours(script, at, [shape] * 30)
        detector = DeviceHealth(channels=channels, numbers=NORMAL._replace(noise=1000))
        script.play(detector, channels)
        assert detector.points[0, 2] == pytest.approx(points, abs=0.2)


def neighbours(levels: list[float]) -> tuple[Script, Channels]:
    devices = {f"G{n}": Device(f"G{n}", DeviceKind.GAS_DETECTOR, f"S{n}") for n in range(len(levels))}
    sites = {d.site: Site(d.site, "", "", "restaurant", "Z", "", 100.0, 25.0) for d in devices.values()}
    script = Script()
    for hour in range(30):
        for number in range(30):
            for name, level in zip(devices, levels, strict=True):
                script.row(name, GAS, hour * HOUR + number * 100, level + 0.1 * (number % 2))
        script.tick((hour + 1) * HOUR)
    return script, Channels(Assets(sites=sites, zones={}, devices=devices))


def test_who_drifts_from_its_zone_is_told() -> None:
    assert seen(*neighbours([1.0, 1.5, 2.0, 9.0])) == [("G3", "onset", "drift")]


@pytest.mark.parametrize("levels", [[1.0, 9.0], [1.0, 1.5, 2.0, 4.0]])
def test_two_are_no_zone_and_a_little_is_no_drift(levels: list[float]) -> None:
    assert seen(*neighbours(levels)) == []


def dated(calibrated_on: date | None = None, expires_on: date | None = None) -> Channels:
    kind = DeviceKind.GAS_DETECTOR
    return town((Device("GD-1", kind, "S1", calibrated_on=calibrated_on, expires_on=expires_on),))


START = date(2023, 11, 14)
"""The day of `START_S`."""


def test_the_end_of_service_life_is_told_the_day_after() -> None:
    script = Script()
    script.tick(0)
    at = script.tick(86_400)
    script.tick(2 * 86_400)
    (finding,) = findings(script, dated(expires_on=START))
    assert (finding.position, finding.value, finding.limit, finding.reason) == (at, 55.0, 60.0, "expired")
    assert finding.onset_ns == finding.time_ns == (START_S + 86_400) * 10**9


def test_an_overdue_calibration_alone_takes_few_points() -> None:
    script, channels = Script(), dated(calibrated_on=date(2022, 1, 1))
    script.tick(0)
    detector = DeviceHealth(channels=channels, numbers=NORMAL)
    assert script.play(detector, channels) == []
    assert detector.points[0].tolist() == [0, 0, 0, 0, 0, 20, 0]


def test_time_under_water_takes_few_points() -> None:
    script, channels = Script(), town()
    hours(script, 0, noisy(0.3, 3), Quality.IMMERSED)
    detector = DeviceHealth(channels=channels, numbers=NORMAL)
    script.play(detector, channels)
    assert detector.points[0, 4] == 20


def test_late_uncertain_and_older_readings_teach_nothing() -> None:
    script = Script()
    at = hours(script, 0, noisy(0.3, 48))
    for hour in range(at, at + 60):
        for number in range(36):
            script.row("GD-1", GAS, hour * HOUR + number * 100, 30.0 * (number % 2), Quality.UNCERTAIN)
            script.row("GD-1", GAS, hour * HOUR + number * 100, 30.0 * (number % 2), delay_s=40)
            script.row("GD-1", GAS, number, 30.0 * (number % 2))
        script.tick((hour + 1) * HOUR)
    assert seen(script) == []


@pytest.mark.parametrize("name", HealthNumbers._fields)
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        DeviceHealth(channels=town(), numbers=NORMAL._replace(**{name: -1}))

import pytest

from detectors.catalogue import CATALOGUE
from detectors.pressure import Pressure, PressureLimits
from detectors.state import pack
from domain.asset import Tier
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import RULES, Script, town

KPA = Quantity.PRESSURE_KPA
CHANNELS = town()
NATURAL = PressureLimits(1.0, 1.5, 3.0, 3.6)


def play(script: Script, limits: PressureLimits = NATURAL) -> list[Finding]:
    detector = Pressure(
        channels=CHANNELS,
        limits={Tier.LOW_NATURAL: limits},
        low_reset_band=0.02,
        high_reset_band=0.02,
        page_s=900,
    )
    return script.play(detector, CHANNELS)


def seen(script: Script, limits: PressureLimits = NATURAL) -> list[tuple[str, str, int, int]]:
    return [(f.kind.value, f.transition.value, f.level, f.position) for f in play(script, limits)]


def line(*pressures: float | tuple[float, Quality]) -> Script:
    script = Script()
    for second, pressure in enumerate(pressures):
        value, quality = pressure if isinstance(pressure, tuple) else (pressure, Quality.GOOD)
        script.row("P-1", KPA, second, value, quality)
    return script


def test_limits_belong_to_the_alarm() -> None:
    assert seen(line(1.51, 1.5, 1.01, 1.0)) == [("pressure_low", "onset", 1, 2), ("pressure_low", "escalate", 2, 4)]
    assert seen(line(2.99, 3.0, 3.59, 3.6)) == [("pressure_high", "onset", 1, 2), ("pressure_high", "escalate", 2, 4)]


def test_the_second_level_may_come_first_and_does_not_ease() -> None:
    assert seen(line(0.5, 1.4, 0.5)) == [("pressure_low", "onset", 2, 1)]


def test_ends_beyond_the_band() -> None:
    assert seen(line(1.5, 1.53, 1.54)) == [("pressure_low", "onset", 1, 1), ("pressure_low", "end", 0, 3)]
    assert seen(line(3.0, 2.94, 2.93)) == [("pressure_high", "onset", 1, 1), ("pressure_high", "end", 0, 3)]


def test_from_one_side_to_the_other() -> None:
    assert seen(line(1.2, 3.2)) == [
        ("pressure_low", "onset", 1, 1),
        ("pressure_high", "onset", 1, 2),
        ("pressure_low", "end", 0, 2),
    ]


def test_it_tells_the_limit_that_was_crossed() -> None:
    findings = play(line(1.2, 0.9, 2.0))
    assert [(f.value, f.limit) for f in findings] == [(1.2, 1.5), (0.9, 1.0), (2.0, pytest.approx(1.53))]


@pytest.mark.parametrize("nothing", [(2.0, Quality.BAD), (2.0, Quality.UNCERTAIN), (1.2, Quality.WARMUP)])
def test_a_reading_that_proves_nothing_is_told_once(nothing: tuple[float, Quality]) -> None:
    assert seen(line(1.2, nothing, nothing)) == [("pressure_low", "onset", 1, 1), ("pressure_low", "unusable", 1, 2)]


def test_then_the_next_usable_one_is_told_as_it_stands() -> None:
    bad = (0.0, Quality.BAD)
    low = ("pressure_low", "onset", 1, 1), ("pressure_low", "unusable", 1, 2)
    assert seen(line(1.2, bad, 1.3)) == [*low, ("pressure_low", "onset", 1, 3)]
    assert seen(line(1.2, bad, 1.52)) == [*low, ("pressure_low", "onset", 1, 3)]  # within the band: not gone
    assert seen(line(1.2, bad, 0.8)) == [*low, ("pressure_low", "onset", 2, 3)]
    assert seen(line(1.2, bad, 2.0)) == [*low, ("pressure_low", "end", 0, 3)]


def test_what_is_taken_up_again_has_an_onset_of_its_own() -> None:
    first, unusable, again = play(line(1.2, (0.0, Quality.BAD), 1.3))
    assert first.onset_ns == unusable.onset_ns < again.onset_ns
    assert unusable.value is None


def test_an_unusable_reading_of_a_normal_line_says_nothing() -> None:
    assert seen(line(2.0, (0.0, Quality.BAD), (99.0, Quality.BAD), 2.0)) == []


def test_a_late_normal_reading_says_nothing() -> None:
    script = line(1.2)
    script.row("P-1", KPA, 10, 2.0, delay_s=31)
    assert len(seen(script)) == 1


def test_limits_below_zero_keep_their_band_on_the_right_side() -> None:
    below = PressureLimits(-20.0, -10.0, 3.0, 3.6)
    assert seen(line(-10.0, -9.8, -9.7), below) == [("pressure_low", "onset", 1, 1), ("pressure_low", "end", 0, 3)]


def test_a_device_without_class_of_line_is_not_watched() -> None:
    script = Script()
    script.row("P-2", KPA, 0, 0.1)
    assert play(script) == []


def test_every_class_has_its_limits_in_the_rulebook() -> None:
    script = Script()
    script.row("FM-1", KPA, 0, 300.0)
    script.row("FM-1", KPA, 1, 420.0)
    script.row("FM-1", KPA, 2, 240.0)
    findings = script.play(CATALOGUE["pressure"](CHANNELS, RULES), CHANNELS)
    assert [(f.kind.value, f.transition.value, f.level, f.limit) for f in findings] == [
        ("pressure_high", "onset", 2, 420.0),
        ("pressure_high", "end", 0, 392.0),
        ("pressure_low", "onset", 1, 240.0),
    ]


@pytest.mark.parametrize("limits", [(1.5, 1.5, 3.0, 3.6), (1.0, 3.0, 3.0, 3.6), (1.0, 1.5, 3.0, 2.0)])
def test_refuses_limits_that_do_not_rise(limits: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="must be below"):
        play(Script(), PressureLimits(*limits))


def test_refuses_a_negative_band() -> None:
    with pytest.raises(ValueError, match="low_reset_band"):
        Pressure(channels=CHANNELS, limits={}, low_reset_band=-1, high_reset_band=0, page_s=900)


def test_a_snapshot_with_other_parts_is_refused() -> None:
    detector = CATALOGUE["pressure"](CHANNELS, RULES)
    with pytest.raises(ValueError, match="other parts than expected"):
        detector.restore(pack("pressure/1", {}))

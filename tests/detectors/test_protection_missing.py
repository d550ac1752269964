import pytest

from detectors.protection_missing import ProtectionMissing
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Decoded
from tests.detectors.script import Script, town

GAS = Quantity.GAS_PCT_LEL
CHANNELS = town()


def seen(script: Script) -> list[tuple[str, int, int, str]]:
    detector = ProtectionMissing(channels=CHANNELS, after_s=60, worse_after_s=1800, page_s=900)
    findings = script.play(detector, CHANNELS)
    return [(f.transition.value, f.level, f.position, f.reason) for f in findings]


@pytest.mark.parametrize("quality", [q for q in Quality if q > Quality.OVER_RANGE])
def test_more_than_a_minute_is_level_1_and_more_than_half_an_hour_level_2(quality: Quality) -> None:
    script = Script()
    for second in range(0, 3000, 30):
        script.row("GD-1", GAS, second, 0.0, quality)
    name = quality.name.lower()
    assert seen(script) == [("onset", 1, 4, name), ("escalate", 2, 62, name)]


def test_ticks_count_as_well_when_nothing_more_comes() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0, Quality.BAD, delay_s=5)
    script.tick(65)
    onset = script.tick(66)
    script.tick(67)
    script.tick(1805)
    worse = script.tick(1806)
    script.tick(4000)
    assert seen(script) == [("onset", 1, onset, "bad"), ("escalate", 2, worse, "bad")]


def test_a_jump_over_both_limits_is_told_once_at_the_higher() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0, Quality.BAD)
    script.row("GD-1", GAS, 2000, 0.0, Quality.STALE)
    assert seen(script) == [("onset", 2, 2, "stale")]


@pytest.mark.parametrize("quality", [Quality.GOOD, Quality.UNCERTAIN])
def test_ends_with_the_first_good_or_uncertain_live_reading(quality: Quality) -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0, Quality.IMMERSED)
    script.row("GD-1", GAS, 61, 0.0, Quality.IMMERSED)
    script.row("GD-1", GAS, 62, 0.0, delay_s=40)
    script.row("GD-1", GAS, 63, 99.0, Quality.OVER_RANGE)
    end = script.row("GD-1", GAS, 64, 0.0, quality)
    assert seen(script) == [("onset", 1, 2, "immersed"), ("end", 0, end, quality.name.lower())]


def test_a_good_reading_in_between_starts_the_time_again() -> None:
    script = Script()
    for second in range(0, 600, 20):
        script.row("GD-1", GAS, second, 0.0, Quality.GOOD if second % 60 == 0 else Quality.BAD)
        script.tick(second)
    assert seen(script) == []


def test_stored_readings_of_an_old_failure_page_nobody() -> None:
    script = Script()
    for second in range(0, 600, 20):
        script.row("GD-1", GAS, second, 0.0, Quality.BAD, delay_s=2000 - second)
    script.tick(2100)
    assert seen(script) == []


def test_only_gas_is_watched() -> None:
    script = Script()
    for second in range(0, 600, 20):
        script.row("P-1", Quantity.PRESSURE_KPA, second, 0.0, Quality.BAD)
    assert seen(script) == []


def test_refuses_numbers_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="after_s must be below worse_after_s"):
        ProtectionMissing(channels=CHANNELS, after_s=60, worse_after_s=60, page_s=900)
    with pytest.raises(ValueError, match="after_s"):
        ProtectionMissing(channels=CHANNELS, after_s=-1, worse_after_s=60, page_s=900)


def test_work_under_a_permit_is_told_at_once_and_worsens_from_the_first_unusable_reading() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0, Quality.WARMUP)
    onset = script.say(Decoded(permits=("GD-1",)), 50)
    script.row("GD-1", GAS, 49, 0.0, delay_s=2)  # measured before the work: no return
    script.say(Decoded(permits=("GD-1", "GD-9")), 55)
    script.tick(1800)
    worse = script.tick(1801)
    end = script.row("GD-1", GAS, 1802, 0.0)
    assert seen(script) == [("onset", 1, onset, "warmup"), ("escalate", 2, worse, "warmup"), ("end", 0, end, "good")]


def test_work_on_a_device_that_reads_well_is_told_as_calibration() -> None:
    script = Script()
    onset = script.say(Decoded(permits=("GD-2",)), 50)
    assert seen(script) == [("onset", 1, onset, "calibration")]

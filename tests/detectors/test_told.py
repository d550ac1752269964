import pytest

from detectors.clock_wrong import ClockWrong
from detectors.told import Told
from detectors.unknown_quantity import UnknownQuantity
from domain.asset import Device, DeviceKind
from domain.sample import Decoded, Notice, RefusalReason
from tests.detectors.script import Script, town

CHANNELS = town()


def seen(script: Script, detector: Told) -> list[tuple[str, str, int, float | None, str]]:
    findings = script.play(detector, CHANNELS)
    return [(f.device, f.transition.value, f.position, f.value, f.reason) for f in findings]


@pytest.mark.parametrize("reason", [RefusalReason.UNKNOWN_QUANTITY, RefusalReason.UNKNOWN_KEY])
def test_an_unknown_quantity_is_told_once_and_ends_a_day_after_the_last(reason: RefusalReason) -> None:
    script = Script()
    onset = script.refuse("GD-1", reason, 0)
    script.refuse("GD-1", reason, 50)
    script.refuse("X-1", reason, 51)
    script.refuse("GD-1", RefusalReason.BAD_JSON, 60)
    script.tick(86_449)
    end = script.tick(86_450)
    assert seen(script, UnknownQuantity(channels=CHANNELS, linger_s=86_400)) == [
        ("GD-1", "onset", onset, None, reason.value),
        ("GD-1", "end", end, None, ""),
    ]


def test_a_shifted_frame_is_told_once_and_ends_ten_minutes_after_the_last() -> None:
    script = Script()
    onset = script.shift("GD-1", 75, 0)
    script.shift("GD-1", 90, 300)
    script.say(Decoded(notices=(Notice("GD-1", "online", 0),)), 400)
    script.tick(899)
    end = script.tick(900)
    assert seen(script, ClockWrong(channels=CHANNELS, linger_s=600, far_s=60)) == [
        ("GD-1", "onset", onset, 75.0, "fast"),
        ("GD-1", "end", end, None, ""),
    ]


def test_every_device_of_a_shifted_frame_is_told() -> None:
    script = Script()
    script.say(Decoded(shifts={"P-1": 1, "GD-1": 2}), 0)
    assert [device for device, *_ in seen(script, ClockWrong(channels=CHANNELS, linger_s=600, far_s=60))] == [
        "GD-1",
        "P-1",
    ]


def test_a_clock_that_falls_far_behind_worsens_once_and_starts_anew_after_its_end() -> None:
    script = Script()
    for shift_s, at_s in ((-40, 0), (-60, 1), (-61, 2), (-3_600, 3), (-40, 4)):
        script.shift("GD-1", shift_s, at_s)
    script.tick(604)
    script.shift("GD-1", -40, 605)
    findings = script.play(ClockWrong(channels=CHANNELS, linger_s=600, far_s=60), CHANNELS)
    assert [(f.transition.value, f.level, f.value, f.reason) for f in findings] == [
        ("onset", 1, 40.0, "slow"),
        ("escalate", 2, 61.0, "slow"),
        ("end", 0, None, ""),
        ("onset", 1, 40.0, "slow"),
    ]


def test_a_device_that_sends_seldom_keeps_its_wrong_clock_for_three_intervals() -> None:
    channels = town((Device("SLOW", DeviceKind.GAS_DETECTOR, "S1", interval_s=3_600),))
    script = Script()
    for hour in range(3):
        script.shift("SLOW", -90, 3_600 * hour)
        script.tick(3_600 * hour + 3_599)
    script.tick(7_200 + 10_799)
    end = script.tick(7_200 + 10_800)
    found = script.play(ClockWrong(channels=channels, linger_s=600, far_s=60), channels)
    assert [(f.transition.value, f.position) for f in found] == [("onset", 1), ("end", end)]


def test_refuses_to_end_at_once() -> None:
    with pytest.raises(ValueError, match="linger_s"):
        ClockWrong(channels=CHANNELS, linger_s=0, far_s=60)
    with pytest.raises(ValueError, match="linger_s"):
        UnknownQuantity(channels=CHANNELS, linger_s=0)

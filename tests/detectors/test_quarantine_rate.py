import pytest

from detectors.quarantine_rate import QuarantineRate
from domain.asset import Device, DeviceKind
from domain.finding import Transition
from domain.sample import Decoded, Refusal, RefusalReason
from tests.detectors.script import Script, town

CHANNELS = town()


def detector() -> QuarantineRate:
    return QuarantineRate(channels=CHANNELS, frames=10, window_s=3_600)


def seen(script: Script) -> list[tuple[str, Transition, int]]:
    return [(f.device, f.transition, f.position) for f in script.play(detector(), CHANNELS)]


def refused(*seconds: float, device: str = "GD-1") -> Script:
    script = Script()
    for second in seconds:
        script.refuse(device, RefusalReason.BAD_JSON, second)
    return script


def test_ten_refused_frames_in_an_hour_are_borne_and_one_more_is_an_alarm() -> None:
    assert seen(refused(*range(10))) == []
    script = refused(*range(12))
    (onset,) = script.play(detector(), CHANNELS)
    assert (onset.device, onset.site, onset.level, onset.position) == ("GD-1", "S1", 1, 11)
    assert (onset.value, onset.limit) == (11, 10)


def test_eleven_in_more_than_an_hour_are_none() -> None:
    assert seen(refused(*range(0, 3_960, 360))) == []


def test_ends_when_the_hour_holds_no_more_than_ten_and_may_begin_again() -> None:
    script = refused(*range(11))
    script.tick(3_599)
    end = script.tick(3_600)
    script.refuse("GD-1", RefusalReason.BAD_JSON, 3_600.5)
    assert seen(script) == [
        ("GD-1", Transition.ONSET, 11),
        ("GD-1", Transition.END, end),
        ("GD-1", Transition.ONSET, end + 1),
    ]


def test_a_frame_counts_once_and_a_stranger_never() -> None:
    script = refused(*range(20), device="X-1")
    parts = tuple(Refusal(RefusalReason.NON_FINITE, f"values.{n}", "", "GD-1") for n in range(20))
    script.say(Decoded(refusals=parts), 21)
    assert seen(script) == []


def test_a_device_that_is_registered_no_more_is_forgotten() -> None:
    first, script = detector(), refused(*range(11))
    script.play(first, CHANNELS)
    other = QuarantineRate(channels=town((Device("GD-9", DeviceKind.GAS_DETECTOR, "S1"),)), frames=10, window_s=3_600)
    other.restore(first.snapshot())
    assert other.advance(1 << 61, 99) == []


@pytest.mark.parametrize("wrong", [{"frames": 0, "window_s": 1}, {"frames": 1, "window_s": 0}])
def test_refuses_numbers_that_make_no_sense(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"frames|window_s"):
        QuarantineRate(channels=CHANNELS, **wrong)

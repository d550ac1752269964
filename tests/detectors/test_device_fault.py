import pytest

from detectors.device_fault import DeviceFault
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import RefusalReason
from tests.detectors.script import Script, town

CHANNELS = town()
FAULT = Quantity.DEVICE_FAULT


def play(script: Script) -> list[Finding]:
    return script.play(DeviceFault(channels=CHANNELS, linger_s=600, page_s=900), CHANNELS)


def seen(script: Script) -> list[tuple[str, int, str]]:
    return [(f.transition.value, f.position, f.reason) for f in play(script)]


def test_a_code_begins_and_a_good_zero_ends_it() -> None:
    script = Script()
    for second, code in enumerate([0, 7, 8, 0]):
        script.row("GD-1", FAULT, second, code)
    assert seen(script) == [("onset", 2, "declared"), ("end", 4, "declared")]


@pytest.mark.parametrize("reason", [RefusalReason.NON_FINITE, RefusalReason.OUT_OF_RANGE, RefusalReason.WRONG_TYPE])
def test_an_impossible_value_is_told_at_once_and_ends_ten_minutes_after_the_last(reason: RefusalReason) -> None:
    script = Script()
    onset = script.refuse("GD-1", reason, 0)
    script.refuse("GD-1", reason, 100)
    script.tick(699)
    end = script.tick(700)
    script.tick(701)
    assert seen(script) == [("onset", onset, reason.value), ("end", end, "refused")]


def test_other_refusals_and_unknown_devices_say_nothing_here() -> None:
    script = Script()
    script.refuse("GD-1", RefusalReason.UNKNOWN_QUANTITY, 0)
    script.refuse("X-1", RefusalReason.NON_FINITE, 0)
    assert seen(script) == []


def test_neither_cause_ends_the_other() -> None:
    script = Script()
    script.row("GD-1", FAULT, 0, 7)
    script.refuse("GD-1", RefusalReason.NON_FINITE, 1)
    script.row("GD-1", FAULT, 2, 0)
    end = script.tick(601)
    script.refuse("GD-1", RefusalReason.NON_FINITE, 700)
    script.row("GD-1", FAULT, 701, 7)
    script.tick(1300)
    last = script.row("GD-1", FAULT, 1301, 0)
    assert [(t, p) for t, p, _ in seen(script)] == [("onset", 1), ("end", end), ("onset", end + 1), ("end", last)]


def test_only_a_good_zero_ends_it() -> None:
    script = Script()
    script.row("GD-1", FAULT, 0, 7)
    script.row("GD-1", FAULT, 1, 0, Quality.UNCERTAIN)
    script.row("GD-1", FAULT, 2, 0, delay_s=60)
    assert len(seen(script)) == 1


def test_refuses_numbers_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="linger_s"):
        DeviceFault(channels=CHANNELS, linger_s=0, page_s=900)

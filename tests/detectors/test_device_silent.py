import pytest

from detectors.device_silent import DeviceSilent
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Decoded, Notice
from tests.detectors.script import DEVICES, START_S, Script, town

S = 10**9
GAS = Quantity.GAS_PCT_LEL
CHANNELS = town(tuple(device for device in DEVICES if device.id in {"GD-1", "M-1"}))


def build() -> DeviceSilent:
    return DeviceSilent(channels=CHANNELS, intervals=3, store_forward_s=300, gas_low_pct_lel=20, page_s=900)


def seen(script: Script, device: str = "GD-1") -> list[tuple[str, int, int, str]]:
    findings = script.play(build(), CHANNELS)
    return [(f.transition.value, f.level, f.position, f.reason) for f in findings if f.device == device]


def ticks(script: Script, start: int, stop: int) -> dict[int, int]:
    return {second: script.tick(second) for second in range(start, stop)}


def test_three_intervals_without_a_sample_are_silence() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0)
    at = ticks(script, 1, 20)
    assert seen(script) == [("onset", 1, at[16], "watchdog")]  # 3 x 5 s are allowed


def test_it_says_how_long_and_how_long_was_allowed() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0)
    ticks(script, 1, 20)
    (finding,) = script.play(build(), CHANNELS)
    assert (finding.value, finding.limit) == (16.0, 15.0)


def test_a_device_that_stores_and_forwards_has_its_live_age_on_top() -> None:
    script = Script()
    script.row("M-1", GAS, 0, 0.0)
    at = ticks(script, 1, 330)
    assert seen(script, "M-1") == [("onset", 1, at[316], "watchdog")]


def test_a_device_never_heard_counts_from_the_first_tick() -> None:
    script = Script()
    at = ticks(script, 100, 130)
    assert seen(script) == [("onset", 1, at[116], "watchdog")]


def test_the_birth_message_replaces_the_interval() -> None:
    script = Script()
    script.notice("GD-1", "online", 0, boot_id="a", interval_s=2)
    script.row("GD-1", GAS, 0, 0.0)
    at = ticks(script, 1, 20)
    assert seen(script) == [("onset", 1, at[7], "watchdog")]


def test_a_retained_birth_message_counts_only_while_none_is_known() -> None:
    script = Script()
    script.notice("GD-1", "online", 0, boot_id="old", interval_s=2, retained=True)
    script.notice("GD-1", "online", 0, boot_id="new")
    script.notice("GD-1", "online", 0, boot_id="old", interval_s=1, retained=True)
    script.row("GD-1", GAS, 0, 0.0)
    at = ticks(script, 1, 9)
    assert seen(script) == [("onset", 1, at[7], "watchdog")]
    script.notice("GD-1", "offline", 9, boot_id="old")
    assert len(seen(script)) == 1


def test_a_live_sample_ends_it_and_a_late_one_does_not() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0)
    ticks(script, 1, 20)
    script.row("GD-1", GAS, 18, 0.0, delay_s=31)
    end = script.row("GD-1", Quantity.TEMPERATURE_C, 21, 20.0, Quality.BAD)
    script.row("GD-1", GAS, 22, 0.0)
    assert seen(script)[1:] == [("end", 0, end, "heard")]


def test_a_late_sample_does_not_feed_it() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0)
    for second in range(1, 17):
        script.row("GD-1", GAS, second - 40, 0.0, delay_s=40)
        script.tick(second)
    assert seen(script) == [("onset", 1, len(script.entries), "watchdog")]


def test_a_sample_that_is_live_but_older_than_allowed_does_not_end_it() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0)
    ticks(script, 1, 20)
    script.row("GD-1", GAS, 4, 0.0, delay_s=16)
    assert len(seen(script)) == 1
    end = script.row("GD-1", GAS, 5, 0.0, delay_s=15)
    assert seen(script)[1:] == [("end", 0, end, "heard")]


def test_a_sample_from_the_future_does_not_help_longer_than_its_arrival() -> None:
    script = Script()
    script.row("GD-1", GAS, 50, 0.0, delay_s=-50)
    at = ticks(script, 1, 20)
    assert seen(script) == [("onset", 1, at[16], "watchdog")]


@pytest.mark.parametrize(
    ("born", "will", "counts"),
    [("a", "a", True), ("a", "b", False), ("a", None, True), (None, "b", True), (None, None, True)],
)
def test_a_will_counts_at_once_when_it_is_of_the_current_start(
    born: str | None,
    will: str | None,
    counts: bool,  # noqa: FBT001 - a table
) -> None:
    script = Script()
    script.notice("GD-1", "online", 0, boot_id=born)
    script.row("GD-1", GAS, 1, 0.0)
    at = script.notice("GD-1", "offline", 2, boot_id=will)
    assert seen(script) == ([("onset", 1, at, "will")] if counts else [])


def test_a_retained_will_a_second_one_and_other_notices_are_no_news() -> None:
    script = Script()
    script.notice("GD-1", "offline", 0, retained=True)
    at = script.notice("GD-1", "offline", 1)
    script.notice("GD-1", "offline", 2)
    script.notice("GD-1", "accepted", 3)
    script.notice("X-1", "offline", 3)
    assert seen(script) == [("onset", 1, at, "will")]
    assert script.play(build(), CHANNELS)[0].value is None  # never heard: nobody knows for how long


def test_silence_after_gas_is_worse() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 20.0)  # one sample: not confirmed
    at = ticks(script, 1, 20)
    assert seen(script) == [("onset", 2, at[16], "after_gas")]


def test_a_will_after_gas_is_worse_too() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 1.0, Quality.OVER_RANGE)
    at = script.notice("GD-1", "offline", 1)
    assert seen(script) == [("onset", 2, at, "after_gas")]


@pytest.mark.parametrize(("quality", "level"), [(Quality.GOOD, 1), (Quality.UNCERTAIN, 2), (Quality.BAD, 2)])
def test_only_a_good_reading_takes_the_gas_back(quality: Quality, level: int) -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 25.0)
    script.row("GD-1", GAS, 1, 5.0, quality)
    ticks(script, 1, 20)
    assert seen(script)[0][1] == level


def test_our_own_absence_is_grace() -> None:
    script = Script()
    for second in range(5):
        script.row("GD-1", GAS, second, 0.0)
        script.tick(second)
    at = ticks(script, 3600, 3630)  # the sample of 4 s is 0 s old at the last tick before, so 15 s are left
    assert seen(script) == [("onset", 1, at[3616], "watchdog")]


def test_a_short_gap_between_ticks_is_no_absence() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0)
    for second in range(0, 20, 5):
        script.tick(second)
    at = script.tick(20)
    assert seen(script) == [("onset", 1, at, "watchdog")]


def test_the_end_stands_after_the_beginning_in_the_log() -> None:
    script = Script()
    sample = script.row("GD-1", GAS, 1, 0.0)
    script.notice("GD-1", "offline", 2)
    detector = build()
    script.play(detector, CHANNELS, start=1)
    assert script.play(detector, CHANNELS, stop=sample) == []  # handed on late: it came before the will


def test_many_devices_fall_silent_at_one_tick() -> None:
    script = Script()
    ticks(script, 0, 400)
    findings: list[Finding] = script.play(build(), CHANNELS)
    assert [f.device for f in findings] == ["GD-1", "M-1"]
    assert {f.transition for f in findings} == {Transition.ONSET}


@pytest.mark.parametrize("name", ["intervals", "store_forward_s", "gas_low_pct_lel", "page_s"])
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    normal = {"intervals": 3, "store_forward_s": 300, "gas_low_pct_lel": 20, "page_s": 900}
    with pytest.raises(ValueError, match=name):
        DeviceSilent(channels=CHANNELS, **{**normal, name: -1})


def test_a_heartbeat_keeps_a_device_from_silence_and_ends_it() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0)
    for second in range(1, 20):
        script.notice("GD-1", "heartbeat", second)
        script.tick(second)
    at = ticks(script, 20, 40)
    end = script.notice("GD-1", "heartbeat", 40)
    script.notice("GD-1", "heartbeat", 41)
    script.notice("stranger", "heartbeat", 42)
    assert seen(script) == [("onset", 1, at[35], "watchdog"), ("end", 0, end, "heard")]


def test_an_old_heartbeat_does_not_end_it() -> None:
    script = Script()
    script.row("GD-1", GAS, 0, 0.0)
    ticks(script, 1, 20)
    notice = Notice("GD-1", "heartbeat", START_S * S + 4 * S)
    script.say(Decoded(notices=(notice,)), 20)
    assert len(seen(script)) == 1

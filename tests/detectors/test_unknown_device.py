import pytest

from detectors.unknown_device import UnknownDevice
from domain.finding import Finding
from domain.sample import RefusalReason
from tests.detectors.script import Script, town

UNKNOWN = RefusalReason.UNKNOWN_DEVICE
CHANNELS = town()


def play(script: Script, most: int = 100) -> list[Finding]:
    return script.play(UnknownDevice(linger_s=3600, most=most), CHANNELS)


def test_each_id_is_told_once_and_ends_an_hour_after_its_last_frame() -> None:
    script = Script()
    onset = script.refuse("X-1", UNKNOWN, 0)
    script.refuse("X-1", UNKNOWN, 100)
    script.tick(3699)
    end = script.tick(3700)
    again = script.refuse("X-1", UNKNOWN, 3701)
    findings = play(script)
    assert [(f.device, f.site, f.transition.value, f.level, f.position) for f in findings] == [
        ("X-1", "", "onset", 1, onset),
        ("X-1", "", "end", 0, end),
        ("X-1", "", "onset", 1, again),
    ]


def test_a_flood_of_ids_shares_one_alarm() -> None:
    script = Script()
    for number in range(150):
        script.refuse(f"X-{number}", UNKNOWN, number)
    findings = play(script)
    assert len(findings) == 101
    assert (findings[-1].device, findings[-1].site) == ("system", "system")
    script.tick(10_000)
    assert len(play(script)) == 202


def test_a_place_that_falls_free_is_used() -> None:
    script = Script()
    script.refuse("X-1", UNKNOWN, 0)
    script.refuse("X-2", UNKNOWN, 3000)
    script.tick(3600)
    script.refuse("X-2", UNKNOWN, 3601)
    assert [(f.device, f.transition.value) for f in play(script, most=1)] == [
        ("X-1", "onset"),
        ("system", "onset"),
        ("X-1", "end"),
        ("X-2", "onset"),
    ]


@pytest.mark.parametrize("device", ["", "x" * 65, "a\0"])
def test_what_can_be_no_id_goes_to_the_system(device: str) -> None:
    script = Script()
    script.refuse(device, UNKNOWN, 0)
    assert [finding.device for finding in play(script)] == ["system"]


def test_other_refusals_say_nothing_here() -> None:
    script = Script()
    script.refuse("X-1", RefusalReason.BAD_JSON, 0)
    assert play(script) == []


@pytest.mark.parametrize("name", ["linger_s", "most"])
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        UnknownDevice(**{"linger_s": 1, "most": 1, name: 0})

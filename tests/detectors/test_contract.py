import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from detectors.base import Detector, Remap
from detectors.catalogue import CATALOGUE
from detectors.state import unpack
from domain.asset import Device, DeviceKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import RULES, Row, Script, batch, ended
from tests.detectors.storm import BRISK, DEVICES, storm, town

STORM = storm()
Build = Callable[[Channels], Detector]
AGAIN = pytest.mark.untraced
"""Plays once more what `stormed` plays; of restoring and of waiting one test each is counted."""


@pytest.fixture(params=list(CATALOGUE), ids=list(CATALOGUE))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def build(name: str) -> Build:
    return lambda channels: CATALOGUE[name](channels, BRISK)


def run(build: Build, script: Script, step: int = 1_000_000) -> tuple[list[Finding], bytes]:
    channels = town()
    detector = build(channels)
    return script.play(detector, channels, step=step), detector.snapshot()


@functools.lru_cache
def stormed(name: str) -> tuple[list[Finding], bytes]:
    return run(lambda channels: CATALOGUE[name](channels, BRISK), STORM)


def test_finds_a_beginning_and_an_end_in_the_storm_so_that_the_other_checks_mean_something(name: str) -> None:
    transitions = {finding.transition for finding in stormed(name)[0]}
    assert transitions >= ({Transition.LATE} if name == "late_evidence" else {Transition.ONSET, Transition.END})


@AGAIN
def test_gives_the_same_bits_row_by_row(name: str, build: Build) -> None:
    assert run(build, STORM, 1) == stormed(name)


@pytest.mark.parametrize("seed", range(1))
def test_ticks_that_it_waits_through_may_come_before_the_rows(build: Build, seed: int) -> None:
    script, told = storm(200 + seed), list[tuple[list[Finding], bytes]]()
    for patient in (False, True):
        channels = town()
        detector = build(channels)
        findings = script.play(detector, channels, patient=patient)
        told.append((sorted(findings, key=lambda finding: finding.position), detector.snapshot()))
    assert told[0] == told[1]


@AGAIN
def test_gives_the_same_bits_in_batches_of_another_storm(build: Build) -> None:
    script = storm(100)
    assert run(build, script, 30) == run(build, script)


@AGAIN
@pytest.mark.parametrize(
    ("value", "quality"),
    [(np.nan, Quality.GOOD), (-np.inf, Quality.OVER_RANGE)],
)
def test_a_value_that_is_no_number_changes_nothing(name: str, build: Build, value: float, quality: Quality) -> None:
    spoilt = Script()
    for entry in STORM.entries:
        spoilt.entries.append(entry)
        if isinstance(entry, Row) and entry.position % 3 == 0:
            spoilt.entries.append(dataclasses.replace(entry, value=value, quality=quality))
    assert run(build, spoilt) == stormed(name)


INDIFFERENT = ("gas_declared", "linkage", "device_fault", "sensor_stuck", "battery_low", "power_lost")


@AGAIN
@pytest.mark.parametrize("name", INDIFFERENT)
@pytest.mark.parametrize("quality", [Quality.WARMUP, Quality.BAD])
def test_an_unusable_reading_changes_nothing_where_it_means_nothing(name: str, quality: Quality) -> None:
    spoilt = Script()
    for entry in STORM.entries:
        spoilt.entries.append(entry)
        if isinstance(entry, Row) and entry.position % 3 == 0:
            spoilt.entries.append(dataclasses.replace(entry, value=1.0 - entry.value, quality=quality))
    assert run(lambda channels: CATALOGUE[name](channels, BRISK), spoilt) == stormed(name)


@AGAIN
def test_unusable_readings_alone_raise_nothing_but_missing_protection(name: str) -> None:
    script = Script()
    for entry in STORM.entries:
        if isinstance(entry, Row):
            script.entries.append(dataclasses.replace(entry, quality=Quality.BAD))
    channels = town()
    findings = script.play(CATALOGUE[name](channels, BRISK), channels)
    assert bool(findings) == (name == "protection_missing")


@pytest.mark.parametrize("share", [0.3, pytest.param(0.7, marks=AGAIN)])
def test_goes_on_from_a_snapshot_as_if_never_stopped(build: Build, share: float) -> None:
    channels = town()
    half = round(share * len(STORM.entries))
    first, second = build(channels), build(channels)
    STORM.play(first, channels, stop=half)
    second.restore(first.snapshot())
    assert second.snapshot() == first.snapshot()
    assert STORM.play(second, channels, start=half) == STORM.play(first, channels, start=half)
    assert second.snapshot() == first.snapshot()


def remap(old: Channels, new: Channels) -> Remap:
    keys = {key: number for number, key in enumerate(old.keys)}
    sites = {site: number for number, site in enumerate(old.sites)}
    return Remap(
        channel=np.array([keys.get(key, -1) for key in new.keys], np.intp),
        device=np.array([old.device_index.get(device.id, -1) for device in new.devices], np.intp),
        site=np.array([sites.get(site, -1) for site in new.sites], np.intp),
    )


@pytest.mark.parametrize("share", [0.45])
def test_state_follows_its_device_into_another_numbering(build: Build, share: float) -> None:
    both = tuple(device.id for device in DEVICES if device.id not in {"P-2", "P-3"})
    script = storm(11, both)
    half = round(share * len(script.entries))
    old = town()
    new = town((Device(id="NEW", kind=DeviceKind.MANHOLE, site="S9"), *(d for d in DEVICES[::-1] if d.id != "P-2")))
    first, second = build(old), build(new)
    script.play(first, old, stop=half)
    for device, quantity in old.keys:
        if device in new.device_index:
            new.find(device, quantity)
    second.restore(first.snapshot(), remap(old, new))
    then = [f for f in script.play(first, old, start=half) if f.device != "P-2"]
    after = [f for f in script.play(second, new, start=half) if f.device != "NEW"]
    assert after == then


@AGAIN
def test_a_channel_that_appears_later_starts_cold(build: Build) -> None:
    channels = town()
    detector = build(channels)
    half = len(STORM.entries) // 2
    STORM.play(detector, channels, stop=half)
    before = len(channels)
    for quantity in Quantity:
        channels.find("V-1", quantity)
        channels.find("P-2", quantity)
    assert len(channels) > before
    whole = town()
    other = build(whole)
    STORM.play(other, whole, stop=half)
    assert STORM.play(detector, channels, start=half) == STORM.play(other, whole, start=half)


def test_refuses_a_snapshot_of_another_detector_or_schema(build: Build) -> None:
    detector = build(town())
    for blob in (b"", b"GLD1", b"XXXX", detector.snapshot().replace(b"/1", b"/9"), detector.snapshot()[:-3]):
        with pytest.raises(ValueError, match="snapshot"):
            detector.restore(blob)


def test_takes_an_empty_batch(build: Build) -> None:
    channels = town()
    detector = build(channels)
    before = detector.snapshot()
    assert detector.update(batch([], channels)) == []
    assert detector.snapshot() == before


def test_tells_each_change_once(name: str) -> None:
    standing: dict[tuple[str, str], tuple[str, int]] = {}
    for finding in stormed(name)[0]:
        key = (finding.device, finding.kind)
        before, level = standing.get(key, ("end", 0))
        allowed = {
            Transition.ONSET: before in {"end", "unusable"},
            Transition.ESCALATE: before in {"onset", "escalate"} and finding.level > level,
            Transition.END: before != "end" and finding.level == 0,
            Transition.UNUSABLE: before in {"onset", "escalate"},
            Transition.LATE: before in {"end", "late_evidence"},
        }
        assert allowed[finding.transition], finding
        standing[key] = (finding.transition.value, finding.level)


def test_tells_in_log_order_and_with_the_site(name: str) -> None:
    findings = stormed(name)[0]
    assert [f.position for f in findings] == sorted(f.position for f in findings)
    sites = {device.id: device.site for device in DEVICES}
    assert all(f.site == sites.get(f.device, "") for f in findings)
    assert all(np.isfinite([f.value or 0.0, f.limit or 0.0]).all() for f in findings)


def test_identities_differ(name: str) -> None:
    findings = stormed(name)[0]
    assert len({finding.identity("c") for finding in findings}) == len(findings)


def test_names_itself_as_in_the_catalogue(name: str) -> None:
    assert {finding.detector for finding in stormed(name)[0]} == {name}


def test_explains_itself(build: Build) -> None:
    text = type(build(town())).__doc__ or ""
    assert all(part in text for part in ("Args:", "Example:", "References:"))


def numbers(name: str, blob: bytes) -> dict[str, npt.NDArray[Any]]:
    arrays = unpack(f"{name}/1", blob)
    if name != "pressure":
        return arrays
    sides = {side: unpack("pressure/1", array.tobytes()) for side, array in arrays.items()}
    return {f"{side}.{key}": array for side, inner in sides.items() for key, array in inner.items()}


def test_holds_nothing_that_is_no_number(name: str) -> None:
    for key, array in numbers(name, stormed(name)[1]).items():
        if key.endswith(("pairs", "run")):  # values as bits, in every second or in the last column
            array = array.view(np.float64)[:, 1::2]  # noqa: PLW2901 - the same numbers, read as they are meant
        assert array.dtype.kind == "U" or np.isfinite(array).all(), key


# ---------------------------------------------------------------- what raises, and what never clears

Q = Quantity
ON: dict[str, tuple[str, Quantity, float, float]] = {
    "gas_threshold": ("GD-1", Q.GAS_PCT_LEL, 55.0, 0.0),
    "gas_declared": ("GD-1", Q.DEVICE_ALARM, 1.0, 0.0),
    "linkage": ("GD-1", Q.GAS_PCT_LEL, 55.0, 0.0),
    "pressure": ("P-1", Q.PRESSURE_KPA, 3.2, 2.0),
    "device_fault": ("GD-1", Q.DEVICE_FAULT, 9.0, 0.0),
    "battery_low": ("P-1", Q.BATTERY_PCT, 5.0, 80.0),
    "power_lost": ("V-1", Q.POWER_OK, 0.0, 1.0),
    "device_silent": ("GD-1", Q.GAS_PCT_LEL, 30.0, 0.0),
}
"""Detectors that watch a limit: where, what is beyond it, what is normal."""


@pytest.mark.parametrize("limited", list(ON))
@pytest.mark.parametrize("quality", [Quality.GOOD, Quality.UNCERTAIN, Quality.OVER_RANGE])
@pytest.mark.parametrize("delay_s", [0, 900])
def test_good_uncertain_over_range_and_somewhat_late_readings_raise(
    limited: str, quality: Quality, delay_s: float
) -> None:
    device, quantity, beyond, _ = ON[limited]
    channels, script = town(), Script()
    script.row(device, quantity, 0, beyond, quality, delay_s=delay_s)
    for second in range(100, 120, 4):
        script.tick(delay_s + second)
    findings = script.play(CATALOGUE[limited](channels, RULES), channels)
    levels = [f.level for f in findings if f.transition is Transition.ONSET and f.device in {device, "V-1", "V-2"}]
    assert max(levels, default=0) == (2 if limited == "device_silent" else 1)


@pytest.mark.parametrize("limited", list(ON))
def test_very_late_readings_page_nobody(limited: str) -> None:
    device, quantity, beyond, _ = ON[limited]
    channels, script = town(), Script()
    for second in range(5):
        script.row(device, quantity, second, beyond, delay_s=901)
    script.tick(1000)
    script.tick(1001)
    findings = script.play(CATALOGUE[limited](channels, RULES), channels)
    assert all(f.level == 1 and limited == "device_silent" for f in findings)


@pytest.mark.parametrize("limited", list(ON))
def test_a_reading_older_than_the_last_one_changes_nothing(limited: str) -> None:
    device, quantity, beyond, normal = ON[limited]
    channels, script = town(), Script()
    script.row(device, quantity, 100, normal)
    script.row(device, quantity, 99, beyond)
    script.row(device, quantity, 99, beyond, Quality.OVER_RANGE)
    detector = CATALOGUE[limited](channels, RULES)
    first = Script(script.entries[:1])
    first.play(detector, channels)
    before = detector.snapshot()
    assert script.play(detector, channels, start=1) == []
    assert detector.snapshot() == before


def proves_nothing(script: Script, device: str, quantity: Quantity, normal: float) -> None:
    """Readings that look normal but are late, uncertain, over range or unusable."""
    for number in range(40):
        second = 1000 + 20 * number
        script.row(device, quantity, second, normal, delay_s=31)
        for offset, quality in enumerate([q for q in Quality if q is not Quality.GOOD], 1):
            if quality is not Quality.OVER_RANGE:
                script.row(device, quantity, second + offset, normal, quality)


CLEARS = {**{k: v for k, v in ON.items() if k != "device_silent"}, "linkage": ("V-1", Q.VALVE_OPEN, 1.0, 0.0)}


@pytest.mark.parametrize("limited", list(CLEARS))
def test_only_good_live_readings_clear(limited: str) -> None:
    channels, script = town(), Script()
    device, quantity, beyond, _ = ON[limited]
    for second in range(0, 60, 20):
        script.row(device, quantity, second, beyond)
        script.tick(second + 19)
    raised = len(script.entries)
    device, quantity, _, normal = CLEARS[limited]
    proves_nothing(script, device, quantity, normal)
    if limited == "linkage":  # a valve that says "closed" is believed when uncertain, not when late
        script = Script([e for e in script.entries if not (isinstance(e, Row) and e.quality is Quality.UNCERTAIN)])
    tried = len(script.entries)
    for second in range(2000, 2700, 100):
        script.row(device, quantity, second, normal)
    detector = CATALOGUE[limited](channels, RULES)
    assert any(f.transition is Transition.ONSET for f in script.play(detector, channels, stop=raised))
    assert not ended(script.play(detector, channels, start=raised, stop=tried))
    assert ended(script.play(detector, channels, start=tried))

"""The engine over the frames of a simulated town, spoilt on purpose, and over tapes made by hand."""

import dataclasses
import functools
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import pytest

from app.configuration import Configuration, load_configuration
from app.roles import engine as engine_module
from app.roles.engine import Engine, Step
from app.roles.ourselves import Health
from app.simulate import load_scenario
from detectors.base import Detector, Remap
from detectors.catalogue import CATALOGUE
from domain.alarm import SYSTEM, AlarmKind
from domain.batch import Batch
from domain.finding import Finding, Transition
from domain.frame import CONFIGURATION_TOPIC, HEALTH_TOPIC, TICK_TOPIC, Frame
from domain.record import DeviceState, Gap, Quarantined
from domain.sample import RefusalReason
from simulator.world import World
from tests.app.support import DEVICES, ROOT, START_NS, S, Tape, bites, configuration, topic

SECONDS = 60


class Told(NamedTuple):
    """All that came out of a run, as it stands at its end."""

    steps: list[Step]
    quarantined: list[Quarantined]
    gaps: dict[tuple[str, str, int], Gap]
    devices: dict[str, DeviceState]

    def findings(self, kind: AlarmKind | None = None) -> list[Finding]:
        found = itertools.chain.from_iterable(step.findings for step in self.steps)
        return [finding for finding in found if kind in {None, finding.kind}]

    def kinds(self) -> list[tuple[AlarmKind, str, Transition]]:
        return [(finding.kind, finding.device, finding.transition) for finding in self.findings()]


def feed(engine: Engine, frames: Sequence[Frame], size: int = 1_000) -> Told:
    told = Told([], [], {}, {})
    for bite in bites(frames, size):
        outcome = engine.feed(bite)
        told.steps.extend(outcome.steps)
        told.quarantined.extend(outcome.quarantined)
        for key in outcome.dropped_gaps:
            told.gaps.pop(key, None)
        told.gaps.update({(gap.device, gap.boot_id, gap.from_seq): gap for gap in outcome.gaps})
        told.devices.update({state.device: state for state in outcome.devices})
    return told


def run(tape: Tape, known: Configuration | None = None) -> Told:
    return feed(Engine(known or configuration()), tape.frames)


# ---------------------------------------------------------------- a simulated town


@functools.cache
def dali() -> Configuration:
    return load_configuration(ROOT / "examples" / "dali", ROOT / "rulebook.toml", "gas/v1")


@functools.cache
def minute() -> tuple[Frame, ...]:
    """The demo's first minute, with frames that are lost, doubled, spoilt, and of strangers."""
    scenario, assets = load_scenario(ROOT / "examples" / "scenarios" / "demo.yaml")
    world = World(scenario, assets, start_ns=START_NS)
    entries = []
    for second in range(SECONDS + 1):
        now_ns = world.start_ns + second * S
        said = world.step_to(now_ns)
        entries += [(m.time_ns + 5_000_000, m.topic, m.payload) for m in said]
        entries.append((now_ns, TICK_TOPIC, b""))
    spoilt = itertools.chain.from_iterable(spoil(number, *entry) for number, entry in enumerate(sorted(entries)))
    return tuple(Frame(position, *entry) for position, entry in enumerate(spoilt, 1))


def spoil(number: int, received_ns: int, where: str, payload: bytes) -> Iterator[tuple[int, str, bytes]]:
    good = (received_ns, where, payload)
    if where == TICK_TOPIC:
        yield good
    elif number % 41 == 0:
        return  # lost: a gap
    elif number % 43 == 0:
        yield from (good, good)
    elif number % 47 == 0:
        yield received_ns, where, payload.replace(b'"values":{', b'"values":{"co_ppm":NaN,"no2_ppm":1,')
    elif number % 53 == 0:
        yield received_ns, where, payload[:-7]
    elif number % 59 == 0:
        yield from (good, (received_ns, topic(f"X{number % 7}"), payload))
    elif number % 61 == 0:
        yield received_ns, where, payload.replace(b'"values":{', b'"values":{"device_fault":17,"humidity_pct":40,')
    else:
        yield good


@functools.cache
def in_bites(size: int) -> tuple[Told, bytes]:
    engine = Engine(dali())
    return feed(engine, minute(), size), engine.snapshot()


def test_the_spoilt_minute_holds_whatever_the_other_checks_need() -> None:
    told, _ = in_bites(997)
    kinds = Counter(kind for kind, _, _ in told.kinds())
    wanted = {AlarmKind.GAS_LOW, AlarmKind.GAS_HIGH, AlarmKind.LINKAGE_FAILED, AlarmKind.DEVICE_SILENT}
    wanted |= {AlarmKind.DEVICE_FAULT, AlarmKind.UNKNOWN_DEVICE, AlarmKind.UNKNOWN_QUANTITY}
    assert wanted <= set(kinds)
    reasons = {entry.reason for entry in told.quarantined}
    assert reasons >= {RefusalReason.NON_FINITE, RefusalReason.BAD_JSON, RefusalReason.UNKNOWN_DEVICE}
    assert len(told.gaps) > 3
    assert sum(state.duplicates for state in told.devices.values()) > 20


@pytest.mark.untraced
@pytest.mark.parametrize("size", [1, 7, 50])
def test_gives_the_same_whatever_the_size_of_its_bites(size: int) -> None:
    assert in_bites(size) == in_bites(997)


@pytest.mark.untraced
def test_gives_the_same_however_many_rows_its_detectors_see_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "ROWS", 20)
    engine = Engine(dali())
    assert (feed(engine, minute(), 997), engine.snapshot()) == in_bites(997)


def test_every_step_has_the_log_time_of_its_frame_and_they_come_in_log_order() -> None:
    received = {frame.position: frame.received_ns for frame in minute()}
    steps = in_bites(997)[0].steps
    assert [step.position for step in steps] == sorted(step.position for step in steps)
    assert all(step.log_ns == received[step.position] for step in steps)
    assert {finding.position for step in steps for finding in step.findings} <= {s.position for s in steps}
    assert sum(step.tick for step in steps) == SECONDS + 1


@pytest.mark.parametrize("share", [*(pytest.param(at, marks=pytest.mark.untraced) for at in (0.1, 0.5)), 0.9])
def test_goes_on_from_a_snapshot_as_if_never_stopped(share: float) -> None:
    half = round(share * len(minute()))
    first, second = Engine(dali()), Engine(dali())
    feed(first, minute()[:half])
    second.restore(first.snapshot())
    rest = feed(first, minute()[half:], 50)
    assert feed(second, minute()[half:], 50) == rest
    assert rest.findings()


def test_log_time_does_not_go_back_after_a_start() -> None:
    tape, first, second = Tape(), Engine(configuration()), Engine(configuration())
    tape.tick(100)
    feed(first, tape.frames)
    second.restore(first.snapshot())
    set_back = Frame(101, START_NS, TICK_TOPIC, b"")
    assert [step.log_ns for step in feed(second, [set_back]).steps] == [tape.now_ns]


@pytest.mark.parametrize("blob", [b"", b"\x81", b"\x81\xa1x\x01"])
def test_a_snapshot_of_another_form_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError, match="another schema"):
        Engine(configuration()).restore(blob)


def test_a_detector_that_the_snapshot_does_not_know_starts_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    tape, older = Tape(), Engine(configuration())
    tape.say("G1", 1, gas_pct_lel=60)
    feed(older, tape.frames)
    monkeypatch.setitem(CATALOGUE, "more_gas", CATALOGUE["gas_threshold"])
    newer = Engine(configuration())
    newer.restore(older.snapshot())
    tape.say("G1", 2, gas_pct_lel=61)
    assert len(feed(newer, tape.frames[1:]).findings(AlarmKind.GAS_HIGH)) == 1  # of the new one; the old one knew it


# ---------------------------------------------------------------- one thing at a time


def test_a_good_value_beside_a_refused_one_is_kept_and_alarms() -> None:
    tape = Tape()
    frame = tape.say("G1", 1, gas_pct_lel=60, temperature_c="NaN")
    told = run(tape)
    (entry,) = told.quarantined
    assert (entry.position, entry.part, entry.reason) == (1, "values.temperature_c", RefusalReason.NON_FINITE)
    assert (entry.topic, entry.payload, entry.device, entry.site) == (frame.topic, frame.payload, "G1", "S1")
    assert told.findings(AlarmKind.GAS_HIGH)[0].value == 60
    assert told.findings(AlarmKind.DEVICE_FAULT)[0].reason == "non_finite"


def test_a_message_that_comes_twice_changes_nothing() -> None:
    once, twice = Tape(), Tape()
    for seq in range(1, 40):
        once.say("G1", 2 * seq, gas_pct_lel=seq)
        once.put(topic("G1", "event"), b'{"boot_id":"b","seq":%d,"event":"self_test"}' % (2 * seq + 1))
        once.tick()
    for entry in once.entries:
        twice.entries += [entry] if entry[1] == TICK_TOPIC else [entry, entry]
    told, again = run(once), run(twice)
    assert told.kinds() == again.kinds() != []
    assert (again.gaps, again.quarantined) == ({}, [])
    state = told.devices["G1"]
    assert again.devices["G1"] == dataclasses.replace(state, duplicates=state.frames)


def test_a_second_value_for_the_same_time_of_a_device_that_does_not_count_goes_to_quarantine() -> None:
    tape = Tape()
    first = tape.say("G1", None, gas_pct_lel=-1)
    tape.again(first)
    second = tape.put(first.topic, first.payload.replace(b"-1", b"-2"))  # Python hashes -1.0 and -2.0 to the same
    other = tape.put(first.topic, first.payload.replace(b"gas_pct_lel", b"temperature_c"))
    told = run(tape)
    assert [(entry.position, entry.reason) for entry in told.quarantined] == [
        (second.position, RefusalReason.TIME_CONFLICT),
        (other.position, RefusalReason.TIME_CONFLICT),
    ]
    assert (told.quarantined[0].device, told.quarantined[0].site) == ("G1", "S1")
    assert "expected one (or boot_id and seq)" in told.quarantined[0].detail
    assert (told.devices["G1"].frames, told.devices["G1"].duplicates) == (1, 1)


def test_many_samples_of_one_message_are_one_message() -> None:
    tape = Tape()
    samples = ",".join(f'{{"time":{tape.now_ns // 1_000_000 - n},"values":{{"gas_pct_lel":60}}}}' for n in range(9))
    tape.put(topic("G1"), f'{{"boot_id":"b","seq":1,"samples":[{samples}]}}'.encode())
    told = run(tape)
    assert told.devices["G1"].frames == 1
    assert len(told.findings(AlarmKind.GAS_HIGH)) == 1


def test_a_refusal_does_not_overtake_the_readings_before_it() -> None:
    tape = Tape()
    tape.say("G1", 1, device_fault=17)
    tape.say("G1", 2, gas_pct_lel="NaN")
    for size in (1, 2):
        (fault,) = feed(Engine(configuration()), tape.frames, size).findings()
        assert (fault.position, fault.reason) == (1, "declared")


def test_a_stranger_raises_one_alarm_however_often_it_comes() -> None:
    tape = Tape()
    for seq in range(3):
        tape.say("X7", seq, gas_pct_lel=60)
    told = run(tape)
    assert [entry.reason for entry in told.quarantined] == [RefusalReason.UNKNOWN_DEVICE] * 3
    assert told.kinds() == [(AlarmKind.UNKNOWN_DEVICE, "X7", Transition.ONSET)]


def test_a_retry_is_admitted_once_the_configuration_knows_the_device() -> None:
    tape = Tape()
    refused = tape.say("G3", 1, site="S1", gas_pct_lel=60)
    tape.retry(refused)
    tape.configure(configuration(DEVICES + "G3,gas_detector,S1,600\n"))
    tape.retry(refused)
    tape.retry(refused)
    told = run(tape)
    assert [entry.position for entry in told.quarantined] == [1, 2]
    (high,) = told.findings(AlarmKind.GAS_HIGH)
    assert (high.device, high.position, high.value) == ("G3", 4, 60)
    assert (told.devices["G3"].frames, told.devices["G3"].duplicates) == (1, 1)


def test_a_quantity_that_was_never_seen_gets_its_channel_and_nothing_is_forgotten() -> None:
    tape = Tape()
    tape.say("V1", 1, site="S1", valve_open=1)
    tape.say("G1", 1, gas_pct_lel=60)
    half = len(tape)
    tape.say("V1", 2, site="S1", gas_pct_lel=60)  # a valve with a sensor of its own
    tape.say("G1", 2, humidity_pct=40, gas_pct_lel=61)
    engine = Engine(configuration())
    first = feed(engine, tape.frames[:half])
    second = feed(engine, tape.frames[half:])
    assert [f.device for f in first.findings(AlarmKind.GAS_HIGH)] == ["G1"]
    assert [f.device for f in second.findings(AlarmKind.GAS_HIGH)] == ["V1"]
    again = Engine(configuration())
    again.restore(engine.snapshot())
    tape.say("V1", 3, site="S1", gas_pct_lel=70)
    assert feed(again, tape.frames[-1:]).findings(AlarmKind.GAS_HIGH) == []


# ---------------------------------------------------------------- another configuration


def test_a_configuration_in_the_middle_adds_a_device_takes_one_away_and_moves_a_limit() -> None:
    tape = Tape()
    for device in ("G1", "G2"):
        tape.say(device, 1, gas_pct_lel=13)
    tape.say("G3", 1, site="S1", gas_pct_lel=60)
    new = configuration(DEVICES.replace("G2,", "G3,").replace("S2", "S1"), {"gas_high.limit": 12, "gas_low.limit": 10})
    middle = tape.configure(new)
    for device in ("G1", "G2", "G3"):
        tape.say(device, 2, site="" if device == "G2" else "S1", gas_pct_lel=13)
    told = run(tape)
    before, after = feed(Engine(configuration()), tape.frames[:3]), told.findings(AlarmKind.GAS_HIGH)
    assert before.findings(AlarmKind.GAS_HIGH) == []
    assert [(f.device, f.limit) for f in after] == [("G1", 12), ("G3", 12)]
    assert [(entry.device, entry.position) for entry in told.quarantined] == [("G3", 3), ("G2", 6)]
    (step,) = [step for step in told.steps if step.configuration is not None]
    assert (step.position, step.configuration) == (middle.position, new)
    assert [s.position for s in told.steps] == [3, 4, 5, 6, 7]


def test_what_stands_goes_on_under_another_numbering_of_the_devices() -> None:
    tape = Tape()
    tape.say("G2", 1, gas_pct_lel=60)
    lines = DEVICES.splitlines(keepends=True)
    tape.configure(configuration("".join([lines[0], *reversed(lines[1:])])))
    tape.say("G2", 2, gas_pct_lel=61)
    tape.say("G2", 3, gas_pct_lel=0)
    tape.now_ns += 301 * S
    tape.say("G2", 4, gas_pct_lel=0)
    tape.tick()
    found = run(tape).findings(AlarmKind.GAS_HIGH)
    assert [(f.device, f.transition) for f in found] == [("G2", Transition.ONSET), ("G2", Transition.END)]


def test_the_ledger_of_gaps_follows_the_configuration_too() -> None:
    tape = Tape()
    tape.configure(configuration(numbers={"gap.open_after": 100}))
    tape.say("G1", 1, gas_pct_lel=1)
    tape.say("G1", 3, gas_pct_lel=1)
    tape.tick(90)
    assert run(tape).gaps == {}
    tape.tick(20)
    assert [gap.from_seq for gap in run(tape).gaps.values()] == [2]


def test_the_same_configuration_again_is_no_step() -> None:
    tape = Tape()
    tape.configure(configuration())
    assert run(tape).steps == []


def test_a_configuration_that_nobody_can_read_leaves_the_one_before_in_force(caplog: pytest.LogCaptureFixture) -> None:
    tape = Tape()
    tape.put(CONFIGURATION_TOPIC, b"{}")
    tape.say("G1", 1, gas_pct_lel=60)
    assert [f.device for f in run(tape).findings()] == ["G1"]
    assert "position 1 is not used" in caplog.text


# ---------------------------------------------------------------- ourselves


class Failing(Detector):
    """Raises at every reading above 90, and counts how often it was built."""

    built = 0

    def __init__(self) -> None:
        Failing.built += 1

    def update(self, batch: Batch) -> list[Finding]:
        if batch.value.max() > 90:
            raise ZeroDivisionError("of the test")
        return []

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        del log_ns, position
        return []

    def snapshot(self) -> bytes:
        return b""

    def restore(self, blob: bytes, remap: Remap | None = None) -> None:
        del blob, remap


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Failing, "built", 0)
    monkeypatch.setitem(CATALOGUE, "gas_rising", lambda _channels, _rules: Failing())


@pytest.mark.usefixtures("failing")
def test_a_detector_that_raises_is_an_alarm_that_latches_and_the_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=95)
    tape.say("G2", 1, gas_pct_lel=60)
    told = feed(Engine(configuration()), tape.frames, 1)
    assert told.kinds() == [
        (AlarmKind.DETECTOR_FAILED, SYSTEM, Transition.ONSET),
        (AlarmKind.DETECTOR_FAILED, SYSTEM, Transition.END),
        (AlarmKind.GAS_HIGH, "G1", Transition.ONSET),
        (AlarmKind.GAS_HIGH, "G2", Transition.ONSET),
    ]
    assert told.findings()[0].reason == "gas_rising"
    assert Failing.built == 2  # it starts anew
    assert configuration().rulebook.definition(AlarmKind.DETECTOR_FAILED).latching
    assert "ZeroDivisionError: of the test" in caplog.text


@pytest.mark.usefixtures("failing")
def test_a_detector_that_raises_at_every_reading_is_no_flood_of_alarms() -> None:
    tape, engine = Tape(), Engine(configuration())
    for seq in range(20):
        tape.say("G1", seq, gas_pct_lel=95)
        tape.now_ns += 60 * S
    first = feed(engine, tape.frames[:10], 1)
    again = Engine(configuration())
    again.restore(engine.snapshot())
    rest = feed(again, tape.frames[10:], 1)
    assert len(first.findings(AlarmKind.DETECTOR_FAILED)) == len(rest.findings(AlarmKind.DETECTOR_FAILED)) == 2


def test_a_change_of_our_own_health_is_an_alarm_of_the_system() -> None:
    tape = Tape()
    for level in (1, 2, 0):
        tape.put(HEALTH_TOPIC, msgspec.json.encode(Health(AlarmKind.LOG_SPACE, level, 85.0, 80.0, "log_used")))
    found = run(tape).findings()
    assert [(f.device, f.level, f.transition) for f in found] == [
        (SYSTEM, 1, Transition.ONSET),
        (SYSTEM, 2, Transition.ONSET),
        (SYSTEM, 0, Transition.END),
    ]
    assert (found[0].value, found[0].limit, found[0].reason) == (85.0, 80.0, "log_used")


@pytest.mark.parametrize("where", [topic("G1"), TICK_TOPIC, CONFIGURATION_TOPIC, ""])
def test_a_frame_that_the_disk_changed_is_quarantined_and_told_once_for_people_to_look_at_the_disk(where: str) -> None:
    engine = Engine(configuration())
    outcome = engine.feed([Frame(1, START_NS, TICK_TOPIC, b""), Frame(2, 0, where, b"\0", intact=False)])
    (entry,) = outcome.quarantined
    assert (entry.position, entry.reason) == (2, RefusalReason.LOG_CORRUPT)
    last = outcome.steps[-1]
    assert (last.position, last.log_ns) == (2, START_NS)  # time does not go back to 1970
    assert [(f.kind, f.transition) for f in last.findings] == [
        (AlarmKind.LOG_CORRUPT, Transition.ONSET),
        (AlarmKind.LOG_CORRUPT, Transition.END),
    ]


# ---------------------------------------------------------------- the ledger


def test_birth_and_will_are_outside_the_count_and_tell_how_the_device_is() -> None:
    tape = Tape()
    tape.put(topic("G1", "status"), b'{"online":true,"boot_id":"b","seq":0,"interval_s":5}')
    tape.say("G1", 1, gas_pct_lel=1)
    engine = Engine(configuration())
    alive = feed(engine, tape.frames).devices["G1"]
    tape.put(topic("G1", "status"), b'{"online":false,"boot_id":"b"}')
    told = feed(engine, tape.frames[2:])
    assert (alive.online, alive.interval_s, alive.counted, alive.frames) == (True, 5.0, True, 1)
    assert not told.devices["G1"].online
    assert told.kinds() == [(AlarmKind.DEVICE_SILENT, "G1", Transition.ONSET)]


def test_a_number_that_never_came_is_a_gap_and_the_number_of_a_refused_message_is_none() -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=1)
    tape.say("G1", 2, gas_pct_lel="NaN")
    tape.put(topic("G1", "event"), b'{"boot_id":"b","seq":3,"event":"mute"}')
    tape.say("G1", 6, gas_pct_lel=1)
    tape.tick(40)
    told = run(tape)
    assert [(gap.from_seq, gap.to_seq, gap.reason) for gap in told.gaps.values()] == [(4, 5, "missing")]
    assert told.devices["G1"].missing == 2


def test_a_clock_that_runs_ahead_is_moved_back_and_noted() -> None:
    tape = Tape()
    tape.say("G1", 1, late_s=-3_600, gas_pct_lel=60)
    told = run(tape)
    assert {kind for kind, _, _ in told.kinds()} == {AlarmKind.GAS_HIGH, AlarmKind.CLOCK_WRONG}
    assert told.devices["G1"].shift_ns == pytest.approx(3_600 * S, rel=1e-3)

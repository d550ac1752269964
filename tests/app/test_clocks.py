"""Slow clocks, from the frames that betray them to the series and the alarms, on a real log."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.inforce import offsets_in_force
from app.roles.engine import Engine
from app.roles.write import Write
from domain.alarm import AlarmKind
from domain.finding import Finding
from domain.frame import CLOCK_TOPIC, Frame
from domain.quality import Quality
from domain.quantity import Quantity
from ingest.slow import pack_offsets
from store.framelog import FrameLog
from store.series import EmbeddedSeries
from tests.app.support import START_NS, Plant, S, Tape, bites, catch_up, configuration, topic, wait_for
from tests.app.test_watch import running

HOUR_S = 3_600
FOR_EVER = 1 << 62


def slow(tape: Tape, first: int, count: int, *, age_s: float = HOUR_S, gas: float = 0, device: str = "G1") -> None:
    for seq in range(first, first + count):
        tape.say(device, seq, late_s=age_s, gas_pct_lel=gas)
        tape.tick(20)


def an_hour_slow() -> Tape:
    """Twenty frames betray the clock, the watch says so, then gas."""
    tape = Tape()
    tape.configure(configuration())
    slow(tape, 1, 20)
    tape.put(CLOCK_TOPIC, pack_offsets({"G1": HOUR_S * S}))
    slow(tape, 21, 3, gas=60)
    return tape


def points(plant: Plant, device: str = "G1") -> list[int]:
    return plant.series.series(device, Quantity.GAS_PCT_LEL, 0, FOR_EVER, 10_000).time_ns


def store(plant: Plant, series: EmbeddedSeries | None = None, log: FrameLog | None = None) -> Write:
    role = Write(
        log=log or plant.log, series=series or plant.series, quarantine=plant.quarantine, refusals=plant.refusals
    )
    while role.bite():
        pass
    return role


def wait_ticking(plant: Plant, condition: Callable[[], object]) -> None:
    def ask() -> object:
        plant.clock.now_ns += S
        return condition()

    wait_for(ask)


def told(frames: Sequence[Frame], size: int) -> tuple[list[Finding], bytes]:
    engine = Engine(configuration())
    outcomes = [engine.feed(bite) for bite in bites(frames, size)]
    return [f for outcome in outcomes for step in outcome.steps for f in step.findings], engine.snapshot()


def test_the_watch_finds_a_slow_clock_once_and_its_gas_pages_from_then_on(plant: Plant) -> None:
    tape = Tape()
    tape.configure(configuration())
    slow(tape, 1, 25, gas=60)
    plant.log.append(tape.entries)
    plant.clock.now_ns = tape.now_ns
    with running(lambda: plant.watch(log=FrameLog(plant.folder / "log"))):
        wait_ticking(plant, lambda: plant.log.clocks_at(1 << 40))
        assert plant.records.alarms(kind=AlarmKind.GAS_HIGH, standing=True) == []  # an hour old, as far as anybody knew
        tape.say("G1", 26, late_s=HOUR_S, gas_pct_lel=60)
        plant.log.append(tape.entries[-1:])
        wait_for(lambda: plant.records.alarms(kind=AlarmKind.GAS_HIGH, standing=True))
    (wrong,) = plant.records.alarms(kind=AlarmKind.CLOCK_WRONG)
    assert (wrong.device, wrong.priority, wrong.reason, wrong.life.level) == ("G1", 3, "slow", 2)
    assert wrong.value == pytest.approx(HOUR_S, abs=1)
    clocks = [frame for frame in plant.log.read(0, 100_000) if frame.topic == CLOCK_TOPIC]
    assert [frame.payload for frame in clocks] == [pack_offsets(offsets_in_force(plant.log, 1 << 40))]


def test_a_watch_that_is_killed_right_after_it_found_a_slow_clock_says_it_once(plant: Plant) -> None:
    plant.log.append(an_hour_slow().entries)
    plant.clock.now_ns = plant.log.read(plant.log.last() - 1)[0].received_ns
    with running(lambda: plant.watch(log=FrameLog(plant.folder / "log"))):  # reads the whole log again
        wait_ticking(plant, lambda: plant.records.alarms(kind=AlarmKind.GAS_HIGH, standing=True))
        end = plant.log.last() + 3
        wait_ticking(plant, lambda: plant.records.cursor("watch") >= end)
    assert sum(frame.topic == CLOCK_TOPIC for frame in plant.log.read(0, 100_000)) == 1


def test_corrected_readings_are_uncertain_live_and_near_their_arrival(plant: Plant) -> None:
    tape = an_hour_slow()
    plant.log.append(tape.entries)
    store(plant)
    arrivals = [frame.received_ns for frame in tape.frames if frame.topic == topic("G1")]
    before, after = points(plant)[:20], points(plant)[20:]
    assert [at - time_ns for at, time_ns in zip(arrivals, before, strict=False)] == pytest.approx(
        [HOUR_S * S] * 20, abs=S
    )
    assert [at - time_ns for at, time_ns in zip(arrivals[20:], after, strict=True)] == pytest.approx([0] * 3, abs=S)
    latest = plant.series.latest("G1")[Quantity.GAS_PCT_LEL]
    assert (latest.quality, latest.late) == (Quality.UNCERTAIN, False)


@pytest.mark.parametrize("cut", [5, 250, 430, 460])
def test_a_write_that_starts_anew_anywhere_gives_the_same_times(plant: Plant, tmp_path: Path, cut: int) -> None:
    plant.log.append(an_hour_slow().entries)
    store(plant)
    other = EmbeddedSeries(tmp_path / "other.db")
    other.write([], cursor=cut, frames=0)
    store(plant, other)
    again = other.series("G1", Quantity.GAS_PCT_LEL, 0, FOR_EVER, 10_000).time_ns
    assert again == points(plant)[-len(again) :] != []
    other.close()


def test_offsets_in_force_survive_the_trimming_of_the_segment_that_told_them(plant: Plant) -> None:
    log = FrameLog(plant.folder / "small", segment_bytes=40_000)
    tape = an_hour_slow()
    log.append(tape.entries)
    while log.first() <= len(tape):
        tape.tick()
        log.append(tape.entries[-1:])
        log.trim(log.last(), tape.now_ns)
    slow(tape, 24, 1, gas=60)
    log.append(tape.entries[-21:-20])
    plant.series.write([], cursor=log.last() - 1, frames=0)
    store(plant, log=log)
    engine = Engine(configuration())
    steps = engine.feed(log.read(0, 100_000)).steps
    assert points(plant)[-1] == pytest.approx(tape.frames[-21].received_ns, abs=S)
    assert AlarmKind.GAS_HIGH in {finding.kind for step in steps for finding in step.findings}
    log.close()


def test_a_clock_that_was_repaired_is_believed_at_once_and_its_offset_withdrawn(plant: Plant) -> None:
    tape = an_hour_slow()
    repaired = tape.say("G1", 24, gas_pct_lel=0)
    engine = Engine(configuration())
    engine.feed(tape.frames)
    assert engine.offsets() == {}
    tape.put(CLOCK_TOPIC, pack_offsets({}))
    tape.say("G1", 25, late_s=HOUR_S, gas_pct_lel=60)  # late indeed
    engine.feed(tape.frames[-2:])
    assert engine.offsets() is None
    plant.log.append(tape.entries)
    store(plant)
    assert repaired.received_ns - points(plant)[-1] < S  # the first live one; the late one lies before it
    assert offsets_in_force(plant.log, plant.log.last()) == {}


def test_clock_frames_that_cannot_be_read_leave_the_offsets_before_in_force(plant: Plant) -> None:
    tape = an_hour_slow()
    tape.put(CLOCK_TOPIC, b"{}")
    tape.say("G1", 24, late_s=HOUR_S, gas_pct_lel=60)
    plant.log.append(tape.entries)
    store(plant)
    assert points(plant)[-1] == pytest.approx(tape.now_ns, abs=S)
    assert offsets_in_force(plant.log, plant.log.last()) == {"G1": HOUR_S * S}
    plant.log.append([(tape.now_ns, CLOCK_TOPIC, b"{}"), *tape.entries[-1:]])
    assert told(plant.log.read(0, 100_000), 1_000) == told(plant.log.read(0, 100_000), 3)


def test_a_device_that_does_not_count_is_found_out_too() -> None:
    tape = Tape()
    for _ in range(20):
        tape.say("G2", None, late_s=90, gas_pct_lel=0)
        tape.tick(20)
    engine = Engine(configuration())
    engine.feed(tape.frames)
    assert (engine.offsets() or {})["G2"] == pytest.approx(90 * S, abs=S)


def test_neither_a_second_copy_nor_a_retry_is_evidence_against_a_clock() -> None:
    tape, engine = Tape(), Engine(configuration())
    first = tape.say("G1", 1, late_s=HOUR_S, gas_pct_lel=0)
    for seq in range(2, 40):
        tape.tick(20)
        tape.again(first)
        tape.retry(Frame(1, tape.now_ns, topic("G1"), sent(tape, seq)))
    engine.feed(tape.frames)
    assert engine.offsets() is None


def sent(tape: Tape, seq: int) -> bytes:
    return b'{"boot_id":"b","seq":%d,"time":%d,"values":{"gas_pct_lel":0}}' % (seq, (tape.now_ns - HOUR_S * S) // 10**6)


def test_the_birth_of_a_device_with_a_slow_clock_is_news() -> None:
    tape = an_hour_slow()
    engine = Engine(configuration())
    engine.feed(tape.frames)
    birth = b'{"online":true,"boot_id":"c","seq":0,"time":%d,"interval_s":5}' % ((tape.now_ns - HOUR_S * S) // 10**6)
    tape.put(topic("G1", "status"), birth)
    (state,) = engine.feed(tape.frames[-1:]).devices
    assert (state.boot_id, state.interval_s) == ("c", 5)


def test_a_backlog_is_stored_with_its_own_times_pages_nobody_and_comes_twice_without_a_double(plant: Plant) -> None:
    tape = Tape()
    tape.configure(configuration())
    for seq in range(200):
        tape.say("G1", seq, late_s=20_000 - 60 * seq, gas_pct_lel=60)
    backlog = tape.entries[1:]
    tape.tick(60)
    tape.entries += backlog
    tape.tick(60)
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    store(plant)
    assert len(points(plant)) == 200
    assert points(plant)[0] == pytest.approx(START_NS - 20_000 * S, abs=S)
    assert plant.log.clocks_at(1 << 40) is None
    assert plant.records.notices() == []
    state = plant.records.device_states()["G1"]
    assert (state.frames, state.duplicates) == (200, 200)


@pytest.mark.untraced
@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0, 90, 3_600]), st.sampled_from([0, 60])), max_size=40),
    st.integers(0, 40),
    st.integers(1, 60),
)
def test_gives_the_same_whatever_the_size_of_its_bites(frames: list[tuple[int, int]], where: int, size: int) -> None:
    tape = Tape()
    for seq, (age_s, gas) in enumerate(frames):
        if seq in {where, where + 9}:
            tape.put(CLOCK_TOPIC, pack_offsets({"G1": 3_600 * S} if seq == where else {}))
        slow(tape, seq, 1, age_s=age_s, gas=gas)
    assert told(tape.frames, size) == told(tape.frames, 100_000)

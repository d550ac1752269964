import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from alerting.fusion import USUAL
from app.pulse import IngestPulse
from app.readers import WATCH
from app.roles import watch as watch_module
from app.roles.health import HealthWatch
from app.roles.watch import Watch, fusion_numbers
from domain.alarm import AlarmKind
from domain.errors import Conflict, StoreUnavailable
from domain.frame import CONFIGURATION_TOPIC, HEALTH_TOPIC, TICK_TOPIC
from store.framelog import FrameLog
from store.records import Records
from store.snapshot import SnapshotStore
from store.unit import Unit
from tests.app.support import DEVICES, START_NS, Plant, S, Tape, catch_up, configuration, wait_for


def trouble() -> Tape:
    """Gas that comes and goes at two places, a stranger, a value that is no number, and numbers that never came."""
    tape = Tape()
    for seq in range(1, 41):
        tape.say("G1", seq, gas_pct_lel=seq)
        if not 23 <= seq <= 26:
            tape.say("G2", seq, gas_pct_lel=60 if 10 <= seq < 20 else 0, temperature_c="NaN" if seq == 30 else 20)
        if seq % 15 == 0:
            tape.say("X7", seq, gas_pct_lel=60)
        tape.tick(5)
    for late in (23, 24):
        tape.say("G2", late, gas_pct_lel=0)
        tape.tick(8)  # so that small bites hold one of them each
    return tape


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    plant = Plant(tmp_path_factory.mktemp("undisturbed"))
    plant.log.append(trouble().entries)
    catch_up(plant.watch())
    yield plant
    plant.close()


def log(plant: Plant) -> FrameLog:
    return FrameLog(plant.folder / "log")


def ledgers(plant: Plant) -> tuple[object, ...]:
    """What stands beside the alarms; numbers that a database gives need not be without gaps."""
    records = plant.records
    quarantined = [dataclasses.replace(entry, id=0) for entry in records.quarantine()]
    return quarantined, records.gaps(), records.incidents(), [notice.key for notice in records.notices()]


@contextmanager
def running(build: Callable[[], Watch]) -> Iterator[None]:
    """A watch that lives in a thread of its own, as its log must, until the end of the block."""
    stop, failed = threading.Event(), list[Exception]()

    def run() -> None:
        try:
            build().run(stop)
        except Exception as error:  # noqa: BLE001 - the block's end tells it
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
    assert failed == []


# ---------------------------------------------------------------- the log and the records


def test_alarms_and_the_position_that_they_belong_to_are_committed_together(plant: Plant) -> None:
    tape = Tape()
    high = tape.say("G1", 1, gas_pct_lel=60)
    tape.tick()
    plant.log.append(tape.entries)
    told: list[tuple[int, int]] = []
    since_ns: list[int] = []
    watch = plant.watch(committed=lambda position, now_ns: told.append((position, now_ns)), took=since_ns.append)
    catch_up(watch)
    entry, annunciated = plant.records.journal()
    assert annunciated.event == "annunciate"
    assert (entry.kind, entry.device, entry.event, entry.position) == (AlarmKind.GAS_HIGH, "G1", "raise", high.position)
    assert plant.records.cursor(WATCH) == watch.position == plant.log.last() == 3
    assert told == [(3, START_NS)]
    assert since_ns == [high.received_ns]
    assert watch.findings == 1
    assert plant.records.device_states()["G1"].frames == 1
    assert len(plant.records.notices()) == 1


def test_what_is_refused_or_missing_stands_in_the_ledgers(undisturbed: Plant) -> None:
    quarantined = {(entry.reason, entry.device) for entry in undisturbed.records.quarantine()}
    assert quarantined == {("unknown_device", "X7"), ("non_finite", "G2")}
    gaps = sorted((gap.from_seq, gap.to_seq, gap.reason) for gap in undisturbed.records.gaps("G2"))
    assert gaps == [(23, 24, "arrived_late"), (25, 26, "missing")]
    kinds = {alarm.kind for alarm in undisturbed.records.alarms()}
    assert kinds >= {AlarmKind.GAS_LOW, AlarmKind.GAS_HIGH, AlarmKind.UNKNOWN_DEVICE, AlarmKind.DEVICE_FAULT}


@pytest.mark.untraced
@pytest.mark.parametrize("saved", [2, 9, 30])
@pytest.mark.parametrize("killed", [0, 1, 20])
def test_a_start_from_an_older_snapshot_tells_nothing_twice(
    plant: Plant, undisturbed: Plant, monkeypatch: pytest.MonkeyPatch, saved: int, killed: int
) -> None:
    monkeypatch.setattr(watch_module, "_BITE", 7)
    plant.log.append(trouble().entries)
    first = plant.watch()
    for _ in range(saved):
        first.bite()
    first.save_snapshot()
    for _ in range(killed):
        first.bite()  # and then kill -9
    second, committed = plant.watch(), plant.records.cursor(WATCH)
    assert second.position == 7 * saved <= committed
    second.bite()  # and killed again, while it catches up
    assert plant.records.cursor(WATCH) == max(committed, second.position)
    catch_up(plant.watch())
    assert plant.story() == undisturbed.story()
    assert ledgers(plant) == ledgers(undisturbed)
    assert plant.records.device_states() == undisturbed.records.device_states()


def test_a_start_without_snapshots_reads_the_whole_log_and_tells_nothing_twice(
    plant: Plant, undisturbed: Plant, tmp_path: Path
) -> None:
    plant.log.append(trouble().entries)
    catch_up(plant.watch())
    again = catch_up(plant.watch(snapshots=SnapshotStore(tmp_path / "empty")))
    assert (again.position, again.findings) == (plant.log.last(), 0)
    assert plant.story() == undisturbed.story()


def test_a_snapshot_that_cannot_be_used_costs_reading_the_log_from_its_beginning(
    plant: Plant, undisturbed: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    plant.log.append(trouble().entries)
    plant.snapshots.put(50, b"of another release")
    catch_up(plant.watch())
    assert "snapshot at 50 not used" in caplog.text
    assert plant.story() == undisturbed.story()


def test_what_a_device_said_last_survives_a_stop_right_after_it(plant: Plant) -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries)
    watch = catch_up(plant.watch())
    tape.say("G1", 2, gas_pct_lel=1)  # within the pause between two rounds of device states
    plant.log.append(tape.entries[1:])
    catch_up(watch)
    watch.save_snapshot()
    catch_up(plant.watch())
    assert plant.records.device_states()["G1"].frames == 2


# ---------------------------------------------------------------- neighbours that are away


class Away(Records):
    """Records that cannot be used for a while."""

    def __init__(self, plant: Plant, *errors: Exception) -> None:
        super().__init__(f"sqlite:///{plant.folder / 'records.db'}")
        self.errors = list(errors)

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        if self.errors:
            raise self.errors.pop(0)
        with super().unit() as unit:
            yield unit


def test_records_that_are_away_delay_and_lose_nothing(
    plant: Plant, undisturbed: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "_BITE", 40)
    plant.log.append(trouble().entries)
    records = Away(plant, StoreUnavailable("locked"), StoreUnavailable("locked"), Conflict("acknowledged meanwhile"))
    catch_up(plant.watch(records=records))
    records.close()
    assert records.errors == []
    assert plant.story() == undisturbed.story()
    assert ledgers(plant) == ledgers(undisturbed)


def test_a_stop_while_the_records_are_away_leaves_the_bite_to_the_next_start(plant: Plant, undisturbed: Plant) -> None:
    plant.log.append(trouble().entries)
    records = Away(plant, *[StoreUnavailable("locked")] * 1_000)
    with pytest.raises(AssertionError, match="locked"), running(lambda: plant.watch(log=log(plant), records=records)):
        wait_for(lambda: len(records.errors) < 999)
    assert plant.records.cursor(WATCH) == 0
    records.close()
    catch_up(plant.watch())
    assert [entry.event for entry in plant.records.journal()] == [e.event for e in undisturbed.records.journal()]


class FullDisk(SnapshotStore):
    """Takes nothing."""

    def put(self, position: int, blob: bytes) -> None:
        raise StoreUnavailable(f"no space for {len(blob)} bytes at {position}")


def test_a_disk_without_space_for_snapshots_does_not_end_the_watch(
    plant: Plant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    plant.watch(snapshots=FullDisk(tmp_path / "full")).save_snapshot()
    assert "no snapshot: no space for" in caplog.text


# ---------------------------------------------------------------- configurations


def configurations(plant: Plant) -> list[bytes]:
    return [frame.payload for frame in plant.log.read(0) if frame.topic == CONFIGURATION_TOPIC]


def test_the_first_start_puts_the_configuration_into_the_log_and_the_next_one_does_not(plant: Plant) -> None:
    for _ in range(2):
        catch_up(plant.watch())
        assert configurations(plant) == [configuration().packed]


def test_a_changed_rulebook_holds_from_the_start_on_that_found_it(plant: Plant) -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=45)
    plant.log.append(tape.entries)
    catch_up(plant.watch()).save_snapshot()
    strict = configuration(numbers={"gas_high.limit": 40, "gas_high.priority": 1})
    watch = catch_up(plant.watch(strict))
    assert configurations(plant) == [configuration().packed, strict.packed]
    assert plant.records.journal() == []
    tape.say("G1", 2, gas_pct_lel=45)
    plant.log.append(tape.entries[1:])
    catch_up(watch)
    (alarm,) = (alarm for alarm in plant.records.alarms() if alarm.kind is AlarmKind.GAS_HIGH)
    assert (alarm.value, alarm.limit, alarm.priority) == (45, 40, 1)
    again = catch_up(plant.watch(strict, snapshots=SnapshotStore(plant.folder / "none")))
    assert again.position == plant.log.last()
    assert len(configurations(plant)) == 2


def test_frames_from_before_the_change_are_judged_as_the_log_says_and_not_as_the_files_say(plant: Plant) -> None:
    catch_up(plant.watch()).save_snapshot()
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=60)
    plant.log.append(tape.entries)
    catch_up(plant.watch(configuration(numbers={"gas_high.priority": 1, "gas_high.limit": 40})))
    (alarm,) = plant.records.alarms()
    assert (alarm.priority, alarm.limit) == (2, 50)


def test_a_device_that_is_new_in_the_files_is_known_after_the_start(plant: Plant) -> None:
    catch_up(plant.watch()).save_snapshot()
    watch = plant.watch(configuration(DEVICES + "G3,gas_detector,S2,600\n"))
    tape = Tape()
    tape.say("G3", 1, site="S2", gas_pct_lel=60)
    plant.log.append(tape.entries)
    catch_up(watch)
    (alarm,) = plant.records.alarms()
    assert (alarm.device, alarm.site, alarm.zone) == ("G3", "S2", "Z1")


# ---------------------------------------------------------------- time and health


def ticks(plant: Plant) -> list[int]:
    return [(frame.received_ns - START_NS) // S for frame in plant.log.read(0, 10_000) if frame.topic == TICK_TOPIC]


def test_ticks_once_a_second_of_its_clock_and_goes_on_when_the_clock_is_set_back(plant: Plant) -> None:
    seconds = [0, 1, 2, -50, -49]
    with running(lambda: plant.watch(log=log(plant))):
        for number, now_s in enumerate(seconds):
            plant.clock.now_ns = START_NS + now_s * S
            wait_for(lambda: ticks(plant) == seconds[: number + 1])  # noqa: B023 - called at once
    newest = plant.snapshots.newest()
    assert newest is not None
    assert newest[0] == plant.log.last() == plant.records.cursor(WATCH)


class Refusing(FrameLog):
    """A log on a disk that is full for a while."""

    refusals = 1

    def append(self, entries: list[tuple[int, str, bytes]]) -> int:  # type: ignore[override] # as the watch calls it
        if entries and entries[0][1] == HEALTH_TOPIC and self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("disk full")
        return super().append(entries)


def test_a_change_of_health_that_the_log_refused_is_told_at_the_next_tick(
    plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    def build() -> Watch:
        small = FrameLog(plant.folder / "log", limit_bytes=1)
        health = HealthWatch(small, configuration().rulebook, plant.series.cursor, IngestPulse, plant.write_pulse.read)
        return plant.watch(log=Refusing(plant.folder / "log"), health=health)

    with running(build):
        wait_for(lambda: "disk full" in caplog.text)
        for count in (2, 3):
            plant.clock.now_ns += S
            wait_for(lambda: len(ticks(plant)) == count)  # noqa: B023 - called at once
        wait_for(lambda: plant.records.alarms(kind=AlarmKind.LOG_SPACE))
    told = [frame.payload for frame in plant.log.read(0) if frame.topic == HEALTH_TOPIC]
    assert len(told) == len(set(told)) == 5  # space, lag, broker, series and roles, once each
    (alarm,) = plant.records.alarms(kind=AlarmKind.LOG_SPACE)
    assert (alarm.subject, alarm.priority, alarm.reason) == ("system", 1, "log_used")


def test_a_snapshot_is_due_after_many_frames_or_after_a_while(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "_SNAPSHOT_FRAMES", 10)
    with running(lambda: plant.watch(log=log(plant))):
        plant.log.append(trouble().entries[:40])
        wait_for(plant.snapshots.newest)


def test_what_belongs_together_is_as_usual_with_the_rulebook_as_shipped() -> None:
    assert fusion_numbers(configuration().rulebook) == USUAL

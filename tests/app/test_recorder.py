"""While the records are away the watch goes on; what it held is recorded once, in order."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from app.readers import WATCH
from app.roles import recorder as recorder_module
from app.roles import watch as watch_module
from domain.alarm import AlarmKind
from domain.errors import StoreUnavailable
from domain.finding import Finding
from store.framelog import FrameLog
from store.records import Records
from store.unit import Unit
from tests.app.support import Plant, Tape, catch_up, configuration, wait_for


class Away(Records):
    """Records whose database a test takes away and gives back."""

    def __init__(self, plant: Plant) -> None:
        super().__init__(f"sqlite:///{plant.folder / 'records.db'}")
        self.away = threading.Event()
        self.lost_answers = 0

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        if self.away.is_set():
            raise StoreUnavailable("away")
        with super().unit() as unit:
            yield unit
        if self.lost_answers:
            self.lost_answers -= 1
            raise StoreUnavailable("the database fell between its commit and its answer")


@pytest.fixture
def records(plant: Plant) -> Iterator[Away]:
    records = Away(plant)
    yield records
    records.close()


def trouble() -> Tape:
    """Gas above both limits that comes and goes at two places, and ticks that move timers."""
    tape = Tape()
    for seq in range(1, 25):
        tape.say("G1", seq, gas_pct_lel=60 if 6 <= seq < 12 else 0)
        tape.say("G2", seq, gas_pct_lel=30 if 10 <= seq < 16 else 0)
        tape.tick(8)
    return tape


def undisturbed(plant: Plant, other: Callable[[str], Plant]) -> object:
    quiet = other("quiet")
    quiet.log.append([(f.received_ns, f.topic, f.payload) for f in plant.log.read(0, 10_000)])
    catch_up(quiet.watch())
    return quiet.story()


@pytest.fixture
def other(plant: Plant) -> Iterator[Callable[[str], Plant]]:
    made: list[Plant] = []

    def build(name: str) -> Plant:
        made.append(Plant(plant.folder / name))
        return made[-1]

    yield build
    for one in made:
        one.close()


def bites(watch: watch_module.Watch, count: int) -> None:
    for _ in range(count):
        assert watch.bite()


def test_the_watch_reads_on_while_the_records_are_away_and_all_is_recorded_once(
    plant: Plant, records: Away, other: Callable[[str], Plant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "_BITE", 7)
    plant.log.append(trouble().entries)
    watch = plant.watch(records=records)
    bites(watch, 4)
    records.away.set()
    bites(watch, 20)
    assert watch.position == 24 * 7
    assert plant.records.cursor(WATCH) == 4 * 7
    records.away.clear()
    catch_up(watch)
    assert plant.records.cursor(WATCH) == plant.log.last()
    assert plant.story() == undisturbed(plant, other)


def test_what_was_committed_without_an_answer_is_not_done_twice(
    plant: Plant, records: Away, other: Callable[[str], Plant], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch_module, "_BITE", 40)
    plant.log.append(trouble().entries)
    records.lost_answers = 3
    watch = catch_up(plant.watch(records=records))
    assert records.lost_answers == 0
    assert plant.story() == undisturbed(plant, other)
    assert watch.findings > 0


def test_what_is_held_is_bounded(plant: Plant, records: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "_BITE", 7)
    monkeypatch.setattr(recorder_module, "HELD_FRAMES", 30)
    plant.log.append(trouble().entries)
    watch = plant.watch(records=records)
    records.away.set()
    for _ in range(12):
        watch.bite()
    assert watch.position == 35
    records.away.clear()
    catch_up(watch)
    assert plant.records.cursor(WATCH) == plant.log.last()


def test_only_what_is_of_priority_1_is_told_at_once(plant: Plant, records: Away) -> None:
    told: list[Finding] = []
    catch_up(plant.watch(configuration(numbers={"gas_high.priority": 1})))  # puts it into the log
    plant.log.append(trouble().entries)
    records.away.set()
    watch = plant.watch(configuration(numbers={"gas_high.priority": 1}), records=records, unrecorded=told.append)
    bites(watch, 1)
    assert [(f.kind, f.device) for f in told] == [(AlarmKind.GAS_HIGH, "G1"), (AlarmKind.LINKAGE_FAILED, "V1")]
    records.away.clear()
    catch_up(watch)
    assert {(alarm.kind, alarm.device) for alarm in plant.records.alarms(priority=1)} == {
        (f.kind, f.device) for f in told
    }
    assert len(told) == 2


def test_no_snapshot_passes_what_is_held(plant: Plant, records: Away, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch_module, "_SNAPSHOT_FRAMES", 1)
    plant.log.append(trouble().entries)
    records.away.set()
    stop, failed = threading.Event(), list[Exception]()

    def run() -> None:
        try:
            plant.watch(log=FrameLog(plant.folder / "log"), records=records).run(stop)
        except StoreUnavailable as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: plant.log.last() > len(trouble()))
    stop.set()
    thread.join(10)
    assert [str(error) for error in failed] == ["away"]
    assert plant.snapshots.newest() is None


def test_a_snapshot_that_is_ahead_of_the_records_is_not_used(
    plant: Plant, other: Callable[[str], Plant], caplog: pytest.LogCaptureFixture
) -> None:
    plant.log.append(trouble().entries)
    catch_up(plant.watch()).save_snapshot()
    told = plant.story()
    restored = other("restored")
    again = catch_up(plant.watch(records=restored.records))
    assert "the records end at 0" in caplog.text
    assert again.position == plant.log.last()
    assert restored.story() == told

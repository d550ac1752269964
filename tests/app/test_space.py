"""A small log on a real disk, driven to 80, 95 and 100 % of its limit."""

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from app.pulse import IngestPulse, WritePulse
from app.roles import ingest
from app.roles.health import HealthWatch
from app.roles.ingest import GuardedAppend
from app.roles.write import Write
from app.space import Space
from domain.errors import StoreUnavailable
from domain.frame import CONFIGURATION_TOPIC, THINNED_TOPIC, Frame
from domain.quantity import Quantity
from store.framelog import FrameLog
from tests.app.support import START_NS, Plant, S, catch_up, configuration, topic

LIMIT = 3_000_000
SEGMENT = 300_000
FOR_EVER = 1 << 62


@pytest.fixture
def small(plant: Plant) -> Iterator[FrameLog]:
    with closing(FrameLog(plant.folder / "small", segment_bytes=SEGMENT, limit_bytes=LIMIT)) as log:
        log.append([(START_NS, CONFIGURATION_TOPIC, configuration().packed)])
        yield log


def share(log: FrameLog) -> float:
    log.close()  # else it would be the write-ahead files that are measured
    return log.size().used_bytes / LIMIT


class Town:
    """Two detectors that report every second, the first of them gas at each hundredth second."""

    def __init__(self, log: FrameLog, gas: float = 30) -> None:
        self.log, self.gas = log, gas
        self.seq, self.now_ns = 0, START_NS

    def until(self, wanted: float) -> None:
        while share(self.log) < wanted:
            self.log.append([entry for _ in range(100) for entry in self.second()])

    def second(self) -> list[tuple[int, str, bytes]]:
        self.seq += 1
        self.now_ns += S
        gas = self.gas if self.seq % 100 == 50 else 1
        return [(self.now_ns, topic(name), reading(self, value)) for name, value in (("G1", gas), ("G2", 1))]


def reading(town: Town, gas: float) -> bytes:
    time_ms = town.now_ns // 1_000_000
    return f'{{"boot_id":"b","seq":{town.seq},"time":{time_ms},"values":{{"gas_pct_lel":{gas}}}}}'.encode()


def space(plant: Plant, log: FrameLog, *, watched: int | None = None, written: int | None = None) -> Space:
    return Space(
        log=log,
        records=plant.records,
        rulebook=configuration().rulebook,
        keep_ns=24 * 3_600 * S,
        watch_position=lambda: log.last() if watched is None else watched,
        write_cursor=lambda: plant.series.cursor() if written is None else written,
    )


def everything(log: FrameLog) -> list[Frame]:
    frames: list[Frame] = []
    while block := log.read(frames[-1].position if frames else 0, 1_000):
        frames += block
    return frames


def thinned(log: FrameLog) -> set[int]:
    return {frame.position for frame in everything(log) if frame.topic == THINNED_TOPIC}


def test_nothing_happens_below_eighty_percent(plant: Plant, small: FrameLog) -> None:
    Town(small).until(0.7)
    before = everything(small)
    space(plant, small).work(FOR_EVER)
    assert everything(small) == before


def test_at_eighty_percent_what_all_have_passed_goes_and_an_alarm_stands(plant: Plant, small: FrameLog) -> None:
    town = Town(small)
    town.until(0.82)
    low = HealthWatch(small, configuration().rulebook, small.last, IngestPulse, WritePulse).changes(
        town.now_ns, small.last()
    )[0]
    assert (low.kind, low.level) == ("log_space", 1)
    assert configuration().rulebook.definitions()["log_space"].priority(1) == 2  # type: ignore[index]
    space(plant, small, written=0).work(FOR_EVER)
    assert small.first() == 1  # `write` still needs them
    space(plant, small, written=small.last()).work(town.now_ns)
    assert small.first() == 1  # too young
    space(plant, small, written=small.last()).work(FOR_EVER)
    assert small.first() > 1
    assert share(small) < 0.8
    assert thinned(small) == set()


def test_at_95_percent_the_log_is_thinned_and_the_space_comes_back(plant: Plant, small: FrameLog) -> None:
    town = Town(small)
    town.until(0.97)
    before = everything(small)
    space(plant, small).work(FOR_EVER)
    after = everything(small)
    gone = thinned(small)
    assert share(small) < 0.95
    assert len(gone) > 300
    assert [frame.position for frame in after] == [frame.position for frame in before]
    assert all(new == old for new, old in zip(after, before, strict=True) if new.position not in gone)
    assert all(f.received_ns <= g.received_ns and f.intact for f, g in zip(after, before, strict=True))
    assert not any(b"30" in before[position - 1].payload.split(b"values")[1] for position in gone)
    assert min(gone) < 10  # the oldest first
    assert max(gone) < before[-1].position - 300  # and no more than needed


def test_a_log_that_only_the_active_segment_fills_is_left_alone(plant: Plant) -> None:
    with closing(FrameLog(plant.folder / "one", segment_bytes=1 << 30, limit_bytes=LIMIT)) as log:
        log.append([(START_NS, CONFIGURATION_TOPIC, configuration().packed)])
        Town(log).until(0.97)
        space(plant, log).work(FOR_EVER)
        assert thinned(log) == set()


def test_what_watch_has_not_durably_passed_or_write_has_stored_is_never_thinned(plant: Plant, small: FrameLog) -> None:
    Town(small).until(0.97)
    space(plant, small, watched=900, written=300).work(0)
    assert thinned(small)
    assert thinned(small) <= set(range(301, 901))


def test_the_ledger_tells_what_was_thinned_and_the_series_hold_the_rest(plant: Plant, small: FrameLog) -> None:
    town = Town(small, gas=1)
    town.until(0.97)
    watch = catch_up(plant.watch(log=small))
    space(plant, small, watched=watch.position).work(FOR_EVER)
    gone = thinned(small)
    role = Write(log=small, series=plant.series, quarantine=plant.quarantine, refusals=plant.refusals)
    while role.bite():
        pass
    stored = {
        (device, time_ns % 1_000_000)
        for device in ("G1", "G2")
        for time_ns in plant.series.series(device, Quantity.GAS_PCT_LEL, 0, FOR_EVER, 1 << 30).time_ns
    }
    rows = plant.records.gaps(limit=10_000)
    told = {(row.device, seq) for row in rows for seq in range(row.from_seq, row.to_seq + 1)}
    sent = {(device, seq) for device in ("G1", "G2") for seq in range(1, town.seq + 1)}
    assert gone
    assert {row.reason for row in rows} == {"thinned"}
    assert sent - stored <= told
    assert len(sent - stored) == len(gone)
    assert plant.series.frames() == len(stored)
    assert {state.missing for state in plant.records.device_states().values()} == {0}


def test_a_watch_that_reads_a_thinned_log_from_its_beginning_misses_only_what_was_lost(
    plant: Plant, small: FrameLog
) -> None:
    town = Town(small, gas=1)
    town.until(0.97)
    for _ in range(3):
        town.second()  # lost on the way
    small.append([entry for _ in range(100) for entry in town.second()])
    watch = catch_up(plant.watch(log=small))
    space(plant, small, watched=watch.position).work(FOR_EVER)
    assert thinned(small)
    catch_up(plant.watch(log=small))  # there is no snapshot
    assert {state.missing for state in plant.records.device_states().values()} == {3}
    gaps = sorted((gap.device, gap.to_seq - gap.from_seq + 1) for gap in plant.records.gaps(reason="missing"))
    assert gaps == [("G1", 3), ("G2", 3)]


def test_a_device_with_a_standing_alarm_is_not_thinned(plant: Plant, small: FrameLog) -> None:
    town = Town(small, gas=1)
    town.until(0.97)
    town.seq += 1
    small.append([(town.now_ns, topic("G2"), reading(town, 90))])
    before = {frame.position: frame.topic for frame in everything(small)}
    watch = catch_up(plant.watch(log=small))
    assert {alarm.device for alarm in plant.records.alarms(standing=True)} >= {"G2"}
    space(plant, small, watched=watch.position).work(FOR_EVER)
    assert {before[position].split("/")[3] for position in thinned(small)} == {"G1"}


def test_a_lag_is_measured_in_a_thinned_log_too(plant: Plant, small: FrameLog) -> None:
    town = Town(small)
    town.until(0.97)
    space(plant, small).work(FOR_EVER)
    position = min(thinned(small)) - 1
    health = HealthWatch(small, configuration().rulebook, lambda: position, IngestPulse, WritePulse).changes(
        town.now_ns, small.last()
    )
    lag_s = next(found for found in health if found.kind == "reader_lag").value
    assert 0 < lag_s < (town.now_ns - START_NS) / S + 1


def test_a_full_log_takes_nothing_and_goes_on_by_itself_when_there_is_room(
    plant: Plant, small: FrameLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest, "_SIZE_EVERY_S", 0.0)
    Town(small).until(1.02)
    append, last = GuardedAppend(small), small.last()
    with pytest.raises(StoreUnavailable, match="has reached its limit"):
        append([(START_NS, "t", b"")])
    assert small.last() == last
    space(plant, small, watched=0).work(FOR_EVER)  # `watch` has passed nothing: nothing may go
    assert thinned(small) == set()
    space(plant, small).work(FOR_EVER)
    assert append([(START_NS, "t", b"")]) == last + 1


class Noting(FrameLog):
    """Notes from where it was thinned."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, segment_bytes=SEGMENT, limit_bytes=LIMIT)
        self.asked: list[int] = []

    def thin(self, after: int, until: int, choose: Callable[[Sequence[Frame]], Sequence[Frame]]) -> tuple[int, int]:
        self.asked.append(after)
        return super().thin(after, until, choose)


def test_whatever_is_thin_already_is_not_read_again(plant: Plant, small: FrameLog) -> None:
    Town(small).until(0.97)
    with closing(Noting(plant.folder / "small")) as log:
        role = space(plant, log, watched=400, written=0)
        role.work(0)
        role.work(0)
        assert log.asked == [0, 400, 400]
    assert max(thinned(small)) <= 400


def test_a_log_without_a_readable_configuration_is_left_alone(plant: Plant) -> None:
    with closing(FrameLog(plant.folder / "bare", segment_bytes=SEGMENT, limit_bytes=LIMIT)) as log:
        Town(log).until(0.97)
        space(plant, log).work(FOR_EVER)
        assert thinned(log) == set()


def test_works_in_a_thread_of_its_own_and_outlives_records_that_are_away(
    plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> int:
        asked.set()
        raise StoreUnavailable("records locked")

    asked, stop = threading.Event(), threading.Event()
    log = FrameLog(plant.folder / "log", limit_bytes=1)
    log.append([(START_NS, "t", b"")])
    role = Space(
        log=FrameLog(plant.folder / "log", limit_bytes=1),
        records=plant.records,
        rulebook=configuration().rulebook,
        keep_ns=0,
        watch_position=away,
        write_cursor=away,
    )
    thread = threading.Thread(target=lambda: role.run(plant.clock, stop, every_s=0.01))
    thread.start()
    assert asked.wait(10)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert "neither trimmed nor thinned: records locked; trying again" in caplog.text
    log.close()


KILLED = """
import sys
from store.framelog import FrameLog

log = FrameLog(Path(sys.argv[1]), segment_bytes=int(sys.argv[2]))
def choose(frames):
    print(frames[-1].position, flush=True)
    return [frame for frame in frames if frame.position % 7 and not frame.topic.startswith("$log/")]
after = 0
while True:
    reached, _ = log.thin(after, 1 << 60, choose)
    after = 0 if reached == after else reached
    print("done", flush=True)
"""


@pytest.mark.parametrize("lines", [1, 2, 4, 6])
def test_a_kill_in_the_middle_of_thinning_loses_nothing_else(small: FrameLog, lines: int) -> None:
    Town(small).until(0.9)
    before = everything(small)
    folder = small._folder  # noqa: SLF001 - where it is
    command = [sys.executable, "-c", KILLED, str(folder), str(SEGMENT)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for _ in range(lines):
        process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    after = everything(small)
    gone = thinned(small)
    assert len(after) == len(before)
    assert all(frame.intact for frame in after)
    assert all(new == old for new, old in zip(after, before, strict=True) if new.position not in gone)
    assert all(position % 7 for position in gone)
    assert small.append([(START_NS, "t", b"")]) == len(before) + 1

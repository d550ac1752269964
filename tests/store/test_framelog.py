import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from domain.errors import StoreUnavailable
from domain.frame import CONFIGURATION_TOPIC, THINNED_TOPIC, Frame
from store.framelog import FrameLog

SMALL = 40_000  # bytes: an empty segment has 28 672
Entry = tuple[int, str, bytes]


def entries(number: int, *, since: int = 0, payload: bytes = bytes(200)) -> list[Entry]:
    return [(since + i, f"gas/v1/S/D{since + i}/telemetry", payload) for i in range(number)]


def everything(log: FrameLog) -> list[Frame]:
    frames: list[Frame] = []
    while block := log.read(frames[-1].position if frames else 0, 1000):
        frames += block
    return frames


def segments(folder: Path) -> list[Path]:
    return sorted(folder.glob("frames-*.db"))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[FrameLog]:
    with closing(FrameLog(tmp_path, segment_bytes=SMALL)) as opened:
        yield opened


def test_gives_back_what_was_appended_in_its_order(log: FrameLog) -> None:
    assert log.append([(7, "温度/a", b"\x00\xff"), (5, "b", b"")]) == 2
    assert log.append([(6, "c", b"x")]) == 3
    assert log.read(0) == [Frame(1, 7, "温度/a", b"\x00\xff"), Frame(2, 5, "b", b""), Frame(3, 6, "c", b"x")]
    assert log.read(1, 1) == [Frame(2, 5, "b", b"")]
    assert log.read(3) == []


def test_is_empty_at_first_and_an_empty_append_adds_nothing(log: FrameLog) -> None:
    assert (log.first(), log.last(), log.read(0), log.frame(1), log.configuration_at(1)) == (0, 0, [], None, None)
    assert log.append([]) == 0
    log.append(entries(3))
    assert log.append([]) == 3


def test_finds_single_frames_and_none_beyond_its_ends(log: FrameLog) -> None:
    for i in range(20):
        log.append(entries(50, since=50 * i))
    log.trim(passed=500, before_ns=10_000)
    assert (oldest := log.first()) > 1
    found = log.frame(777)
    assert found is not None
    assert found.received_ns == 776
    assert [log.frame(p) for p in (-1, 0, 1, oldest - 1, 1001)] == [None] * 5


def test_shows_what_another_instance_appended(log: FrameLog, tmp_path: Path) -> None:
    with closing(FrameLog(tmp_path, segment_bytes=SMALL)) as other:
        for i in range(30):
            assert log.append(entries(20, since=40 * i)) == 40 * i + 20
            assert other.append(entries(20, since=40 * i + 20)) == 40 * i + 40
            assert other.read(40 * i, 100)[-1].position == log.last() == other.last() == 40 * i + 40
    assert len(segments(tmp_path)) > 5
    assert [f.position for f in everything(log)] == list(range(1, 1201))


def test_reads_over_the_ends_of_segments_without_a_hole(log: FrameLog, tmp_path: Path) -> None:
    for i in range(40):
        log.append(entries(25, since=25 * i))
    assert len(segments(tmp_path)) > 5
    assert [f.received_ns for f in log.read(3, 700)] == list(range(3, 703))


def test_names_a_segment_after_its_first_position(log: FrameLog, tmp_path: Path) -> None:
    assert log.append(entries(100)) == 100
    assert log.append(entries(1)) == 101
    assert [path.name for path in segments(tmp_path)] == ["frames-000000000001.db", "frames-000000000101.db"]


def test_is_not_confused_by_a_copy_that_somebody_made(log: FrameLog, tmp_path: Path) -> None:
    log.append(entries(3))
    for name in ("frames-000000000099 (copy).db", "frames-000000000099.old.db", "notes.txt"):
        (tmp_path / name).write_bytes(b"no business of ours")
    assert log.append(entries(1)) == 4
    assert log.read(3) == [Frame(4, *entries(1)[0])]


# ---------------------------------------------------------------- configuration


def test_gives_the_configuration_in_force_at_a_position(log: FrameLog) -> None:
    log.append([(1, "a", b""), (2, CONFIGURATION_TOPIC, b"first"), (3, "a", b""), (4, CONFIGURATION_TOPIC, b"second")])
    found = [log.configuration_at(p) for p in (1, 2, 3, 4, 99)]
    assert [f and f.payload for f in found] == [b"first", b"first", b"first", b"second", b"second"]


def test_looks_for_the_first_configuration_in_later_segments_too(log: FrameLog) -> None:
    log.append(entries(100))
    log.append([(1, "a", b""), (2, CONFIGURATION_TOPIC, b"first")])
    assert log.configuration_at(5) == Frame(102, 2, CONFIGURATION_TOPIC, b"first")


def test_carries_the_configuration_over_so_that_trimming_never_loses_it(log: FrameLog, tmp_path: Path) -> None:
    log.append([(9, CONFIGURATION_TOPIC, b"old"), (10, CONFIGURATION_TOPIC, b"limits")])
    for i in range(10):
        log.append(entries(50, since=50 * i))
    heads = [log.frame(int(path.stem.split("-")[1])) for path in segments(tmp_path)[1:]]
    assert len(heads) > 3
    assert {f and f[1:] for f in heads} == {(10, CONFIGURATION_TOPIC, b"limits", True)}
    assert log.trim(passed=log.last(), before_ns=10_000) == len(heads)
    assert log.configuration_at(1) == log.configuration_at(log.last()) == heads[-1]


def test_does_not_give_a_rotten_configuration_a_new_life(log: FrameLog, tmp_path: Path) -> None:
    log.append([(1, CONFIGURATION_TOPIC, b"limits"), *entries(99)])
    with closing(sqlite3.connect(segments(tmp_path)[0])) as db, db:
        db.execute("UPDATE frame SET payload = x'00' WHERE position = 1")
    assert log.append(entries(1)) == 101
    assert log.configuration_at(101) is None


# ---------------------------------------------------------------- trimming


def test_trims_whole_segments_that_all_have_passed_and_that_are_old(log: FrameLog) -> None:
    for i in range(5):
        log.append(entries(100, since=100 * i))  # one segment each
    assert log.trim(passed=199, before_ns=10_000) == 1
    assert log.trim(passed=500, before_ns=199) == 0  # the newest frame of the second arrived at 199
    assert log.first() == 101
    assert log.trim(passed=500, before_ns=200) == 1
    assert log.first() == 201


def test_keeps_a_segment_with_one_frame_that_is_too_young_and_all_behind_it(log: FrameLog) -> None:
    log.append([(5000, "clock was ahead", b""), *entries(100)])
    for i in range(3):
        log.append(entries(100, since=100 * i))
    assert log.trim(passed=400, before_ns=5000) == 0
    assert log.trim(passed=400, before_ns=5001) == 3


def test_never_trims_the_segment_that_is_appended_to(log: FrameLog, tmp_path: Path) -> None:
    assert log.append(entries(100)) == 100  # sealed now, the next not yet made
    assert log.trim(passed=10**9, before_ns=10**9) == 0
    assert log.append(entries(1)) == 101
    assert log.trim(passed=10**9, before_ns=10**9) == 1
    assert {path.name.split(".")[0] for path in tmp_path.iterdir()} == {"frames-000000000101"}


def test_goes_on_from_the_newest_segment_when_its_own_was_trimmed_meanwhile(log: FrameLog, tmp_path: Path) -> None:
    log.append(entries(1))
    with closing(FrameLog(tmp_path, segment_bytes=SMALL)) as other:
        for i in range(5):
            other.append(entries(100, since=100 * i))
        other.trim(passed=500, before_ns=10_000)
        kept = other.first()
        assert log.append(entries(1)) == 502
        assert log.first() == kept
        assert other.frame(502) is not None


def test_does_not_miss_a_segment_that_was_closed_and_trimmed_meanwhile(log: FrameLog, tmp_path: Path) -> None:
    log.append(entries(1))
    with closing(FrameLog(tmp_path, segment_bytes=SMALL)) as other:
        for i in range(10):
            other.append(entries(100, since=100 * i))
        assert len(everything(log)) == 1001
        assert other.trim(passed=1001, before_ns=10_000) == 9
    assert log.append(entries(1)) == 1002


def open_files(folder: Path) -> list[str]:
    links = [str(link.readlink()) for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    return [link for link in links if link.startswith(str(folder))]


def test_keeps_few_files_open_however_many_segments_it_reads(log: FrameLog, tmp_path: Path) -> None:
    for i in range(30):
        log.append(entries(100, since=100 * i))
    assert len(everything(log)) == 3000
    assert len(open_files(tmp_path)) <= 4 * 3


def test_an_idle_reader_lets_trimmed_files_go(log: FrameLog, tmp_path: Path) -> None:
    log.append(entries(100))
    log.append(entries(1))
    with closing(FrameLog(tmp_path)) as reader:
        assert len(reader.read(0)) == 101
        assert log.trim(passed=101, before_ns=10_000) == 1
        assert reader.read(101) == []
        assert not [name for name in open_files(tmp_path) if "deleted" in name]


# ---------------------------------------------------------------- against a model


class LogMachine(RuleBasedStateMachine):
    """Two instances on one folder against a plain dict of what must be there."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[int, Frame] = {}
        self.given = 0  # position given last
        self.scratch = TemporaryDirectory()
        self.folder = Path(self.scratch.name) / "100 % log?#"
        self.logs = [FrameLog(self.folder, segment_bytes=SMALL) for _ in range(2)]

    @rule(
        who=st.integers(0, 1),
        batch=st.lists(
            st.tuples(
                st.integers(0, 2**62),
                st.sampled_from(["a", "b/c", CONFIGURATION_TOPIC]) | st.text(st.characters(codec="utf-8")),
                st.binary(max_size=100) | st.binary(max_size=100).map(lambda b: b * 50),
            ),
            min_size=1,
            max_size=20,
        ),
    )
    def append(self, who: int, batch: list[Entry]) -> None:
        last = self.logs[who].append(batch)
        start = last - len(batch)
        if start != self.given:  # a new segment, headed by the configuration in force
            assert start == self.given + 1
            inherited = [frame for frame in self.model.values() if frame.topic == CONFIGURATION_TOPIC][-1]
            self.model[start] = inherited._replace(position=start)
        else:
            assert start + 1 not in self.first_positions()[1:] or not self.configurations(start)
        self.model |= {p: Frame(p, *entry) for p, entry in enumerate(batch, start + 1)}
        self.given = last

    @rule(who=st.integers(0, 1), after=st.integers(-1, 400), limit=st.integers(1, 50))
    def read(self, who: int, after: int, limit: int) -> None:
        assert self.logs[who].read(after, limit) == [f for p, f in self.model.items() if p > after][:limit]
        assert self.logs[who].frame(after) == self.model.get(after)

    @rule(who=st.integers(0, 1), position=st.integers(0, 400))
    def look_up_the_configuration(self, who: int, position: int) -> None:
        before = self.configurations(position)
        after = [f for p, f in self.model.items() if f.topic == CONFIGURATION_TOPIC and p > position]
        expected = before[-1] if before else after[0] if after else None
        assert self.logs[who].configuration_at(position) == expected

    @rule(who=st.integers(0, 1), passed=st.integers(0, 400), before_ns=st.integers(0, 2**62) | st.just(2**63 - 1))
    def trim(self, who: int, passed: int, before_ns: int) -> None:
        dropped = 0
        for first, following in pairwise(self.first_positions()):
            held = [self.model[p] for p in range(first, following)]
            if following - 1 > passed or any(f.received_ns >= before_ns for f in held):
                break
            dropped += 1
            for frame in held:
                del self.model[frame.position]
        assert self.logs[who].trim(passed, before_ns) == dropped

    @rule(who=st.integers(0, 1))
    def reopen(self, who: int) -> None:
        self.logs[who].close()
        self.logs[who] = FrameLog(self.folder, segment_bytes=SMALL)

    @invariant()
    def tells_its_ends(self) -> None:
        for log in self.logs:
            assert log.first() == min(self.model, default=0)
            assert log.last() == self.given

    def first_positions(self) -> list[int]:
        return [int(path.stem.split("-")[1]) for path in segments(self.folder)]

    def configurations(self, until: int) -> list[Frame]:
        return [f for p, f in self.model.items() if f.topic == CONFIGURATION_TOPIC and p <= until]

    def teardown(self) -> None:
        for log in self.logs:
            log.close()
        self.scratch.cleanup()


def test_agrees_with_a_list_whatever_is_done_in_whatever_order() -> None:
    run_state_machine_as_test(LogMachine, settings=settings(deadline=None, max_examples=40, stateful_step_count=30))


# ---------------------------------------------------------------- crashes and other processes

APPENDER = """
import sys
from itertools import count
from pathlib import Path
from store.framelog import FrameLog
name, folder, batches = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
log = FrameLog(folder, segment_bytes=40_000)
for number in range(batches):
    last = log.append([(number, name, f"{number} {part}".encode() * 20) for part in range(10)])
    print(last, number, flush=True)
"""


def appender(name: str, folder: Path, batches: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", APPENDER, name, str(folder), str(batches)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def assert_holds(frames: dict[int, Frame], name: str, printed: list[str]) -> None:
    for line in printed:
        last, number = map(int, line.split())
        for part in range(10):
            position = last - 9 + part
            assert frames[position] == Frame(position, number, name, f"{number} {part}".encode() * 20)


def test_loses_nothing_that_it_returned_from_when_it_is_killed(tmp_path: Path) -> None:
    printed: dict[str, list[str]] = {}
    for name in "abcde":
        process = appender(name, tmp_path, 100_000)
        assert process.stdout is not None
        lines = printed[name] = [process.stdout.readline() for _ in range(40)]
        process.send_signal(signal.SIGKILL)
        rest, _ = process.communicate()
        lines += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    with closing(FrameLog(tmp_path, segment_bytes=SMALL)) as log:
        frames = everything(log)
        after = log.append(entries(1))
    assert [f.position for f in frames] == list(range(1, after))
    assert len(segments(tmp_path)) > 5
    for name, lines in printed.items():
        assert len(lines) >= 40
        assert_holds({f.position: f for f in frames}, name, lines)
        assert sum(f.topic == name for f in frames) % 10 == 0  # no batch was torn


def test_several_processes_append_and_roll_without_a_collision(tmp_path: Path) -> None:
    with closing(FrameLog(tmp_path, segment_bytes=SMALL)) as log:
        log.append([(0, CONFIGURATION_TOPIC, b"limits")])
        processes = {name: appender(name, tmp_path, 200) for name in "abc"}
        printed = {name: process.communicate()[0].splitlines() for name, process in processes.items()}
        frames = {f.position: f for f in everything(log)}
    assert {process.returncode for process in processes.values()} == {0}
    assert list(frames) == list(range(1, len(frames) + 1))
    copies = len(segments(tmp_path))
    assert copies > 20
    assert len(frames) == 3 * 200 * 10 + copies  # every segment has the configuration once
    for name, lines in printed.items():
        assert len(lines) == 200
        assert_holds(frames, name, lines)


def test_mends_a_crash_between_the_seal_and_the_next_segment(log: FrameLog, tmp_path: Path) -> None:
    log.append([(1, CONFIGURATION_TOPIC, b"limits"), *entries(99)])
    (tmp_path / "frames-000000000101.new").write_bytes(b"half a draft")
    (tmp_path / "frames-000000000101.new-wal").write_bytes(b"of its journal")
    with closing(FrameLog(tmp_path, segment_bytes=SMALL)) as other:
        assert other.last() == 100
        assert other.append([(2, "a", b"")]) == 102
        assert other.read(99) == [
            other.frame(100),
            Frame(101, 1, CONFIGURATION_TOPIC, b"limits"),
            Frame(102, 2, "a", b""),
        ]
    assert not list(tmp_path.glob("*.new*"))


# ---------------------------------------------------------------- refusals


@contextmanager
def full_disk(limit_bytes: int) -> Iterator[None]:
    """No file of this process may grow beyond the limit."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def append_for_ever(log: FrameLog) -> None:
    while True:
        log.append(entries(50))


def test_refuses_whole_appends_on_a_full_disk_and_recovers_by_itself(tmp_path: Path) -> None:
    with closing(FrameLog(tmp_path)) as log:
        log.append(entries(10))
        with full_disk(150_000):
            with pytest.raises(StoreUnavailable, match=r"^frame log .*\Z"):
                append_for_ever(log)
            with pytest.raises(StoreUnavailable):
                log.append(entries(5000))
            assert not open_files(tmp_path)
            stored = log.last()
        assert stored > 100
        assert stored % 50 == 10
        assert log.append(entries(50)) == stored + 50
        assert [f.position for f in everything(log) if f.intact] == list(range(1, stored + 51))


def test_a_disk_that_is_full_when_a_segment_should_begin_only_delays_it(log: FrameLog) -> None:
    log.append(entries(100))
    with full_disk(10_000), pytest.raises(StoreUnavailable):
        log.append(entries(1))
    assert log.append(entries(1)) == 101


def test_says_that_the_log_is_locked_and_appends_once_it_is_free(
    log: FrameLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.segment.BUSY_S", 0.05)
    log.append(entries(1))
    log.close()
    with closing(sqlite3.connect(segments(tmp_path)[0], isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match="database is locked"):
            log.append(entries(1))
        assert len(log.read(0)) == 1
    assert log.append(entries(1)) == 2


def test_says_in_one_line_that_a_file_is_no_log(log: FrameLog, tmp_path: Path) -> None:
    (tmp_path / "frames-000000000001.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreUnavailable, match=r"^frame log .*: file is not a database$"):
        log.append(entries(1))


def test_says_that_its_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreUnavailable, match="file"):
        FrameLog(tmp_path / "file" / "log")


def test_a_second_thread_on_one_instance_is_a_mistake_and_no_absent_store(log: FrameLog) -> None:
    log.append(entries(1))
    with ThreadPoolExecutor(1) as pool, pytest.raises(sqlite3.ProgrammingError):
        pool.submit(log.append, entries(1)).result()
    assert log.append(entries(1)) == 2


def test_measures_all_its_files_and_the_disk(log: FrameLog, tmp_path: Path) -> None:
    log.append(entries(10))
    size = log.size()
    assert size.used_bytes == sum(path.stat().st_size for path in tmp_path.iterdir())
    assert size.used_bytes > segments(tmp_path)[0].stat().st_size
    assert size.limit_bytes == 20 << 30
    assert 0 < size.disk_free_bytes < size.disk_total_bytes


def test_knows_up_to_where_it_was_thinned_and_leaves_the_active_segment_alone(log: FrameLog) -> None:
    log.append(entries(100))
    log.append(entries(3))
    before = everything(log)
    assert log.thinned_until() == 0
    assert log.thin(0, 50, lambda frames: [frame for frame in frames if frame.position % 2]) == (50, 25)
    assert log.thinned_until() == 49
    assert log.thin(100, 1_000, lambda frames: frames) == (100, 0)
    after = everything(log)
    assert [f.position for f in after] == [f.position for f in before]
    assert [f.position for f in after if f.topic == THINNED_TOPIC] == list(range(1, 51, 2))
    assert [f for f in after if f.topic != THINNED_TOPIC] == [
        f for f in before if f.position > 50 or not f.position % 2
    ]


def test_an_empty_log_has_nothing_to_thin(log: FrameLog) -> None:
    assert (log.thin(0, 9, lambda frames: frames), log.thinned_until()) == ((0, 0), 0)


def test_rot_beside_what_was_thinned_is_still_told_from_it(log: FrameLog, tmp_path: Path) -> None:
    log.append(entries(100))
    log.append(entries(1))
    log.thin(0, 100, lambda frames: [frame for frame in frames if 10 <= frame.position < 20])
    log.close()
    with closing(sqlite3.connect(segments(tmp_path)[0])) as db, db:
        db.execute("UPDATE frame SET payload = x'00' WHERE position = 9")
        db.execute("DELETE FROM frame WHERE position = 20")
    frames = log.read(0, 30)
    assert [f.position for f in frames] == list(range(1, 31))
    assert [f.position for f in frames if not f.intact] == [9, 20]
    assert [f.position for f in frames if f.topic == THINNED_TOPIC] == list(range(10, 20))

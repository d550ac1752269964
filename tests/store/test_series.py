import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import StoreUnavailable
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Sample
from store.series import EmbeddedSeries, Latest, Trend, outline

GAS, HEAT = Quantity.GAS_PCT_LEL, Quantity.TEMPERATURE_C
S = 1_000_000_000


def sample(
    time_ns: int, value: float = 1.0, *, device: str = "D", seq: int | None = None, late: bool = False
) -> Sample:
    return Sample(device, time_ns, "boot" if seq else None, seq, {GAS: value}, {}, late)


@pytest.fixture
def series(tmp_path: Path) -> Iterator[EmbeddedSeries]:
    with closing(EmbeddedSeries(tmp_path / "made" / "series.db")) as opened:
        yield opened


def everything(series: EmbeddedSeries, device: str = "D", quantity: Quantity = GAS) -> Trend:
    return series.series(device, quantity, 0, 1 << 62, 1 << 30)


def test_is_empty_at_first(series: EmbeddedSeries) -> None:
    assert (series.cursor(), series.frames(), series.count()) == (0, 0, 0)
    assert everything(series) == Trend([], [], [])
    assert series.latest("D") == {}


def test_stores_every_quantity_of_a_sample_with_its_own_quality(series: EmbeddedSeries) -> None:
    both = Sample("D", 5 * S, None, None, {GAS: 3.5, HEAT: -2.0}, {HEAT: Quality.STALE}, late=True)
    series.write([both, sample(6 * S, 4.0)], cursor=2, frames=2)
    assert everything(series) == Trend([5 * S, 6 * S], [3.5, 4.0], [Quality.GOOD, Quality.GOOD])
    assert everything(series, quantity=HEAT) == Trend([5 * S], [-2.0], [Quality.STALE])
    assert series.latest("D") == {
        GAS: Latest(6 * S, 4.0, 0, late=False),
        HEAT: Latest(5 * S, -2.0, Quality.STALE, late=True),
    }
    assert series.count() == 3


def test_keeps_devices_and_quantities_apart(series: EmbeddedSeries) -> None:
    series.write([sample(1, 1.0, device="A"), sample(1, 2.0, device="B")], cursor=1, frames=1)
    assert everything(series, "A").value == [1.0]
    assert everything(series, "B").value == [2.0]
    assert everything(series, "C").value == everything(series, "A", HEAT).value == []
    assert series.latest("C") == {}


def test_takes_the_time_that_tells_two_messages_of_a_millisecond_apart(series: EmbeddedSeries) -> None:
    series.write([sample(5 * S, 1.0, seq=7), sample(5 * S, 2.0, seq=8)], cursor=2, frames=2)
    assert everything(series) == Trend([5 * S + 7, 5 * S + 8], [1.0, 2.0], [0, 0])


def test_a_replay_changes_nothing_and_the_last_of_equal_points_stays(series: EmbeddedSeries) -> None:
    samples = [sample(2 * S, 9.0, seq=1), sample(1 * S, 5.0, seq=1), sample(2 * S, 3.0, seq=1)]
    for _ in range(2):
        series.write(samples, cursor=3, frames=3)
        assert everything(series) == Trend([S + 1, 2 * S + 1], [5.0, 3.0], [0, 0])
    assert series.count() == 2


def test_a_device_that_does_not_count_keeps_its_first_value_of_a_time(series: EmbeddedSeries) -> None:
    for _ in range(2):
        series.write([sample(2, 9.0), sample(1, 5.0), sample(2, 3.0)], cursor=3, frames=3)
        series.write([sample(1, 4.0)], cursor=4, frames=1)
        assert everything(series) == Trend([1, 2], [5.0, 9.0], [0, 0])


def test_gives_the_range_from_its_start_until_before_its_end(series: EmbeddedSeries) -> None:
    series.write([sample(t) for t in (1, 2, 3, 4)], cursor=4, frames=4)
    assert series.series("D", GAS, 2, 4, 100).time_ns == [2, 3]


def test_the_newest_is_judged_by_time_and_not_by_arrival(series: EmbeddedSeries) -> None:
    series.write([sample(9 * S, 1.0)], cursor=1, frames=1)
    series.write([sample(4 * S, 8.0, late=True)], cursor=2, frames=1)
    assert series.latest("D") == {GAS: Latest(9 * S, 1.0, 0, late=False)}


def test_counts_frames_and_holds_the_cursor_even_without_a_point(series: EmbeddedSeries, tmp_path: Path) -> None:
    series.write([sample(1)], cursor=10, frames=7)
    series.write([], cursor=12, frames=2)
    with closing(EmbeddedSeries(tmp_path / "made" / "series.db")) as other:
        assert (other.cursor(), other.frames(), other.count()) == (12, 9, 1)


# ---------------------------------------------------------------- outline


def points(values: list[float]) -> tuple[list[int], list[float]]:
    return [7 * S * i for i in range(len(values))], values


def test_gives_all_points_while_they_are_few_enough(series: EmbeddedSeries) -> None:
    series.write([sample(t) for t in range(1, 11)], cursor=1, frames=1)
    assert len(series.series("D", GAS, 0, 100, 10).value) == 10
    assert len(series.series("D", GAS, 0, 100, 9).value) < 10


def test_a_single_peak_among_many_survives_with_its_own_quality(series: EmbeddedSeries) -> None:
    day = [Sample("D", i * S, None, None, {GAS: i % 5}, {}, late=False) for i in range(8640)]
    day[4321] = Sample("D", 4321 * S, None, None, {GAS: 80.0}, {GAS: Quality.OVER_RANGE}, late=False)
    series.write(day, cursor=1, frames=1)
    found = series.series("D", GAS, 0, 9000 * S, 100)
    assert 90 <= len(found.value) <= 100
    assert found.time_ns[0] == 0
    assert found.time_ns[-1] == 8639 * S
    peak = found.value.index(80.0)
    assert (found.time_ns[peak], found.quality[peak]) == (4321 * S, Quality.OVER_RANGE)
    assert found.time_ns == sorted(found.time_ns)


@pytest.mark.untraced
@settings(deadline=None)
@given(
    gaps=st.lists(st.integers(1, 10**6) | st.integers(1, 10**14), min_size=1, max_size=300),
    level=st.lists(st.integers(-3, 3), min_size=300, max_size=300),
    start=st.integers(0, 2 * 10**18),
    wanted=st.integers(0, 60),
)
def test_keeps_the_ends_and_the_extremes_of_every_bucket(
    gaps: list[int], level: list[int], start: int, wanted: int
) -> None:
    time_ns = start + np.cumsum(np.array(gaps, np.int64))
    value = np.array(level[: len(gaps)], np.float64)
    kept = outline(time_ns, value, wanted).tolist()
    assert kept == sorted(set(kept))
    assert (kept[0], kept[-1]) == (0, len(gaps) - 1)
    assert len(kept) <= max(wanted, 4)
    buckets = max((wanted - 2) // 2, 1)
    width = int(time_ns[-1] - time_ns[0]) // buckets + 1
    members: dict[int, list[int]] = {}
    for i, t in enumerate(time_ns.tolist()):
        members.setdefault((t - int(time_ns[0])) // width, []).append(i)
    assert len(members) <= buckets
    for bucket in members.values():
        of_bucket = [value[i] for i in bucket]
        chosen = [value[i] for i in bucket if i in kept]
        assert (min(chosen), max(chosen)) == (min(of_bucket), max(of_bucket))


# ---------------------------------------------------------------- crashes, refusals, other processes


def test_a_bad_point_costs_its_whole_batch_and_the_cursor_stays(series: EmbeddedSeries) -> None:
    series.write([sample(1)], cursor=1, frames=1)
    with pytest.raises(sqlite3.IntegrityError):
        series.write([sample(2, device="new"), sample(3, float("nan"))], cursor=9, frames=9)
    assert (series.cursor(), series.frames(), series.count()) == (1, 1, 1)
    series.write([sample(2, device="other"), sample(2, 5.0, device="new")], cursor=2, frames=1)
    assert everything(series, "new") == Trend([2], [5.0], [0])
    assert everything(series, "other").value == [1.0]


def test_points_and_cursor_are_one_transaction(series: EmbeddedSeries, tmp_path: Path) -> None:
    series.write([sample(1)], cursor=1, frames=1)
    with closing(sqlite3.connect(tmp_path / "made" / "series.db")) as db, db:
        db.execute("CREATE TRIGGER fault BEFORE INSERT ON meta BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(sqlite3.IntegrityError):
        series.write([sample(2)], cursor=2, frames=1)
    assert (series.cursor(), series.count()) == (1, 1)


WRITER = """
import sys
from itertools import count
from pathlib import Path
from domain.quantity import Quantity
from domain.sample import Sample
from store.series import EmbeddedSeries
series = EmbeddedSeries(Path(sys.argv[1]))
for cursor in count(series.cursor() + 1):
    samples = [Sample(f"D{d}", cursor, None, None, {Quantity.CO_PPM: cursor}, {}, False) for d in range(50)]
    series.write(samples, cursor=cursor, frames=1)
    print(cursor, flush=True)
"""


def test_cursor_and_points_agree_after_the_writer_was_killed(tmp_path: Path) -> None:
    path = tmp_path / "series.db"
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(30)]
        with closing(EmbeddedSeries(path)) as reader:  # while the other process writes
            assert reader.cursor() >= int(printed[-1])
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with closing(EmbeddedSeries(path)) as series:
            cursor = series.cursor()
            assert cursor >= int(printed[-1])
            assert (series.frames(), series.count()) == (cursor, 50 * cursor)
            assert everything(series, "D49", Quantity.CO_PPM).time_ns == list(range(1, cursor + 1))


def test_threads_take_turns_on_one_instance(series: EmbeddedSeries) -> None:
    def write(cursor: int) -> int:
        series.write([sample(t, device=f"D{cursor}") for t in range(1, 50)], cursor=cursor, frames=1)
        return len(everything(series, f"D{cursor}").value)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(write, range(40))) == [49] * 40
    assert (series.frames(), series.count()) == (40, 40 * 49)


def test_a_reader_opens_and_reads_while_another_process_writes(series: EmbeddedSeries, tmp_path: Path) -> None:
    series.write([sample(1)], cursor=1, frames=1)
    path = tmp_path / "made" / "series.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db, closing(EmbeddedSeries(path)) as reader:
        db.execute("BEGIN EXCLUSIVE")
        db.execute("DELETE FROM p")
        assert (reader.cursor(), reader.count()) == (1, 1)


def test_says_that_it_is_locked_and_writes_once_it_is_free(
    series: EmbeddedSeries, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.series.BUSY_S", 0.05)
    series.write([sample(1)], cursor=1, frames=1)
    with closing(sqlite3.connect(tmp_path / "made" / "series.db", isolation_level=None)) as db:
        db.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable, match=r"^time series .*series\.db: database is locked\Z"):
            series.write([sample(2)], cursor=2, frames=1)
    series.write([sample(2)], cursor=2, frames=1)
    assert (series.cursor(), series.count()) == (2, 2)


def test_a_full_disk_loses_no_earlier_point_and_it_recovers_by_itself(series: EmbeddedSeries) -> None:
    series.write([sample(1)], cursor=1, frames=1)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
    try:
        with pytest.raises(StoreUnavailable):
            series.write([sample(t, device="new") for t in range(20_000)], cursor=2, frames=1)
        assert (series.cursor(), series.count()) == (1, 1)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    series.write([sample(t, device="new") for t in range(20_000)], cursor=2, frames=1)
    assert (series.cursor(), series.count()) == (2, 20_001)


def test_says_that_its_file_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "series.db").write_bytes(b"no database at all" * 100)
    with (
        closing(EmbeddedSeries(tmp_path / "series.db")) as series,
        pytest.raises(StoreUnavailable, match="not a database"),
    ):
        series.cursor()


def test_trims_what_is_older_in_steps_over_all_series_and_nothing_else(
    series: EmbeddedSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.series.TRIMMED_POINTS", 4)
    devices = ("A", "B", "C")
    series.write(
        [sample(t * S, t, device=device) for device in devices for t in range(1, 6)]
        + [sample(t * S, t, device="young") for t in (4, 5)],
        cursor=9,
        frames=17,
    )
    steps = [series.trim(4 * S), series.trim(4 * S), series.trim(4 * S)]
    assert steps == [True, True, False]  # nine points, four at a time
    for device in (*devices, "young"):
        assert everything(series, device).value == [4, 5]
    assert not series.trim(4 * S)
    assert (series.count(), series.cursor(), series.frames()) == (8, 9, 17)

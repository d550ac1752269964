"""Roll-ups after a crash: of the embedded file by kill -9, of InfluxDB at each point where a crash may fall."""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from domain.errors import StoreUnavailable
from domain.quality import Quality
from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS, Rollup
from domain.sample import Sample
from store.cursor import CursorFile
from store.influx import InfluxSeries
from store.influx_rolled import rows
from store.influxql import Table
from store.levels import DAY_NS
from store.live import Parts
from store.marks import Due, Mark
from store.series import EmbeddedSeries, Trend
from tests.store.influx_server import Influxd
from tests.store.test_influx import START, S, assets, opened_at, sample

GAS = Quantity.GAS_PCT_LEL
LATE = 7
"""Every seventh point is an hour late."""
WRITER = """
import sys
from pathlib import Path
from store.series import EmbeddedSeries
from tests.store.test_rolled import write_on

series = EmbeddedSeries(Path(sys.argv[1]))
while True:
    print(write_on(series), flush=True)
"""


def write_on(series: EmbeddedSeries) -> int:
    """Store the next minute of points and roll up what is due, as `write` does from its cursor."""
    minute = series.cursor()
    log_ns = START + minute * MINUTE_NS
    points = [log_ns + n * 10 * S - (HOUR_NS if n % LATE == 0 else 0) for n in range(6 * minute % 11 + 1)]
    samples = [Sample("D", at, None, None, {GAS: float(at // S % 97)}, {}, late=False) for at in points]
    series.write(samples, cursor=minute + 1, frames=1, log_ns=log_ns)
    while series.roll(log_ns):
        pass
    return minute


def shown(series: EmbeddedSeries) -> list[Trend]:
    spans = ((START - DAY_NS, START + 3 * DAY_NS), (START - 50 * DAY_NS, START + 50 * DAY_NS))
    return [series.series("D", GAS, *span, 2_000) for span in spans]


def test_roll_ups_after_kills_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    for lines in (25, 40):
        command = [sys.executable, "-c", WRITER, str(path)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with closing(EmbeddedSeries(path)) as killed, closing(EmbeddedSeries(tmp_path / "calm.db")) as calm:
        end = killed.cursor() + 200
        for series in (killed, calm):
            while series.cursor() < end:
                write_on(series)
        minutes, hours = shown(killed)
        assert (minutes.step_ns, hours.step_ns) == (MINUTE_NS, HOUR_NS)
        assert [minutes, hours] == shown(calm)


def test_a_late_point_whose_neighbours_are_dropped_does_not_replace_their_roll_up(tmp_path: Path) -> None:
    with closing(EmbeddedSeries(tmp_path / "series.db")) as series:
        series.write([sample(n, float(n), "D") for n in range(10)], cursor=1, frames=1)
        series.roll(START)
        while series.trim(START + HOUR_NS):
            pass
        before = shown(series)
        series.write([sample(20, 50.0, "D")], cursor=2, frames=1)
        series.roll(START)
        assert shown(series)[0].value[:2] == before[0].value == [0.0, 9.0]


def test_roll_ups_are_dropped_when_they_are_old(tmp_path: Path) -> None:
    with closing(EmbeddedSeries(tmp_path / "series.db")) as series:
        series.write([sample(60 * n, float(n), "D") for n in range(10)], cursor=1, frames=1)
        series.roll(START)
        assert not series.trim(START + 5 * MINUTE_NS, MINUTE_NS)
        series.trim(START + DAY_NS)
        assert shown(series)[0].value == [float(n // 2) for n in range(10, 20)]


class Counting(InfluxSeries):
    """Counts how often the database is asked."""

    asked = 0

    def tables(self, step_ns: int, query: str) -> list[Table]:
        self.asked += 1
        return super().tables(step_ns, query)


def rolled_rows(influx: Influxd, bucket: str) -> list[str]:
    steps = ("1m", "1h")
    asked = [(f"{bucket}_{step}", f'SELECT * FROM "rollup_{step}_gas_pct_lel" GROUP BY *') for step in steps]  # noqa: S608 - names of ours
    return [influx.ask(name, query) for name, query in asked]


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_what_is_rolled_up_out_of_memory_is_what_the_database_says_also_after_a_start(
    influx: Influxd, tmp_path: Path
) -> None:
    written = [sample(20 * n, 0.1 * (n % 37), "G1") for n in range(9 * 60)]
    written[200] = written[200]._replace(quality={GAS: Quality.BAD})
    bursts = [written[n : n + 27] for n in range(0, len(written), 27)]
    for bucket in ("asked", "seen"):
        influx.create(bucket)
        (tmp_path / bucket).mkdir()
    with closing(opened_at(influx, tmp_path / "asked", "asked")) as series:
        series.write(written, cursor=1, frames=1, log_ns=START)
        for hours in (3, 6):
            series.roll(START + hours * HOUR_NS)
    for some in (bursts[:7], bursts[7:]):
        series = influx.open("seen", tmp_path / "seen" / "cursor.db", kind=Counting)
        assert isinstance(series, Counting)
        series.configure(assets("G1"))
        with closing(series):
            for burst in some:
                series.write(burst, cursor=1, frames=1, log_ns=burst[-1].time_ns)
                series.roll(burst[-1].time_ns)
            for hours in (9, 12) if some[-1] is bursts[-1] else ():
                series.roll(START + hours * HOUR_NS)
        assert 0 < series.asked < 8  # once at the start, and for what had begun by then
    assert rolled_rows(influx, "seen") == rolled_rows(influx, "asked")


class Meanwhile(InfluxSeries):
    """Has points come in while others are rolled up, as of another thread."""

    late: Sequence[Sample] = ()

    def _put_rolled(self, parts: Mapping[Mark, Parts | None]) -> None:
        super()._put_rolled(parts)
        some, self.late = self.late, ()
        if some:
            self.write(some, cursor=2, frames=1, log_ns=START + 3 * HOUR_NS)


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_points_that_come_while_their_bucket_is_rolled_up_have_it_rolled_up_again(
    influx: Influxd, tmp_path: Path
) -> None:
    written = [sample(20 * n, 0.1 * (n % 37), "G1") for n in range(9 * 60)]
    late = [sample(20 * n + 1, 100.0 + n, "G1") for n in (0, 180, 400)]
    for bucket in ("before", "meanwhile"):
        influx.create(bucket)
        (tmp_path / bucket).mkdir()
    with closing(opened_at(influx, tmp_path / "before", "before")) as series:
        series.write([*written, *late], cursor=1, frames=1, log_ns=START)
        for hours in (3, 6):
            series.roll(START + hours * HOUR_NS)
    file = tmp_path / "meanwhile" / "cursor.db"
    with closing(influx.open("meanwhile", file, kind=Meanwhile)) as other:
        assert isinstance(other, Meanwhile)
        other.configure(assets("G1"))
        other.write(written, cursor=1, frames=1, log_ns=START)
        for hours in (3, 6, 9, 12):
            other.late = late if hours == 3 else ()
            other.roll(START + hours * HOUR_NS)
    assert rolled_rows(influx, "meanwhile") == rolled_rows(influx, "before")


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("moment", ["move", "rolled"])
def test_a_crash_between_the_database_and_the_cursor_is_made_good_by_the_next_start(
    influx: Influxd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def crash(*_: object) -> None:
        raise StoreUnavailable("the process died here")

    bucket = f"crash {moment}"
    influx.create(bucket)
    written = [sample(n, float(n % 9)) for n in range(0, 600, 7)]
    with closing(opened_at(influx, tmp_path, bucket)) as series, monkeypatch.context() as patch:
        patch.setattr(CursorFile, moment, crash)
        if moment == "rolled":
            series.write(written, cursor=1, frames=1, log_ns=START)
        with pytest.raises(StoreUnavailable):
            series.roll(START + HOUR_NS) if series.cursor() else series.write(written, cursor=1, frames=1, log_ns=START)
    with closing(opened_at(influx, tmp_path, bucket)) as series:
        if series.cursor() < 1:
            series.write(written, cursor=1, frames=1, log_ns=START)
        assert not series.roll(START + HOUR_NS)
        found = series.series("G1", GAS, START - DAY_NS, START + 2 * DAY_NS, 2_000)
        assert found.step_ns == MINUTE_NS
        assert found.value[:4] == [0.0, 8.0, 0.0, 8.0]
        assert len(found.value) == 20


def test_a_roll_up_that_trusts_nothing_any_more_has_no_value_of_before() -> None:
    columns = ["time", "min", "mean", "max", "last", "count", "bad"]  # each field is replaced by itself
    table = Table(columns, [[5, 1.0, 1.0, 1.0, 1.0, 0, 2]], "rollup_1m_gas_pct_lel", {"device": "G1"})
    assert list(rows(table)) == [(5, Rollup(None, None, None, None, 0, 2))]


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_marks_that_went_although_that_failed_leave_no_minute_in_memory(
    influx: Influxd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails_afterwards(self: CursorFile, done: Due, log_ns: int) -> None:
        rolled(self, done, log_ns)
        raise StoreUnavailable("the disk fell out while the file was closed")

    rolled = CursorFile.rolled
    influx.create("went")
    with closing(opened_at(influx, tmp_path, "went")) as series:
        series.write([sample(0, 1.0)], cursor=1, frames=1, log_ns=START)
        series.roll(START)
        series.write([sample(120, 2.0)], cursor=2, frames=1, log_ns=START)
        with monkeypatch.context() as patch:
            patch.setattr(CursorFile, "rolled", fails_afterwards)
            with pytest.raises(StoreUnavailable):
                series.roll(START + HOUR_NS)
        series.write([sample(130, 9.0)], cursor=3, frames=1, log_ns=START + HOUR_NS)
        series.roll(START + 2 * HOUR_NS)
        assert series.series("G1", GAS, START, START + 3 * DAY_NS, 2_000).value[-2:] == [2.0, 9.0]

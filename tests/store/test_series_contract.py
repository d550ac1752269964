"""What holds whichever time series is behind: the file, InfluxDB 1.x, also as a 2.x client sees it, and 2.x."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.quality import Quality
from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS
from domain.sample import Sample
from store.influx import InfluxSeries
from store.levels import DAY_NS
from store.series import EmbeddedSeries, Latest, Trend
from tests.store.conftest import FIXTURES
from tests.store.influx2_server import INFLUXD_2
from tests.store.influx_server import Influxd

GAS, HEAT = Quantity.GAS_PCT_LEL, Quantity.TEMPERATURE_C
S = 1_000_000_000
START = 1_768_449_600 * S
FOR_EVER = 1 << 62
SITES = {f"S{n}": Site(f"S{n}", "店", "Shop", "restaurant", "Z1", "D1", 100.0, 25.0) for n in (1, 2)}
DEVICES = {
    "D": Device("D", DeviceKind.GAS_DETECTOR, "S1"),
    "E": Device("E", DeviceKind.MANHOLE, "S2"),
}
ASSETS = Assets(SITES, {"Z1": Zone("Z1", "一", "One")}, DEVICES)
SERVER = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
NAMES = ("1.x", "nginx", *(() if INFLUXD_2 is None else ("2.x",)))
KINDS = ["embedded", *(pytest.param(name, marks=SERVER) for name in NAMES)]
_NUMBERS = count(1)
Series = EmbeddedSeries | InfluxSeries


def sample(time_ns: int, value: float = 1.0, *, device: str = "D", seq: int | None = 1, late: bool = False) -> Sample:
    return Sample(device, time_ns, None if seq is None else "boot", seq, {GAS: value}, {}, late)


def open_influx(server: Influxd, folder: Path) -> InfluxSeries:
    bucket = f"gas {next(_NUMBERS)}"
    server.create(bucket)
    return server.open(bucket, folder / "made" / "series-cursor.db")


@pytest.fixture(params=KINDS)
def series(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Series]:
    with closing(
        EmbeddedSeries(tmp_path / "series.db")
        if request.param == "embedded"
        else open_influx(request.getfixturevalue(FIXTURES[request.param]), tmp_path)
    ) as opened:
        opened.configure(ASSETS)
        yield opened


def everything(series: Series, device: str = "D", quantity: Quantity = GAS) -> Trend:
    return series.series(device, quantity, 0, FOR_EVER, 1 << 30)


def test_is_empty_at_first(series: Series) -> None:
    assert (series.cursor(), series.frames(), series.count()) == (0, 0, 0)
    assert everything(series) == Trend([], [], [])
    assert series.latest("D") == {}


def test_gives_back_what_it_stored(series: Series) -> None:
    first = Sample("D", START, "b", 1, {GAS: 3.5, HEAT: -2.0}, {}, late=True)
    second = Sample("D", START + S, "b", 2, {GAS: 4.0}, {GAS: Quality.STALE}, late=False)
    assert not series.write([first, second, sample(START, device="E", seq=None)], cursor=7, frames=3)
    assert everything(series) == Trend([START + 1, START + S + 2], [3.5, 4.0], [Quality.GOOD, Quality.STALE])
    assert everything(series, quantity=HEAT) == Trend([START + 1], [-2.0], [Quality.GOOD])
    assert everything(series, "E") == Trend([START], [1.0], [Quality.GOOD])
    assert series.latest("D") == {
        GAS: Latest(START + S + 2, 4.0, Quality.STALE, late=False),
        HEAT: Latest(START + 1, -2.0, Quality.GOOD, late=True),
    }
    assert (series.cursor(), series.frames(), series.count()) == (7, 3, 4)


@pytest.mark.parametrize("device", ["nobody", "D' OR 'a'='a", "D\\", "D;\n", '"'])
def test_a_device_that_has_no_points_has_none_whatever_its_name(series: Series, device: str) -> None:
    series.write([sample(START)], cursor=1, frames=1)
    assert everything(series, device) == Trend([], [], [])
    assert series.latest(device) == {}


def test_a_replay_changes_nothing_and_the_last_of_equal_points_stays(series: Series) -> None:
    for _ in range(2):
        series.write([sample(START, 1.0), sample(START, 2.0), sample(START + S, 3.0)], cursor=1, frames=0)
    assert everything(series).value == [2.0, 3.0]
    assert series.count() == 2


def test_tells_two_messages_of_a_millisecond_apart(series: Series) -> None:
    series.write([sample(START, 1.0, seq=42), sample(START, 2.0, seq=43)], cursor=1, frames=1)
    assert everything(series) == Trend([START + 42, START + 43], [1.0, 2.0], [0, 0])


def test_gives_the_range_from_its_start_until_before_its_end(series: Series) -> None:
    series.write([sample(START + n * S, n, seq=None) for n in range(5)], cursor=1, frames=1)
    assert series.series("D", GAS, START + S, START + 3 * S, 100).value == [1.0, 2.0]


def test_the_newest_is_judged_by_time_and_not_by_arrival(series: Series) -> None:
    series.write([sample(START + S, 2.0, seq=None)], cursor=1, frames=1)
    series.write([sample(START, 1.0, seq=None, late=True)], cursor=2, frames=1)
    assert series.latest("D")[GAS] == Latest(START + S, 2.0, 0, late=False)


def test_the_cursor_moves_and_frames_add_up_even_without_a_point(series: Series) -> None:
    series.write([], cursor=5, frames=2)
    series.write([], cursor=9, frames=3)
    assert (series.cursor(), series.frames(), series.count()) == (9, 5, 0)


def test_a_single_peak_among_many_survives(series: Series) -> None:
    values = [1.0] * 12_000  # more than one request holds
    values[5_678] = 9.0
    written = [sample(START + n * S, value, seq=None) for n, value in enumerate(values)]
    series.write(written, cursor=1, frames=1)
    assert series.count() == len(values)
    trend = series.series("D", GAS, START, FOR_EVER, 100)
    assert len(trend.time_ns) <= 100
    assert trend.value[trend.time_ns.index(START + 5_678 * S)] == 9.0


numbers = st.floats(allow_nan=False, allow_infinity=False).filter(lambda v: v == 0 or abs(v) > 1e-300)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(numbers, min_size=1, max_size=50))
def test_every_float_comes_back_as_it_was(series: Series, values: list[float]) -> None:
    at = START + next(_NUMBERS) * 3_600 * S
    assert not series.write([sample(at + n, v, seq=None) for n, v in enumerate(values)], cursor=1, frames=1)
    assert series.series("D", GAS, at, at + S, 1_000).value == values


# ---------------------------------------------------------------- roll-ups
BAD = Quality.BAD
LATER = START + 10 * HOUR_NS


def rolled(series: Series, log_ns: int = LATER) -> Series:
    while series.roll(log_ns):
        pass
    return series


def minutes(series: Series) -> Trend:
    return series.series("D", GAS, START - DAY_NS, START + 2 * DAY_NS, 2_000)


def hours(series: Series) -> Trend:
    return series.series("D", GAS, START - 50 * DAY_NS, START + 50 * DAY_NS, 2_000)


def test_minutes_and_hours_keep_the_lowest_and_the_highest_trusted_value(series: Series) -> None:
    written = [sample(START + n * 10 * S, float(n % 7), seq=None) for n in range(2 * 360)]
    written[3] = written[3]._replace(values={GAS: 99.0}, quality={GAS: BAD})
    written[4] = written[4]._replace(values={GAS: 50.0}, quality={GAS: Quality.OVER_RANGE})
    series.write(written, cursor=1, frames=1, log_ns=START)
    rolled(series)
    by_minute, by_hour = minutes(series), hours(rolled(series, LATER + 2 * HOUR_NS))
    assert (by_minute.step_ns, by_hour.step_ns) == (MINUTE_NS, HOUR_NS)
    assert by_minute.time_ns == [START + n * MINUTE_NS // 2 for n in range(240)]
    assert by_minute.value[:4] == [0.0, 50.0, 0.0, 6.0]
    assert by_hour.time_ns == [START + n * HOUR_NS // 2 for n in range(4)]
    assert by_hour.value == [0.0, 50.0, 0.0, 6.0]


def test_a_bucket_waits_for_its_end_and_a_late_point_brings_it_up_again(series: Series) -> None:
    series.write([sample(START + S, 1.0)], cursor=1, frames=1, log_ns=START)
    assert minutes(rolled(series, START + MINUTE_NS)).step_ns == 0
    assert minutes(rolled(series, START + 2 * MINUTE_NS)).value == [1.0, 1.0]
    late = sample(START + 2 * S, 8.0, late=True)
    series.write([late], cursor=2, frames=1, log_ns=START + HOUR_NS)
    assert minutes(rolled(series, START + HOUR_NS + MINUTE_NS)).value == [1.0, 1.0]
    assert minutes(rolled(series, START + HOUR_NS + 2 * MINUTE_NS)).value == [1.0, 8.0]
    assert hours(rolled(series, START + 3 * HOUR_NS)).value == [1.0, 8.0]


def test_a_minute_of_bad_values_alone_is_a_gap(series: Series) -> None:
    bad = Sample("D", START + MINUTE_NS, "b", 1, {GAS: 5.0}, {GAS: BAD}, late=False)
    series.write([sample(START, 1.0), bad, sample(START + 2 * MINUTE_NS, 3.0)], cursor=1, frames=1)
    assert minutes(rolled(series)).value == [1.0, 1.0, 3.0, 3.0]


summed = numbers.filter(lambda v: abs(v) < 1e300)  # a mean adds them up; what a device may say is smaller by far
moments = st.lists(st.tuples(st.integers(0, 200), summed), min_size=1, max_size=40)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(written=moments, cuts=st.lists(st.integers(0, 40), max_size=4), data=st.data())
def test_roll_ups_are_the_same_for_any_batches_order_and_restarts(
    series: Series, written: list[tuple[int, float]], cuts: list[int], data: st.DataObject
) -> None:
    at = START + next(_NUMBERS) * 3 * HOUR_NS
    samples = [
        Sample(device, at + second * S, "b", n, {GAS: value}, {}, late=False)
        for device in ("D", "E")
        for n, (second, value) in enumerate(written)
    ]
    ones = [one for one in samples if one.device == "D"]
    others = data.draw(st.permutations([one for one in samples if one.device == "E"]))
    series.write(ones, cursor=1, frames=1, log_ns=at)
    for start, end in pairwise([0, *sorted(cuts), len(others)]):
        series.write(others[min(start, end) : end], cursor=2, frames=1, log_ns=at)
        if data.draw(st.booleans()):
            series.write(others[:end], cursor=2, frames=0, log_ns=at)  # what a crash repeats
        rolled(series, at + data.draw(st.integers(0, 5)) * MINUTE_NS)
    rolled(series, at + 9 * HOUR_NS)
    rolled(series, at + 18 * HOUR_NS)
    by_minute = [series.series(device, GAS, at - DAY_NS, at + 2 * DAY_NS, 2_000) for device in "DE"]
    by_hour = [series.series(device, GAS, at - 50 * DAY_NS, at + 50 * DAY_NS, 2_000) for device in "DE"]
    assert by_minute[0] == by_minute[1]
    assert by_hour[0] == by_hour[1]
    assert (by_minute[0].step_ns, by_hour[0].step_ns) == (MINUTE_NS, HOUR_NS)

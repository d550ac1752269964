"""Rates of the stores. Run with ``--benchmark-enable``; otherwise each runs once, tiny, to stay correct."""

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from domain.quantity import Quantity
from domain.sample import Sample
from store.framelog import FrameLog
from store.series import EmbeddedSeries

DAY = 8_640  # points of one day, one each 10 s
STEP_NS = 10_000_000_000


def frames(number: int) -> list[tuple[int, str, bytes]]:
    return [(i, f"gas/v1/S{i % 100:04}/DL-GD-{i:04}/telemetry", b"%0160d" % i) for i in range(number)]


@pytest.mark.parametrize("number", [50, 500])
def test_appends_frames(benchmark: BenchmarkFixture, tmp_path: Path, number: int) -> None:
    batch = frames(number)
    with closing(FrameLog(tmp_path)) as log:
        assert benchmark(log.append, batch) % number == 0
    benchmark.extra_info["frames"] = number


def test_reads_frames(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    with closing(FrameLog(tmp_path)) as log:
        for _ in range(50):
            last = log.append(frames(1000))
        after = count(0, 1000)
        assert len(benchmark(lambda: log.read(next(after) % last, 1000))) == 1000
    benchmark.extra_info["frames"] = 1000


def town(devices: int, steps: int, since: int = 0) -> Iterator[Sample]:
    for step in range(since, since + steps):
        for device in range(devices):
            values = {Quantity.GAS_PCT_LEL: step % 97 + 0.1, Quantity.TEMPERATURE_C: 20.0}
            yield Sample(f"D{device:04}", step * STEP_NS, None, None, values, {}, late=False)


def test_writes_points(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    blocks = count(0, 10)
    with closing(EmbeddedSeries(tmp_path / "series.db")) as series:
        benchmark.pedantic(  # type: ignore[no-untyped-call]
            lambda samples: series.write(samples, cursor=1, frames=1),
            setup=lambda: ((list(town(500, 10, next(blocks))),), {}),
            rounds=1 if benchmark.disabled else 20,
        )
        assert series.count() % 10_000 == 0
    benchmark.extra_info["points"] = 10_000


@pytest.mark.timeout(300)
def test_draws_a_day_of_one_device_among_five_million_points(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    devices = 2 if benchmark.disabled else 5_000_000 // (2 * DAY)
    with closing(EmbeddedSeries(tmp_path / "series.db")) as series:
        for since in range(0, DAY, 60):
            series.write(town(devices, 60, since), cursor=since, frames=1)
        trend = benchmark(series.series, "D0001", Quantity.GAS_PCT_LEL, 0, DAY * STEP_NS, 1000)
    assert 990 <= len(trend.value) <= 1000

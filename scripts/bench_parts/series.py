"""Writing and reading time series: the embedded file, and InfluxDB."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
from bench_parts.pure import town
from bench_parts.table import Row

from domain.quantity import Quantity
from domain.sample import Sample
from store.series import EmbeddedSeries


def series() -> list[Row]:
    day_ns, step_ns, devices, points = 86_400 * 10**9, 10 * 10**9, 100, 5_000_000
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddedSeries(Path(folder) / "series.db")
        start = time.perf_counter()
        for position, first in enumerate(range(0, points // devices, 100)):
            samples = [
                Sample(f"G{d}", (first + k) * step_ns, None, None, {Quantity.GAS_PCT_LEL: float(k)}, {}, late=False)
                for k in range(100)
                for d in range(devices)
            ]
            store.write(samples, cursor=position, frames=0)
        rate = points / (time.perf_counter() - start)
        times = []
        for device in range(20):
            start = time.perf_counter()
            store.series(f"G{device}", Quantity.GAS_PCT_LEL, 2 * day_ns, 3 * day_ns, 1_000)
            times.append(1e3 * (time.perf_counter() - start))
        day_ms = float(np.median(times))
        store.close()
    return [
        Row("series: points written, building the samples included", rate, "points/s", "50,000", rate >= 50_000),
        Row("series: one day of one device among 5 million", day_ms, "ms", "at most 20", day_ms <= 20),
    ]


def influx() -> list[Row]:
    from influxdb_client.client.influxdb_client import InfluxDBClient  # noqa: PLC0415
    from influxdb_client.client.write.point import Point  # noqa: PLC0415
    from influxdb_client.client.write_api import SYNCHRONOUS  # noqa: PLC0415

    from store.influx import InfluxSeries  # noqa: PLC0415
    from tests.store.influx_server import INFLUXD, NGINX, influxd, nginx  # noqa: PLC0415

    if INFLUXD is None or NGINX is None:
        print("left out: influx (no influxd or no nginx)")
        return []
    channels = town(1_000)
    devices = list(channels.devices)
    rounds, size = 20, 5_000
    samples = [_sample(devices[n % len(devices)].id, n) for n in range((rounds + 1) * size)]
    batches = [samples[start : start + size] for start in range(0, len(samples), size)]
    with (
        tempfile.TemporaryDirectory() as first,
        tempfile.TemporaryDirectory() as second,
        influxd(Path(first)) as server,
        nginx(Path(second), server) as url,
    ):

        def ours(api: Literal["v1", "v2"]) -> tuple[float, float]:
            server.create(api)
            address = server.url if api == "v1" else url
            store = InfluxSeries(address, api=api, token="", org="o", bucket=api, cursor_file=Path(first) / f"{api}.db")
            store.configure(channels.assets)
            cost = _cost(lambda n: store.write(batches[n], cursor=n, frames=0), rounds, size)
            stored = store.count() // 2
            store.close()
            if stored != len(samples):
                raise SystemExit(f"influx {api}: {stored} points stored of {len(samples)}")
            return cost

        def theirs(number: int) -> None:
            points = [
                Point("gas_detector")
                .tag("device", s.device)
                .tag("site", "S")
                .tag("zone", "Z")
                .tag("district", "D")
                .field("gas_pct_lel", s.values[Quantity.GAS_PCT_LEL])
                .field("temperature_c", s.values[Quantity.TEMPERATURE_C])
                .field("quality", 0)
                .field("seq", s.seq)
                .field("late", s.late)
                .time(s.point_ns)
                for s in batches[number]
            ]
            writer.write("points", record=points)

        v1_us, v1_rate = ours("v1")
        v2_us, v2_rate = ours("v2")
        server.create("points")
        with InfluxDBClient(url, "", org="o") as client:
            writer = client.write_api(write_options=SYNCHRONOUS)
            point_us, point_rate = _cost(theirs, rounds, size)
    return [
        Row("influx: encode and write, v1, CPU", v1_us, "us/point", "at most 5", v1_us <= 5),
        Row("influx: into InfluxDB 1.x, v1", v1_rate, "points/s", "50,000", v1_rate >= 50_000),
        Row("influx: encode and write, v2, CPU", v2_us, "us/point", "at most 5", v2_us <= 5),
        Row("influx: into InfluxDB 1.x through nginx, v2", v2_rate, "points/s", "", None),
        Row("influx: the client's Point instead, CPU", point_us, "us/point", "", None),
        Row("influx: the client's Point instead", point_rate, "points/s", "", None),
    ]


def _sample(device: str, number: int) -> Sample:
    values = {Quantity.GAS_PCT_LEL: number % 500 / 10, Quantity.TEMPERATURE_C: 20 + number % 73 / 10}
    return Sample(device, 1_768_449_600 * 10**9 + number // 1_000 * 10**9, "b", number, values, {}, late=False)


def _cost(write: Callable[[int], object], rounds: int, points: int) -> tuple[float, float]:
    """Give CPU microseconds for each point and points for each second."""
    write(0)  # connections and series are made
    cpu, wall = time.process_time(), time.perf_counter()
    for number in range(1, rounds + 1):
        write(number)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return 1e6 * cpu / (rounds * points), rounds * points / wall

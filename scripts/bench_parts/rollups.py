"""From the log into InfluxDB by the role `write`, with roll-ups and without."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from bench_parts.table import Row

from app.roles.write import Write
from domain.frame import CONFIGURATION_TOPIC, TICK_TOPIC
from store.framelog import FrameLog
from store.influx import InfluxSeries
from tests.app.support import START_NS, Entry, Plant, S, configuration
from tests.store.influx_server import Influxd, influxd

DEVICES, SECONDS, AFTER_S = 1_000, 300, 180


class _Unrolled(InfluxSeries):
    """The same without roll-ups, to compare."""

    def roll(self, _log_ns: int) -> bool:
        return False


def rollups() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as data, influxd(Path(data)) as server:
        plant = Plant(Path(folder))
        _fill(plant.log)
        plain_us, plain = _cost(plant, server, _Unrolled, "plain")
        rolled_us, rolled = _cost(plant, server, InfluxSeries, "rolled")
    return [
        Row("write: log into InfluxDB 1.x, without roll-ups", plain, "points/s", "", None),
        Row("write: log into InfluxDB 1.x, with roll-ups", rolled, "points/s", "50,000", rolled >= 50_000),
        Row("write: without roll-ups, CPU", plain_us, "us/point", "", None),
        Row("write: with roll-ups, CPU", rolled_us, "us/point", "", None),
    ]


def _fill(log: FrameLog) -> None:
    devices = "".join(f"G{n},gas_detector,S1,1\n" for n in range(DEVICES))
    log.append([(START_NS, CONFIGURATION_TOPIC, configuration(f"id,kind,site,interval_s\n{devices}").packed)])
    for second in range(SECONDS):
        log.append([*_said(second), (START_NS + second * S, TICK_TOPIC, b"")])
    log.append([(START_NS + (SECONDS + n) * S, TICK_TOPIC, b"") for n in range(AFTER_S)])


def _said(second: int) -> Iterator[Entry]:
    now_ns = START_NS + second * S
    for n in range(DEVICES):
        values = f'{{"gas_pct_lel":{(second + n) % 50 / 10},"temperature_c":{20 + n % 7}}}'
        payload = f'{{"boot_id":"b","seq":{second},"time":{now_ns // 1_000_000},"values":{values}}}'
        yield now_ns, f"gas/v1/S1/G{n}/telemetry", payload.encode()


def _cost(plant: Plant, server: Influxd, kind: type[InfluxSeries], bucket: str) -> tuple[float, float]:
    """Give our CPU microseconds for each point, and points for each second."""
    server.create(bucket)
    cursor_file = plant.folder / f"{bucket}.db"
    with closing(kind(server.url, api="v1", token="", org="", bucket=bucket, cursor_file=cursor_file)) as series:
        role = Write(log=plant.log, series=series, quarantine=plant.quarantine, refusals=plant.refusals)
        cpu, wall = time.process_time(), time.perf_counter()
        while role.bite():
            pass
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        stored, points = series.count() // 2, DEVICES * SECONDS
    if stored != points:
        raise SystemExit(f"rollups: {stored} points stored of {points}")
    return 1e6 * cpu / points, points / wall

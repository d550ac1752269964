"""From the log into InfluxDB by the role `write`: without roll-ups, with them read back, with them out of memory."""

import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from bench_parts.table import Row

from app.heap import settle
from app.roles.write import Write
from domain.frame import CONFIGURATION_TOPIC, TICK_TOPIC
from store.framelog import FrameLog
from store.influx import InfluxSeries
from tests.app.support import START_NS, Entry, Plant, S, configuration
from tests.store.influx2_server import INFLUXD_2, running
from tests.store.influx_server import INFLUXD, Influxd

DEVICES, EVERY_S = 1_000, 10
SECONDS, AFTER_S = 3_600, 3_700
"""An hour of readings, and as long until the hour is rolled up, too."""


class Cost(NamedTuple):
    """CPU microseconds for each point, ours and the server's, and points for each second."""

    ours_us: float
    server_us: float
    rate: float


class _Unrolled(InfluxSeries):
    """The same without roll-ups, to compare."""

    def roll(self, _log_ns: int) -> bool:
        return False


class _Asking(InfluxSeries):
    """The same without a memory, to compare: whatever is rolled up is read back, as after a start."""

    def roll(self, log_ns: int) -> bool:
        self._live.forget()
        return super().roll(log_ns)


def rollups(hours: str = "1") -> list[Row]:
    """Take so many hours of readings; 24 are the whole bar. Also into a 2.x, where its variable names one."""
    if INFLUXD is None:
        print("left out: rollups (no influxd)")
        return []
    seconds = round(float(hours) * SECONDS)
    with tempfile.TemporaryDirectory() as folder:
        plant = Plant(Path(folder))
        _fill(plant.log, seconds)
        settle()  # as the role does
        versions = ("1.x",) if INFLUXD_2 is None else ("1.x", "2.x")
        return [row for version in versions for row in _into(version, plant, seconds)]


def _into(version: str, plant: Plant, seconds: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as data, running(version, Path(data)) as server:
        plain, asking, rolled = (_cost(plant, server, kind, seconds) for kind in (_Unrolled, _Asking, InfluxSeries))
    into = f"write: into InfluxDB {version}"
    return [
        Row(f"{into}, without roll-ups", plain.rate, "readings/s", "", None),
        Row(f"{into}, with roll-ups that are read back", asking.rate, "readings/s", "", None),
        Row(f"{into}, with roll-ups", rolled.rate, "readings/s", "50,000", rolled.rate >= 50_000),
        *_cpu(f"{into}, without roll-ups", plain),
        *_cpu(f"{into}, with roll-ups that are read back", asking),
        *_cpu(f"{into}, with roll-ups", rolled),
    ]


def _cpu(what: str, cost: Cost) -> list[Row]:
    return [
        Row(f"{what}, our CPU", cost.ours_us, "us/reading", "", None),
        Row(f"{what}, CPU of the server", cost.server_us, "us/reading", "", None),
    ]


def _fill(log: FrameLog, seconds: int) -> None:
    devices = "".join(f"G{n},gas_detector,S1,{EVERY_S}\n" for n in range(DEVICES))
    log.append([(START_NS, CONFIGURATION_TOPIC, configuration(f"id,kind,site,interval_s\n{devices}").packed)])
    for second in range(seconds):
        log.append([*_said(second), (START_NS + second * S, TICK_TOPIC, b"")])
    log.append([(START_NS + (seconds + n) * S, TICK_TOPIC, b"") for n in range(AFTER_S)])


def _said(second: int) -> Iterator[Entry]:
    now_ns = START_NS + second * S
    for n in range(second % EVERY_S, DEVICES, EVERY_S):
        values = f'{{"gas_pct_lel":{(second + n) % 50 / 10},"temperature_c":{20 + n % 7}}}'
        payload = f'{{"boot_id":"b","seq":{second // EVERY_S},"time":{now_ns // 1_000_000},"values":{values}}}'
        yield now_ns, f"gas/v1/S1/G{n}/telemetry", payload.encode()


def _cost(plant: Plant, server: Influxd, kind: type[InfluxSeries], seconds: int) -> Cost:
    bucket = kind.__name__.strip("_")  # 2.x keeps names with a line before them to itself
    server.create(bucket)
    cursor_file = plant.folder / f"{bucket} {server.api}.db"
    with closing(server.open(bucket, cursor_file, kind=kind)) as series:
        role = Write(log=plant.log, series=series, quarantine=plant.quarantine, refusals=plant.refusals)
        before, ours, wall = server.cpu_s(), time.process_time(), time.perf_counter()
        while role.bite():
            pass
        wall = time.perf_counter() - wall
        ours, theirs = time.process_time() - ours, server.cpu_s() - before
        stored, points = series.count() // 2, DEVICES * seconds // EVERY_S
    if stored != points:
        raise SystemExit(f"rollups: {stored} points stored of {points}")
    server.drop(bucket)
    return Cost(1e6 * ours / points, 1e6 * theirs / points, points / wall)

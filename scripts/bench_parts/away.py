"""InfluxDB away under load: alarms before and meanwhile, memory of `write`, and what is there afterwards."""

import tempfile
from pathlib import Path

import numpy as np
from bench_parts.load import broker
from bench_parts.table import Row

from tests.end_to_end.away import DEVICES, Figures, Plan, run_away
from tests.end_to_end.support import Installation
from tests.store.influx_server import INFLUXD, influxd

RATE_PER_S, AROUND_S = 500.0, 20.0


def away(seconds: str = "60") -> list[Row]:
    """Let it be away for so many seconds; `scripts/bench away 600` is the whole bar."""
    if INFLUXD is None:
        print("left out: away (no influxd)")
        return []
    away_s = float(seconds)
    plan = Plan(RATE_PER_S, away_s + 2 * AROUND_S, AROUND_S, away_s)
    with (
        broker() as port,
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as data,
        influxd(Path(data)) as server,
    ):
        server.create("gas")
        town = Installation(Path(folder) / "town", port, detectors=DEVICES)
        town.use_influx(server)
        try:
            return _rows(run_away(town, port, server, plan), away_s)
        finally:
            town.stop()


def _rows(found: Figures, away_s: float) -> list[Row]:
    p50, p99, away_p50, away_p99 = (
        float(p) for ms in (found.before_ms, found.away_ms) for p in np.percentile(ms, [50, 99])
    )
    missing = found.logged - found.quarantined - found.points
    most_ms = max(250.0, 2 * p99)
    growth_mib = found.most_mib - found.before_mib
    return [
        Row(f"alarm while InfluxDB is there, p50 of {len(found.before_ms)}", p50, "ms", "", None),
        Row("alarm while InfluxDB is there, p99", p99, "ms", "", None),
        Row(f"alarm while it is away for {away_s:g} s, p50 of {len(found.away_ms)}", away_p50, "ms", "", None),
        Row("alarm while it is away, p99", away_p99, "ms", "250, or twice that before", away_p99 <= most_ms),
        Row("write: resident memory before", found.before_mib, "MiB", "", None),
        Row("write: most of it from there on, above that", growth_mib, "MiB", "at most 60", growth_mib <= 60),
        Row("from its return until all is stored", found.catch_up_s, "s", "at most 60", found.catch_up_s <= 60),
        Row("frames logged", found.logged, "frames", f"{found.published:,}", found.logged == found.published),
        Row("of them in quarantine", found.quarantined, "frames", "", None),
        Row("missing in InfluxDB", missing, "points", "0", missing == 0),
        Row("not in the order in which they were sent", found.misplaced, "points", "0", found.misplaced == 0),
    ]

"""Speed and memory on this machine, side by side in one run; prints a table, writes bench/results.json."""

import argparse
import sys
from collections.abc import Callable

from bench_parts.alarms import alarms
from bench_parts.away import away
from bench_parts.browsers import browsers, watch
from bench_parts.dashboards import dashboards
from bench_parts.gb26875 import gb26875
from bench_parts.hydraulics import hydraulics
from bench_parts.ingest import ingest, receive_frames
from bench_parts.latency import latency, pace
from bench_parts.load import publish
from bench_parts.pure import decode, detectors
from bench_parts.rollups import rollups
from bench_parts.sensors import sensors
from bench_parts.series import influx, series
from bench_parts.simulator import simulator
from bench_parts.table import Row, show

PARTS: dict[str, Callable[..., list[Row]]] = {
    "decode": decode,
    "gb26875": gb26875,
    "detectors": detectors,
    "ingest": ingest,
    "series": series,
    "influx": influx,
    "rollups": rollups,
    "dashboards": dashboards,
    "latency": latency,
    "alarms": alarms,
    "away": away,
    "browsers": browsers,
    "sensors": sensors,
    "hydraulics": hydraulics,
    "simulator": simulator,
}
INNER: dict[str, Callable[..., None]] = {
    "_publish": publish,
    "_receive": receive_frames,
    "_pace": pace,
    "_watch": watch,
}
"""What a part runs in a process of its own."""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("part", nargs="?", default="all", choices=["all", *PARTS, *INNER], metavar="part")
    options.add_argument("rest", nargs="*", help="of the part: seconds of `away`")
    chosen = options.parse_args()
    if chosen.part in INNER:
        INNER[chosen.part](*chosen.rest)
        return 0
    show([row for name, part in PARTS.items() if chosen.part in {"all", name} for row in part(*chosen.rest)])
    return 0


if __name__ == "__main__":
    sys.exit(main())

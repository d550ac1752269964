"""The table of a run: what was measured, and what was wanted."""

import os
import platform
from pathlib import Path
from typing import NamedTuple

import msgspec

ROOT = Path(__file__).parents[2]


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: float
    unit: str
    target: str
    holds: bool | None


def _digits(measured: float) -> str:
    """Write small numbers with three places."""
    return f"{measured:,.1f}" if abs(measured) >= 10 else f"{measured:,.3f}"


def show(rows: list[Row]) -> None:
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'':56} {'measured':>12} {'':<14} target")
    for row in rows:
        mark = {True: "ok", False: "MISSED", None: ""}[row.holds]
        print(f"{row.what:<56} {_digits(row.measured):>12} {row.unit:<14} {row.target:<28} {mark}")
    results = ROOT / "bench" / "results.json"
    results.parent.mkdir(exist_ok=True)
    results.write_bytes(msgspec.json.format(msgspec.json.encode([row._asdict() for row in rows]), indent=2))

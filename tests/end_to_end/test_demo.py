"""The demo as a stranger runs it: one command, its counts, its alarms against the truth."""

import subprocess
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from domain.alarm import GAS_KINDS
from tests.end_to_end.support import COMMAND, free_port, listens, wait_for

SECONDS = 40


class Run(NamedTuple):
    """What a run of the demo left behind."""

    code: int
    lines: list[tuple[float, str]]
    errors: str
    result: dict[str, Any]
    folder: Path


def run_demo(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> Run:
    """Run the demo to its end, and note when each line was printed, in seconds since the start."""
    json, lines = folder / "out.json", list[tuple[float, str]]()
    command = [*COMMAND, "demo", "--json", str(json), *arguments]
    start_s = time.monotonic()
    with (
        (folder / "errors").open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder, env=environment) as process,
    ):
        assert process.stdout is not None
        lines += [(time.monotonic() - start_s, line.rstrip("\n")) for line in process.stdout]
    result = msgspec.json.decode(json.read_bytes())
    return Run(process.returncode, lines, (folder / "errors").read_text(), result, folder)

"""`gas-lifeline screen`: one detector over a CSV file of anybody."""

import csv
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from app.table import Table, read_table
from detectors.screener import Screener, Verdicts
from detectors.screening import SCREENERS
from domain.errors import ConfigurationError


def run_screen(  # noqa: PLR0917 - the command's arguments, in its order
    series: Path, detector: str, numbers: Sequence[str], columns: Sequence[str] | None, train_rows: int, out: Path
) -> int:
    """Judge each row of a file, and write its time, score and alarm."""
    known = chosen(detector, numbers)
    table = read_table(series, columns)
    if train_rows >= len(table.time):
        raise ConfigurationError(f"{series}: {len(table.time)} rows; expected more than --train-rows {train_rows}")
    try:
        screener = SCREENERS[detector](columns=len(table.columns), train_rows=train_rows, **known)
    except ValueError as error:
        raise ConfigurationError(f"--set: {error}") from None
    verdicts = screened(screener, table)
    _write(out, table, verdicts)
    rising = int(np.count_nonzero(np.diff(verdicts.alarm.astype(np.int8), prepend=0) > 0))
    back = int(np.count_nonzero(np.diff(table.time_ns) < 0))
    if back:
        print(f"note: {back} rows go back in time; they were judged at the newest time before them", file=sys.stderr)  # noqa: T201 - the command's answer
    print(  # noqa: T201 - the command's answer
        f"{len(table.time)} rows of {len(table.columns)} columns: {rising} alarms, "
        f"{100 * verdicts.alarm.mean():.2f} % of the rows in alarm"
    )
    return 0


def screened(screener: Screener, table: Table) -> Verdicts:
    """Judge all rows; one that is older than another before it counts as of the same time."""
    return screener.update(np.maximum.accumulate(table.time_ns), table.values)


def chosen(detector: str, numbers: Sequence[str]) -> dict[str, float]:
    """Read ``key=value`` (ConfigurationError: unknown detector or key, or no number)."""
    if detector not in SCREENERS:
        raise ConfigurationError(f"--detector: no {detector!r}; expected one of {', '.join(SCREENERS)}")
    defaults = settings(SCREENERS[detector])
    found: dict[str, float] = {}
    for entry in numbers:
        key, _, text = entry.partition("=")
        if key not in defaults:
            raise ConfigurationError(f"--set {entry}: {detector} has no {key!r}; expected one of {', '.join(defaults)}")
        try:
            found[key] = type(defaults[key])(text)
        except ValueError:
            kind = "a whole number" if isinstance(defaults[key], int) else "a number"
            raise ConfigurationError(f"--set {entry}: expected {kind}, such as {key}={defaults[key]}") from None
    return found


def settings(screener: Callable[..., Screener]) -> Mapping[str, float]:
    """Give the numbers that may be set, with their defaults."""
    parameters = inspect.signature(screener).parameters
    return {name: p.default for name, p in parameters.items() if name not in {"columns", "train_rows"}}


def listed() -> str:
    """Give one line for each detector and one for its numbers."""
    lines: list[str] = []
    for name, screener in SCREENERS.items():
        lines.append(f"  {name:<12} {(inspect.getdoc(screener) or '').splitlines()[0]}")
        lines.append(f"  {'':<12} {', '.join(f'{key}={value:g}' for key, value in settings(screener).items())}")
    return "\n".join(lines)


def _write(out: Path, table: Table, verdicts: Verdicts) -> None:
    rows = zip(table.time, verdicts.score.tolist(), verdicts.alarm.tolist(), strict=True)
    try:
        with out.open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(("time", "score", "alarm"))
            lines.writerows((time, f"{score:.6g}", int(alarm)) for time, score, alarm in rows)
    except OSError as error:
        raise ConfigurationError(f"{out}: {error.strerror}") from None

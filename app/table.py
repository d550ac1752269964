"""A CSV file of anybody: the first column tells the time, the others are numbers."""

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.errors import ConfigurationError
from simulator.timetext import MS_NS, S_NS

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 1e11
"""A number of seconds as large as this lies in the year 5138, one of milliseconds in 1973."""
_LAST_S = 9e9
"""Nanoseconds of later times do not fit 64 bits."""
MOST = 1e30
"""What is larger is no measurement: recordings mark a hole with -3e38 (a float of 32 bits at its end)."""
_EXPECTED = 'expected RFC 3339, "YYYY-MM-DD HH:MM:SS", or whole seconds or milliseconds since 1970'
_NOTHING = frozenset({"", "nan", "null", "none", "na", "n/a"})


class Table(NamedTuple):
    """What a file holds.

    Attributes:
        columns: names of the numbers.
        time: as it stands in the file.
        time_ns: since 1970; a time without an offset is taken for UTC.
        values: one row for each time; NaN where the file has nothing, or something infinite.
    """

    columns: Sequence[str]
    time: Sequence[str]
    time_ns: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]


def read_table(path: Path, columns: Sequence[str] | None = None) -> Table:
    """Read a file separated by commas or semicolons (ConfigurationError: where it is wrong, and what was expected).

    Args:
        path: of the file; its first line names the columns.
        columns: which to take; None: all but the first.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: expected a text file in UTF-8") from None
    head = text.split("\n", 1)[0]
    rows = csv.reader(io.StringIO(text), delimiter=";" if head.count(";") > head.count(",") else ",")
    names = [name.strip() for name in next(rows, [])]
    at = _chosen(path, names, columns)
    lines = list(_checked(path, rows, len(names)))
    if not lines:
        raise ConfigurationError(f"{path}: no rows; expected a line with names, then one line for each time")
    time = [row[0].strip() for _, row in lines]
    time_ns = np.array(list(_times(path, [line for line, _ in lines], time)), np.int64)
    values = [_numbers(path, names, at, line, row) for line, row in lines]
    return Table([names[i] for i in at], time, time_ns, np.array(values, np.float64))


def _chosen(path: Path, names: Sequence[str], columns: Sequence[str] | None) -> Sequence[int]:
    if len(names) < 2 or _instant_ns(names[0]) is not None:  # noqa: PLR2004 - a time and a number
        raise ConfigurationError(f"{path}, line 1: expected the names of a column of times and of others of numbers")
    if columns is None:
        return range(1, len(names))
    for name in columns:
        if name not in names[1:]:
            raise ConfigurationError(f"{path}: no column {name!r}; expected one of {', '.join(names[1:])}")
    return [names.index(name, 1) for name in columns]


def _checked(path: Path, rows: Iterable[list[str]], width: int) -> Iterator[tuple[int, list[str]]]:
    for line, row in enumerate(rows, 2):
        if len(row) == width:
            yield line, row
        elif row:
            raise ConfigurationError(f"{path}, line {line}: {len(row)} fields; expected {width}, as in line 1")


def _times(path: Path, lines: Sequence[int], texts: Sequence[str]) -> Iterator[int]:
    """Give nanoseconds; whether numbers are seconds or milliseconds, the largest of the file tells."""
    found = [_instant_ns(text) for text in texts]
    numbers = [abs(at) for at in found if isinstance(at, float)]
    unit_ns = MS_NS if max(numbers, default=0.0) >= _MILLISECONDS_FROM else S_NS
    for line, text, at in zip(lines, texts, found, strict=True):
        if at is None or abs(at) * (unit_ns if isinstance(at, float) else 1) > _LAST_S * S_NS:
            raise ConfigurationError(f"{path}, line {line}: {text!r} is no time; {_EXPECTED}")
        yield round(at * unit_ns) if isinstance(at, float) else at


def _instant_ns(text: str) -> int | float | None:
    """Give nanoseconds of a date, a float of an unknown unit for a number, None for anything else."""
    try:
        number = float(text)
    except ValueError:
        return date_ns(text)
    return number if math.isfinite(number) else None


def date_ns(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1_000


def _numbers(path: Path, names: Sequence[str], at: Sequence[int], line: int, row: Sequence[str]) -> list[float]:
    try:
        return [_number(row[i]) for i in at]
    except ValueError:
        name, cell = next((names[i], row[i]) for i in at if not _is_number(row[i]))
        raise ConfigurationError(
            f"{path}, line {line}: {name} is {cell!r}; expected a number, or nothing (--columns chooses columns)"
        ) from None


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        if text.strip().lower() not in _NOTHING:
            raise
        return math.nan
    return number if abs(number) < MOST else math.nan


def _is_number(text: str) -> bool:
    try:
        _number(text)
    except ValueError:
        return False
    return True

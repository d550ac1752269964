"""Recordings as columns: a table is a file of parquet, CSV, or CSV in gzip."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.table import MOST, date_ns

Column = npt.NDArray[Any]
Columns = dict[str, Column]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
S_NS = 1_000_000_000


class Recording(NamedTuple):
    """One stream: what a detector sees of it.

    Attributes:
        name: of it.
        time_ns: of each row.
        values: a column for each series.
        label: of each row, in the words of the set.
    """

    name: str
    time_ns: Ints
    values: Floats
    label: Column


def tables(folder: Path, pattern: str) -> Iterator[Columns]:
    """Read the tables of a folder whose names begin so, sorted by name."""
    for path in sorted(folder.glob(f"{pattern}*")):
        if path.suffix == ".parquet":
            yield _parquet(path)
        elif path.name.endswith((".csv", ".csv.gz")):
            yield _csv(path)


def only_table(folder: Path, pattern: str) -> Columns:
    found = list(tables(folder, pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder}: {len(found)} tables named {pattern}*; expected one")
    return found[0]


def _parquet(path: Path) -> Columns:
    try:
        from pyarrow import parquet  # type: ignore[import-not-found]  # noqa: PLC0415 - only where such a file is read
    except ImportError:
        raise SystemExit(f"{path}: pyarrow reads parquet, and is not installed; or put a CSV in its place") from None
    table = parquet.read_table(path)
    return {name: np.asarray(table[name].to_numpy()) for name in table.column_names}


def _csv(path: Path) -> Columns:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    names, *rows = csv.reader(io.StringIO(raw.decode("utf-8-sig")))
    return {name: np.array([row[at] for row in rows], object) for at, name in enumerate(names)}


def numbers(column: Column) -> Floats:
    """Give floats; NaN where there is nothing, or what no instrument measures."""
    if column.dtype == object:
        column = np.array([float(cell) if cell not in {"", None} else np.nan for cell in column])
    found = column.astype(np.float64)
    found[~(np.abs(found) < MOST)] = np.nan
    return found


def times_ns(column: Column) -> Ints:
    if column.dtype == object:
        return np.array([date_ns(str(cell)) for cell in column], np.int64)
    return column.astype("datetime64[ns]").astype(np.int64)


def matrix(table: Columns, names: Sequence[str]) -> Floats:
    return np.column_stack([numbers(table[name]) for name in names])


def parts(table: Columns, name: str) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
    """Split by the words of a column, in the order of their first row."""
    words, first, inverse = np.unique(table[name].astype(str), return_index=True, return_inverse=True)
    rows = np.split(np.argsort(inverse, kind="stable"), np.cumsum(np.bincount(inverse))[:-1])
    for at in np.argsort(first):
        yield str(words[at]), rows[at]

"""State as named columns, and its snapshot: little-endian arrays behind a schema name."""

import dataclasses
import math
import struct
from collections.abc import Mapping
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

NEVER = -(1 << 62)
"""A time that did not come yet; small enough to lie before all others, large enough that a difference fits 64 bits."""

Array = npt.NDArray[Any]
_MAGIC = b"GLD1"
_TYPES: dict[object, npt.DTypeLike] = {int: np.dtype("<i8"), float: np.dtype("<f8"), bool: np.dtype("?")}
R = TypeVar("R")


class Columns(Generic[R]):
    """One array for each field of a record type; the fields' defaults are the cold state.

    Example:
        >>> @dataclasses.dataclass(slots=True)
        ... class Life:
        ...     last_ns: int = NEVER
        ...     raised: bool = False
        >>> columns = Columns(Life, 3)
        >>> life = columns.read(1)
        >>> life.raised = True
        >>> columns.write(1, life)
        >>> columns["raised"].tolist()
        [False, True, False]
    """

    def __init__(self, record: type[R], size: int) -> None:
        self._record = record
        self._size = size
        self.arrays: dict[str, Array] = {
            field.name: _cold(field, size)
            for field in dataclasses.fields(record)  # type: ignore[arg-type] # R is a dataclass; typing cannot say so
        }

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> Array:
        return self.arrays[name]

    def read(self, index: int) -> R:
        return self._record(*[array.item(index) for array in self.arrays.values()])

    def write(self, index: int, record: R) -> None:
        self.write_all({index: record})

    def read_all(self, index: npt.NDArray[Any]) -> dict[int, R]:
        """Read many rows at a fraction of the price of each."""
        columns = [array[index].tolist() for array in self.arrays.values()]
        return dict(zip(index.tolist(), map(self._record, *columns), strict=True))

    def write_all(self, records: Mapping[int, R]) -> None:
        if not records:
            return
        index = list(records)
        for name, array in self.arrays.items():
            array[index] = [getattr(record, name) for record in records.values()]

    def grow(self, size: int) -> None:
        """Append cold rows up to a size."""
        if size == self._size:
            return
        more = Columns(self._record, size - self._size)
        self.arrays = {name: np.concatenate((array, more[name])) for name, array in self.arrays.items()}
        self._size = size

    def load(self, arrays: Mapping[str, Array], old: npt.NDArray[np.intp]) -> None:
        """Take the rows `old` of a snapshot; cold where -1."""
        known = old >= 0
        fresh = Columns(self._record, self._size).arrays
        for name, array in fresh.items():
            array[known] = arrays[name][old[known]]
        self.arrays = fresh


def _cold(field: "dataclasses.Field[Any]", size: int) -> Array:
    width: int | None = field.metadata.get("width")
    shape = (size,) if width is None else (size, width)
    return np.full(shape, field.default, field.metadata.get("dtype", _TYPES[field.type]))


def put_rows(columns: Array, index: npt.NDArray[Any], rows: Array) -> None:
    """Do ``columns[index] = rows`` for two dimensions, each row as one piece of memory: twice as fast."""
    piece = np.dtype((np.void, columns.dtype.itemsize * columns.shape[1]))
    columns.view(piece)[:, 0][index] = rows.view(piece)[:, 0]


def pack(schema: str, arrays: Mapping[str, Array]) -> bytes:
    """Write arrays behind a schema name; the same arrays give the same bytes.

    Example:
        >>> unpack("x/1", pack("x/1", {"last_ns": np.arange(3)}))["last_ns"].tolist()
        [0, 1, 2]
        >>> unpack("x/2", pack("x/1", {}))
        Traceback (most recent call last):
        ...
        ValueError: snapshot is of 'x/1', not of 'x/2'
    """
    parts = [_MAGIC, _text(schema), struct.pack("<I", len(arrays))]
    for name, array in arrays.items():
        shape = struct.pack(f"<B{array.ndim}Q", array.ndim, *array.shape)
        parts += [_text(name), _text(array.dtype.str), shape, np.ascontiguousarray(array).tobytes()]
    return b"".join(parts)


def unpack(schema: str, blob: bytes) -> dict[str, Array]:
    """Read what `pack` wrote (ValueError: another schema, or damaged)."""
    try:
        return _unpack(schema, blob)
    except (struct.error, UnicodeDecodeError, TypeError) as error:
        raise ValueError(f"snapshot is damaged: {error}") from None


def _unpack(schema: str, blob: bytes) -> dict[str, Array]:
    if not blob.startswith(_MAGIC):
        raise ValueError("not a snapshot of a detector")
    found, at = _read_text(blob, len(_MAGIC))
    if found != schema:
        raise ValueError(f"snapshot is of {found!r}, not of {schema!r}")
    (count,) = struct.unpack_from("<I", blob, at)
    at += 4
    arrays: dict[str, Array] = {}
    for _ in range(count):
        name, at = _read_text(blob, at)
        arrays[name], at = _read_array(blob, at)
    return arrays


def _read_array(blob: bytes, at: int) -> tuple[Array, int]:
    text, at = _read_text(blob, at)
    dtype = np.dtype(text)
    (ndim,) = struct.unpack_from("<B", blob, at)
    shape = struct.unpack_from(f"<{ndim}Q", blob, at + 1)
    at += 1 + 8 * ndim
    length = math.prod(shape)
    if at + length * dtype.itemsize > len(blob):
        raise ValueError(f"snapshot is damaged: {len(blob)} bytes are too few")
    return np.frombuffer(blob, dtype, length, at).reshape(shape), at + length * dtype.itemsize


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<H", len(raw)) + raw


def _read_text(blob: bytes, at: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<H", blob, at)
    return blob[at + 2 : at + 2 + length].decode(), at + 2 + length

"""Random numbers that depend on who draws them and on nothing else.

Every stream is a counter-based generator (Philox: Salmon et al., SC '11) under a key made of seed, entity and stream
name. A sensor that is added draws from a stream of its own, so no other sensor's numbers move.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
RowArray = npt.NDArray[np.intp]

_BLOCK = 256


def digest(*names: object) -> bytes:
    return hashlib.sha256("\n".join(map(str, names)).encode()).digest()


def generator(*names: object) -> np.random.Generator:
    """Give the stream of these names.

    Example:
        >>> first, again = (generator(42, "DL-GD-0017", "noise") for _ in range(2))
        >>> bool(first.random() == again.random())
        True
    """
    return np.random.Generator(np.random.Philox(key=int.from_bytes(digest(*names)[:16])))


class Normals:
    """One stream of standard normal numbers for each row, drawn for many rows at once.

    Args:
        streams: generator of each row.
        freedom: degrees of freedom of each row; 0 for a normal distribution, above 2 for Student's t scaled to
            variance 1, whose outliers are wilder the smaller it is.
    """

    def __init__(self, streams: Sequence[np.random.Generator], freedom: Sequence[float] | None = None) -> None:
        self._streams, self._freedom = streams, freedom or [0.0] * len(streams)
        self._block = np.zeros((_BLOCK, len(streams)))  # what is drawn together lies together
        self._next = np.full(len(streams), _BLOCK, np.intp)

    def take(self, rows: RowArray | slice) -> FloatArray:
        """Draw the next number of each of these rows, or of all rows (`slice(None)`)."""
        at = self._next[rows]
        if (at == _BLOCK).any():
            self._refill(np.arange(len(self._streams))[rows][at == _BLOCK])
            at = self._next[rows]
        drawn = self._picked(rows, at)
        self._next[rows] = at + 1
        return drawn

    def _picked(self, rows: RowArray | slice, at: RowArray) -> FloatArray:
        if isinstance(rows, np.ndarray):
            return self._block[at, rows]
        if (at == at[:1]).all():  # all in step
            return self._block[at[:1]].ravel()
        return self._block[at, np.arange(len(at))]

    def _refill(self, rows: RowArray) -> None:
        self._block[:, rows] = np.stack([self._fresh(row) for row in rows.tolist()], axis=1)
        self._next[rows] = 0

    def _fresh(self, row: int) -> FloatArray:
        stream, freedom = self._streams[row], self._freedom[row]
        if not freedom:
            return stream.standard_normal(_BLOCK)
        scaled: FloatArray = np.sqrt(1.0 - 2.0 / freedom) * stream.standard_t(freedom, _BLOCK)
        return scaled

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

_BLOCK = 64


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
    """

    def __init__(self, streams: Sequence[np.random.Generator]) -> None:
        self._streams = streams
        self._block = np.zeros((len(streams), _BLOCK))
        self._next = np.full(len(streams), _BLOCK, np.intp)

    def take(self, rows: RowArray) -> FloatArray:
        for row in rows[self._next[rows] == _BLOCK]:
            self._block[row] = self._streams[row].standard_normal(_BLOCK)
            self._next[row] = 0
        drawn: FloatArray = self._block[rows, self._next[rows]]
        self._next[rows] += 1
        return drawn

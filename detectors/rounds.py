"""Vectorise a recurrence over channels without changing its result."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from detectors.order import starts


def rounds(slot: npt.NDArray[np.int32]) -> Iterator[npt.NDArray[np.intp]]:
    """Split rows sorted by slot so that no round holds a slot twice and every slot keeps its order.

    A recurrence computed round by round gives the same bits whatever the size of the batch.

    Example:
        >>> [rows.tolist() for rows in rounds(np.array([3, 3, 7, 7, 7], np.int32))]
        [[0, 2], [1, 3], [4]]
    """
    first = np.flatnonzero(starts(slot))
    size = np.diff(first, append=len(slot))
    for turn in range(int(size.max(initial=0))):
        yield first[size > turn] + turn

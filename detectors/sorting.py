"""The rows of a batch by quantity: sorted once, looked up by every detector."""

import functools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.batch import Batch
from domain.channels import Channels
from domain.quantity import CODES, Quantity

_Bounds = list[int]


class _Sorted(NamedTuple):
    """A batch, its rows by quantity, where each quantity begins, and whether all rows hold usable numbers."""

    batch: Batch
    order: npt.NDArray[np.intp]
    bounds: _Bounds
    clean: bool


class ByQuantity:
    """Sorts the rows of a batch by the quantity that they measure; remembers the newest batch.

    Most detectors watch one quantity or two: without this each would look at all rows of all others.
    """

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._code: npt.NDArray[np.uint8] = np.empty(0, np.uint8)
        self._newest: _Sorted | None = None

    def rows(self, batch: Batch, quantities: tuple[Quantity, ...]) -> npt.NDArray[np.intp]:
        """Give the rows of these quantities in log order."""
        _, order, bounds, _ = self._sorted(batch)
        spans = [(bounds[code], bounds[code + 1]) for code in map(CODES.__getitem__, quantities)]
        parts = [order[start:stop] for start, stop in spans if start < stop]
        if len(parts) == 1:
            return parts[0]
        return np.sort(np.concatenate(parts)) if parts else order[:0]

    def clean(self, batch: Batch) -> bool:
        """Tell whether each row holds a usable number, as nearly all do."""
        return self._sorted(batch).clean

    def _sorted(self, batch: Batch) -> _Sorted:
        if self._newest is None or self._newest.batch is not batch:
            known = len(self._code)
            if known != len(self._channels):
                new = [CODES[quantity] for _, quantity in self._channels.keys[known:]]
                self._code = np.concatenate((self._code, np.array(new, np.uint8)))
            code = self._code[batch.channel]
            order = np.argsort(code, kind="stable")
            bounds = [0, *np.cumsum(np.bincount(code, minlength=len(CODES))).tolist()]
            self._newest = _Sorted(batch, order, bounds, bool(batch.may_raise().all()))
        return self._newest


@functools.lru_cache(maxsize=4)
def by_quantity(channels: Channels) -> ByQuantity:
    return ByQuantity(channels)

"""Means over even stretches of time: what a trend looks at instead of every sample."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.bounds import ns, positive
from detectors.order import Bools, Floats, Ints, ends, in_order, starts
from detectors.state import Columns, put_rows
from detectors.watch import Slots

_LAST, _NUMBER, _SUM, _COUNT = range(4)
_MILLI = 1e3
_MOST = 1e9
"""Values beyond are cut: their sums must fit 64 bits."""
_ALONE = 0.75
"""Of the width, since the value before: reports as rare as bins come some seconds early or late."""


@dataclass(slots=True)
class Open:
    """The bin that a slot fills.

    Attributes:
        news: newest sample time; number of the bin, sum of its values in thousandths, and their count.
    """

    news: int = field(default=0, metadata={"width": 4})


class Closed(NamedTuple):
    """Bins that are complete, sorted by slot and number.

    Attributes:
        row: of the fed rows, the one that closed it: the first of a later bin, or a value that is alone.
        slot: of each.
        number: of each: time divided by the width.
        mean: of its values.
    """

    row: npt.NDArray[np.intp]
    slot: Slots
    number: Ints
    mean: Floats


class Bins:
    """Mean of each slot's values over each stretch of `width_s`, given when the next one begins.

    Noise of neighbouring samples is not independent: sums over it (CUSUM) drown in false alarms unless it is thinned to
    its correlation time [1]. Sums are of whole thousandths, so no order of adding can change a bit.

    A value that comes three quarters of a width or more after the one before is a bin of its own, given at once: where
    reports are as rare as bins, waiting for the next one would tell everything a whole report late.

    Args:
        width_s: of a bin, seconds. Wider is quieter and later.

    Example:
        >>> bins = Bins(60)
        >>> bins.open.grow(1)
        >>> slot, time_s, value = np.zeros(5, np.int32), np.array([60, 70, 90, 125, 200]), np.array([9.0, 1, 2, 5, 9])
        >>> closed = bins.feed(slot, time_s * 10**9, value)
        >>> closed.row.tolist(), closed.number.tolist(), closed.mean.tolist()
        ([0, 3, 4, 4], [1, 1, 2, 3], [9.0, 1.5, 5.0, 9.0])

    References:
        [1] Lu, C.-W., Reynolds, M. R. (2001). CUSUM charts for monitoring an autocorrelated process. J. Quality
            Technology 33, 316-334.
    """

    def __init__(self, width_s: float) -> None:
        positive(width_s=width_s)
        self.width_ns, self._alone_ns = ns(width_s), ns(_ALONE * width_s)
        self.open = Columns(Open, 0)

    def feed(self, slot: Slots, time_ns: Ints, value: Floats) -> Closed:
        """Feed rows sorted by slot, each slot in log order; those older than one before them are left out."""
        news = self.open["news"].take(slot, axis=0)
        rows = np.flatnonzero(in_order(slot, time_ns, news[:, _LAST]))
        if len(rows) == len(slot):
            return self._feed(slot, time_ns, value, news)
        closed = self._feed(slot[rows], time_ns[rows], value[rows], news[rows])
        return closed._replace(row=rows[closed.row])

    def _feed(self, slot: Slots, time_ns: Ints, value: Floats, news: Ints) -> Closed:
        number, head = time_ns // self.width_ns, starts(slot)
        alone = self._alone(time_ns, head, news)
        begins = head | alone
        begins[1:] |= (number[1:] != number[:-1]) | alone[:-1]
        at = np.flatnonzero(begins)
        if not len(at):
            return Closed(at, slot, number, value)
        milli = np.rint(np.clip(value, -_MOST, _MOST) * _MILLI).astype(np.int64)
        sums, counts = np.add.reduceat(milli, at), np.diff(at, append=len(slot))
        first, before = np.flatnonzero(head[at]), news[at[head[at]]]
        goes_on = (before[:, _NUMBER] == number[at[first]]) & (before[:, _COUNT] > 0) & ~alone[at[first]]
        sums[first] += np.where(goes_on, before[:, _SUM], 0)
        counts[first] += np.where(goes_on, before[:, _COUNT], 0)
        last, stays = ends(slot[at]), ~alone[at]
        newest = np.column_stack((time_ns[ends(slot)], number[at[last]], (sums * stays)[last], (counts * stays)[last]))
        put_rows(self.open["news"], slot[at[last]], newest)
        left, own = np.flatnonzero(~last & stays), np.flatnonzero(~stays)
        old = np.flatnonzero(~goes_on & (before[:, _COUNT] > 0))
        given = np.concatenate((left, own))
        return _sorted(
            np.concatenate((at[first[old]], at[left + 1], at[own])),
            slot,
            np.concatenate((before[old, _NUMBER], number[at[given]])),
            np.concatenate((before[old, _SUM], sums[given])),
            np.concatenate((before[old, _COUNT], counts[given])),
        )

    def _alone(self, time_ns: Ints, head: Bools, news: Ints) -> Bools:
        previous = np.where(head, news[:, _LAST], np.roll(time_ns, 1))
        found: Bools = time_ns - previous >= self._alone_ns
        return found


def _sorted(row: npt.NDArray[np.intp], slot: Slots, number: Ints, sums: Ints, counts: Ints) -> Closed:
    order = np.argsort(row, kind="stable")  # rows are sorted by slot and time; one row closes a bin before its own
    row = row[order]
    return Closed(row, slot[row], number[order], sums[order] / (counts[order] * _MILLI))

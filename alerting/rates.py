"""How thick annunciations come: the largest number in a window, and the time in flood."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

_S_NS = 1_000_000_000


class Flood(NamedTuple):
    """When there are too many alarms for one person.

    Attributes:
        begins: with so many in the window.
        ends: with fewer than this.
        window_ns: in which they are counted.
    """

    begins: int = 10
    ends: int = 5
    window_ns: int = 600 * _S_NS


FLOOD = Flood()
CHATTER, CHATTER_NS = 3, 60 * _S_NS
"""An alarm chatters that occurs so often within so long (Hexagon's definition)."""


def most(times_ns: Sequence[int], window_ns: int) -> int:
    """Give the largest number of times within any window.

    Args:
        times_ns: in order.
        window_ns: its length; both of its ends do not belong to it together.

    Example:
        >>> most([0, 5, 9, 10], 10)
        3
    """
    found, first = 0, 0
    for last, time_ns in enumerate(times_ns):
        while times_ns[first] <= time_ns - window_ns:
            first += 1
        found = max(found, last - first + 1)
    return found


def flood_ns(times_ns: Sequence[int], from_ns: int, to_ns: int, flood: Flood = FLOOD) -> int:
    """Tell how long of a time the flood lasted.

    Idea: each annunciation counts from its time until a window later; the flood begins when the count reaches
    `begins` and ends when it falls below `ends`, as the banner of the console does.

    Args:
        times_ns: in order, also those before the time.
        from_ns: first moment.
        to_ns: end.
        flood: numbers.

    Example:
        >>> flood_ns([0, 1, 2], 0, 100, Flood(begins=3, ends=2, window_ns=10))
        9
    """
    return sum(max(0, min(end_ns, to_ns) - max(begin_ns, from_ns)) for begin_ns, end_ns in _floods(times_ns, flood))


def _floods(times_ns: Sequence[int], flood: Flood) -> Iterator[tuple[int, int]]:
    # what leaves the window goes before what enters it at the same moment
    changes = sorted([(t, 1) for t in times_ns] + [(t + flood.window_ns, -1) for t in times_ns])
    count, since_ns = 0, -1
    for time_ns, change in changes:
        count += change
        if since_ns < 0 and count >= flood.begins:
            since_ns = time_ns
        elif since_ns >= 0 and count < flood.ends:
            yield since_ns, time_ns
            since_ns = -1

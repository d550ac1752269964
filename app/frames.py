"""Raw frames of some devices within a time, found in a log of any length."""

from collections.abc import Collection, Iterator

from domain.frame import Frame
from store.framelog import FrameLog

_BITE = 5_000
_MOST_READ = 2_000_000
"""Frames that are looked through at most: an hour of a large town."""


def frames_between(log: FrameLog, devices: Collection[str], from_ns: int, to_ns: int) -> Iterator[Frame]:
    """Give the frames of some devices, in log order; device and command topics end with device and kind."""
    position, read = position_before(log, from_ns), 0
    while frames := log.read(position, _BITE):
        for frame in frames:
            if frame.received_ns > to_ns or read > _MOST_READ:
                return
            read += 1
            segments = frame.topic.split("/")
            if len(segments) > 1 and segments[-2] in devices:
                yield frame
        position = frames[-1].position


def position_before(log: FrameLog, time_ns: int) -> int:
    """Find by halves a position before which everything is older; arrival times rise but for clock jumps."""
    low, high = log.first(), log.last()
    while low < high:
        middle = (low + high) // 2
        found = log.read(middle - 1, 1)
        if found and found[0].received_ns < time_ns:
            low = middle + 1
        else:
            high = middle
    return max(low - 1, 0)

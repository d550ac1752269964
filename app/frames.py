"""Raw frames of some devices within a time, found in a log of any length."""

from collections.abc import Collection, Iterator

from domain.frame import CARRIED, Frame
from store.framelog import FrameLog

_BITE = 5_000
_FEW = 8
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
        found = arrival(log, middle)
        if found is not None and found.received_ns < time_ns:
            low = found.position + 1
        else:
            high = middle
    return max(low - 1, 0)


def arrival(log: FrameLog, position: int) -> Frame | None:
    """Give the first frame from a position on that tells the time there; None: there is none.

    Those at the head of a segment were carried over from the one before with its times, and a spoiled one has none.
    """
    while frames := log.read(position - 1, _FEW):
        for frame in frames:
            if frame.intact and frame.topic not in CARRIED:
                return frame
        position = frames[-1].position + 1
    return None

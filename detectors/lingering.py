"""A condition that is told by events and ends when none has come for a while."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.state import NEVER, Columns


@dataclass(slots=True)
class Lingering:
    """State of one device.

    Attributes:
        onset_ns: of what stands, log time.
        heard_ns: log time of the newest event, `NEVER` when nothing stands.
    """

    onset_ns: int = NEVER
    heard_ns: int = NEVER


def hear(devices: Columns[Lingering], device: int, log_ns: int) -> bool:
    """Note an event; tells whether the condition begins with it.

    Example:
        >>> devices = Columns(Lingering, 2)
        >>> hear(devices, 1, 5), hear(devices, 1, 9)
        (True, False)
        >>> expired(devices, 18, 10), expired(devices, 19, 10), expired(devices, 20, 10)
        ([], [1], [])
    """
    begins = bool(devices["heard_ns"].item(device) == NEVER)
    devices["heard_ns"][device] = log_ns
    if begins:
        devices["onset_ns"][device] = log_ns
    return begins


def expired(devices: Columns[Lingering], log_ns: int, linger_ns: int | npt.NDArray[np.int64]) -> list[int]:
    """End the conditions without an event for `linger_ns`, the same or one for each device; gives their devices."""
    heard = devices["heard_ns"]
    over = np.flatnonzero((heard != NEVER) & (log_ns - heard >= linger_ns))
    heard[over] = NEVER
    ended: list[int] = over.tolist()
    return ended

"""One alarm of a device with several causes: it begins with the first and ends when the last is gone."""

from dataclasses import dataclass
from typing import Any

from detectors.state import NEVER, Columns
from domain.finding import Transition


@dataclass(slots=True)
class Causes:
    """State of one device.

    Attributes:
        causes: bits of the causes in force.
        onset_ns: when the first of them began.
    """

    causes: int = 0
    onset_ns: int = NEVER


def change(devices: Columns[Any], device: int, cause: int, time_ns: int, *, on: bool) -> tuple[Transition, int] | None:
    """Set or clear one cause; give the change of the whole and its onset, None where the whole stays as it was.

    Example:
        >>> devices = Columns(Causes, 1)
        >>> change(devices, 0, 1, 10, on=True)
        (<Transition.ONSET: 'onset'>, 10)
        >>> change(devices, 0, 2, 20, on=True), change(devices, 0, 1, 30, on=False)
        (None, None)
        >>> change(devices, 0, 2, 40, on=False)
        (<Transition.END: 'end'>, 10)
    """
    before = devices["causes"].item(device)
    after = before | cause if on else before & ~cause
    devices["causes"][device] = after
    if bool(before) == bool(after):
        return None
    if after:
        devices["onset_ns"][device] = time_ns
    return (Transition.ONSET if after else Transition.END), devices["onset_ns"].item(device)

"""All that a detector remembers, and how it finds its way into another numbering."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from detectors.state import NEVER, Array, Columns, pack, unpack
from detectors.watch import Watch


class Memory:
    """Columns by watched channel and by device, and the time of the last tick.

    Args:
        schema: name and version; a snapshot of any other is refused.
        watch: whose slots the channel columns follow, or None.
        slots: columns with one row for each slot of `watch`.
        devices: columns with one row for each device.
    """

    def __init__(
        self,
        schema: str,
        *,
        watch: Watch | None = None,
        slots: tuple[Columns[Any], ...] = (),
        devices: Columns[Any] | None = None,
    ) -> None:
        self._schema = schema
        self._watch = watch
        self._slots = slots
        self._devices = devices
        self.tick_ns = NEVER

    def tick(self, log_ns: int) -> None:
        self.tick_ns = max(self.tick_ns, log_ns)

    def log_ns(self, received_ns: int) -> int:
        """Log time at a frame: arrival, but never before the last tick."""
        return max(received_ns, self.tick_ns)

    def refresh(self) -> None:
        """Give new channels their cold state."""
        if self._watch is not None:
            self._watch.refresh()
            for columns in self._slots:
                columns.grow(len(self._watch))

    def snapshot(self) -> bytes:
        self.refresh()
        return pack(self._schema, dict(self._arrays()))

    def restore(
        self, blob: bytes, channel: npt.NDArray[np.intp] | None = None, device: npt.NDArray[np.intp] | None = None
    ) -> None:
        """Load a snapshot; `channel` and `device` give the old index for each of ours, None where nothing moved."""
        self.refresh()
        arrays = unpack(self._schema, blob)
        if {name: (a.dtype, a.ndim) for name, a in self._arrays()} != {n: (a.dtype, a.ndim) for n, a in arrays.items()}:
            raise ValueError(f"snapshot of {self._schema!r} holds other arrays than expected")
        self.tick_ns = int(arrays["tick_ns"][0])
        if self._watch is not None:
            old = self._watch.old_slots(arrays["channel"], channel)
            for number, columns in enumerate(self._slots):
                columns.load(_part(arrays, f"slot{number}."), old)
        if self._devices is not None:
            count = len(arrays[f"device.{next(iter(self._devices.arrays))}"])
            self._devices.load(_part(arrays, "device."), _old_devices(len(self._devices), count, device))

    def _arrays(self) -> Iterator[tuple[str, Array]]:
        yield "tick_ns", np.array([self.tick_ns], "<i8")
        if self._watch is not None:
            yield "channel", self._watch.channel
        for number, columns in enumerate(self._slots):
            yield from ((f"slot{number}.{name}", array) for name, array in columns.arrays.items())
        if self._devices is not None:
            yield from ((f"device.{name}", array) for name, array in self._devices.arrays.items())


def _part(arrays: dict[str, Array], prefix: str) -> dict[str, Array]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def _old_devices(ours: int, theirs: int, device: npt.NDArray[np.intp] | None) -> npt.NDArray[np.intp]:
    if device is None:
        if ours != theirs:
            raise ValueError(f"snapshot is of {theirs} devices, here are {ours}: a remap is needed")
        return np.arange(ours)
    return device

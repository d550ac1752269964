"""Which channels a detector watches; its state stands in slots, one for each of them."""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.sorting import by_quantity
from domain.asset import Device, DeviceKind
from domain.batch import Batch
from domain.channels import Channels
from domain.quality import Quality
from domain.quantity import Quantity

Slots = npt.NDArray[np.int32]
Describe = Callable[[Device, Quantity], float]


class Selection(NamedTuple):
    """The rows of a batch that a detector looks at.

    Attributes:
        rows: their numbers in the batch.
        slot: of each.
        part: the rows themselves.
    """

    rows: npt.NDArray[np.intp]
    slot: Slots
    part: Batch


class PerSlot:
    """A number of each slot that follows from its device and quantity, such as a limit; grows as the watch does."""

    def __init__(self, watch: "Watch", describe: Describe) -> None:
        self._watch = watch
        self._describe = describe
        self._values: npt.NDArray[np.float64] = np.empty(0)
        self._least = np.inf

    @property
    def values(self) -> npt.NDArray[np.float64]:
        known, watch = len(self._values), self._watch
        if known != len(watch):
            new = [self._describe(watch.device_at(slot), watch.quantity_at(slot)) for slot in range(known, len(watch))]
            self._values = np.concatenate((self._values, np.array(new, np.float64)))
            self._least = self._values.min()
        return self._values

    def reached(self, value: npt.NDArray[np.float64], slot: Slots) -> npt.NDArray[np.bool_]:
        """Tell which values are at or above the number of their slot.

        Nearly all are below the least number of all: only the others look theirs up.
        """
        values = self.values
        reached: npt.NDArray[np.bool_] = value >= self._least
        if reached.any():
            reached[reached] = value[reached] >= values[slot[reached]]
        return reached


class Watch:
    """The slots of the watched channels, in channel order; grows as `Channels` grows.

    Detectors that watch the same quantities share one (`shared`), and so the selection of the rows of a batch.

    Args:
        channels: the numbering.
        quantities: that are watched.
        only: further condition on the device; None for all.

    Attributes:
        channel: of each slot.
        device: index of each slot's device.

    Example:
        >>> from domain.asset import Assets, DeviceKind
        >>> device = Device(id="FAN-1", kind=DeviceKind.FAN, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> watch = Watch(channels, (Quantity.POWER_OK, Quantity.CO_PPM))
        >>> watch.channel.tolist()
        [1]
        >>> channels.find("FAN-1", Quantity.CO_PPM), watch.refresh(), watch.channel.tolist()
        (6, None, [1, 6])
    """

    def __init__(
        self, channels: Channels, quantities: tuple[Quantity, ...], only: Callable[[Device], bool] | None = None
    ) -> None:
        self.channels = channels
        self._quantities = quantities
        self._rows = by_quantity(channels)
        self._only = only
        self._known = 0
        self._slot: Slots = np.empty(0, np.int32)
        """Of each channel, -1 where it is not watched; empty while none is."""
        self._newest: dict[bool, tuple[Batch, Selection]] = {}
        self.channel: Slots = np.empty(0, np.int32)
        self.device: Slots = np.empty(0, np.int32)
        self.refresh()

    def __len__(self) -> int:
        return len(self.channel)

    def per_slot(self, describe: Describe) -> PerSlot:
        return PerSlot(self, describe)

    def device_at(self, slot: int) -> Device:
        return self.channels.devices[self.device.item(slot)]

    def quantity_at(self, slot: int) -> Quantity:
        return self.channels.keys[self.channel.item(slot)][1]

    def select(self, batch: Batch, *, unusable: bool) -> Selection:
        """Give the watched rows that hold a usable number, or besides them all of unusable quality."""
        newest = self._newest.get(unusable)
        if newest is not None and newest[0] is batch:
            return newest[1]
        self.refresh()
        selection = self._select(batch, unusable=unusable)
        self._newest[unusable] = (batch, selection)
        return selection

    def _select(self, batch: Batch, *, unusable: bool) -> Selection:
        if not len(self):
            nothing = np.empty(0, np.intp)
            return Selection(nothing, np.empty(0, np.int32), batch.take(nothing))
        rows = self._rows.rows(batch, self._quantities)
        if self._only is not None:
            rows = rows[self._slot[batch.channel[rows]] >= 0]
        part = batch if len(rows) == len(batch) else batch.take(rows)
        slot = self._slot[part.channel]
        if self._rows.clean(batch):
            return Selection(rows, slot, part)
        counts = part.quality <= Quality.OVER_RANGE.value
        if unusable:
            counts = ~counts
            counts |= np.isfinite(part.value)
        else:
            counts &= np.isfinite(part.value)
        return Selection(rows[counts], slot[counts], part.take(counts))

    def refresh(self) -> None:
        """Look at channels that were added since."""
        known, self._known = self._known, len(self.channels)
        if known == self._known:
            return
        new = [
            (channel, device, quantity)
            for channel, (name, quantity) in enumerate(self.channels.keys[known:], known)
            if quantity in self._quantities
            and self._wants(device := self.channels.devices[self.channels.device_index[name]])
        ]
        if new or len(self):
            self._slot = np.concatenate((self._slot, np.full(self._known - len(self._slot), -1, np.int32)))
            self._append(new)

    def old_slots(self, theirs: Slots, channel: npt.NDArray[np.intp] | None) -> npt.NDArray[np.intp]:
        """Find our slots among those of a snapshot; -1 where it has none.

        Args:
            theirs: channel of each slot of the snapshot, rising.
            channel: for each of our channels its old number; None: unchanged (ValueError: it has more than we).
        """
        if channel is None:
            if len(np.setdiff1d(theirs, self.channel)):
                raise ValueError("snapshot holds channels that are not watched here: a remap is needed")
            old = self.channel
        else:
            old = channel[self.channel].astype(np.int32)
        at = np.searchsorted(theirs, old)
        found = np.append(theirs, -2)[at] == old
        return np.where(found, at, -1)

    def _wants(self, device: Device) -> bool:
        return self._only is None or self._only(device)

    def _append(self, new: list[tuple[int, Device, Quantity]]) -> None:
        channel = np.array([channel for channel, _, _ in new], np.int32)
        device = np.array([self.channels.device_index[device.id] for _, device, _ in new], np.int32)
        self._slot[channel] = np.arange(len(self), len(self) + len(new), dtype=np.int32)
        self.channel = np.concatenate((self.channel, channel))
        self.device = np.concatenate((self.device, device))


@functools.lru_cache(maxsize=32)
def shared(channels: Channels, quantities: tuple[Quantity, ...]) -> Watch:
    """Give the one watch of these quantities."""
    return Watch(channels, quantities)


@functools.lru_cache(maxsize=32)
def mains(channels: Channels) -> Watch:
    """Give the one watch of pressures in lines whose class is known."""
    return Watch(channels, (Quantity.PRESSURE_KPA,), only=lambda device: device.tier is not None)


@functools.lru_cache(maxsize=32)
def lines(channels: Channels) -> Watch:
    """Give the one watch of pressures in lines whose class is known, and of the meters of lines."""
    return Watch(channels, (Quantity.PRESSURE_KPA, Quantity.FLOW_M3H), only=_in_a_line(channels))


@functools.lru_cache(maxsize=32)
def flows(channels: Channels) -> Watch:
    """Give the one watch of the meters of lines: those whose class is known, and those on the network."""
    return Watch(channels, (Quantity.FLOW_M3H,), only=_in_a_line(channels))


def _in_a_line(channels: Channels) -> Callable[[Device], bool]:
    network = channels.assets.network
    nodes = frozenset() if network is None else frozenset(node.id for node in network.nodes)
    return lambda device: device.tier is not None or (device.kind is DeviceKind.FLOW_METER and device.site in nodes)

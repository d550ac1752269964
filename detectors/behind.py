"""What goes on behind the cut-off valves of a site, reading by reading."""

import dataclasses
import functools
from abc import abstractmethod
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from detectors.base import Remap
from detectors.machine import Life, Machine
from detectors.order import Bools, Reading
from detectors.state import NEVER
from detectors.watch import Slots, Watch
from domain.asset import DeviceKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding
from domain.quality import Quality
from domain.quantity import Quantity

_QUANTITIES = (Quantity.VALVE_OPEN, Quantity.FLOW_M3H, Quantity.PRESSURE_KPA, Quantity.TEMPERATURE_C)


@dataclass(slots=True)
class Line(Life):
    """State of a valve; what its site is told of stands in that of its first.

    Attributes:
        closed_ns: since when it reports closed; NEVER while it does not.
        onset_ns: of what stands, or NEVER.
    """

    closed_ns: int = NEVER
    onset_ns: int = NEVER


L = TypeVar("L", bound=Line)


@functools.lru_cache(maxsize=4)
def _watch(channels: Channels) -> Watch:
    """Give the one watch of all detectors that look behind valves."""
    with_valve = {device.site for device in channels.devices if device.kind is DeviceKind.CUTOFF_VALVE}
    return Watch(channels, _QUANTITIES, lambda device: device.site in with_valve)


class Behind(Machine[L]):
    """Base of the detectors that look at a line whose valves are all closed.

    Whatever comes from a site goes through the state machine from the first word of a closed valve on; before it and
    while nothing is kept of the site, readings change nothing.

    Args:
        channels: the numbering; sites without a cut-off valve are not watched.
        line: state of a valve.
        page_s: oldest late reading that may still raise, seconds.
    """

    def __init__(self, *, channels: Channels, line: type[L], page_s: float) -> None:
        self._cold = line()
        super().__init__(watch=_watch(channels), life=line, page_s=page_s)

    @abstractmethod
    def _closed_step(self, first: int, line: L, since_ns: int, quantity: Quantity, reading: Reading) -> list[Finding]:
        """Judge a reading of a site whose valves have all been closed since `since_ns`; `first` is its first valve."""

    @abstractmethod
    def _opened(self, first: int, line: L, reading: Reading) -> list[Finding]:
        """Take in that a valve opened."""

    def _grown(self) -> None:
        count = range(len(self._watch))
        number = {site: index for index, site in enumerate(self._watch.channels.sites)}
        self._site = np.array([number[self._watch.device_at(slot).site] for slot in count], np.int32)
        self._is_valve = np.array([self._watch.quantity_at(slot) is Quantity.VALVE_OPEN for slot in count], np.bool_)
        self._valves: dict[int, list[int]] = {}
        for slot in count:
            if self._is_valve[slot]:
                self._valves.setdefault(self._site.item(slot), []).append(slot)

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        lively = np.zeros(len(self._watch.channels.sites), np.bool_)
        lively[self._site[self._lives["busy"]]] = True
        hot: Bools = lively[self._site[slot]] | (self._is_valve[slot] & (part.value == 0))
        return hot

    def restore(self, blob: bytes, remap: Remap | None = None) -> None:
        """Look at each line anew: earlier releases did not note what is busy."""
        super().restore(blob, remap)
        lives = self._lives.read_all(np.arange(len(self._lives)))
        self._lives["busy"][:] = [self._is_busy(life) for life in lives.values()]

    def _group(self, slot: Slots) -> npt.NDArray[np.int32]:
        group: npt.NDArray[np.int32] = self._site[slot]
        return group

    def _is_busy(self, life: L) -> bool:
        return dataclasses.replace(life, last_ns=self._cold.last_ns, busy=False) != self._cold

    def _step(self, slot: int, life: L, reading: Reading) -> list[Finding]:
        valves = self._valves.get(self._site.item(slot), [])
        quantity = self._watch.quantity_at(slot)
        if not valves or reading.late or reading.quality > Quality.UNCERTAIN:
            return []
        line = self._life(valves[0])
        if quantity is Quantity.VALVE_OPEN:
            if reading.value == 0:
                life.closed_ns = reading.time_ns if life.closed_ns == NEVER else life.closed_ns
                return []
            life.closed_ns = NEVER
            return self._opened(valves[0], line, reading) if reading.clears else []
        closed = [self._life(valve).closed_ns for valve in valves]
        if min(closed) == NEVER:
            return []
        return self._closed_step(valves[0], line, max(closed), quantity, reading)

"""Valves that report closed, as of any position of the log, and whom they cut off."""

from dataclasses import dataclass

import numpy as np

from detectors.feeding import Edges, Feeding, union
from detectors.memory import Memory
from detectors.state import NEVER, Columns
from detectors.watch import Watch
from domain.asset import Device, DeviceKind
from domain.batch import Batch
from domain.channels import Channels
from domain.quality import Quality
from domain.quantity import Quantity


@dataclass(slots=True)
class _Valve:
    """Position of a valve, and what it was before the frame that changed it: a frame says nothing of itself."""

    closed: bool = False
    before: bool = False
    position: int = 0
    time_ns: int = NEVER


class Shut:
    """Knows which closed valves explain that a place gets no gas: those of its own site, or those that feed it.

    Args:
        channels: the numbering; with a network, what stands on its valves and regulators counts for all behind them.
        schema: of the detector's snapshot.
    """

    def __init__(self, channels: Channels, schema: str) -> None:
        network = channels.assets.network
        self._feeding = None if network is None else Feeding(network)
        watched = {device.site for device in channels.devices if device.tier is not None}
        self._watch = Watch(
            channels,
            (Quantity.VALVE_OPEN,),
            only=lambda d: d.kind is DeviceKind.CUTOFF_VALVE and (d.site in watched or bool(self._shuts(d))),
        )
        self._valves = Columns(_Valve, len(self._watch))
        self.memory = Memory(schema, watch=self._watch, slots=(self._valves,))
        self._news: list[tuple[int, int, int, bool]] = []

    def _shuts(self, device: Device) -> Edges:
        return frozenset() if self._feeding is None else self._feeding.shuts(device)

    def hear(self, batch: Batch) -> None:
        """Take in the good and uncertain, live rows of a batch; `settle` ends it."""
        self.memory.refresh()
        _, slot, part = self._watch.select(batch, unusable=False)
        live = np.flatnonzero((part.quality <= Quality.UNCERTAIN.value) & ~part.late).tolist()
        self._news = [
            (part.position.item(row), slot.item(row), part.time_ns.item(row), part.value.item(row) == 0) for row in live
        ]

    def settle(self) -> None:
        for position, slot, time_ns, closed in self._news:
            valve = self._valves.read(slot)
            self._valves.write(slot, _after(valve, position, time_ns, closed=closed))
        self._news = []

    def why(self, device: Device, position: int) -> tuple[str, ...]:
        """Give the closed valves that cut a device off, as it was before the frame at a position."""
        closed = self._closed_before(position)
        if not closed:
            return ()
        own = tuple(valve.id for valve in closed if valve.site == device.site)
        return own or self._cut_off(device.site, closed)

    def _closed_before(self, position: int) -> list[Device]:
        news = [new for new in self._news if new[0] < position]
        known = np.flatnonzero(self._valves["closed"] | self._valves["before"]).tolist()
        state = {slot: self._valves.read(slot) for slot in sorted({*known, *(slot for _, slot, _, _ in news)})}
        for at, slot, time_ns, closed in news:
            state[slot] = _after(state[slot], at, time_ns, closed=closed)
        shut = [slot for slot, valve in state.items() if (valve.closed if valve.position < position else valve.before)]
        return [self._watch.device_at(slot) for slot in shut]

    def _cut_off(self, site: str, closed: list[Device]) -> tuple[str, ...]:
        """Give the valves each of which alone would feed a place again; all, where it takes several."""
        feeding, edges = self._feeding, {valve.id: self._shuts(valve) for valve in closed}
        edges = {valve: of for valve, of in sorted(edges.items()) if of}
        if feeding is None or not feeding.reaches(site, frozenset()) or feeding.reaches(site, union(edges.values())):
            return ()
        others = {valve: union(of for other, of in edges.items() if other != valve) for valve in edges}
        return tuple(valve for valve in edges if feeding.reaches(site, others[valve])) or tuple(edges)


def _after(valve: _Valve, position: int, time_ns: int, *, closed: bool) -> _Valve:
    """Give a valve after a row; one that is older than the last changes nothing."""
    if time_ns < valve.time_ns:
        return valve
    before = valve.closed if position > valve.position else valve.before
    return _Valve(closed, before, position, time_ns)

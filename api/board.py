"""How every device stands now, kept in memory for lists, counts and the live stream."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from api.scope import Sight
from api.services import Services
from domain.asset import Device, DeviceKind
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import DeviceState

_STALE_INTERVALS = 3
"""A device is stale when its newest sample is older than this many of its own declared periods."""

_POSITIONED = {DeviceKind.CUTOFF_VALVE: Quantity.VALVE_OPEN, DeviceKind.FAN: Quantity.FAN_ON}


@dataclass(frozen=True, slots=True)
class Status:
    """How a device stands.

    Attributes:
        state: of the records; None when it was never heard of.
        online: False also for a device that was never heard of: what is not known does not look normal.
        stale: its newest sample is too old for its own period.
        position: of a valve (1 open, 0 closed, 0.5 moving) or a fan (1 runs); None unknown.
        position_ns: sample time of the position, 0 for none.
    """

    device: Device
    state: DeviceState | None = None
    online: bool = False
    stale: bool = True
    position: float | None = None
    position_ns: int = field(default=0, compare=False)

    @property
    def closed(self) -> bool:
        return self.device.kind is DeviceKind.CUTOFF_VALVE and self.position == 0

    def looks(self) -> tuple[object, ...]:
        """What a screen shows of it; a change of it is worth an event, a newer sample alone is not."""
        state = self.state
        known = (state.missing, state.counted, state.shift_ns, state.boot_id) if state else ()
        return (self.online, self.stale, self.position, known)


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over some devices."""

    devices: int
    offline: int
    stale: int
    valves: int
    valves_closed: int


class Board:
    """Holds the statuses; the hub refreshes them once a second, everybody reads.

    Args:
        services: what is asked.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = threading.Lock()
        self._status = {device.id: Status(device) for device in services.assets.devices.values()}
        self.newest_ns = 0

    def refresh(self) -> list[Status]:
        """Ask records and series once; give what looks different from before (blocks: call it in a thread)."""
        states = self._services.records.device_states()
        now_ns = self._services.clock_ns()
        fresh = {name: self._judge(old, states.get(name), now_ns) for name, old in self._status.items()}
        with self._lock:
            changed = [status for name, status in fresh.items() if status.looks() != self._status[name].looks()]
            self._status = fresh
            self.newest_ns = max((state.newest_ns for state in states.values()), default=0)
        return changed

    def of(self, device: str) -> Status:
        return self._status[device]

    def at(self, site: str) -> list[Status]:
        status = self._status
        return [status[device.id] for device in self._services.assets.by_site.get(site, ())]

    def seen(self, sight: Sight) -> list[Status]:
        return [status for status in self._status.values() if sight.sees(status.device.site)]

    def tally(self, statuses: Iterable[Status] | None = None) -> Tally:
        """Count these, or all."""
        chosen = list(self._status.values() if statuses is None else statuses)
        return Tally(
            devices=len(chosen),
            offline=sum(not status.online for status in chosen),
            stale=sum(status.online and status.stale for status in chosen),
            valves=sum(status.device.kind is DeviceKind.CUTOFF_VALVE for status in chosen),
            valves_closed=sum(status.closed for status in chosen),
        )

    def _judge(self, old: Status, state: DeviceState | None, now_ns: int) -> Status:
        device = old.device
        if state is None:
            return Status(device)
        stale_ns = _STALE_INTERVALS * round(state.interval_s * 1e9)
        position, position_ns = self._position(old, state)
        return Status(device, state, state.online, now_ns - state.newest_ns > stale_ns, position, position_ns)

    def _position(self, old: Status, state: DeviceState) -> tuple[float | None, int]:
        """Ask the series only while they may know more than we: thousands of valves seldom move."""
        quantity = _POSITIONED.get(old.device.kind)
        if quantity is None or old.position_ns >= state.newest_ns:
            return old.position, old.position_ns
        latest = self._services.series.latest(old.device.id).get(quantity)
        if latest is None:
            return None, 0
        return latest.value if latest.quality <= Quality.OVER_RANGE else None, latest.time_ns

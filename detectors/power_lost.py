"""A device without mains, and a cut-off valve that stays open then."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.base import in_log_order
from detectors.bounds import ns, positive
from detectors.machine import At, Life, Machine
from detectors.order import Bools, Reading
from detectors.state import NEVER
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.asset import Power
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity

_UNKNOWN, _CLOSED, _OPEN = -1, 0, 1


@dataclass(slots=True)
class _Feed(Life):
    """Of a `power_ok` channel; of a `valve_open` channel only `valve` is used."""

    level: int = 0
    onset_ns: int = NEVER
    deadline_ns: int = NEVER
    """Log time by which the valve of this device should be closed."""
    valve: int = _UNKNOWN


class PowerLost(Machine[_Feed]):
    """Tell a lost supply: level 1 at once, level 2 when the device's valve is not closed in time.

    A fail-safe valve closes when its supply fails [1], so "closed" after the loss is normal and stays level 1; open, or
    no word of it, is level 2. Ends when the supply is back.

    Args:
        channels: the numbering.
        mains_s: time for the valve of a mains-fed device to close, seconds.
        battery_s: the same for a battery-fed one.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="V-1", kind=DeviceKind.CUTOFF_VALVE, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = PowerLost(channels=channels, mains_s=10, battery_s=60, page_s=900)
        >>> [f.level for f in detector.update(series(channels.find("V-1", Quantity.POWER_OK), [0], [0.0]))]
        [1]
        >>> [(f.transition.value, f.reason) for f in detector.advance(10_000_000_000, 2)]
        [('escalate', 'no_feedback')]

    References:
        [1] CJ/T 394-2018 (electromagnetic cut-off valves).
    """

    NAME: ClassVar[str] = "power_lost"

    def __init__(self, *, channels: Channels, mains_s: float, battery_s: float, page_s: float) -> None:
        positive(mains_s=mains_s, battery_s=battery_s)
        super().__init__(watch=shared(channels, (Quantity.POWER_OK, Quantity.VALVE_OPEN)), life=_Feed, page_s=page_s)
        self._closing_ns = {Power.MAINS: ns(mains_s), Power.BATTERY: ns(battery_s)}
        self._is_valve = self._watch.per_slot(lambda _, quantity: quantity is Quantity.VALVE_OPEN)

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._memory.tick(log_ns)
        deadline = self._lives["deadline_ns"]
        due = np.flatnonzero((deadline != NEVER) & (deadline <= log_ns) & (self._lives["level"] == 1))
        findings = [finding for slot in due.tolist() for finding in self._overdue(slot, (log_ns, position))]
        self._close()
        return in_log_order(findings)

    def _grown(self) -> None:
        valves = [s for s in range(len(self._watch)) if self._watch.quantity_at(s) is Quantity.VALVE_OPEN]
        self._valve_of = {self._watch.device.item(slot): slot for slot in valves}

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        valve = self._is_valve.values[slot] > 0
        hot: Bools = np.where(valve, part.value != self._lives["valve"][slot], part.value == 0)
        return hot

    def _is_busy(self, life: _Feed) -> bool:
        return life.level > 0

    def _step(self, slot: int, life: _Feed, reading: Reading) -> list[Finding]:
        if self._watch.quantity_at(slot) is Quantity.VALVE_OPEN:
            is_open = reading.value > 0
            if reading.quality <= Quality.UNCERTAIN and (is_open or not reading.late):
                life.valve = _OPEN if is_open else _CLOSED
            return []
        if reading.raises and reading.value == 0 and life.level == 0:
            return [self._lost(slot, life, reading)]
        if reading.clears and reading.value > 0 and life.level > 0:
            life.level, life.deadline_ns = 0, NEVER
            return [self._tell(slot, life, Transition.END, reading)]
        return []

    def _lost(self, slot: int, life: _Feed, reading: Reading) -> Finding:
        life.level, life.onset_ns = 1, reading.time_ns
        if self._watch.device.item(slot) in self._valve_of:
            closing_ns = self._closing_ns[self._watch.device_at(slot).power]
            life.deadline_ns = self._memory.log_ns(reading.received_ns) + closing_ns
        return self._tell(slot, life, Transition.ONSET, reading)

    def _overdue(self, slot: int, at: tuple[int, int]) -> list[Finding]:
        valve = self._lives["valve"].item(self._valve_of[self._watch.device.item(slot)])
        if valve == _CLOSED:
            return []  # and asked again at the next tick: it must stay closed until the supply is back
        life = self._life(slot)
        life.level = 2
        return [self._tell(slot, life, Transition.ESCALATE, at, "no_feedback" if valve == _UNKNOWN else "not_closed")]

    def _tell(self, slot: int, life: _Feed, transition: Transition, at: At, reason: str = "") -> Finding:
        return self._finding(
            slot,
            AlarmKind.POWER_LOST,
            transition,
            at,
            level=life.level,
            onset_ns=life.onset_ns,
            value=at.value if isinstance(at, Reading) else None,
            reason=reason,
        )

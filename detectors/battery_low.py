"""A battery near its end."""

from dataclasses import dataclass
from typing import ClassVar

from detectors.bounds import not_negative, positive
from detectors.causes import Causes, change
from detectors.machine import Life, Machine
from detectors.order import Bools, Reading
from detectors.state import Columns
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quantity import Quantity

_CAUSE = {Quantity.BATTERY_PCT: 1, Quantity.BATTERY_V: 2}


@dataclass(slots=True)
class _Battery(Life):
    low: bool = False


class BatteryLow(Machine[_Battery]):
    r"""Tell a battery whose charge or voltage is low.

    Low at $x \le L$, fine again above $L (1 + r)$ in a good, live reading [1]. A device that sends both charge and
    voltage has one alarm, which ends when both are fine.

    Args:
        channels: the numbering.
        limit_pct: $L$ of the charge, %.
        limit_v: $L$ of the voltage, V; of the cell type in use.
        reset_band: $r$, share of the limit. Larger than the swing under radio load, or the alarm chatters.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = BatteryLow(channels=channels, limit_pct=20, limit_v=3.2, reset_band=0.05, page_s=900)
        >>> volts = series(channels.find("P-1", Quantity.BATTERY_V), range(4), [3.6, 3.2, 3.3, 3.6])
        >>> [(f.transition.value, f.position) for f in detector.update(volts)]
        [('onset', 2), ('end', 4)]

    References:
        [1] ANSI/ISA-18.2-2016 (alarm deadband).
    """

    NAME: ClassVar[str] = "battery_low"

    def __init__(
        self, *, channels: Channels, limit_pct: float, limit_v: float, reset_band: float, page_s: float
    ) -> None:
        positive(limit_pct=limit_pct, limit_v=limit_v)
        not_negative(reset_band=reset_band)
        self._devices = Columns(Causes, len(channels.devices))
        super().__init__(watch=shared(channels, tuple(_CAUSE)), life=_Battery, page_s=page_s, devices=self._devices)
        limit = {Quantity.BATTERY_PCT: limit_pct, Quantity.BATTERY_V: limit_v}
        self._limit = self._watch.per_slot(lambda _, quantity: limit[quantity])
        self._share = 1 + reset_band

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        hot: Bools = part.value <= self._limit.values[slot]
        return hot

    def _is_busy(self, life: _Battery) -> bool:
        return life.low

    def _step(self, slot: int, life: _Battery, reading: Reading) -> list[Finding]:
        limit = self._limit.values.item(slot)
        if not life.low and reading.raises and reading.value <= limit:
            return self._turn(slot, life, reading, limit)
        if life.low and reading.clears and reading.value > limit * self._share:
            return self._turn(slot, life, reading, limit * self._share)
        return []

    def _turn(self, slot: int, life: _Battery, reading: Reading, limit: float) -> list[Finding]:
        life.low = not life.low
        quantity = self._watch.quantity_at(slot)
        device = self._watch.device.item(slot)
        changed = change(self._devices, device, _CAUSE[quantity], reading.time_ns, on=life.low)
        if changed is None:
            return []
        transition, onset_ns = changed
        return [
            self._finding(
                slot,
                AlarmKind.BATTERY_LOW,
                transition,
                reading,
                level=int(transition is Transition.ONSET),
                onset_ns=onset_ns,
                value=reading.value,
                limit=limit,
                reason=quantity.value,
            )
        ]

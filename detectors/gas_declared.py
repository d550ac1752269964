"""An alarm that the device itself declares."""

from dataclasses import dataclass
from typing import ClassVar

from detectors.machine import Life, Machine
from detectors.order import Bools, Reading
from detectors.state import NEVER
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quantity import Quantity


@dataclass(slots=True)
class _Declared(Life):
    level: int = 0
    onset_ns: int = NEVER


class GasDeclared(Machine[_Declared]):
    """Pass on what a device declares: its set-points may differ from ours, and it may know more than it sends.

    Level is the declared number, 1 or 2 [1]; it worsens at once and ends at a good, live 0. From 2 back to 1 nothing
    is told: an alarm keeps its highest level until it ends.

    Args:
        channels: the numbering.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> own = series(channels.find("GD-1", Quantity.DEVICE_ALARM), range(5), [0, 1, 2, 1, 0])
        >>> [(f.transition.value, f.level) for f in GasDeclared(channels=channels, page_s=900).update(own)]
        [('onset', 1), ('escalate', 2), ('end', 0)]

    References:
        [1] GB 15322.2-2019 (detectors with one or two alarm levels).
    """

    NAME: ClassVar[str] = "gas_declared"

    def __init__(self, *, channels: Channels, page_s: float) -> None:
        super().__init__(watch=shared(channels, (Quantity.DEVICE_ALARM,)), life=_Declared, page_s=page_s)

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        del slot
        hot: Bools = part.value > 0
        return hot

    def _is_busy(self, life: _Declared) -> bool:
        return life.level > 0

    def _step(self, slot: int, life: _Declared, reading: Reading) -> list[Finding]:
        level = round(reading.value)
        if reading.raises and level > life.level:
            worse = life.level > 0
            life.onset_ns = life.onset_ns if worse else reading.time_ns
            life.level = level
            return [self._tell(slot, life, Transition.ESCALATE if worse else Transition.ONSET, reading)]
        if reading.clears and level == 0 and life.level > 0:
            life.level = 0
            return [self._tell(slot, life, Transition.END, reading)]
        return []

    def _tell(self, slot: int, life: _Declared, transition: Transition, reading: Reading) -> Finding:
        return self._finding(
            slot,
            AlarmKind.GAS_DECLARED,
            transition,
            reading,
            level=life.level,
            onset_ns=life.onset_ns,
            value=reading.value,
        )

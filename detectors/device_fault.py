"""A device that reports a fault, or sends values that cannot be."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.base import in_log_order
from detectors.bounds import ns, positive
from detectors.causes import Causes, change
from detectors.machine import Life, Machine
from detectors.order import Bools, Reading
from detectors.state import NEVER, Columns
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quantity import Quantity
from domain.sample import Decoded, RefusalReason

_REASONS = frozenset({RefusalReason.NON_FINITE, RefusalReason.OUT_OF_RANGE, RefusalReason.WRONG_TYPE})
_DECLARED, _REFUSED = 1, 2


@dataclass(slots=True)
class _Fault(Life):
    faulty: bool = False


@dataclass(slots=True)
class _Device(Causes):
    refused_ns: int = NEVER
    """Log time of the newest refusal."""


class DeviceFault(Machine[_Fault]):
    """Tell a device whose fault code is not 0, or whose values were refused as no number, impossible or of wrong type.

    A number that is none passes every comparison in silence [1], so its refusal is an alarm of its own. The fault code
    ends with a good, live 0; refusals end when none has come for `linger_s`. The alarm ends when both are gone.

    Args:
        channels: the numbering.
        linger_s: time without a refusal that ends it, seconds of log time.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = DeviceFault(channels=channels, linger_s=600, page_s=900)
        >>> code = series(channels.find("GD-1", Quantity.DEVICE_FAULT), [0, 60, 120], [0.0, 17.0, 0.0])
        >>> [(f.transition.value, f.value, f.reason) for f in detector.update(code)]
        [('onset', 17.0, 'declared'), ('end', 0.0, 'declared')]

    References:
        [1] IEEE 754-2019, 5.11 (comparisons with NaN are unordered).
    """

    NAME: ClassVar[str] = "device_fault"

    def __init__(self, *, channels: Channels, linger_s: float, page_s: float) -> None:
        positive(linger_s=linger_s)
        self._devices = Columns(_Device, len(channels.devices))
        super().__init__(
            watch=shared(channels, (Quantity.DEVICE_FAULT,)),
            life=_Fault,
            page_s=page_s,
            devices=self._devices,
        )
        self._linger_ns = ns(linger_s)

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        log_ns = self._memory.log_ns(received_ns)
        findings: list[Finding] = []
        for refusal in decoded.refusals:
            device = self._watch.channels.device_index.get(refusal.device)
            if device is not None and refusal.reason in _REASONS:
                self._devices["refused_ns"][device] = log_ns
                findings += self._set(device, _REFUSED, (log_ns, position), on=True, reason=refusal.reason.value)
        return in_log_order(findings)

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._memory.tick(log_ns)
        refused = self._devices["refused_ns"]
        over = np.flatnonzero((refused != NEVER) & (log_ns - refused >= self._linger_ns))
        refused[over] = NEVER
        return in_log_order(
            [
                finding
                for device in over.tolist()
                for finding in self._set(device, _REFUSED, (log_ns, position), on=False, reason="refused")
            ]
        )

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        del slot
        hot: Bools = part.value != 0
        return hot

    def _is_busy(self, life: _Fault) -> bool:
        return life.faulty

    def _step(self, slot: int, life: _Fault, reading: Reading) -> list[Finding]:
        on = reading.value != 0
        if on == life.faulty or not (reading.raises if on else reading.clears):
            return []
        life.faulty = on
        at = (reading.time_ns, reading.position)
        return self._set(self._watch.device.item(slot), _DECLARED, at, on=on, reason="declared", value=reading.value)

    def _set(
        self, device: int, cause: int, at: tuple[int, int], *, on: bool, reason: str, value: float | None = None
    ) -> list[Finding]:
        time_ns, position = at
        changed = change(self._devices, device, cause, time_ns, on=on)
        if changed is None:
            return []
        transition, onset_ns = changed
        registered = self._watch.channels.devices[device]
        level = int(transition is Transition.ONSET)
        return [
            Finding(
                self.NAME,
                AlarmKind.DEVICE_FAULT,
                registered.id,
                registered.site,
                transition,
                level,
                position,
                time_ns,
                onset_ns,
                value,
                None,
                reason,
            )
        ]

"""A device whose clock is so wrong that its frames were moved."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.base import in_log_order
from detectors.bounds import ns, positive
from detectors.lingering import Lingering, hear
from detectors.told import Told
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.sample import Decoded

_INTERVALS = 3
"""A device that sends seldom must not end its alarm between two frames."""


@dataclass(slots=True)
class _Clock(Lingering):
    level: int = 0


class ClockWrong(Told):
    """Tell the devices of frames that decoding had to move [1].

    Moving keeps the readings usable: a fast clock's times are then those of arrival, a slow one's are right to a few
    seconds. Level 1; level 2 for a clock that is slow by more than `far_s`: it had kept its device from paging until it
    was found out. Ends when no moved frame has come for `linger_s`. The value is the first shift, seconds, the reason
    ``fast`` or ``slow``.

    Args:
        channels: the numbering.
        linger_s: time without a moved frame that ends it, seconds of log time; at least three intervals of the device.
        far_s: slow by more is level 2, seconds.

    Example:
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = ClockWrong(channels=channels, linger_s=600, far_s=60)
        >>> fast, slow = Decoded(shifts={"GD-1": 90_000_000_000}), Decoded(shifts={"GD-1": -90_000_000_000})
        >>> [(f.transition.value, f.level, f.value, f.reason) for f in detector.hear(fast, 0, 1)]
        [('onset', 1, 90.0, 'fast')]
        >>> [(f.transition.value, f.level, f.value, f.reason) for f in detector.hear(slow, 0, 2)]
        [('escalate', 2, 90.0, 'slow')]
        >>> [f.transition.value for f in detector.advance(600_000_000_000, 3)]
        ['end']

    References:
        [1] Mills, D. et al. (2010). RFC 5905, Network Time Protocol Version 4 (what the device should use).
    """

    NAME: ClassVar[str] = "clock_wrong"
    KIND: ClassVar[AlarmKind] = AlarmKind.CLOCK_WRONG
    STATE: ClassVar[type[Lingering]] = _Clock

    def __init__(self, *, channels: Channels, linger_s: float, far_s: float) -> None:
        positive(far_s=far_s)
        super().__init__(channels=channels, linger_s=linger_s)
        rounds_s = [max(linger_s, _INTERVALS * device.interval_s) for device in channels.devices]
        self._linger_ns = np.array([ns(round_s) for round_s in rounds_s], np.int64)
        self._far_ns = ns(far_s)

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        if not decoded.shifts:
            return []
        at = self._memory.log_ns(received_ns), position
        moved = [(self._channels.device_index[d], ns) for d, ns in decoded.shifts.items()]
        return in_log_order([finding for device, shift_ns in moved for finding in self._moved(device, shift_ns, at)])

    def _moved(self, device: int, shift_ns: int, at: tuple[int, int]) -> list[Finding]:
        levels = self._devices["level"]
        level = 2 if -shift_ns > self._far_ns else 1
        begins = hear(self._devices, device, at[0])
        if not begins and level <= levels[device]:
            return []
        levels[device] = level
        transition = Transition.ONSET if begins else Transition.ESCALATE
        reason = "slow" if shift_ns < 0 else "fast"
        return [self._finding(device, transition, at, abs(shift_ns) / 1e9, reason, level=level)]

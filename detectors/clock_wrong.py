"""A device whose clock is so fast that its frames were moved back."""

from typing import ClassVar

from detectors.base import in_log_order
from detectors.told import Told
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding
from domain.sample import Decoded


class ClockWrong(Told):
    """Tell the devices of frames that decoding had to shift [1].

    The shift keeps the readings usable, but their times are then those of arrival. Ends when no shifted frame has come
    for `linger_s`. The value is the first shift, seconds.

    Args:
        channels: the numbering.
        linger_s: time without a shifted frame that ends it, seconds of log time.

    Example:
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = ClockWrong(channels=channels, linger_s=600)
        >>> [(f.transition.value, f.value) for f in detector.hear(Decoded(shifts={"GD-1": 90_000_000_000}), 0, 1)]
        [('onset', 90.0)]
        >>> [f.transition.value for f in detector.advance(600_000_000_000, 2)]
        ['end']

    References:
        [1] Mills, D. et al. (2010). RFC 5905, Network Time Protocol Version 4 (what the device should use).
    """

    NAME: ClassVar[str] = "clock_wrong"
    KIND: ClassVar[AlarmKind] = AlarmKind.CLOCK_WRONG

    def __init__(self, *, channels: Channels, linger_s: float) -> None:
        super().__init__(channels=channels, linger_s=linger_s)

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        if not decoded.shifts:
            return []
        log_ns = self._memory.log_ns(received_ns)
        told = [self._told(device, log_ns, position, value=ns / 1e9) for device, ns in decoded.shifts.items()]
        return in_log_order([finding for findings in told for finding in findings])

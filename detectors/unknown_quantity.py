"""A registered device that sends what we do not know."""

from typing import ClassVar

from detectors.base import in_log_order
from detectors.told import Told
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding
from domain.sample import Decoded, RefusalReason

_REASONS = frozenset({RefusalReason.UNKNOWN_QUANTITY, RefusalReason.UNKNOWN_KEY})


class UnknownQuantity(Told):
    """Tell a registered device whose frames hold a quantity or a key that nobody decodes [1].

    Such values go to quarantine, so nothing is lost; but nothing watches them either, until a person maps them. Ends
    when none has come for `linger_s`.

    Args:
        channels: the numbering.
        linger_s: time without such a value that ends it, seconds of log time.

    Example:
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> from domain.sample import Refusal
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = UnknownQuantity(channels=channels, linger_s=86400)
        >>> odd = Decoded(refusals=(Refusal(RefusalReason.UNKNOWN_QUANTITY, "values.no2_ppm", "", "GD-1", "S1"),))
        >>> [(f.device, f.transition.value, f.reason) for f in detector.hear(odd, 0, 1)]
        [('GD-1', 'onset', 'unknown_quantity')]

    References:
        [1] Postel, J. (1980). RFC 760, 3.2: liberal in what is accepted; here also in what is shown.
    """

    NAME: ClassVar[str] = "unknown_quantity"
    KIND: ClassVar[AlarmKind] = AlarmKind.UNKNOWN_QUANTITY

    def __init__(self, *, channels: Channels, linger_s: float) -> None:
        super().__init__(channels=channels, linger_s=linger_s)

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        log_ns = self._memory.log_ns(received_ns)
        return in_log_order(
            [
                finding
                for refusal in decoded.refusals
                if refusal.reason in _REASONS
                for finding in self._told(refusal.device, log_ns, position, reason=refusal.reason.value)
            ]
        )

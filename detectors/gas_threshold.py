"""Gas at or above the set-points of a detector."""

from dataclasses import dataclass
from typing import ClassVar

from detectors.base import in_log_order
from detectors.bounds import not_negative, ns, positive, rising
from detectors.machine import At, Life, Machine
from detectors.order import Bools, Reading
from detectors.state import NEVER
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity


@dataclass(slots=True)
class _Gas(Life):
    pending_ns: int = NEVER
    """Sample time of the first reading of an unconfirmed low alarm."""
    pending_log_ns: int = NEVER
    count: int = 0
    value: float = 0.0
    low_ns: int = NEVER
    """Onset of the low alarm that stands."""
    high_ns: int = NEVER
    clear_ns: int = NEVER
    """Since when every reading has been good, live and below the clear level."""


class GasThreshold(Machine[_Gas]):
    r"""Tell gas at the first set-point once it is confirmed, and at the second at once.

    Low: $x \ge L_1$ in `on_samples` readings that no good one below contradicts, or for `on_delay_s` of sample time or
    of log time, whichever comes first. High: $x \ge L_2$ or over range. Both end when good, live readings stay below
    $c L_1$ for the off-delay; any other reading but a late low one starts that time again [1]. A reading that turns
    unusable takes nothing back: a sensor that saw gas and then failed still confirms.

    Args:
        channels: the numbering; set-points of a device go before those here.
        low_pct_lel: $L_1$, %LEL.
        high_pct_lel: $L_2$, %LEL.
        clear_share: $c$, share of $L_1$. Smaller holds the alarm longer.
        on_samples: readings that confirm low.
        on_delay_s: time that confirms low, seconds. Longer is quieter and later.
        low_off_delay_s: time below the clear level that ends low, seconds.
        high_off_delay_s: the same for high.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = GasThreshold(
        ...     channels=channels, low_pct_lel=20, high_pct_lel=50, clear_share=0.6, on_samples=2, on_delay_s=15,
        ...     low_off_delay_s=300, high_off_delay_s=300, page_s=900,
        ... )
        >>> room = series(0, [0, 10, 20, 30, 40, 340], [0.0, 25.0, 30.0, 60.0, 3.0, 2.0])
        >>> [(f.kind.value, f.transition.value, f.position) for f in detector.update(room)]
        [('gas_low', 'onset', 3), ('gas_high', 'onset', 4), ('gas_high', 'end', 6), ('gas_low', 'end', 6)]

    References:
        [1] GB/T 50493-2019, 5.5.2 (set-points); GB 15322.2-2019 (detectors).
    """

    NAME: ClassVar[str] = "gas_threshold"
    HEARS_UNUSABLE: ClassVar[bool] = True

    def __init__(
        self,
        *,
        channels: Channels,
        low_pct_lel: float,
        high_pct_lel: float,
        clear_share: float,
        on_samples: int,
        on_delay_s: float,
        low_off_delay_s: float,
        high_off_delay_s: float,
        page_s: float,
    ) -> None:
        positive(low_pct_lel=low_pct_lel, high_pct_lel=high_pct_lel, clear_share=clear_share, on_samples=on_samples)
        not_negative(on_delay_s=on_delay_s, low_off_delay_s=low_off_delay_s, high_off_delay_s=high_off_delay_s)
        rising(low_pct_lel=low_pct_lel, high_pct_lel=high_pct_lel)
        rising(clear_share=clear_share, whole=1.0)
        super().__init__(watch=shared(channels, (Quantity.GAS_PCT_LEL,)), life=_Gas, page_s=page_s)
        self._low = self._watch.per_slot(lambda device, _: device.gas_low_pct_lel or low_pct_lel)
        self._high = self._watch.per_slot(lambda device, _: device.gas_high_pct_lel or high_pct_lel)
        self._clear_share = clear_share
        self._on_samples, self._on_delay_ns = on_samples, ns(on_delay_s)
        self._off_ns = {AlarmKind.GAS_LOW: ns(low_off_delay_s), AlarmKind.GAS_HIGH: ns(high_off_delay_s)}

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._memory.tick(log_ns)
        pending = self._lives["pending_log_ns"]
        findings = [
            self._confirm(int(slot), self._life(int(slot)), (log_ns, position))
            for slot in ((pending != NEVER) & (log_ns - pending >= self._on_delay_ns)).nonzero()[0]
        ]
        self._close()
        return in_log_order(findings)

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        above = self._low.reached(part.value, slot)
        above &= part.quality <= Quality.OVER_RANGE.value
        above |= part.quality == Quality.OVER_RANGE.value
        return above

    def _is_busy(self, life: _Gas) -> bool:
        return max(life.pending_ns, life.low_ns, life.high_ns) != NEVER

    def _step(self, slot: int, life: _Gas, reading: Reading) -> list[Finding]:
        low = self._low.values.item(slot)
        findings: list[Finding] = []
        if reading.raises:
            over = reading.quality == Quality.OVER_RANGE
            if life.high_ns == NEVER and (over or reading.value >= self._high.values.item(slot)):
                findings.append(self._raise_high(slot, life, reading))
            if life.low_ns == NEVER and (over or reading.value >= low):
                findings += self._above(slot, life, reading)
        if reading.clears and reading.value < low:
            life.pending_ns = life.pending_log_ns = NEVER
        return findings + self._below(slot, life, reading, low * self._clear_share)

    def _raise_high(self, slot: int, life: _Gas, reading: Reading) -> Finding:
        life.high_ns = reading.time_ns
        limit = self._high.values.item(slot)
        return self._finding(
            slot,
            AlarmKind.GAS_HIGH,
            Transition.ONSET,
            reading,
            level=1,
            onset_ns=life.high_ns,
            value=reading.value,
            limit=limit,
        )

    def _above(self, slot: int, life: _Gas, reading: Reading) -> list[Finding]:
        if life.pending_ns == NEVER:
            life.pending_ns, life.pending_log_ns = reading.time_ns, self._memory.log_ns(reading.received_ns)
            life.count = 0
        life.count += 1
        life.value = reading.value
        if life.count < self._on_samples and reading.time_ns - life.pending_ns < self._on_delay_ns:
            return []
        return [self._confirm(slot, life, reading)]

    def _confirm(self, slot: int, life: _Gas, at: At) -> Finding:
        life.low_ns, life.pending_ns, life.pending_log_ns = life.pending_ns, NEVER, NEVER
        limit = self._low.values.item(slot)
        return self._finding(
            slot,
            AlarmKind.GAS_LOW,
            Transition.ONSET,
            at,
            level=1,
            onset_ns=life.low_ns,
            value=life.value,
            limit=limit,
        )

    def _below(self, slot: int, life: _Gas, reading: Reading, clear: float) -> list[Finding]:
        """Count the time below the clear level while an alarm stands; end what has lasted."""
        low_enough = reading.quality == Quality.GOOD and reading.value < clear
        if not low_enough or max(life.low_ns, life.high_ns) == NEVER:
            life.clear_ns = NEVER
            return []
        if reading.late:
            return []
        if life.clear_ns == NEVER:
            life.clear_ns = reading.time_ns
        calm_ns = reading.time_ns - life.clear_ns
        findings: list[Finding] = []
        if life.low_ns != NEVER and calm_ns >= self._off_ns[AlarmKind.GAS_LOW]:
            findings.append(self._end(slot, AlarmKind.GAS_LOW, reading, life.low_ns, clear))
            life.low_ns = NEVER
        if life.high_ns != NEVER and calm_ns >= self._off_ns[AlarmKind.GAS_HIGH]:
            findings.append(self._end(slot, AlarmKind.GAS_HIGH, reading, life.high_ns, clear))
            life.high_ns = NEVER
        if max(life.low_ns, life.high_ns) == NEVER:
            life.clear_ns = NEVER
        return findings

    def _end(self, slot: int, kind: AlarmKind, reading: Reading, onset_ns: int, clear: float) -> Finding:
        return self._finding(slot, kind, Transition.END, reading, onset_ns=onset_ns, value=reading.value, limit=clear)

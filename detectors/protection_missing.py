"""A gas detector that is there but does not protect."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.base import in_log_order
from detectors.bounds import not_negative, ns, rising
from detectors.machine import At, Life, Machine
from detectors.order import Bools, Reading
from detectors.state import NEVER
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import QUALITY_NAMES, Quality
from domain.quantity import Quantity
from domain.sample import Decoded

_REASON = {quality: name for name, quality in QUALITY_NAMES.items()}


@dataclass(slots=True)
class _Missing(Life):
    since_ns: int = NEVER
    """Sample time of the first unusable reading."""
    since_log_ns: int = NEVER
    quality: int = 0
    level: int = 0


class ProtectionMissing(Machine[_Missing]):
    """Tell a gas channel that has been unusable for too long: a stuck flag must not blind a site.

    Work under a permit begins the time at once, and level 1 with it: the gap in protection is known.

    Unusable is warm-up, calibration, stale, immersed or bad [1]. The time runs from the first such reading, in sample
    time at readings and in log time at ticks, until a good or uncertain live reading; over-range says nothing here.

    Args:
        channels: the numbering.
        after_s: level 1 after more than this, seconds. Longer than the warm-up of the sensors is quieter.
        worse_after_s: level 2 after more than this, seconds.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = ProtectionMissing(channels=channels, after_s=60, worse_after_s=1800, page_s=900)
        >>> warm = series(0, [0, 60, 120, 180], [0.0] * 4, quality=[Quality.WARMUP] * 3 + [Quality.GOOD])
        >>> [(f.transition.value, f.position, f.reason) for f in detector.update(warm)]
        [('onset', 3, 'warmup'), ('end', 4, 'good')]

    References:
        [1] IEC 60079-29-1 (special state of a gas detector: warm-up, calibration).
    """

    NAME: ClassVar[str] = "protection_missing"
    HEARS_UNUSABLE: ClassVar[bool] = True

    def __init__(self, *, channels: Channels, after_s: float, worse_after_s: float, page_s: float) -> None:
        not_negative(after_s=after_s)
        rising(after_s=after_s, worse_after_s=worse_after_s)
        super().__init__(watch=shared(channels, (Quantity.GAS_PCT_LEL,)), life=_Missing, page_s=page_s)
        self._after_s = (after_s, worse_after_s)

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._memory.tick(log_ns)
        since, level = self._lives["since_log_ns"], self._lives["level"]
        over = log_ns - since > np.array([*map(ns, self._after_s), -NEVER])[level]
        findings = [
            finding
            for slot in np.flatnonzero(over & (since != NEVER)).tolist()
            for finding in self._judge(
                slot, self._life(slot), (log_ns, position), log_ns - self._life(slot).since_log_ns
            )
        ]
        self._close()
        return in_log_order(findings)

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        if not decoded.permits:
            return []
        self._refresh()
        log_ns = self._memory.log_ns(received_ns)
        findings: list[Finding] = []
        for slot in (slot for slot in range(len(self._watch)) if self._watch.device_at(slot).id in decoded.permits):
            life = self._life(slot)
            life.last_ns = max(life.last_ns, log_ns)  # a reading from before is no return
            if life.since_ns == NEVER:
                life.since_ns, life.since_log_ns, life.quality = log_ns, log_ns, Quality.CALIBRATION
            if not life.level:
                findings.append(self._raise(slot, life, (log_ns, position), log_ns - life.since_log_ns, level=1))
        self._close()
        return in_log_order(findings)

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        del slot
        hot: Bools = part.quality > Quality.OVER_RANGE.value
        return hot

    def _is_busy(self, life: _Missing) -> bool:
        return life.since_ns != NEVER

    def _step(self, slot: int, life: _Missing, reading: Reading) -> list[Finding]:
        if reading.quality <= Quality.UNCERTAIN and not reading.late:
            return self._protected(slot, life, reading)
        if not (reading.unusable and reading.pages):
            return []
        life.quality = reading.quality
        if life.since_ns == NEVER:
            life.since_ns, life.since_log_ns = reading.time_ns, self._memory.log_ns(reading.received_ns)
        return self._judge(slot, life, reading, reading.time_ns - life.since_ns)

    def _judge(self, slot: int, life: _Missing, at: At, missing_ns: int) -> list[Finding]:
        level = sum(missing_ns > ns(after_s) for after_s in self._after_s)
        return [self._raise(slot, life, at, missing_ns, level)] if level > life.level else []

    def _raise(self, slot: int, life: _Missing, at: At, missing_ns: int, level: int) -> Finding:
        transition = Transition.ESCALATE if life.level else Transition.ONSET
        life.level = level
        return self._finding(
            slot,
            AlarmKind.PROTECTION_MISSING,
            transition,
            at,
            level=level,
            onset_ns=life.since_ns,
            value=missing_ns / 1e9,
            limit=self._after_s[level - 1],
            reason=_REASON[Quality(life.quality)],
        )

    def _protected(self, slot: int, life: _Missing, reading: Reading) -> list[Finding]:
        onset_ns, was = life.since_ns, life.level
        life.since_ns = life.since_log_ns = NEVER
        life.level = life.quality = 0
        if not was:
            return []
        reason = _REASON[Quality(reading.quality)]
        return [
            self._finding(
                slot,
                AlarmKind.PROTECTION_MISSING,
                Transition.END,
                reading,
                onset_ns=onset_ns,
                value=None,
                reason=reason,
            )
        ]

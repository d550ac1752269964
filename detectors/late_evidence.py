"""Readings beyond a limit that came too late to page anybody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from detectors.base import Detector, in_log_order
from detectors.bounds import not_negative, ns, positive
from detectors.memory import Memory
from detectors.order import Reading, readings
from detectors.pressure import PressureLimits
from detectors.state import NEVER, Columns
from detectors.watch import Watch
from domain.alarm import AlarmKind
from domain.asset import Device, Tier
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity


@dataclass(slots=True)
class _Heard:
    upper_ns: int = NEVER
    """Log time of the newest late reading beyond the first limit (of pressure: the high one)."""
    other_ns: int = NEVER
    """The same of the second limit (of pressure: the low one)."""


_KINDS: dict[Quantity, dict[str, AlarmKind]] = {
    Quantity.GAS_PCT_LEL: {"upper_ns": AlarmKind.GAS_LOW, "other_ns": AlarmKind.GAS_HIGH},
    Quantity.PRESSURE_KPA: {"upper_ns": AlarmKind.PRESSURE_HIGH, "other_ns": AlarmKind.PRESSURE_LOW},
    Quantity.DEVICE_ALARM: {"upper_ns": AlarmKind.GAS_DECLARED},
}
_DECLARED = 1.0


class LateEvidence(Detector):
    """Tell late readings beyond a limit that are older than `page_s`: evidence for the journal, nobody is paged [1].

    Once for each device, kind and stretch of such readings; a stretch ends when none has come for `linger_s`. It looks
    at no order and at no standing alarm, and what it tells neither raises nor clears one.

    Args:
        channels: the numbering.
        low_pct_lel: first set-point of gas; a device's own goes before it.
        high_pct_lel: second set-point of gas.
        limits: of pressure, by class of line; a pressure channel of a device without tier is not watched.
        page_s: an older late reading is evidence, seconds.
        linger_s: pause that ends a stretch, seconds of log time. Larger tells less often.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = LateEvidence(
        ...     channels=channels, low_pct_lel=20, high_pct_lel=50, limits={}, page_s=900, linger_s=600
        ... )
        >>> backlog = series(0, [0, 10, 20], [5.0, 30.0, 60.0], delay_s=1_000)
        >>> [(f.kind.value, f.transition.value, f.value) for f in detector.update(backlog)]
        [('gas_low', 'late_evidence', 30.0), ('gas_high', 'late_evidence', 60.0)]

    References:
        [1] Kapacitor issue 815 (readings that are filled in later must not change a live alarm).
    """

    NAME: ClassVar[str] = "late_evidence"

    def __init__(
        self,
        *,
        channels: Channels,
        low_pct_lel: float,
        high_pct_lel: float,
        limits: Mapping[Tier, PressureLimits],
        page_s: float,
        linger_s: float,
    ) -> None:
        not_negative(page_s=page_s)
        positive(linger_s=linger_s, low_pct_lel=low_pct_lel, high_pct_lel=high_pct_lel)
        self._page_ns, self._linger_ns = ns(page_s), ns(linger_s)
        self._watch = Watch(channels, tuple(_KINDS))
        self._limits: dict[tuple[Quantity, str], Callable[[Device], float | None]] = {
            (Quantity.GAS_PCT_LEL, "upper_ns"): lambda device: device.gas_low_pct_lel or low_pct_lel,
            (Quantity.GAS_PCT_LEL, "other_ns"): lambda device: device.gas_high_pct_lel or high_pct_lel,
            (Quantity.PRESSURE_KPA, "upper_ns"): lambda device: limits[device.tier].high_kpa if device.tier else None,
            (Quantity.PRESSURE_KPA, "other_ns"): lambda device: limits[device.tier].low_kpa if device.tier else None,
            (Quantity.DEVICE_ALARM, "upper_ns"): lambda _device: _DECLARED,
        }
        self._heard = Columns(_Heard, len(self._watch))
        self._memory = Memory(f"{self.NAME}/1", watch=self._watch, slots=(self._heard,))

    def update(self, batch: Batch) -> list[Finding]:
        old = batch.late & (batch.received_ns - batch.time_ns > self._page_ns) & batch.may_raise()
        if not old.any():
            return []
        self._memory.refresh()
        selection = self._watch.select(batch, unusable=False)
        chosen = old[selection.rows]
        slots = selection.slot[chosen].tolist()
        told = zip(slots, readings(batch, selection.rows[chosen], self._page_ns), strict=True)
        return in_log_order([finding for slot, reading in told for finding in self._judge(slot, reading)])

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        del position
        self._memory.tick(log_ns)
        for heard in self._heard.arrays.values():
            heard[(heard != NEVER) & (log_ns - heard >= self._linger_ns)] = NEVER
        return []

    def _judge(self, slot: int, reading: Reading) -> list[Finding]:
        device, quantity = self._watch.device_at(slot), self._watch.quantity_at(slot)
        log_ns = self._memory.log_ns(reading.received_ns)
        findings: list[Finding] = []
        for column, kind in _KINDS[quantity].items():
            limit = self._limits[quantity, column](device)
            if limit is None or not _beyond(kind, reading, limit):
                continue
            if self._heard[column].item(slot) == NEVER:
                findings.append(self._finding(device, kind, reading, limit))
            self._heard[column][slot] = log_ns
        return findings

    def _finding(self, device: Device, kind: AlarmKind, reading: Reading, limit: float) -> Finding:
        return Finding(
            self.NAME,
            kind,
            device.id,
            device.site,
            Transition.LATE,
            1,
            reading.position,
            reading.time_ns,
            reading.time_ns,
            reading.value,
            limit,
        )


def _beyond(kind: AlarmKind, reading: Reading, limit: float) -> bool:
    if kind is AlarmKind.PRESSURE_LOW:
        return reading.value <= limit
    drowned = reading.quality == Quality.OVER_RANGE and kind in {AlarmKind.GAS_LOW, AlarmKind.GAS_HIGH}
    return reading.value >= limit or drowned

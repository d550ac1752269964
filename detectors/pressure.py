"""Pressure outside the limits of its class of line."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from detectors.base import Detector, Remap, in_log_order
from detectors.bounds import not_negative, rising
from detectors.machine import Life, Machine
from detectors.order import Bools, Reading
from detectors.shut import Shut
from detectors.state import NEVER, pack, unpack
from detectors.watch import Slots, Watch, mains
from domain.alarm import AlarmKind
from domain.asset import Device, Tier
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition

_NAMED = 3


class PressureLimits(NamedTuple):
    """Limits of one class of line, kPa gauge, rising."""

    low_low_kpa: float
    low_kpa: float
    high_kpa: float
    high_high_kpa: float


def _tier(device: Device) -> Tier:
    assert device.tier is not None  # noqa: S101 - only devices with a tier are watched
    return device.tier


@dataclass(slots=True)
class _Beyond(Life):
    level: int = 0
    onset_ns: int = NEVER
    unusable: bool = False
    """The newest reading proves nothing, and that was told."""


class _Side(Machine[_Beyond]):
    """One side of the limits; pressures count with `sign`, so that beyond is always above."""

    NAME: ClassVar[str] = "pressure"
    HEARS_UNUSABLE: ClassVar[bool] = True

    def __init__(
        self,
        *,
        watch: Watch,
        kind: AlarmKind,
        sign: int,
        limits_kpa: Mapping[Tier, tuple[float, float]],
        reset_band: float,
        page_s: float,
        shut: Shut | None = None,
    ) -> None:
        super().__init__(
            watch=watch,
            life=_Beyond,
            page_s=page_s,
        )
        self._kind, self._sign, self._band, self._shut = kind, sign, reset_band, shut

        def beyond(level: int, device: Device) -> float:
            limits = limits_kpa.get(_tier(device))
            return np.inf if limits is None else sign * limits[level]

        self._first = self._watch.per_slot(lambda device, _: beyond(0, device))
        self._second = self._watch.per_slot(lambda device, _: beyond(1, device))

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        return self._first.reached(self._sign * part.value, slot)

    def _is_busy(self, life: _Beyond) -> bool:
        return life.level > 0

    def _step(self, slot: int, life: _Beyond, reading: Reading) -> list[Finding]:
        first = self._first.values.item(slot)
        beyond = self._sign * reading.value
        inside = first - abs(first) * self._band
        if reading.raises and beyond >= (first if life.level == 0 else inside):
            level = 1 + (beyond >= self._second.values.item(slot))
            return self._beyond(slot, life, reading, level, self._why(slot, reading))
        if life.level and reading.clears and beyond < inside:
            life.level = 0
            return [self._tell(slot, life, Transition.END, reading, self._sign * inside)]
        # a late reading says nothing; an uncertain one inside the limits is as good as a bad one
        if life.level and not life.unusable and (reading.unusable or not (reading.late or reading.clears)):
            life.unusable = True
            return [self._tell(slot, life, Transition.UNUSABLE, reading, None)]
        return []

    def _why(self, slot: int, reading: Reading) -> tuple[str, ...]:
        return () if self._shut is None else self._shut.why(self._watch.device_at(slot), reading.position)

    def _beyond(self, slot: int, life: _Beyond, reading: Reading, level: int, why: tuple[str, ...]) -> list[Finding]:
        """Begin, worsen or take up again; the level is the highest since the onset, and 1 where valves explain it."""
        level = 1 if why else level
        again = life.level == 0 or life.unusable
        if not again and level <= life.level:
            return []
        if again:
            life.onset_ns = reading.time_ns
        life.level, life.unusable = max(level, life.level), False
        limit = (self._first if life.level == 1 else self._second).values.item(slot)
        transition = Transition.ONSET if again else Transition.ESCALATE
        return [self._tell(slot, life, transition, reading, self._sign * limit, reason=_named(why))]

    def _tell(
        self,
        slot: int,
        life: _Beyond,
        transition: Transition,
        reading: Reading,
        limit: float | None,
        *,
        reason: str = "",
    ) -> Finding:
        return self._finding(
            slot,
            self._kind,
            transition,
            reading,
            level=life.level,
            onset_ns=life.onset_ns,
            value=None if reading.unusable else reading.value,
            limit=limit,
            reason=reason,
        )


def _named(valves: tuple[str, ...]) -> str:
    return f"valve_closed {', '.join(valves[:_NAMED])}" if valves else ""


class Pressure(Detector):
    r"""Tell pressure at or beyond the two limits on either side of its line's class.

    Low: level 1 at $p \le L$, level 2 at $p \le LL$; high the same with $\ge$ and $H$, $HH$. Ends when a good, live
    reading is beyond $L (1 + r)$, or below $H (1 - r)$ [1]. Confirmation is left to the life cycle of the alarm: it
    counts the delays from what is told here, and pauses them at `unusable`, which is told when a standing low or high
    meets a reading that proves nothing. The next one that does is told as an onset or an end.

    Low pressure behind a closed valve is a consequence: where a valve of the site reported closed in an earlier frame,
    or valves and regulators of the network without which no supply reaches the site, the reason names them and the
    level stays 1 until one of them opens.

    Args:
        channels: the numbering; a pressure channel of a device without tier is not watched.
        limits: by class of line.
        low_reset_band: $r$ of the low side, share of the limit. Larger holds the alarm longer.
        high_reset_band: $r$ of the high side.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="S1", tier=Tier.LOW_NATURAL)
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> limits = {tier: PressureLimits(1.0, 1.5, 3.0, 3.6) for tier in Tier}
        >>> detector = Pressure(
        ...     channels=channels, limits=limits, low_reset_band=0.02, high_reset_band=0.02, page_s=900
        ... )
        >>> [(f.kind.value, f.transition.value, f.level) for f in detector.update(series(0, range(4), [2, 3, 3.6, 2]))]
        [('pressure_high', 'onset', 1), ('pressure_high', 'escalate', 2), ('pressure_high', 'end', 0)]

    References:
        [1] GB 50028 (classes of line; appliance pressure 0.75 to 1.5 of the rated one).
    """

    def __init__(
        self,
        *,
        channels: Channels,
        limits: Mapping[Tier, PressureLimits],
        low_reset_band: float,
        high_reset_band: float,
        page_s: float,
    ) -> None:
        for of_tier in limits.values():
            rising(**of_tier._asdict())
        not_negative(low_reset_band=low_reset_band, high_reset_band=high_reset_band)
        watch = mains(channels)
        self._shut = Shut(channels, "pressure/1")
        self._sides = {
            "low": _Side(
                watch=watch,
                kind=AlarmKind.PRESSURE_LOW,
                sign=-1,
                limits_kpa={tier: (of_tier.low_kpa, of_tier.low_low_kpa) for tier, of_tier in limits.items()},
                reset_band=low_reset_band,
                page_s=page_s,
                shut=self._shut,
            ),
            "high": _Side(
                watch=watch,
                kind=AlarmKind.PRESSURE_HIGH,
                sign=1,
                limits_kpa={tier: (of_tier.high_kpa, of_tier.high_high_kpa) for tier, of_tier in limits.items()},
                reset_band=high_reset_band,
                page_s=page_s,
            ),
        }

    def update(self, batch: Batch) -> list[Finding]:
        self._shut.hear(batch)
        findings = in_log_order([finding for side in self._sides.values() for finding in side.update(batch)])
        self._shut.settle()
        return findings

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        for side in self._sides.values():
            side.advance(log_ns, position)
        return []

    def snapshot(self) -> bytes:
        parts = {name: np.frombuffer(side.snapshot(), np.uint8) for name, side in self._sides.items()}
        valves = np.frombuffer(self._shut.memory.snapshot(), np.uint8)
        return pack("pressure/1", {**parts, "valves": valves})

    def restore(self, blob: bytes, remap: Remap | None = None) -> None:
        parts = unpack("pressure/1", blob)
        if parts.keys() != {*self._sides, "valves"}:
            raise ValueError("snapshot of 'pressure/1' holds other parts than expected")
        for name, side in self._sides.items():
            side.restore(parts[name].tobytes(), remap)
        self._shut.memory.restore(parts["valves"].tobytes(), None if remap is None else remap.channel)

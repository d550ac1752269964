"""A device from which nothing comes any more."""

import hashlib
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.base import in_log_order
from detectors.bounds import not_negative, ns, positive
from detectors.machine import Life, Machine
from detectors.order import Bools, Ints, Reading
from detectors.state import NEVER, Columns
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.asset import Uplink
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import HEARTBEAT, Decoded, Notice

_AWAY_NS = 5_000_000_000
"""Ticks come every second: with more than this between two of them, it was we who were away."""


@dataclass(slots=True)
class _Smell(Life):
    """State of a gas channel: whether the newest word of it was gas at or above the first set-point."""

    gas: bool = False


@dataclass(slots=True)
class _Link:
    """State of a device."""

    heard_ns: int = NEVER
    """Newest time of a live sample, not after its arrival; moved on by what we were away."""
    told_interval_ns: int = 0
    """From its birth message; 0: the registry's holds."""
    boot: int = 0
    """Hash of the current start; 0: no birth message was heard."""
    silent: bool = False
    onset_ns: int = NEVER
    onset_position: int = 0


class DeviceSilent(Machine[_Smell]):
    """Tell a device whose newest sample is too old, or that went offline by its own will.

    Silent at the first tick at which the newest live sample is older than `intervals` declared intervals, plus the
    live age for devices that store and forward [1]; or at a will of the current start. Late samples do not count.
    Ends with a live sample or a heartbeat that is fresh enough itself. A device that saw gas and vanished may have been
    destroyed: level 2 when the last word of its gas was at or above the first set-point, confirmed or not.

    After a gap between ticks (we were away) every device has the length of the gap as grace.

    Args:
        channels: the numbering; intervals and set-points of a device go before those here.
        intervals: declared intervals without a sample. More is quieter and later.
        store_forward_s: further time for devices that store and forward, seconds.
        gas_low_pct_lel: first set-point, %LEL.
        page_s: oldest late gas reading that counts as gas seen, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1", interval_s=1)
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = DeviceSilent(channels=channels, intervals=3, store_forward_s=300, gas_low_pct_lel=20, page_s=900)
        >>> detector.update(series(0, [0, 1], [0.0, 35.0]))
        []
        >>> [(f.level, f.reason) for second in (4, 5) for f in detector.advance(second * 1_000_000_000, 2 + second)]
        [(2, 'after_gas')]
        >>> [f.transition.value for f in detector.update(series(0, [6], [0.0], position=8))]
        ['end']

    References:
        [1] OASIS (2019). MQTT Version 5.0, 3.1.2.5 (will message).
    """

    NAME: ClassVar[str] = "device_silent"

    def __init__(
        self, *, channels: Channels, intervals: float, store_forward_s: float, gas_low_pct_lel: float, page_s: float
    ) -> None:
        positive(intervals=intervals, gas_low_pct_lel=gas_low_pct_lel)
        not_negative(store_forward_s=store_forward_s)
        self._devices = Columns(_Link, len(channels.devices))
        super().__init__(
            watch=shared(channels, (Quantity.GAS_PCT_LEL,)),
            life=_Smell,
            page_s=page_s,
            devices=self._devices,
        )
        self._every = shared(channels, tuple(Quantity))  # of all quantities: slot and channel are the same
        self._low = self._watch.per_slot(lambda device, _: device.gas_low_pct_lel or gas_low_pct_lel)
        self._intervals = intervals
        self._declared_ns = np.array([ns(device.interval_s) for device in channels.devices], np.int64)
        stores = [device.uplink is Uplink.STORE_FORWARD for device in channels.devices]
        self._extra_ns = np.array(stores, np.int64) * ns(store_forward_s)

    def update(self, batch: Batch) -> list[Finding]:
        self._every.refresh()
        device = self._every.device[batch.channel]
        heard_ns = np.minimum(batch.time_ns, batch.received_ns)
        live = ~batch.late & (np.isfinite(batch.value) | (batch.quality > Quality.OVER_RANGE.value))
        np.maximum.at(self._devices["heard_ns"], device[live], heard_ns[live])
        super().update(batch)
        if not self._devices["silent"].any():
            return []
        return self._return(batch, np.flatnonzero(live & self._devices["silent"][device]), device)

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        heard = self._devices["heard_ns"]
        self._forgive(log_ns - self._memory.tick_ns, log_ns)
        self._memory.tick(log_ns)
        heard[heard == NEVER] = log_ns
        overdue = (log_ns - heard > self._allowed_ns(slice(None))) & ~self._devices["silent"]
        silent = np.flatnonzero(overdue).tolist()
        return self._vanish(silent, log_ns, position, "watchdog") if silent else []

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        findings: list[Finding] = []
        for notice in decoded.notices:
            device = self._watch.channels.device_index.get(notice.device)
            if device is None:
                continue
            if notice.what == "online":
                self._born(device, notice)
            elif notice.what == "offline" and self._counts(device, notice):
                findings += self._vanish([device], self._memory.log_ns(received_ns), position, "will")
            elif notice.what == HEARTBEAT:
                findings += self._beat(device, min(notice.time_ns, received_ns), (received_ns, position))
        return in_log_order(findings)

    def _beat(self, device: int, heard_ns: int, at: tuple[int, int]) -> list[Finding]:
        """Take a sign of life without a sample; an old one proves as little as an old sample."""
        heard = self._devices["heard_ns"]
        heard[device] = max(heard.item(device), heard_ns)
        fresh = at[0] - heard_ns <= self._allowed_ns(slice(device, device + 1)).item()
        if not (fresh and self._devices["silent"].item(device)):
            return []
        self._devices["silent"][device] = False
        return [self._tell(device, Transition.END, (heard_ns, at[1]), reason="heard")]

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        above = self._low.reached(part.value, slot)
        above |= part.quality == Quality.OVER_RANGE.value
        return above

    def _is_busy(self, life: _Smell) -> bool:
        return life.gas

    def _step(self, slot: int, life: _Smell, reading: Reading) -> list[Finding]:
        above = reading.quality == Quality.OVER_RANGE or reading.value >= self._low.values.item(slot)
        if reading.raises if above else reading.clears:
            life.gas = above
        return []

    def _allowed_ns(self, device: Ints | Slots | slice) -> Ints:
        told = self._devices["told_interval_ns"][device]
        interval_ns = np.where(told > 0, told, self._declared_ns[device])
        allowed: Ints = np.round(interval_ns * self._intervals).astype(np.int64) + self._extra_ns[device]
        return allowed

    def _forgive(self, gap_ns: int, log_ns: int) -> None:
        if self._memory.tick_ns == NEVER or gap_ns <= _AWAY_NS:
            return
        heard = self._devices["heard_ns"]
        known = heard != NEVER
        heard[known] = np.maximum(heard[known], np.minimum(heard[known] + gap_ns, log_ns))

    def _born(self, device: int, notice: Notice) -> None:
        if notice.retained and self._devices["boot"][device] != 0:
            return  # an old birth message: good enough while we know none
        self._devices["boot"][device] = _hash(notice.boot_id)
        if notice.interval_s is not None:
            self._devices["told_interval_ns"][device] = ns(notice.interval_s)

    def _counts(self, device: int, notice: Notice) -> bool:
        """Tell whether a will is news, of the current start as far as can be told, and of a device not silent yet."""
        boot, of_will = self._devices["boot"].item(device), _hash(notice.boot_id)
        current = 0 in {boot, of_will} or boot == of_will
        return current and not notice.retained and not self._devices["silent"].item(device)

    def _vanish(self, devices: list[int], log_ns: int, position: int, reason: str) -> list[Finding]:
        smelt = set(self._watch.device[self._lives["gas"]].tolist())
        allowed_ns = self._allowed_ns(np.array(devices, np.int64))
        findings: list[Finding] = []
        for device, allowed in zip(devices, allowed_ns.tolist(), strict=True):
            link = self._devices.read(device)
            silent_s = None if link.heard_ns == NEVER else (log_ns - link.heard_ns) / 1e9
            link.silent, link.onset_ns, link.onset_position = True, log_ns, position
            self._devices.write(device, link)
            level, why = (2, "after_gas") if device in smelt else (1, reason)
            findings.append(
                self._tell(
                    device,
                    Transition.ONSET,
                    (log_ns, position),
                    level=level,
                    silent_s=silent_s,
                    allowed_s=allowed / 1e9,
                    reason=why,
                )
            )
        return in_log_order(findings)

    def _return(self, batch: Batch, rows: Ints, device: Slots) -> list[Finding]:
        fresh = batch.received_ns[rows] - batch.time_ns[rows] <= self._allowed_ns(device[rows])
        later = batch.position[rows] > self._devices["onset_position"][device[rows]]
        findings: list[Finding] = []
        for row in rows[fresh & later].tolist():
            number, at = device.item(row), (batch.time_ns.item(row), batch.position.item(row))
            if self._devices["silent"].item(number):
                self._devices["silent"][number] = False
                findings.append(self._tell(number, Transition.END, at, reason="heard"))
        return in_log_order(findings)

    def _tell(
        self,
        device: int,
        transition: Transition,
        at: tuple[int, int],
        *,
        level: int = 0,
        silent_s: float | None = None,
        allowed_s: float | None = None,
        reason: str,
    ) -> Finding:
        registered = self._watch.channels.devices[device]
        time_ns, position = at
        return Finding(
            self.NAME,
            AlarmKind.DEVICE_SILENT,
            registered.id,
            registered.site,
            transition,
            level,
            position,
            time_ns,
            self._devices["onset_ns"].item(device),
            silent_s,
            allowed_s,
            reason,
        )


def _hash(boot_id: str | None) -> int:
    """Eight bytes stand for a start of any length; 0 for none."""
    if boot_id is None:
        return 0
    return int.from_bytes(hashlib.blake2b(boot_id.encode(), digest_size=8).digest(), "little", signed=True)

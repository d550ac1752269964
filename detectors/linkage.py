"""High gas, and a cut-off valve that does not close."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from detectors.base import in_log_order
from detectors.bounds import not_negative, ns, positive, rising
from detectors.machine import At, Life, Machine
from detectors.order import Bools, Reading
from detectors.state import NEVER
from detectors.watch import Selection, Slots, shared
from domain.alarm import AlarmKind
from domain.asset import Device, DeviceKind, Power
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity

_UNKNOWN, _CLOSED, _OPEN = -1, 0, 1
_DECLARES_GAS = frozenset({DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE})
_DECLARED_HIGH = 2.0
_BEYOND = 1e6


@dataclass(slots=True)
class _Link(Life):
    """Of a gas channel `high` and `value`; of a valve all else."""

    high: bool = False
    """Between reaching the high limit and falling below the clear level."""
    valve: int = _UNKNOWN
    demand_ns: int = NEVER
    """Sample time of the gas for which the valve must close."""
    deadline_ns: int = NEVER
    """Log time by which it must report so."""
    failed: bool = False
    value: float = 0.0
    """Newest gas, %LEL; far above all scales when over range."""
    proof_ns: int = NEVER
    """Log time at which the gas is looked at, after closing."""
    before: float = 0.0
    """Gas at the first look, 0 before it."""
    unproven_ns: int = NEVER
    """When gas that did not fall was told."""


class Linkage(Machine[_Link]):
    """Tell a valve that does not report closed in time after high gas at its site.

    High gas is a detector of the site at or above its second set-point or over range, or one that declares level 2.
    Each valve of the site then has its closing time, in log time, to report closed [1]; one that reported closed
    within the last few intervals has done so already. Missing feedback is a failure, not a success. Told at the tick
    after the deadline, ended by a live report of closed. A valve that opens again while gas is high is asked again.

    A report is no proof: after closing the highest gas of the site is taken `settle_s` later (sensors lag) and again
    `proof_s` after that. While it is still high and has not fallen by `fall_pct_lel`, gas comes from elsewhere or
    the valve does not seal: another kind of alarm, which ends when no gas of the site is high.

    Args:
        channels: the numbering; set-points of a device go before those here.
        low_pct_lel: first set-point, %LEL; with `clear_share` it gives the level below which high gas is over.
        high_pct_lel: second set-point, %LEL.
        clear_share: share of the first set-point.
        mains_s: time for a mains-fed valve, seconds.
        battery_s: time for a battery-fed valve, seconds; its radio must have woken up in between.
        intervals: a report of closed is believed for so many of the valve's intervals.
        settle_s: from closing to the first look at the gas, seconds.
        proof_s: from the first to the second, seconds. Longer gives tight rooms time to air.
        fall_pct_lel: least fall between them, %LEL.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets
        >>> gas = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> valve = Device(id="V-1", kind=DeviceKind.CUTOFF_VALVE, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={"GD-1": gas, "V-1": valve}))
        >>> detector = Linkage(
        ...     channels=channels, low_pct_lel=20, high_pct_lel=50, clear_share=0.6, mains_s=10, battery_s=60,
        ...     intervals=3, settle_s=60, proof_s=600, fall_pct_lel=1, page_s=900,
        ... )
        >>> detector.update(series(channels.find("V-1", Quantity.VALVE_OPEN), [0, 1], [1.0, 1.0]))
        []
        >>> detector.update(series(0, [2], [55.0], position=3))
        []
        >>> [(f.device, f.reason, f.onset_ns) for f in detector.advance(12_000_000_000, 4)]
        [('V-1', 'no_feedback', 2000000000)]

    References:
        [1] CJ/T 394-2018 (closing time of cut-off valves).
    """

    NAME: ClassVar[str] = "linkage"

    def __init__(
        self,
        *,
        channels: Channels,
        low_pct_lel: float,
        high_pct_lel: float,
        clear_share: float,
        mains_s: float,
        battery_s: float,
        intervals: float,
        settle_s: float,
        proof_s: float,
        fall_pct_lel: float,
        page_s: float,
    ) -> None:
        positive(low_pct_lel=low_pct_lel, clear_share=clear_share, mains_s=mains_s, battery_s=battery_s)
        positive(intervals=intervals, proof_s=proof_s, fall_pct_lel=fall_pct_lel)
        not_negative(settle_s=settle_s)
        self._settle_ns, self._proof_ns, self._fall = ns(settle_s), ns(proof_s), fall_pct_lel
        rising(low_pct_lel=low_pct_lel, high_pct_lel=high_pct_lel)
        self._closing_s = {Power.MAINS: mains_s, Power.BATTERY: battery_s}
        self._intervals = intervals
        super().__init__(
            watch=shared(channels, (Quantity.GAS_PCT_LEL, Quantity.DEVICE_ALARM, Quantity.VALVE_OPEN)),
            life=_Link,
            page_s=page_s,
        )

        def high(device: Device, quantity: Quantity) -> float:
            if quantity is Quantity.DEVICE_ALARM:
                return _DECLARED_HIGH if device.kind in _DECLARES_GAS else np.inf
            return device.gas_high_pct_lel or high_pct_lel

        def clear(device: Device, quantity: Quantity) -> float:
            if quantity is Quantity.DEVICE_ALARM:
                return _DECLARED_HIGH
            return (device.gas_low_pct_lel or low_pct_lel) * clear_share

        self._high, self._clear = self._watch.per_slot(high), self._watch.per_slot(clear)

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._memory.tick(log_ns)
        deadline = self._lives["deadline_ns"]
        due = np.flatnonzero((deadline != NEVER) & (deadline <= log_ns)).tolist()
        findings = [self._failed(slot, self._life(slot), (log_ns, position)) for slot in due]
        proof = self._lives["proof_ns"]
        for slot in np.flatnonzero((proof != NEVER) & (proof <= log_ns)).tolist():
            findings += self._look(slot, self._life(slot), (log_ns, position))
        self._close()
        return in_log_order(findings)

    def _grown(self) -> None:
        """Find the valves of each site, and the channels that speak of gas where there is a valve."""
        count = range(len(self._watch))
        quantity = [self._watch.quantity_at(slot) for slot in count]
        self._is_valve = np.array([q is Quantity.VALVE_OPEN for q in quantity], np.bool_)
        self._is_gas = np.array([q is Quantity.GAS_PCT_LEL for q in quantity], np.bool_)
        number = {site: index for index, site in enumerate(self._watch.channels.sites)}
        self._site = np.array([number[self._watch.device_at(slot).site] for slot in count], np.int32)
        self._linked = np.isin(self._site, self._site[self._is_valve])
        self._valves: dict[int, list[int]] = {}
        self._gas: dict[int, list[int]] = {}
        for slot in np.flatnonzero(self._linked).tolist():
            by_site = self._valves if self._is_valve[slot] else self._gas
            by_site.setdefault(self._site.item(slot), []).append(slot)

    def _select(self, batch: Batch) -> Selection:
        """Leave out the many rows of sites without a valve."""
        rows, slot, part = super()._select(batch)
        linked = self._linked[slot]
        return Selection(rows, slot, part) if linked.all() else Selection(rows[linked], slot[linked], part.take(linked))

    def _group(self, slot: Slots) -> npt.NDArray[np.int32]:
        group: npt.NDArray[np.int32] = self._site[slot]
        return group

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        high = self._high.reached(part.value, slot)
        high |= (part.quality == Quality.OVER_RANGE.value) & self._is_gas[slot]
        news = (part.value != self._lives["valve"][slot]) | (part.quality != Quality.GOOD.value) | part.late
        hot: Bools = np.where(self._is_valve[slot], news, high)
        return hot

    def _is_busy(self, life: _Link) -> bool:
        return life.high or life.failed or life.deadline_ns != NEVER

    def _step(self, slot: int, life: _Link, reading: Reading) -> list[Finding]:
        if not self._is_valve[slot]:
            return self._gas_step(slot, life, reading)
        if reading.quality > Quality.UNCERTAIN:
            return []
        if reading.value > 0:
            life.valve = _OPEN
            if reading.pages and any(self._life(gas).high for gas in self._gas.get(self._site.item(slot), ())):
                self._demand(slot, reading)
            return []
        return [] if reading.late else self._closed(slot, life, reading)

    def _gas_step(self, slot: int, life: _Link, reading: Reading) -> list[Finding]:
        over = reading.quality == Quality.OVER_RANGE and bool(self._is_gas[slot])
        if reading.raises and (over or reading.value >= self._high.values.item(slot)):
            site = self._site.item(slot)
            first = not any(self._life(gas).high for gas in self._gas[site])
            life.high = True
            for valve in self._valves[site] if first else ():
                self._demand(valve, reading)
        elif reading.clears and reading.value < self._clear.values.item(slot):
            life.high = False
            return self._proven(self._site.item(slot), reading)
        if reading.raises and life.high:
            life.value = _BEYOND if over else reading.value
        return []

    def _demand(self, valve: int, reading: Reading) -> None:
        life = self._life(valve)
        if life.failed or life.deadline_ns != NEVER:
            return
        log_ns = self._memory.log_ns(reading.received_ns)
        device = self._watch.device_at(valve)
        if life.valve == _CLOSED and log_ns - life.last_ns <= ns(self._intervals * device.interval_s):
            return
        life.demand_ns = reading.time_ns
        life.deadline_ns = log_ns + ns(self._closing_s[device.power])

    def _look(self, valve: int, life: _Link, at: tuple[int, int]) -> list[Finding]:
        """Take the gas of the site once, and hold it against that the second time."""
        gas = [self._life(slot) for slot in self._gas.get(self._site.item(valve), ()) if self._is_gas[slot]]
        level = max((of.value for of in gas if of.high), default=0.0)
        first, before = life.before == 0, life.before
        life.proof_ns = at[0] + self._proof_ns if first and level else NEVER
        life.before = level if first else 0.0
        if first or not level or level <= before - self._fall or life.unproven_ns != NEVER:
            return []
        life.unproven_ns = at[0]
        return [self._unproven(valve, Transition.ONSET, at, level, before - self._fall)]

    def _proven(self, site: int, reading: Reading) -> list[Finding]:
        """End what stands, and what is being looked at, once no gas of the site is high."""
        if any(self._life(gas).high for gas in self._gas[site]):
            return []
        findings: list[Finding] = []
        for valve in self._valves[site]:
            life = self._life(valve)
            if life.unproven_ns != NEVER:
                findings.append(self._unproven(valve, Transition.END, reading, reading.value, None))
            life.unproven_ns, life.proof_ns, life.before = NEVER, NEVER, 0.0
        return findings

    def _unproven(self, valve: int, transition: Transition, at: At, value: float, limit: float | None) -> Finding:
        begins = transition is Transition.ONSET
        return self._finding(
            valve,
            AlarmKind.CUTOFF_UNPROVEN,
            transition,
            at,
            level=int(begins),
            onset_ns=self._life(valve).unproven_ns,
            value=value if value < _BEYOND else None,
            limit=limit if value < _BEYOND else None,
            reason="gas_stays" if begins else "",
        )

    def _closed(self, valve: int, life: _Link, reading: Reading) -> list[Finding]:
        if life.failed or life.deadline_ns != NEVER:
            life.proof_ns, life.before = self._memory.log_ns(reading.received_ns) + self._settle_ns, 0.0
        life.valve, life.deadline_ns = _CLOSED, NEVER
        if not life.failed:
            return []
        life.failed = False
        return [self._tell(valve, Transition.END, reading, reading.value, "closed")]

    def _failed(self, valve: int, life: _Link, at: tuple[int, int]) -> Finding:
        waited_ns = at[0] - life.deadline_ns
        life.failed, life.deadline_ns = True, NEVER
        heard = life.valve == _OPEN and life.last_ns >= life.demand_ns
        waited_s = waited_ns / 1e9 + self._closing_s[self._watch.device_at(valve).power]
        return self._tell(valve, Transition.ONSET, at, waited_s, "not_closed" if heard else "no_feedback")

    def _tell(self, valve: int, transition: Transition, at: At, value: float, reason: str) -> Finding:
        return self._finding(
            valve,
            AlarmKind.LINKAGE_FAILED,
            transition,
            at,
            level=int(transition is Transition.ONSET),
            onset_ns=self._life(valve).demand_ns,
            value=value,
            limit=self._closing_s[self._watch.device_at(valve).power],
            reason=reason,
        )

"""Safety devices that nobody tests, mutes, or unplugs while there is cooking."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.base import Detector, in_log_order
from detectors.bounds import ns, positive
from detectors.memory import Memory
from detectors.order import Bools
from detectors.state import NEVER, Columns
from detectors.trading import Hours
from detectors.watch import shared
from domain.alarm import AlarmKind
from domain.asset import DeviceKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Decoded

_TESTED = frozenset({"self_test", "calibration", "bump_test"})
_PERIOD_NS = 60_000_000_000
_DAY_S = 86_400
REASONS = ("muted", "unplugged", "untested", "idle")
"""Worst first: one alarm of a device names the first that holds."""


@dataclass(slots=True)
class _Care:
    """State of a device; times are log time.

    Attributes:
        tested_ns: last test, calibration, or movement of a valve; at first when it was first looked for.
        moved: last position of a valve; -1 unknown.
        off_ns: since when it reports no power, NEVER while it has some.
        muted: between a mute and its end.
        onset_ns: of what stands, or NEVER.
    """

    tested_ns: int = NEVER
    moved: int = -1
    off_ns: int = NEVER
    muted: bool = False
    onset_ns: int = NEVER


class Upkeep(Detector):
    """Tell a gas detector or valve that is there, and that nobody keeps fit to act.

    Of a gas detector: `muted` (an event says so), `unplugged` (it reports no mains for `off_s` during trading hours),
    `untested` (no self-test, bump test or calibration for `test_d`). Of a valve: `unplugged`, and `idle`: it has not
    moved for `idle_d`, and a valve that never moves sticks. Rule R07 of the town's programme asks for each [1].
    Looked at once a minute of log time; ends when none holds. What happened before a device was first looked for is
    not known, so its times begin there.

    Args:
        channels: the numbering.
        hours: of trading.
        off_s: without mains in trading hours, seconds.
        test_d: between tests of a gas detector, days.
        idle_d: between movements of a valve, days.

    Example:
        >>> from domain.asset import Assets, Device
        >>> from domain.sample import Notice
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = Upkeep(channels=channels, hours=Hours(9, 22, 8), off_s=1800, test_d=365, idle_d=90)
        >>> detector.hear(Decoded(notices=(Notice("GD-1", "mute", 0),)), 0, 1)
        []
        >>> [(f.transition.value, f.reason) for f in detector.advance(60_000_000_000, 2)]
        [('onset', 'muted')]

    References:
        [1] Dali city programme for urban gas safety, part 3 (4) 3: detectors and cut-off valves installed and used.
    """

    NAME: ClassVar[str] = "upkeep"

    def __init__(self, *, channels: Channels, hours: Hours, off_s: float, test_d: float, idle_d: float) -> None:
        positive(off_s=off_s, test_d=test_d, idle_d=idle_d)
        self._hours, self._off_ns = hours, ns(off_s)
        self._test_ns, self._idle_ns = ns(test_d * _DAY_S), ns(idle_d * _DAY_S)
        self._channels = channels
        self._watch = shared(channels, (Quantity.VALVE_OPEN, Quantity.POWER_OK))
        self._cares = Columns(_Care, len(channels.devices))
        self._memory = Memory("upkeep/1", devices=self._cares)
        self._power: Bools = np.zeros(0, np.bool_)
        kinds = [device.kind for device in channels.devices]
        self._senses = np.array([kind is DeviceKind.GAS_DETECTOR for kind in kinds], np.bool_)
        self._closes = np.array([kind is DeviceKind.CUTOFF_VALVE for kind in kinds], np.bool_)

    def update(self, batch: Batch) -> list[Finding]:
        _, slot, part = self._watch.select(batch, unusable=False)
        device, now = self._watch.device[slot], self._cares
        power = self._is_power()[slot]
        on = part.value > 0
        news = np.where(power, on == (now["off_ns"][device] != NEVER), on != now["moved"][device])
        fit = (part.quality == Quality.GOOD.value) & ~part.late
        if not (news & fit).any():
            return []
        mine = np.isin(device, device[news & fit])  # a device of whom one row is news: all, for one may undo another
        for at in np.flatnonzero(fit & mine).tolist():
            self._hear(device.item(at), bool(power[at]), bool(on[at]), part.received_ns.item(at))
        return []

    def _is_power(self) -> Bools:
        """Tell which slots are of power; all else here is a valve's position."""
        if len(self._power) != len(self._watch):
            count = range(len(self._watch))
            self._power = np.array([self._watch.quantity_at(slot) is Quantity.POWER_OK for slot in count], np.bool_)
        return self._power

    def _hear(self, index: int, power: bool, on: bool, received_ns: int) -> None:  # noqa: FBT001 - two switches
        cares, log_ns = self._cares, self._memory.log_ns(received_ns)
        if power:
            if on or cares["off_ns"].item(index) == NEVER:
                cares["off_ns"][index] = NEVER if on else log_ns
        elif int(on) != cares["moved"].item(index):
            if cares["moved"].item(index) >= 0:
                cares["tested_ns"][index] = log_ns
            cares["moved"][index] = int(on)

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        del position
        for notice in decoded.notices:
            index = self._channels.device_index.get(notice.device)
            if index is None or notice.retained:
                continue
            if notice.what in _TESTED and self._senses[index]:
                self._cares["tested_ns"][index] = self._memory.log_ns(received_ns)
            elif notice.what in {"mute", "unmute"}:
                self._cares["muted"][index] = notice.what == "mute"
        return []

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        due = log_ns // _PERIOD_NS != self._memory.tick_ns // _PERIOD_NS
        self._memory.tick(log_ns)
        if not due:
            return []
        cares = self._cares
        cares["tested_ns"][cares["tested_ns"] == NEVER] = log_ns
        age_ns = log_ns - cares["tested_ns"]
        off = (cares["off_ns"] != NEVER) & (log_ns - cares["off_ns"] >= self._off_ns) & self._hours.open_at(log_ns)
        neglect = np.stack((
            cares["muted"] & self._senses,
            off & (self._senses | self._closes),
            (age_ns > self._test_ns) & self._senses,
            (age_ns > self._idle_ns) & self._closes,
        ))  # fmt: skip
        turns = np.flatnonzero(neglect.any(axis=0) != (cares["onset_ns"] != NEVER)).tolist()
        return in_log_order([self._turn(index, neglect[:, index].tolist(), log_ns, position) for index in turns])

    def _turn(self, index: int, neglect: list[bool], log_ns: int, position: int) -> Finding:
        begins, device = any(neglect), self._channels.devices[index]
        onset_ns = log_ns if begins else self._cares["onset_ns"].item(index)
        self._cares["onset_ns"][index] = log_ns if begins else NEVER
        return Finding(
            "upkeep",
            AlarmKind.UPKEEP_DUE,
            device.id,
            device.site,
            Transition.ONSET if begins else Transition.END,
            int(begins),
            position,
            log_ns,
            onset_ns,
            reason=REASONS[neglect.index(True)] if begins else "",
        )

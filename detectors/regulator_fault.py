"""A regulator that does not hold its outlet: it creeps, gives way, shuts, or hunts."""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.binned import Now, follow
from detectors.bounds import positive
from detectors.falling import BACK_SPANS, LEARN_SPANS, Falling, Point, count
from detectors.order import Bools, Floats
from detectors.state import Array
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition

_DAY_S = 86_400.0
_SETTLED_SPANS = 60
_WAVE_SPANS = 10.0
_STILL_SPANS = 240
"""So long its usual swing is learnt before it may hunt."""
_MOST_WAVE = 4.0
"""One swing counts at most so many times the limit: a single spike does not hunt."""
_CALM_WAVE = 0.25
_NOTHING = 0.9
"""A flow that fell by this share is none."""
_WAVING = 2
_NAMED = 3


@dataclass(slots=True)
class _Outlet(Point):
    usual: float = 0.0
    """Mean over a day."""
    last: float = 0.0
    step: float = 0.0
    """From the mean before last to the last one."""
    wave: float = 0.0
    """Swing to and fro between neighbouring means, squared, over ten spans; `still` over a day."""
    still: float = 0.0
    high: int = 0
    under: int = 0
    shut: int = 0
    rough: int = 0
    age: int = 0
    """Spans since it was heard."""
    burst: int = 0
    """Spans since its part broke, while it does."""
    stood: int = 0
    """Spans since the last onset under this slot."""


class OutletNumbers(NamedTuple):
    """How far an outlet may go.

    Attributes:
        creep: share above its set point and its usual pressure; above what regulators of its class need to close.
        droop: share below both.
        shut: share of the set point below which it counts as shut.
        wave: smallest swing to and fro, share of the usual pressure.
        times: so many times its usual swing.
        spans: means running.
    """

    creep: float
    droop: float
    shut: float
    wave: float
    times: float
    spans: int


class _Mode(NamedTuple):
    name: str
    level: int


class RegulatorFault(Falling):
    r"""Tell what a regulator does wrong, from the sensors of the part behind it and the meters of what comes in.

    With the set point $s$ of the network (gauge, at its height; the highest of those that feed the part) and, once it
    is known, the mean $u$ of a day at each sensor; without a network $s = u$:

    - `creep`: all sensors above $\max(s, u) (1 + c)$: the seat does not close, the lock-up pressure climbs.
    - `slam_shut`: all below $s_h s$ while the inlet stands.
    - a fall together that is no break (`detectors.falling`): `frozen` where less comes in, `falling` where no more
      does, `even` where nobody measures it.
    - `droop`: all below $\min(s, u) (1 - d)$ for longer; `frozen`, where less comes in than just before.
    - `hunting`: the means $m_k$ of two sensors swing to and fro: $\overline{\max(0, -(m_k - m_{k-1})
      (m_{k-1} - m_{k-2}))}$ over ten spans above $w^2 u^2$ and $n^2$ times its mean of a day.

    Each holds in `spans` means running. Level 2: shut, frozen, or even; else level 1. The subject is the sensor that is
    farthest from its usual pressure; the reason names the regulator whose meter moved most, or those that feed the
    part. A part whose supply fell, too, is a consequence. It ends when nothing holds and all are back; after a fall,
    what they are back at is after sixty spans the level of then, if it lies within the bounds of creep and droop.

    Args:
        channels: the numbering; a network gives set points and what feeds what, meters the flow.
        span_s: over which readings are averaged, seconds.
        fall: as of `pipe_rupture`, whose counterpart this is.
        surge: as of `pipe_rupture`.
        numbers: see `OutletNumbers`.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind, Tier
        >>> device = Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="S1", tier=Tier.LOW_NATURAL)
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> numbers = OutletNumbers(creep=0.15, droop=0.2, shut=0.3, wave=0.005, times=4, spans=3)
        >>> detector = RegulatorFault(channels=channels, span_s=60, fall=0.06, surge=0.2, numbers=numbers)
        >>> told = []
        >>> for minute in range(30):
        ...     kpa = 2.4 if minute < 10 else 2.9 if minute < 20 else 2.45
        ...     told += detector.update(series(0, [60 * minute], [kpa]))
        ...     told += detector.advance(60 * (minute + 1) * 10**9, minute)
        >>> [(f.transition.value, f.value, f.limit, f.reason) for f in told]
        [('onset', 2.9, 2.76, 'creep'), ('end', 2.45, None, '')]

    References:
        [1] EN 334 (gas pressure regulators: accuracy, lock-up pressure class SG).
        [2] von Neumann, J. (1941). Distribution of the ratio of the mean square successive difference to the variance.
            Ann. Math. Statist. 12, 367-395.
    """

    NAME: ClassVar[str] = "regulator_fault"
    KIND: ClassVar[AlarmKind] = AlarmKind.REGULATOR_FAULT

    def __init__(self, *, channels: Channels, span_s: float, fall: float, surge: float, numbers: OutletNumbers) -> None:
        positive(**numbers._asdict())
        self._numbers, self._day_spans = numbers, _DAY_S / span_s
        super().__init__(channels=channels, span_s=span_s, fall=fall, surge=surge, lives=_Outlet)

    def _grown(self) -> None:
        super()._grown()
        self._set = np.full(len(self._watch), np.nan)
        for key, part in zip(self.keys, self.parts, strict=True):
            if self._drawn is not None and isinstance(key, int):
                self._set[part.slots] = self._drawn.set_kpa(key)

    # ------------------------------------------------------------ each sensor
    def _compare(self, mean: Floats, there: Bools) -> Bools:
        fallen = super()._compare(mean, there)
        outlets, limits = self._lives, self._numbers
        known = there & self._is_sensor & (outlets["heard"] >= LEARN_SPANS)
        first = there & (outlets["heard"] == 0)
        for name in ("usual", "last"):
            outlets[name][first] = mean[first]
        usual = outlets["usual"]
        self._goal = goal = np.where(np.isfinite(self._set), self._set, usual)
        usual = np.where(outlets["heard"] >= self._day_spans, usual, goal)
        self._upper, self._lower = (
            np.maximum(goal, usual) * (1 + limits.creep),
            np.minimum(goal, usual) * (1 - limits.droop),
        )
        half_up, half_down = 1 + limits.creep / 2, 1 - limits.droop / 2
        _hold(outlets["high"], mean > self._upper, mean <= np.maximum(goal, usual) * half_up, known)
        _hold(outlets["under"], mean < self._lower, mean >= np.minimum(goal, usual) * half_down, known)
        count(outlets["shut"], mean < limits.shut * goal, known)
        self._swing(mean, there, known)
        outlets["stood"][outlets["level"] > 0] += 1
        outlets["age"][:] = np.where(there, 0, np.minimum(outlets["age"] + 1, 1_000))
        return fallen

    def _swing(self, mean: Floats, there: Bools, known: Bools) -> None:
        outlets, limits = self._lives, self._numbers
        step = mean - outlets["last"]
        limit = np.maximum((limits.wave * outlets["usual"]) ** 2, limits.times**2 * outlets["still"])
        to_and_fro = np.maximum(0.0, -step * outlets["step"])
        follow(outlets["wave"], 1 / _WAVE_SPANS, np.minimum(to_and_fro, _MOST_WAVE * limit), known)
        settled = known & (outlets["heard"] >= _STILL_SPANS)
        _hold(outlets["rough"], outlets["wave"] > limit, outlets["wave"] < _CALM_WAVE * limit, settled)
        share = 1 / np.minimum(outlets["heard"] + 1.0, self._day_spans)
        most = np.where(settled, limit, np.inf)
        follow(outlets["still"], share, np.minimum(to_and_fro, most), known & (outlets["rough"] == 0))
        outlets["last"][there], outlets["step"][there] = mean[there], step[there]

    def _learn(self, mean: Floats, there: Bools, fallen: Bools) -> None:
        outlets = self._lives
        odd = (outlets["high"] > 0) | (outlets["under"] > 0) | (outlets["low"] > 0)
        odd[self._sensors] |= (self._count(outlets["level"] > 0) > 0)[self._part_of]
        share = 1 / np.minimum(outlets["heard"] + 1.0, self._day_spans)
        follow(outlets["usual"], share, mean, there & ~odd)
        super()._learn(mean, there, fallen)

    def _keeps(self) -> Bools:
        """Follow again after sixty spans: a new level is none of ours unless it lies outside of the bounds."""
        outlets = self._lives
        stands, torn = outlets["level"] > 0, outlets["burst"] > 0
        spans = np.where(stands, outlets["stood"], outlets["burst"])
        keeps: Bools = self._count((stands | torn) & (spans <= _SETTLED_SPANS)) > 0
        return keeps

    # ------------------------------------------------------------ each part
    def _concerned(self, down: Bools, mean: Floats) -> Bools:
        outlets, spans = self._lives, self._numbers.spans
        alive = (outlets["heard"] >= LEARN_SPANS) & (outlets["age"] <= BACK_SPANS)
        heard = self._count(alive)
        self._every = {name: self._all(alive & (outlets[name] >= spans), heard) for name in ("high", "under", "shut")}
        self._burst = np.zeros(len(self.parts), np.bool_)
        for part in np.flatnonzero(self._telling).tolist():
            self._burst[part] = self._broken(part, mean)
        torn = self._burst[self._part_of]
        outlets["burst"][self._sensors] = np.where(torn, outlets["burst"][self._sensors] + 1, 0)
        self._waving: Bools = self._count(alive & (outlets["rough"] >= spans)) >= _WAVING
        for so in (*self._every.values(), self._waving):
            down = down | so
        return down

    def _all(self, so: Bools, heard: npt.NDArray[np.intp]) -> Bools:
        """Tell of which parts every sensor is so."""
        every: Bools = (self._count(so) == heard) & (heard > 0)
        return every

    def _mode(self, part: int, mean: Floats) -> _Mode | None:
        """Find what is wrong now; the worst first."""
        if not self._starved[part] and not self._burst[part]:
            if self._every["shut"][part]:
                return self._gone(part, mean)
            if self._telling[part]:
                return self._giving_way(part, mean)
            if self._every["under"][part]:
                return _Mode("frozen", 2) if self._surge_of(part, mean) <= -self._surge else _Mode("droop", 1)
        if self._every["high"][part]:
            return _Mode("creep", 1)
        return _Mode("hunting", 1) if self._waving[part] else None

    def _gone(self, part: int, mean: Floats) -> _Mode:
        """Nothing is left at the outlet: shut, unless something still flows."""
        return _Mode("frozen" if self._surge_of(part, mean) > -_NOTHING else "slam_shut", 2)

    def _giving_way(self, part: int, mean: Floats) -> _Mode:
        surge, here = self._surge_of(part, mean), self._here(part, mean)
        if (mean[here] < self._numbers.shut * self._goal[here]).all():
            return self._gone(part, mean)
        if not np.isfinite(surge):
            return _Mode("even", 2)
        return _Mode("frozen", 2) if surge <= -self._surge else _Mode("falling", 1)

    def _turn(self, now: Now, part: int, mean: Floats) -> list[Finding]:
        standing, mode = self._standing(part), self._mode(part, mean)
        if standing < 0:
            return [self._begin(now, part, mode, mean)] if mode else []
        outlets = self._lives
        if mode and mode.level > outlets["level"][standing]:
            outlets["level"][standing] = mode.level
            return [self._say(now, part, standing, Transition.ESCALATE, mode, mean)]
        if mode or not self._is_back(part):
            return []
        outlets["level"][standing] = 0
        value = round(mean.item(standing), 3) if np.isfinite(mean[standing]) else None
        return [self._tell(standing, Transition.END, now, onset_ns=outlets["onset_ns"].item(standing), value=value)]

    def _begin(self, now: Now, part: int, mode: _Mode, mean: Floats) -> Finding:
        here, usual = self._here(part, mean), self._lives["usual"]
        slot = here.item((np.abs(mean[here] - usual[here]) / np.maximum(np.abs(usual[here]), 1e-9)).argmax())
        for name, value in (("level", mode.level), ("onset_ns", now.end_ns), ("stood", 0)):
            self._lives[name][slot] = value
        return self._say(now, part, slot, Transition.ONSET, mode, mean)

    def _say(self, now: Now, part: int, slot: int, transition: Transition, mode: _Mode, mean: Floats) -> Finding:  # noqa: PLR0917 - all of them are told
        outlets = self._lives
        bounds = {
            "creep": self._upper[slot],
            "hunting": outlets["usual"][slot],
            "droop": self._lower[slot],
            "slam_shut": self._lower[slot],
        }
        limit = bounds.get(mode.name, outlets["reference"][slot] * (1 - self._fall))
        value = round(mean.item(slot), 3) if np.isfinite(mean[slot]) else None
        return self._tell(
            slot,
            transition,
            now,
            onset_ns=outlets["onset_ns"].item(slot),
            level=mode.level,
            value=value,
            limit=round(float(limit), 3),
            reason=" ".join((mode.name, self._which(part, mode, mean))).strip(),
        )

    def _which(self, part: int, mode: _Mode, mean: Floats) -> str:
        """Name the regulator whose meter moved most the wrong way; without meters, those that feed the part."""
        regulators, reference = self.parts[part].regulators, self._lives["reference"]
        moved = {name: mean[slot] - reference[slot] for name, slot in regulators.items() if slot >= 0}
        sign = 1 if mode.name == "creep" else -1
        known = {name: sign * by for name, by in moved.items() if np.isfinite(by)}
        if known and len(known) == len(regulators) and max(known.values()) > 0:
            return max(known, key=lambda name: (known[name], name))
        return ", ".join(sorted(regulators)[:_NAMED])


def _hold(running: Array, so: Bools, over: Bools, there: Bools) -> None:
    """Count spans running in which something was so; between there and over it stays as it was."""
    running[there] = np.where(so, np.minimum(running + 1, 1_000), np.where(over, 0, running))[there]

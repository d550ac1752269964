"""Pressure that is not what this hour of the week usually has, or not what its neighbours do."""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from detectors.binned import Binned, Now
from detectors.bounds import positive
from detectors.locate import Numbers, Seen, locator
from detectors.order import Bools, Floats
from detectors.parts import Parts, by_part
from detectors.state import NEVER, Array, Columns
from detectors.watch import mains
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.location import Location

_HOUR_NS, _HOURS = 3_600_000_000_000, 168
_WEIGHT = 0.04
"""Of a new mean once a few are known: four in an hour move the profile by 0.15 a week."""
_FLOOR = 0.02
"""Of the usual pressure: no spread is believed to be smaller."""
_TO_SPREAD = 1.25
"""Standard deviation over mean absolute deviation of a normal distribution."""
_NEIGHBOURS = 5
_MOST = 1_000


@dataclass(slots=True)
class _Usual:
    mean: float = field(default=0.0, metadata={"width": _HOURS, "dtype": "<f4"})
    spread: float = field(default=0.0, metadata={"width": _HOURS, "dtype": "<f4"})
    count: int = field(default=0, metadata={"width": _HOURS, "dtype": "<i2"})
    odd: int = 0
    calm: int = 0
    level: int = 0
    onset_ns: int = NEVER


class Profile(NamedTuple):
    """What the sensors measure and what is usual for the hour, kPa.

    Attributes:
        mean: measured, NaN where nothing was.
        expected: mean of this hour of the week.
        spread: around it.
        known: which sensors measured, and know the hour.
    """

    mean: Floats
    expected: Floats
    spread: Floats
    known: Bools


class PressureUnusual(Binned):
    r"""Tell pressure far from the profile of its hour of the week, after what all its neighbours do is taken away.

    With mean $m$ and spread $s$ of this hour of the week, $r = p - m - c$ and $z = |r| / \max(s, 0.02 |m|)$. Where five
    sensors of the part know the hour, $c$ is the median of their $p - m$: heating, air pressure and the moves of a
    regulator go with it, and what is left is the sensor's own; else $c = 0$. Told at $z > L$ in `spans` means running,
    ended at $z \le L / 2$ in as many. What is odd or stands in alarm teaches nothing, so a slow leak does not become
    usual; a lasting change stands until a person looks. Where a pressure fell, `detectors.locate` says where the
    network may leak, by the $p - m$ and $s$ of all sensors that know the hour.

    Args:
        channels: the numbering; a pressure channel of a device without tier is not watched.
        span_s: over which readings are averaged, seconds.
        learn: means of an hour of the week that must be known before it is judged.
        limit: $L$, in spreads. Larger is quieter and blinder.
        spans: so many means running.
        locating: numbers of `detectors.locate`.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind, Tier
        >>> device = Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="S1", tier=Tier.MEDIUM_B)
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> locating = Numbers(75, 0.05, 1.4e-4, 600, 0.05, 2e-5, 0.2, 0.05, 30)
        >>> detector = PressureUnusual(channels=channels, span_s=60, learn=5, limit=6, spans=2, locating=locating)
        >>> told = []
        >>> for minute in range(20):
        ...     told += detector.update(series(0, [60 * minute], [120.0 if minute in range(10, 14) else 160.0]))
        ...     told += detector.advance(60 * (minute + 1) * 10**9, minute)
        >>> [(f.transition.value, f.value, f.limit, f.reason) for f in told]
        [('onset', 120.0, 140.8, 'profile'), ('end', 160.0, None, '')]

    References:
        [1] U.S. IOOS, QARTOD manuals (climatology test), here by hour of the week.
    """

    NAME: ClassVar[str] = "pressure_unusual"
    KIND: ClassVar[AlarmKind] = AlarmKind.PRESSURE_UNUSUAL

    def __init__(
        self, *, channels: Channels, span_s: float, learn: int, limit: float, spans: int, locating: Numbers
    ) -> None:
        positive(learn=learn, limit=limit, spans=spans)
        self._span_s, self._locator = span_s, locator(channels, locating)
        self._learn, self._limit, self._running = learn, limit, spans
        network = channels.assets.network
        self._parts = None if network is None else Parts(network)
        watch = mains(channels)
        super().__init__(watch=watch, span_s=span_s, lives=Columns(_Usual, len(watch)))

    def _grown(self) -> None:
        self._neighbours = [s for s in by_part(self._watch, self._parts).values() if len(s) >= _NEIGHBOURS]

    def _judge(self, now: Now, mean: Floats) -> list[Finding]:
        usual, hour = self._lives, (now.end_ns - self._span_ns) // _HOUR_NS % _HOURS
        expected, spread, count = (usual[name][:, hour].astype(np.float64) for name in ("mean", "spread", "count"))
        there = np.isfinite(mean)
        known = there & (count >= self._learn)
        common = self._common(mean - expected, known)
        rest = mean - expected - common
        scale = np.maximum(spread, _FLOOR * np.abs(expected))
        odd = known & (np.abs(rest) > self._limit * scale)
        _count(usual["odd"], odd, known, self._running)
        _count(usual["calm"], np.abs(rest) <= self._limit / 2 * scale, known, self._running)
        allowed = expected + common + np.sign(rest) * self._limit * scale
        profile = Profile(mean, expected, spread, known)
        findings = self._turns(now, profile, allowed, common != 0)
        teaches = there & ~odd & (usual["level"] == 0)
        share = np.maximum(1 / (count + 1), _WEIGHT)
        deviation = np.where(count > 0, _TO_SPREAD * np.abs(rest), 0.0)
        usual["mean"][teaches, hour] = (expected + share * (mean - expected))[teaches]
        usual["spread"][teaches, hour] = (spread + share * (deviation - spread))[teaches]
        usual["count"][teaches, hour] = np.minimum(count + 1, _MOST)[teaches]
        return findings

    def _common(self, residual: Floats, known: Bools) -> Floats:
        common = np.zeros(len(residual))
        for slots in self._neighbours:
            sure = slots[known[slots]]
            if len(sure) >= _NEIGHBOURS:
                common[slots] = np.median(residual[sure])
        return common

    def _turns(self, now: Now, profile: Profile, allowed: Floats, beside: Bools) -> list[Finding]:
        usual = self._lives
        begins = (usual["level"] == 0) & (usual["odd"] == self._running)
        ends = (usual["level"] == 1) & (usual["calm"] == self._running)
        turns = np.flatnonzero(np.isfinite(profile.mean) & (begins | ends))
        fell = bool((begins[turns] & (profile.mean < allowed)[turns]).any())
        where = self._location(profile) if fell else None
        return [
            self._onset(now, slot, profile.mean.item(slot), allowed.item(slot), where, beside=bool(beside[slot]))
            if begins[slot]
            else self._end(now, slot, profile.mean.item(slot))
            for slot in turns.tolist()
        ]

    def _onset(
        self, now: Now, slot: int, value: float, allowed: float, where: Location | None, *, beside: bool
    ) -> Finding:
        self._lives["level"][slot], self._lives["onset_ns"][slot] = 1, now.end_ns
        return self._tell(
            slot,
            Transition.ONSET,
            now,
            onset_ns=now.end_ns,
            level=1,
            value=round(value, 3),
            limit=round(allowed, 3),
            reason="neighbours" if beside else "profile",
            location=where if value < allowed else None,
        )

    def _end(self, now: Now, slot: int, value: float) -> Finding:
        self._lives["level"][slot] = 0
        onset_ns = self._lives["onset_ns"].item(slot)
        return self._tell(slot, Transition.END, now, onset_ns=onset_ns, value=round(value, 3))

    def _location(self, profile: Profile) -> Location | None:
        if self._locator is None:
            return None
        nodes = self._locator.grid.node_of
        slots = [s for s in np.flatnonzero(profile.known).tolist() if self._watch.device_at(s).site in nodes]
        seen = Seen(
            nodes=[self._watch.device_at(slot).site for slot in slots],
            usual_pa=1000 * profile.expected[slots],
            change_pa=1000 * (profile.mean - profile.expected)[slots],
            noise_pa=1000 * profile.spread[slots],
            span_s=self._span_s,
        )
        return self._locator.locate(seen)


def _count(running: Array, so: Bools, there: Bools, most: int) -> None:
    """Count means running in which something was so; a span without readings changes nothing."""
    running[there] = np.where(so, np.minimum(running + 1, most), 0)[there]

"""A break that sends a wave of falling pressure through the pipes: where it came from, by when it arrived."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

import numpy as np

from detectors.base import Detector, in_log_order
from detectors.bounds import ns, positive
from detectors.front import LASTS_S, Front, find_front
from detectors.grid import Grid
from detectors.memory import Memory
from detectors.order import Bools, Floats, Ints
from detectors.state import NEVER, Columns
from detectors.suspects import ranked
from detectors.watch import Slots, Watch
from detectors.ways import Ways
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.location import Location
from domain.quality import Quality
from domain.quantity import Quantity

_RING = 2_048
"""Samples kept: 40 s at 50 Hz."""
_SLOWEST_S = 1.0
_SAME_S = 10.0
"""Fronts so near to one another at a sensor are one event with its echoes."""


@dataclass(slots=True)
class _Line:
    time_ns: int = field(default=NEVER, metadata={"width": _RING, "dtype": "<i8"})
    value: float = field(default=0.0, metadata={"width": _RING, "dtype": "<f8"})
    count: int = 0
    fresh: bool = False
    after_ns: int = NEVER
    front_ns: int = NEVER
    fall_kpa: float = 0.0
    sd_s: float = 0.0
    level: int = 0
    onset_ns: int = NEVER
    ends_ns: int = NEVER


class WaveNumbers(NamedTuple):
    """Numbers of the rulebook.

    Attributes:
        speed_m_s: of waves in the gas; calibrate it on valve manoeuvres.
        fall_kpa: smallest front.
        sigmas: smallest front in deviations of what it is measured with.
        clock_s: deviation of the sensors' clocks from one another.
        hold_s: so long the condition stands behind the last front.
    """

    speed_m_s: float
    fall_kpa: float
    sigmas: float
    clock_s: float
    hold_s: float


class _Pair(NamedTuple):
    first: int
    second: int
    location: Location


class PressureWave(Detector):
    r"""Tell a front of falling pressure that two sensors of one part of the network saw, and where it came from.

    A sudden leak sends a step of $c \dot m / 2 A$ both ways. With the arrival times of `detectors.front` at two sensors
    that lie $L$ apart along the pipes, it began $x = (L - c \Delta t) / 2$ from the first, $\Delta t = t_2 - t_1$; only
    $|\Delta t| \le L / c$, within what the clocks allow, is one wave. The first two sensors that it reached are
    taken. Its deviation is $c / 2$ times that of $\Delta t$. Whatever makes both fall for good tells the same: a large
    consumer that starts, a valve that closes. The condition ends `hold_s` later.

    Args:
        channels: the numbering; pressure sensors with a tier, on a node, and a declared interval of at most 1 s.
        numbers: of the rulebook.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind, Tier
        >>> from domain.network import Friction, Gas, Network, Node, Pipe
        >>> gas, pipe = Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5), Pipe("P-1", "N1", "N2", 1_200.0, 0.09, 1e-5)
        >>> network = Network(gas, 79_700.0, Friction.GB50028, (Node("N1"), Node("N2")), (pipe,))
        >>> kind, tier = DeviceKind.PRESSURE_SENSOR, Tier.MEDIUM_A
        >>> devices = {n: Device(n, kind, n, tier=tier, interval_s=0.02) for n in ("N1", "N2")}
        >>> channels = Channels(Assets(sites={}, zones={}, devices=devices, network=network))
        >>> detector = PressureWave(channels=channels, numbers=WaveNumbers(400, 0.03, 5, 0.01, 60))
        >>> time_s = np.arange(0, 20, 0.02)
        >>> for name, arrives_s in (("N1", 12.0), ("N2", 13.0)):
        ...     channel = channels.find(name, Quantity.PRESSURE_KPA)
        ...     _ = detector.update(series(channel, time_s, np.where(time_s < arrives_s, 160.0, 159.8)))
        >>> [(f.device, f.value, f.reason) for f in detector.advance(21 * 10**9, 1)]
        [('N1', 0.2, 'P-1 100%')]

    References:
        [1] Watanabe, Matsukawa, Hiraki (1984), acoustic detection of pipeline breaks by the travel time of their waves.
    """

    NAME: ClassVar[str] = "pressure_wave"
    KIND: ClassVar[AlarmKind] = AlarmKind.PRESSURE_WAVE

    def __init__(self, *, channels: Channels, numbers: WaveNumbers) -> None:
        positive(**numbers._asdict())
        self._numbers = numbers
        network = channels.assets.network
        self._grid = None if network is None else Grid(network)
        known = {} if self._grid is None else self._grid.node_of
        self._watch = Watch(
            channels,
            (Quantity.PRESSURE_KPA,),
            only=lambda d: d.tier is not None and d.interval_s <= _SLOWEST_S and d.site in known,
        )
        self._lives = Columns(_Line, len(self._watch))
        self._memory = Memory("pressure_wave/1", watch=self._watch, slots=(self._lives,))
        self._ways: Ways | None = None
        self._known = 0

    def update(self, batch: Batch) -> list[Finding]:
        self._memory.refresh()
        if len(self._watch):
            _, slot, part = self._watch.select(batch, unusable=False)
            good = part.quality == Quality.GOOD.value
            self._keep(slot[good], part.time_ns[good], part.value[good])
        return []

    def _keep(self, slot: Slots, time_ns: Ints, value: Floats) -> None:
        order = np.argsort(slot, kind="stable")
        slot, time_ns, value = slot[order], time_ns[order], value[order]
        first = np.searchsorted(slot, slot)
        place = (self._lives["count"][slot] + np.arange(len(slot)) - first) % _RING
        self._lives["time_ns"][slot, place], self._lives["value"][slot, place] = time_ns, value
        np.add.at(self._lives["count"], slot, 1)
        self._lives["fresh"][slot] = True

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._memory.tick(log_ns)
        if self._grid is None or not len(self._watch):
            return []
        self._memory.refresh()
        lines = self._lives
        found = [self._end(slot, log_ns, position) for slot in np.flatnonzero(self._over(log_ns)).tolist()]
        for slot in np.flatnonzero(lines["fresh"]).tolist():
            self._look(slot)
        lines["fresh"][:] = False
        lines["front_ns"][lines["front_ns"] < log_ns - ns(self._numbers.hold_s)] = NEVER
        for pair in self._pairs():
            stood = bool(lines["level"][pair.first])
            lines["ends_ns"][pair.first] = log_ns + ns(self._numbers.hold_s)
            if not stood:
                found.append(self._begin(pair, log_ns, position))
        return in_log_order(found)

    def _over(self, log_ns: int) -> Bools:
        over: Bools = (self._lives["level"] > 0) & (self._lives["ends_ns"] <= log_ns)
        return over

    def _look(self, slot: int) -> None:
        """Look for a front in the samples that came since."""
        lines = self._lives
        there = np.flatnonzero(lines["time_ns"][slot] != NEVER)
        time_ns, first = np.unique(lines["time_ns"][slot][there], return_index=True)
        origin_ns, after_ns = int(time_ns[0]), lines["after_ns"].item(slot)
        front = find_front(
            (time_ns - origin_ns) / 1e9,
            lines["value"][slot][there][first],
            after_s=(max(after_ns, origin_ns - 1) - origin_ns) / 1e9,
            fall_kpa=self._numbers.fall_kpa,
            sigmas=self._numbers.sigmas,
        )
        if front is None:
            lines["after_ns"][slot] = max(after_ns, int(time_ns[-1]) - ns(LASTS_S))
        else:
            self._note(slot, front, origin_ns)

    def _note(self, slot: int, front: Front, origin_ns: int) -> None:
        lines, at_ns = self._lives, origin_ns + round(front.time_s * 1e9)
        lines["front_ns"][slot], lines["after_ns"][slot] = at_ns, at_ns + ns(_SAME_S)
        lines["fall_kpa"][slot], lines["sd_s"][slot] = front.fall_kpa, front.sd_s

    def _pairs(self) -> Iterator[_Pair]:
        """Give each event once: the first two fronts that can be one wave; what is near them in time is its echo."""
        lines = self._lives
        while True:
            waiting = np.flatnonzero(lines["front_ns"] != NEVER)
            order = waiting[np.argsort(lines["front_ns"][waiting], kind="stable")].tolist()
            both = ((one, other) for number, one in enumerate(order) for other in order[number + 1 :])
            pair = next((pair for one, other in both if (pair := self._between(one, other)) is not None), None)
            if pair is None:
                return
            near = np.abs(lines["front_ns"] - lines["front_ns"][pair.first]) <= ns(_SAME_S)
            yield pair
            lines["front_ns"][near] = NEVER

    def _between(self, one: int, other: int) -> _Pair | None:
        """Locate the source of two fronts; None where they cannot be one wave."""
        numbers, lines = self._numbers, self._lives
        way = self._paths().way(one, other)
        if way is None:
            return None
        later_s = (lines["front_ns"].item(other) - lines["front_ns"].item(one)) / 1e9
        sd_s = math.hypot(lines["sd_s"].item(one), lines["sd_s"].item(other), math.sqrt(2) * numbers.clock_s)
        if later_s > way.length_m / numbers.speed_m_s + 2 * sd_s:
            return None
        at_m = (way.length_m - numbers.speed_m_s * later_s) / 2
        return _Pair(one, other, self._paths().spread(way, at_m, numbers.speed_m_s * sd_s / 2))

    def _paths(self) -> Ways:
        if self._ways is None or self._known != len(self._watch):
            assert self._grid is not None  # noqa: S101 - nothing is watched without a network
            sites = [self._watch.device_at(slot).site for slot in range(len(self._watch))]
            self._ways = Ways(self._grid, np.array([self._grid.node_of[site] for site in sites], np.intp))
            self._known = len(self._watch)
        return self._ways

    def _begin(self, pair: _Pair, log_ns: int, position: int) -> Finding:
        lines, slot = self._lives, pair.first
        lines["level"][slot], lines["onset_ns"][slot] = 1, lines["front_ns"][slot]
        told = self._told(slot, Transition.ONSET, log_ns, position)
        return replace(
            told,
            level=1,
            value=round(lines["fall_kpa"].item(slot), 3),
            limit=self._numbers.fall_kpa,
            reason=ranked(pair.location),
            location=pair.location,
        )

    def _end(self, slot: int, log_ns: int, position: int) -> Finding:
        self._lives["level"][slot] = 0
        return self._told(slot, Transition.END, log_ns, position)

    def _told(self, slot: int, transition: Transition, log_ns: int, position: int) -> Finding:
        device, onset_ns = self._watch.device_at(slot), self._lives["onset_ns"].item(slot)
        return Finding(self.NAME, self.KIND, device.id, device.site, transition, 0, position, log_ns, onset_ns)

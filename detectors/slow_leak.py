"""A leak that moves pressures by less than their noise: means over a day and a week of pressures and meters find it."""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from detectors.binned import Binned, Now
from detectors.bounds import positive
from detectors.locate import Index, Locator, Numbers, Seen, locator
from detectors.order import Bools, Floats, Ints
from detectors.state import NEVER, Columns
from detectors.watch import lines
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.location import Location
from domain.quantity import Quantity

_HOURS, _DAY, _WEEK = 168, 24, 7
_HOUR_S = 3_600.0
_RING = _WEEK + 1
"""Days kept: a week, and the one that goes on."""
_WEEKS_MOST = 8.0
"""Weeks that make the usual pressure: it follows the seasons."""
_WILD = 25.0
"""So many times the variance at most moves it: a leak's beginning is no noise."""
_ENOUGH = 0.75
"""Of a window's hours, so many must be known."""
_DAYS = {1: 1, 2: _WEEK}
_REASONS = {1: "day", 2: "week"}
"""Of each window."""
_SHARES, _TIMES = (0.2, 0.5), 3
"""Of the peak's demand: what divides night, day and peak. A leak shows in each differently, so each has its means."""


@dataclass(slots=True)
class _Slow:
    """State of a pressure sensor or a meter, in the unit of what it measures.

    Attributes:
        mean: usual of each hour of the week.
        count: weeks that taught it.
        variance: of the deviation of an hour's mean.
        taught: pairs of hours that taught that.
        last: deviation of the hour before, and its number.
        day: number of each day in the ring.
        total: sum of the deviations of its hours, by time; of what is usual then; how many they are.
        judged: newest day that was judged.
        level: of the alarm whose subject this is, the window that spoke first, and the day that began it.
    """

    mean: float = field(default=0.0, metadata={"width": _HOURS, "dtype": "<f4"})
    count: int = field(default=0, metadata={"width": _HOURS, "dtype": "<i2"})
    variance: float = 0.0
    taught: int = 0
    last: float = 0.0
    last_number: int = NEVER
    day: int = field(default=NEVER, metadata={"width": _RING})
    total: float = field(default=0.0, metadata={"width": _RING * _TIMES})
    usual: float = field(default=0.0, metadata={"width": _RING * _TIMES})
    hours: int = field(default=0, metadata={"width": _RING * _TIMES})
    judged: int = NEVER
    level: int = 0
    spoke: int = 0
    onset_day: int = NEVER
    onset_ns: int = NEVER


class SlowNumbers(NamedTuple):
    """What is usual, and how sure a leak must be.

    Attributes:
        learn: weeks that must be known before an hour is judged.
        odds: so many times likelier than no leak.
        drift_kpa: what a sensor's zero moves within the weeks that are compared.
        meter: share of the flow by which a meter moves within them.
        demand: share by which the town may draw more or less than usual for a week.
        apart: share by which each part of its network may do so for itself.
    """

    learn: int
    odds: float
    drift_kpa: float
    meter: float
    demand: float
    apart: float


class _Window(NamedTuple):
    """Means of a day or a week, of those instruments that know enough hours; each in its unit; and of its times."""

    slots: Ints
    is_meter: Bools
    usual: Floats
    change: Floats
    noise: Floats
    times: list[Seen]


class SlowLeak(Binned):
    r"""Tell a leak from pressures and flows that leave the usual by less than their noise, but for a day or a week.

    Every hour $r = x - m$ with the usual $m$ of that hour of the week. Its noise is independent from hour to hour, so
    $\sigma^2 = \overline{(r_h - r_{h-1})^2} / 2$ holds that of the profile, too, and a mean over $n$ hours deviates by
    $\sigma / \sqrt n$. `detectors.locate` compares three causes of the means of a day and of a week: a leak somewhere,
    none (noise, and a town whose parts draw more or less), and instruments that moved for themselves. Meters tell how
    much gas goes where it usually does not: with those of stations and street regulators a day is enough. Told when a
    leak is `odds` times likelier than none and likelier than the last. Of tests without a leak at most one in `odds`
    does that (Markov), as far as the noise is known. Night, day and peak have means of their own, for a leak shows in
    them differently. Level 1 is the first word, a day's or else a week's, of which the leak may have had a part only;
    level 2 that of a whole week. It ends when the window that spoke first speaks for no leak. While it stands nothing
    is learnt.

    Args:
        channels: the numbering; without a network the detector is silent.
        span_s: of an hour, seconds; a day has 24 of them.
        numbers: see `SlowNumbers`.
        locating: numbers of `detectors.locate`.

    Example:
        >>> from domain.asset import Assets
        >>> numbers = SlowNumbers(2, odds=1e6, drift_kpa=0.01, meter=0.005, demand=0.15, apart=0.05)
        >>> locating = Numbers(75, 0.05, 1.4e-4, 600, 0.05, 2e-5, 0.2, 0.05, 30)
        >>> detector = SlowLeak(channels=Channels(Assets({}, {}, {})), span_s=3_600, numbers=numbers, locating=locating)
        >>> detector.advance(3_600 * 10**9, 1)  # without a network there is nothing to say
        []

    References:
        [1] Kass, Raftery (1995). Bayes factors. J. Am. Statist. Assoc. 90, 773-795.
    """

    NAME: ClassVar[str] = "slow_leak"
    KIND: ClassVar[AlarmKind] = AlarmKind.SLOW_LEAK

    def __init__(self, *, channels: Channels, span_s: float, numbers: SlowNumbers, locating: Numbers) -> None:
        positive(**numbers._asdict())
        self._numbers = numbers
        self._locator = locator(channels, locating._replace(demand=numbers.demand, apart=numbers.apart))
        watch = lines(channels)
        super().__init__(watch=watch, span_s=span_s, lives=Columns(_Slow, len(watch)))

    def _grown(self) -> None:
        drawn = {} if self._locator is None else self._locator.grid.node_of
        sites = [self._watch.device_at(slot).site for slot in range(len(self._watch))]
        self._drawn: Bools = np.array([site in drawn for site in sites], np.bool_)
        quantities = [self._watch.quantity_at(slot) for slot in range(len(self._watch))]
        self._is_meter: Bools = np.array([quantity is Quantity.FLOW_M3H for quantity in quantities], np.bool_)

    def _judge(self, now: Now, mean: Floats) -> list[Finding]:
        if self._locator is None:
            return []
        day, before = now.number // _DAY, int(self._lives["day"].max(initial=NEVER))
        findings: list[Finding] = []
        if int(self._lives["judged"].max(initial=NEVER)) < before < day:
            self._lives["judged"][:] = before
            findings = self._close(now, before, self._locator)
        self._hour(now.number, np.where(self._drawn, mean, np.nan), self._locator)
        return findings

    # ------------------------------------------------------------ what an hour adds
    def _hour(self, number: int, mean: Floats, of: Locator) -> None:
        lives, hour = self._lives, number % _HOURS
        usual, count = lives["mean"][:, hour].astype(np.float64), lives["count"][:, hour]
        change = np.where(count >= self._numbers.learn, mean - usual, np.nan)
        known = np.isfinite(change)
        self._learn_noise(number, change, known)
        place = number // _DAY % _RING
        fresh = known & (lives["day"][:, place] != number // _DAY)
        lives["day"][known, place] = number // _DAY
        cell = place * _TIMES + self._time(np.flatnonzero(known & ~self._is_meter), usual, of)
        for name, more in (("total", change), ("usual", usual), ("hours", np.ones(len(mean), np.int64))):
            lives[name][fresh, place * _TIMES : (place + 1) * _TIMES] = 0
            lives[name][known, cell] += more[known]
        if not lives["level"].any():
            teaches = np.isfinite(mean)
            share = 1 / np.minimum(count + 1.0, _WEEKS_MOST)
            lives["mean"][teaches, hour] = (usual + share * (mean - usual))[teaches]
            lives["count"][teaches, hour] = np.minimum(count + 1, int(_WEEKS_MOST))[teaches]

    def _time(self, slots: Index, usual: Floats, of: Locator) -> int:
        """Tell night, day and peak by what these pressures usually are now."""
        noise_pa = 1000 * np.sqrt(self._lives["variance"][slots])
        load = of.load_near(Seen(self._sites(slots), usual_pa=1000 * usual[slots], noise_pa=noise_pa))
        return int(np.searchsorted(_SHARES, load))

    def _learn_noise(self, number: int, change: Floats, known: Bools) -> None:
        lives = self._lives
        pair = known & (lives["last_number"] == number - 1)
        square, variance = (change - lives["last"]) ** 2 / 2, lives["variance"]
        square = np.where(lives["taught"] < _DAY, square, np.minimum(square, _WILD * variance))
        share = 1 / np.minimum(lives["taught"] + 1.0, float(_HOURS))
        variance[pair] += (share * (square - variance))[pair]
        lives["taught"][pair] = np.minimum(lives["taught"] + 1, _HOURS)[pair]
        lives["last"][known], lives["last_number"][known] = change[known], number

    # ------------------------------------------------------------ what a day says
    def _close(self, now: Now, day: int, of: Locator) -> list[Finding]:
        standing = np.flatnonzero(self._lives["level"]).tolist()
        if standing:
            return self._goes_on(now, day, standing[0], of)
        for asked in _DAYS:
            window = self._window(day, asked, of)
            odds, where = self._judged(window, of)
            if where is not None and self._is_told(odds, where):
                return [self._begin(now, day, asked, window, where)]
        return []

    def _goes_on(self, now: Now, day: int, slot: int, of: Locator) -> list[Finding]:
        level, spoke, onset_day = (self._lives[name].item(slot) for name in ("level", "spoke", "onset_day"))
        if level == 1 and day - onset_day >= _WEEK - 1:
            window = self._window(day, 2, of)
            odds, where = self._judged(window, of)
            if where is not None and self._is_told(odds, where):
                return [self._fill(now, slot, window, where)]
        window = self._window(day, spoke, of)
        odds, where = self._judged(window, of)
        return [self._end(now, slot, window)] if where is not None and odds < 0 else []

    def _is_told(self, odds: float, where: Location) -> bool:
        return odds > np.log(self._numbers.odds) and where.elsewhere < 1 / 2

    def _judged(self, window: _Window, of: Locator) -> tuple[float, Location | None]:
        if window.is_meter.all():  # none at all, or flows without a pressure that says how much is drawn
            return 0.0, None
        return of.judge(*window.times)

    def _window(self, day: int, asked: int, of: Locator) -> _Window:
        lives, days, count = self._lives, _DAYS[asked], len(self._watch)
        inside = ((lives["day"] > day - days) & (lives["day"] <= day))[:, :, None]
        total, usual, hours = (
            (lives[name].reshape(count, _RING, _TIMES) * inside).sum(axis=1) for name in ("total", "usual", "hours")
        )
        most = hours.max(axis=0, initial=0)
        enough = (hours >= _ENOUGH * most).all(axis=1) & (hours.sum(axis=1) >= _ENOUGH * days * _DAY)
        slots = np.flatnonzero(enough)
        total, usual, hours, is_meter = total[slots], usual[slots], hours[slots], self._is_meter[slots]
        times = [
            self._seen(slots, usual[:, time] / hours[:, time], total[:, time] / hours[:, time], hours[:, time], of)
            for time in np.flatnonzero(most).tolist()
        ]
        all_hours = hours.sum(axis=1)
        mean, change = usual.sum(axis=1) / all_hours, total.sum(axis=1) / all_hours
        return _Window(slots, is_meter, mean, change, self._noise(slots, mean, all_hours), times)

    def _noise(self, slots: Index, usual: Floats, hours: Ints) -> Floats:
        numbers = self._numbers
        drift = np.where(self._is_meter[slots], numbers.meter * np.abs(usual), numbers.drift_kpa)
        found: Floats = np.sqrt(self._lives["variance"][slots] / hours + drift**2)
        return found

    def _seen(self, slots: Index, usual: Floats, change: Floats, hours: Ints, of: Locator) -> Seen:
        meter, kg_s = self._is_meter[slots], of.grid.normal_kg_m3 / _HOUR_S
        noise = self._noise(slots, usual, hours)
        return Seen(
            nodes=self._sites(slots[~meter]),
            usual_pa=1000 * usual[~meter],
            change_pa=1000 * change[~meter],
            noise_pa=1000 * noise[~meter],
            meters=self._sites(slots[meter]),
            more_kg_s=kg_s * change[meter],
            meter_noise_kg_s=kg_s * noise[meter],
            span_s=float(hours.max(initial=0)) * self._span_ns / 1e9,
        )

    def _sites(self, slots: Index) -> list[str]:
        return [self._watch.device_at(slot).site for slot in slots.tolist()]

    def _begin(self, now: Now, day: int, asked: int, window: _Window, where: Location) -> Finding:
        lives = self._lives
        most = int(np.where(window.is_meter, np.inf, window.change / window.noise).argmin())
        slot = window.slots.item(most)
        lives["level"][slot], lives["spoke"][slot] = 1, asked
        lives["onset_day"][slot], lives["onset_ns"][slot] = day, now.end_ns
        return self._say(Transition.ONSET, now, slot, window, most, reason=_REASONS[asked], where=where)

    def _fill(self, now: Now, slot: int, window: _Window, where: Location) -> Finding:
        """Tell a whole week's word."""
        self._lives["level"][slot] = 2
        there = np.flatnonzero(window.slots == slot)
        most = int(np.where(window.is_meter, np.inf, window.change / window.noise).argmin())
        at = there.item(0) if len(there) else most
        return self._say(Transition.ESCALATE, now, slot, window, at, reason=_REASONS[2], where=where)

    def _say(
        self, transition: Transition, now: Now, slot: int, window: _Window, at: int, *, reason: str, where: Location
    ) -> Finding:
        return self._tell(
            slot,
            transition,
            now,
            onset_ns=self._lives["onset_ns"].item(slot),
            level=self._lives["level"].item(slot),
            value=round(float((window.usual + window.change)[at]), 3),
            limit=round(float(window.usual[at]), 3),
            reason=reason,
            location=where,
        )

    def _end(self, now: Now, slot: int, window: _Window) -> Finding:
        self._lives["level"][slot] = 0
        self._lives["day"][:] = NEVER  # a week that was mended within it speaks of nothing that is
        value = round(float((window.usual + window.change)[~window.is_meter].mean()), 3)
        return self._tell(slot, Transition.END, now, onset_ns=self._lives["onset_ns"].item(slot), value=value)

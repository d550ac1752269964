"""Buckets that this process saw whole: they are rolled up out of memory, and the database need not be read.

A bucket is whole here where the database had nothing of it when its first point came, and where every point since was
newer than the one before. Whatever makes that doubtful makes it a bucket to be asked for, which is always right: a
start, a late point, two points of one time, another registry, a cursor that did not move, too much to keep.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import inf

from domain.quality import MAY_RAISE
from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS, Rollup, mean_of, sum_of
from domain.sample import Sample
from store.marks import Mark, hours_of

MOST = 1_000_000
"""Samples kept of minutes that are not over, some 180 MiB at six a minute; one that begins beyond them is asked for."""
MOST_HOURS = 50_000
"""The same for hours that are not over, each of one device and some 1.3 KiB."""

MOST_MINUTES = 500_000
"""Minutes that are not rolled up, each of one device and some 200 B, whole or not; beyond them all are asked for."""

Parts = list[tuple[Quantity, Rollup]]
Place = tuple[str, int]
"""Device, and begin of a bucket."""


class Minute:
    """The values of a device within a minute so far."""

    __slots__ = ("_bad", "_trusted", "count", "last_ns")

    def __init__(self) -> None:
        self.last_ns = self.count = 0
        self._trusted: dict[Quantity, list[float]] = defaultdict(list)
        self._bad: dict[Quantity, int] = {}

    def add(self, sample: Sample, at_ns: int) -> None:
        """Take the next point; its quality is the worst of its values, as it is stored."""
        self.last_ns = at_ns
        self.count += 1
        if sample.quality and max(sample.quality.values()) not in MAY_RAISE:
            self._bad |= {quantity: self._bad.get(quantity, 0) + 1 for quantity in sample.values}
            return
        trusted = self._trusted
        for quantity, value in sample.values.items():
            trusted[quantity].append(value)

    def parts(self) -> Parts:
        bad = self._bad
        found = [(quantity, _part(values, bad.get(quantity, 0))) for quantity, values in self._trusted.items()]
        return found + [
            (quantity, _part([], count)) for quantity, count in bad.items() if quantity not in self._trusted
        ]


def _part(values: Sequence[float], bad: int) -> Rollup:
    if not values:
        return Rollup(None, None, None, None, 0, bad)
    count = len(values)
    return Rollup(min(values), mean_of(values, count), max(values), values[-1], count, bad)


class _Sum:
    """One quantity of an hour; what its minutes add up to is kept one by one, so that the mean is the exact one."""

    __slots__ = ("bad", "high", "last", "low", "sums", "trusted")

    def __init__(self) -> None:
        self.low, self.high, self.last = inf, -inf, 0.0
        self.trusted = self.bad = 0
        self.sums = array("d")

    def add(self, part: Rollup) -> None:
        self.bad += part.bad
        low, mean, high, last, trusted, _ = part
        if low is not None and mean is not None and high is not None and last is not None:
            self.low, self.high, self.last = min(self.low, low), max(self.high, high), last
            self.trusted += trusted
            self.sums.append(sum_of(mean, trusted))

    def part(self) -> Rollup:
        if not self.trusted:
            return Rollup(None, None, None, None, 0, self.bad)
        return Rollup(self.low, mean_of(self.sums, self.trusted), self.high, self.last, self.trusted, self.bad)


class Hour:
    """The minutes of a device within an hour so far."""

    __slots__ = ("_sums", "last_ns")

    def __init__(self) -> None:
        self.last_ns = -1
        self._sums: dict[Quantity, _Sum] = {}

    def add(self, parts: Parts, start_ns: int) -> None:
        """Take the next minute."""
        self.last_ns = start_ns
        for quantity, part in parts:
            found = self._sums.get(quantity)
            if found is None:
                found = self._sums[quantity] = _Sum()
            found.add(part)

    def parts(self) -> Parts:
        return [(quantity, found.part()) for quantity, found in self._sums.items()]


class Live:
    """The buckets of one writer that are not rolled up yet, as far as they are whole.

    An entry that is None stands for a bucket that is not. Each entry has its mark, and goes when that is taken up.

    Args:
        most: samples kept.
        most_hours: hours kept.
        most_minutes: minutes kept.
    """

    def __init__(self, most: int = MOST, most_hours: int = MOST_HOURS, most_minutes: int = MOST_MINUTES) -> None:
        self._most, self._most_hours, self._most_minutes = most, most_hours, most_minutes
        self._minutes: dict[Place, Minute | None] = {}
        self._hours: dict[Place, Hour | None] = {}
        self._closed: dict[tuple[str, int], int] = {}  # by device and step: the newest bucket that is rolled up
        self._count = 0
        self.newest_ns = 0
        self._floor_ns: int | None = None  # no bucket that begins up to it is whole here; None: none at all

    @property
    def begun(self) -> bool:
        return self._floor_ns is not None

    def begin(self, newest_ns: int) -> None:
        """Take for whole the buckets that begin after every point that the database has, now or when it was asked."""
        self._floor_ns = max(self.newest_ns, newest_ns, self._floor_ns or 0)

    def forget(self) -> None:
        """Take nothing for whole that has begun by now."""
        for kept in (self._minutes, self._hours, self._closed):
            kept.clear()
        self._count = 0
        if self.begun:
            self.begin(0)

    def take(self, samples: Iterable[Sample]) -> list[Mark]:
        """Take samples that are stored, in their order; give the marks that they need and may not have yet."""
        touched: list[Mark] = []
        minutes, count = self._minutes, self._count
        for sample in samples:
            at_ns = sample.point_ns
            place = sample.device, at_ns - at_ns % MINUTE_NS
            minute = minutes.get(place)
            if minute is None:
                if place in minutes:
                    continue
                touched.append(Mark(MINUTE_NS, *place))
                minutes[place] = minute = Minute() if self._is_new(*touched[-1]) and count < self._most else None
                if minute is None:
                    continue
            if at_ns > minute.last_ns:
                minute.add(sample, at_ns)
                count += 1
            else:
                minutes[place] = None
                count -= minute.count
        self._count = count
        self.newest_ns = max([self.newest_ns, *(mark.start_ns for mark in touched)])
        if len(minutes) > self._most_minutes:
            self.forget()  # their buckets may be away for weeks
        return touched

    def pop(self, due: Iterable[Mark]) -> dict[Mark, Parts | None]:
        """Let go of buckets and give their roll-ups; None where the database must be asked, also of an hour that grows.

        A point that comes for one of them from now on marks it anew, and so does whoever cannot store a roll-up: the
        database is asked then.
        """
        marks = list(due)
        growing = hours_of(marks)
        found = {mark: self._pop(mark) for mark in marks}
        return {mark: None if bucket is None or mark in growing else bucket.parts() for mark, bucket in found.items()}

    def rolled(self, done: Mapping[Mark, Parts | None]) -> None:
        """Make minutes whose roll-ups, as given, are stored parts of their hours."""
        for (step_ns, name, start_ns), parts in done.items():
            if step_ns == MINUTE_NS:
                self._add_to_hour(str(name), start_ns, parts)

    def _pop(self, mark: Mark) -> "Minute | Hour | None":
        device, step_ns = str(mark.name), mark.step_ns
        self._closed[device, step_ns] = max(mark.start_ns, self._closed.get((device, step_ns), 0))
        if step_ns == HOUR_NS:
            return self._hours.pop((device, mark.start_ns), None)
        minute = self._minutes.pop((device, mark.start_ns), None)
        self._count -= minute.count if minute is not None else 0
        return minute

    def _add_to_hour(self, device: str, start_ns: int, parts: Parts | None) -> None:
        place = device, start_ns // HOUR_NS * HOUR_NS
        hour = self._hours.get(place)
        if place not in self._hours and self._is_new(HOUR_NS, *place) and len(self._hours) < self._most_hours:
            hour = Hour()
        if hour is not None and parts is not None and start_ns > hour.last_ns:
            hour.add(parts, start_ns)
            self._hours[place] = hour
        else:
            self._hours[place] = None

    def _is_new(self, step_ns: int, name: str | int, start_ns: int) -> bool:
        floor_ns = self._floor_ns
        return floor_ns is not None and start_ns > max(floor_ns, self._closed.get((str(name), step_ns), -1))

"""Roll-ups in InfluxDB: which queries give what is to be rolled up, and the lines that come of the answers.

The roll-ups of a series have its tags, whatever the registry says today: a device that moved has two for that bucket.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import NamedTuple

from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS, NAMES, Rollup, alike, merge, roll_up
from domain.sample import Sample
from store.influxql import KINDS, Table, within
from store.line import rollup_line, tagged
from store.live import Parts
from store.marks import Mark

DEVICES = 50
"""Devices of one query, which is part of an address: some servers take 8 KiB."""
BUCKETS = 60
"""Buckets of one query."""

NEIGHBOURHOOD_NS = 10_000_000_000
"""How far around a sample is looked, when its place in the database is."""

_QUANTITIES = frozenset(Quantity)
_VALUES = ("min", "mean", "max", "last")
_MINUTES = f"/^rollup_{NAMES[MINUTE_NS]}_/"


class Span(NamedTuple):
    """Neighbouring buckets of some devices, all of them marked."""

    step_ns: int
    from_ns: int
    to_ns: int
    devices: list[str]

    def query(self) -> str:
        """Ask for what is to be rolled up."""
        return self._all_of(_MINUTES if self.step_ns == HOUR_NS else KINDS)

    def rolled_query(self) -> str:
        """Ask for the roll-ups that there are."""
        return self._all_of(f"/^rollup_{NAMES[self.step_ns]}_/")

    def _all_of(self, source: str) -> str:
        where = within(self.devices, self.from_ns, self.to_ns)
        return f"SELECT * FROM {source} WHERE {where} GROUP BY *"  # noqa: S608 - quoted


def spans(marks: Iterable[Mark]) -> list[Span]:
    """Gather marks into few queries, minutes before the hours that are made of them."""
    devices: dict[tuple[int, int, int], list[str]] = defaultdict(list)
    for step_ns, device, from_ns, to_ns in _runs(marks):
        devices[step_ns, from_ns, to_ns].append(device)
    return [
        Span(*run, found[first : first + DEVICES])
        for run, found in sorted(devices.items())
        for first in range(0, len(found), DEVICES)
    ]


class Lines:
    """The lines of roll-ups of one step; those of a series lie side by side in the end, which costs the server half.

    Args:
        step_ns: length of the buckets.
    """

    def __init__(self, step_ns: int) -> None:
        self._step_ns = step_ns
        self._found: dict[str, list[str]] = defaultdict(list)  # by the start of the line, which is its series

    def read(self, tables: Iterable[Table]) -> None:
        """Take what the answers to the queries amount to."""
        for start, time_ns, part in _made(self._step_ns, tables):
            self._found[start].append(rollup_line(start, part, time_ns))

    def see(self, start: str, parts: Parts, time_ns: int) -> None:
        """Take the roll-ups of a device that need not be asked for.

        Args:
            start: of the device's lines, by `head`.
            parts: what its values amount to.
            time_ns: begin of the bucket.
        """
        tags = start[start.index(",") :]  # a kind has no comma, and a device always has tags
        named = _MEASUREMENTS[self._step_ns]
        for quantity, part in parts:
            series = named[quantity] + tags
            self._found[series].append(rollup_line(series, part, time_ns))

    def by_series(self) -> list[str]:
        return [line for lines in self._found.values() for line in lines]


def unlike(step_ns: int, source: Iterable[Table], rolled: Iterable[Table]) -> set[Mark]:
    """Give the buckets whose roll-ups are not what is to be rolled up amounts to."""
    there = {(tagged(table.name, table.tags), start_ns): part for table in rolled for start_ns, part in rows(table)}
    wrong = set[Mark]()
    for start, start_ns, part in _made(step_ns, source):
        stored = there.get((start, start_ns))
        if stored is None or not alike(part, stored):
            wrong.add(Mark(step_ns, start.split(",device=", 1)[1].split(",", 1)[0], start_ns))
    return wrong


def around(samples: Iterable[Sample]) -> set[Mark]:
    """Give the short times around some samples, to ask for as `spans`."""
    step_ns = NEIGHBOURHOOD_NS
    return {Mark(step_ns, sample.device, sample.point_ns // step_ns * step_ns) for sample in samples}


def places(tables: Iterable[Table]) -> set[tuple[str, int, str]]:
    """Give device, time and quantity of every value."""
    return {
        (table.tags["device"], row[0], name)
        for table in tables
        for place, name in enumerate(table.columns)
        if name in _QUANTITIES
        for row in table.values
        if row[place] is not None
    }


def measurement(step_ns: int, quantity: str) -> str:
    return f"rollup_{NAMES[step_ns]}_{quantity}"


def rows(table: Table) -> Iterator[tuple[int, Rollup]]:
    """Give begin and roll-up of each row of a table of roll-ups."""
    for row in table.values:
        fields = dict(zip(table.columns, row, strict=True))
        # none where no value was ever trusted, and old ones where a point that was replaced is trusted no more
        values = (fields.get(name) if fields["count"] else None for name in _VALUES)
        low, mean, high, last = (None if value is None else float(value) for value in values)
        yield row[0], Rollup(low, mean, high, last, fields["count"], fields["bad"])


_MEASUREMENTS = {step_ns: {q: measurement(step_ns, q) for q in Quantity} for step_ns in NAMES}


def _runs(marks: Iterable[Mark]) -> Iterator[tuple[int, str, int, int]]:
    """Give (step, device, from, to) of neighbouring buckets."""
    run: tuple[int, str, int, int] | None = None
    for step_ns, name, start_ns in sorted(marks):
        if run is not None and run[:2] == (step_ns, name) and run[3] == start_ns < run[2] + BUCKETS * step_ns:
            run = (*run[:3], start_ns + step_ns)
            continue
        if run is not None:
            yield run
        run = step_ns, str(name), start_ns, start_ns + step_ns
    if run is not None:
        yield run


def _made(step_ns: int, tables: Iterable[Table]) -> Iterator[tuple[str, int, Rollup]]:
    return _minutes(tables) if step_ns == MINUTE_NS else _hours(tables)


def _minutes(tables: Iterable[Table]) -> Iterator[tuple[str, int, Rollup]]:
    points: dict[tuple[str, int], list[tuple[int, float, int]]] = defaultdict(list)
    for table in tables:
        quality = table.columns.index("quality")
        for place, name in enumerate(table.columns):
            if name in _QUANTITIES:
                start = tagged(measurement(MINUTE_NS, name), table.tags)
                for row in table.values:
                    if row[place] is not None:
                        bucket = start, row[0] // MINUTE_NS * MINUTE_NS
                        points[bucket].append((row[0], float(row[place]), row[quality]))
    for (start, time_ns), found in points.items():
        found.sort(key=itemgetter(0))  # a device whose kind changed has two tables
        yield start, time_ns, roll_up([point[1:] for point in found])


def _hours(tables: Iterable[Table]) -> Iterator[tuple[str, int, Rollup]]:
    for table in tables:
        quantity = table.name.removeprefix(measurement(MINUTE_NS, ""))
        start = tagged(measurement(HOUR_NS, quantity), table.tags)
        parts: dict[int, list[Rollup]] = defaultdict(list)
        for time_ns, part in rows(table):
            parts[time_ns // HOUR_NS * HOUR_NS].append(part)
        yield from ((start, time_ns, merge(found)) for time_ns, found in parts.items())

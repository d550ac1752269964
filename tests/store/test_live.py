"""What is whole in memory amounts to what the database would say, whatever comes late, twice or again after a crash."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.quality import Quality
from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS, Rollup, merge, roll_up
from domain.sample import Sample
from store.live import Live, Parts
from store.marks import Mark, hours_of

GAS, HEAT = Quantity.GAS_PCT_LEL, Quantity.TEMPERATURE_C
S = 1_000_000_000
START = 1_768_449_600 * S


def sample(second: float, value: float = 1.0, device: str = "D", quality: Quality | None = None) -> Sample:
    flags = {} if quality is None else {GAS: quality}
    return Sample(device, START + round(second * S), None, None, {GAS: value, HEAT: -value}, flags, late=False)


class Database:
    """Points and minutes by place, and what is marked; demands of `live` that it says what they amount to."""

    def __init__(self) -> None:
        self.live = Live()
        self.points: dict[tuple[str, int], Sample] = {}
        self.minutes: dict[Mark, dict[Quantity, Rollup]] = {}
        self.marks: dict[Mark, None] = {}
        self.whole: list[Mark] = []

    def write(self, samples: Sequence[Sample], *, dies: bool = False) -> None:
        self.points |= {(one.device, one.point_ns): one for one in samples}
        marks = self.live.take(samples)
        if dies:
            self.live.forget()
            marks = self.live.take(samples)
        self.marks |= dict.fromkeys(marks)
        self._begin()

    def restart(self, repeated: Sequence[Sample]) -> None:
        self.live = Live()
        self.write(repeated)

    def roll(self, due: Sequence[Mark], meanwhile: Sequence[Sample] = ()) -> None:
        parts = self.live.pop(due)
        for mark in sorted(due):
            asked = self._minute(mark) if mark.step_ns == MINUTE_NS else self._hour(mark)
            seen = parts[mark]
            if seen is not None:
                self.whole.append(mark)
                assert dict(seen) == asked
            if mark.step_ns == MINUTE_NS:
                self.minutes[mark] = asked
        for mark in due:
            del self.marks[mark]
        self.write(meanwhile)
        self.marks |= dict.fromkeys(hours_of(due).difference(due))
        self.live.rolled(parts)

    def _begin(self) -> None:
        if self.live.newest_ns and not self.live.begun:
            self.live.begin(max(at_ns for _, at_ns in self.points))

    def _minute(self, mark: Mark) -> dict[Quantity, Rollup]:
        found: dict[Quantity, list[tuple[float, int]]] = defaultdict(list)
        for (device, at_ns), one in sorted(self.points.items()):
            if device == mark.name and 0 <= at_ns - mark.start_ns < MINUTE_NS:
                for quantity, value in one.values.items():
                    found[quantity].append((value, max(one.quality.values(), default=0)))
        return {quantity: roll_up(points) for quantity, points in found.items()}

    def _hour(self, mark: Mark) -> dict[Quantity, Rollup]:
        found: dict[Quantity, list[Rollup]] = defaultdict(list)
        for minute, parts in sorted(self.minutes.items()):
            if minute.name == mark.name and 0 <= minute.start_ns - mark.start_ns < HOUR_NS:
                for quantity, part in parts.items():
                    found[quantity].append(part)
        return {quantity: merge(parts) for quantity, parts in found.items()}


moments = st.integers(0, 3 * 360).map(lambda n: 10.0 * n)
numbers = st.floats(-1e6, 1e6) | st.sampled_from([1.7e308, -1.7e308])
samples = st.builds(sample, moments, numbers, st.sampled_from("DE"), st.sampled_from([None, None, *Quality]))
batches = st.lists(samples, max_size=30).flatmap(
    lambda found: st.sampled_from([found, sorted(found, key=lambda one: one.time_ns)])
)
steps = st.tuples(st.sampled_from(["write", "write", "meanwhile", "dies", "restart"]), batches, st.integers(0, 400))


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, max_size=12))
def test_what_is_whole_amounts_to_what_the_database_says(done: Sequence[tuple[str, Sequence[Sample], int]]) -> None:
    database = Database()
    for what, batch, rolled in done:
        if what == "restart":
            database.restart(batch)
        elif what != "meanwhile":
            database.write(batch, dies=what == "dies")
        database.roll(list(database.marks)[:rolled], batch if what == "meanwhile" else ())
    database.roll(list(database.marks))
    database.roll(list(database.marks))


def begun() -> Database:
    database = Database()
    database.write([sample(-HOUR_NS / S)])
    database.roll(list(database.marks))
    database.roll(list(database.marks))
    assert not database.whole
    return database


def test_minutes_and_hours_in_order_are_whole() -> None:
    database = begun()
    for minute in range(60):
        database.write([sample(60 * minute + second, 0.1 * minute) for second in range(0, 60, 10)])
        database.roll([mark for mark in database.marks if mark.step_ns == MINUTE_NS])
    assert len(database.whole) == 60
    database.roll(list(database.marks))
    assert database.whole[-1] == Mark(HOUR_NS, "D", START)


@pytest.mark.parametrize(
    ("then", "whole"), [(20.0, True), (10.0, False), (5.0, False)], ids=["newer", "of the same time", "older"]
)
def test_a_minute_is_whole_as_long_as_each_point_is_newer(then: float, *, whole: bool) -> None:
    database = begun()
    database.write([sample(10.0)])
    database.write([sample(then, 2.0), sample(30.0)])
    database.roll(list(database.marks))
    assert bool(database.whole) is whole


def test_a_late_point_has_its_minute_and_its_hour_asked_for() -> None:
    database = begun()
    database.write([sample(10.0), sample(70.0)])
    database.roll(list(database.marks)[:1])
    database.write([sample(11.0, 9.0)])
    database.roll(list(database.marks))
    database.roll(list(database.marks))
    assert [mark.start_ns for mark in database.whole] == [START, START + MINUTE_NS]


def test_beyond_what_is_kept_the_database_is_asked() -> None:
    live = Live(most=2, most_hours=1)
    live.begin(0)
    marks = live.take([sample(0.0), sample(10.0), sample(60.0), sample(0.0, device="E")])
    found: Mapping[Mark, Parts | None] = live.pop(marks)
    assert [found[mark] is not None for mark in marks] == [True, False, False]
    live.rolled(found)
    marks = live.take([sample(4_000.0), sample(4_000.0, device="E")])
    live.rolled(live.pop(marks))
    hours = [Mark(HOUR_NS, name, START + HOUR_NS) for name in "DE"]
    assert list(live.pop(hours).values()) == [None, None]  # there is the hour before, and it is the one


def test_an_hour_whose_minutes_come_out_of_order_is_asked_for() -> None:
    database = begun()
    database.write([sample(300.0, 3.0), sample(180.0, 1.0)])
    for _ in range(2):
        database.roll(list(database.marks))
    assert [mark.step_ns for mark in database.whole] == [MINUTE_NS, MINUTE_NS]


def test_another_registry_makes_nothing_whole_that_the_database_had_before() -> None:
    live = Live()
    live.take([sample(0.0)])
    live.begin(START + 600 * S)  # what a process before this one stored
    live.forget()
    (mark,) = live.take([sample(120.0)])
    assert live.pop([mark]) == {mark: None}


def test_minutes_that_cannot_be_rolled_up_are_forgotten_and_asked_for() -> None:
    live = Live(most_minutes=5)
    live.begin(0)
    marks = [mark for minute in range(9) for mark in live.take([sample(60.0 * minute)])]
    assert len(marks) == 9
    assert [mark for mark, parts in live.pop(marks).items() if parts is not None] == marks[6:]
    assert live.take([sample(30.0)]) == marks[:1]  # marked anew, as nobody remembers it

import numpy as np
import pytest

from domain.rollup import HOUR_NS, MINUTE_NS
from store.levels import DAY_NS, POINT, RAW, Points, gather, level_for


def regular(step_ns: int, since_ns: int, until_ns: int) -> dict[int, int]:
    """A point each half step, whose value tells its level."""
    return dict.fromkeys(range(since_ns, until_ns, (step_ns or MINUTE_NS // 2) // 2), step_ns)


class Kept:
    """What each level has, and what was asked."""

    def __init__(self, **levels: tuple[int, int]) -> None:
        steps = {"raw": RAW, "minute": MINUTE_NS, "hour": HOUR_NS}
        self.points = {steps[name]: regular(steps[name], *span) for name, span in levels.items()}
        self.asked: list[int] = []

    def fetch(self, step_ns: int, from_ns: int, to_ns: int) -> Points:
        self.asked.append(step_ns)
        found = self.points.get(step_ns, {})
        length = step_ns or 1
        return np.array([(t, v, 0) for t, v in found.items() if from_ns <= t // length * length < to_ns], POINT)


@pytest.mark.parametrize(("span_ns", "level"), [(HOUR_NS, RAW), (3 * DAY_NS, MINUTE_NS), (365 * DAY_NS, HOUR_NS)])
def test_a_roll_up_is_taken_where_its_buckets_are_at_least_as_many_as_the_points_wanted(
    span_ns: int, level: int
) -> None:
    assert level_for(span_ns, 800) == level
    assert level_for(span_ns, 1 << 30) == RAW


def test_points_of_an_hour_that_are_all_there_ask_nobody_else() -> None:
    kept = Kept(raw=(0, DAY_NS), minute=(0, DAY_NS))
    found, level = gather(kept.fetch, 0, HOUR_NS, 100)
    assert (set(found["value"]), level, kept.asked) == ({RAW}, RAW, [RAW])


def test_what_is_not_rolled_up_yet_comes_from_the_finer_and_what_is_dropped_from_the_coarser() -> None:
    kept = Kept(raw=(90 * DAY_NS, 100 * DAY_NS), minute=(50 * DAY_NS, 99 * DAY_NS), hour=(0, 98 * DAY_NS))
    found, level = gather(kept.fetch, 0, 100 * DAY_NS, 3_000)
    assert level == HOUR_NS
    assert [int(v) for v in dict.fromkeys(found["value"])] == [HOUR_NS, MINUTE_NS, RAW]
    assert np.all(np.diff(found["time_ns"]) > 0)
    assert found["time_ns"][0] == 0
    assert found["time_ns"][-1] >= 100 * DAY_NS - MINUTE_NS

    asked_long_ago, level = gather(kept.fetch, 10 * DAY_NS, 10 * DAY_NS + 3 * HOUR_NS, 1_000)
    assert (set(asked_long_ago["value"]), level) == ({HOUR_NS}, HOUR_NS)


def test_a_bucket_that_holds_the_oldest_point_is_not_drawn_beside_it() -> None:
    kept = Kept(raw=(MINUTE_NS + 20, HOUR_NS), minute=(0, HOUR_NS))
    found, _ = gather(kept.fetch, 0, HOUR_NS, 100)
    assert [int(t) for t in found["time_ns"] if t <= MINUTE_NS + 20] == [0, MINUTE_NS // 2, MINUTE_NS + 20]


def test_where_nothing_is_there_is_nothing_and_where_nothing_is_rolled_up_there_are_points() -> None:
    found, level = gather(Kept().fetch, 0, 3 * DAY_NS, 100)
    assert (len(found), level) == (0, RAW)
    found, level = gather(Kept(raw=(0, 3 * DAY_NS)).fetch, 0, 3 * DAY_NS, 100)
    assert (len(found), level) == (3 * 5_760, RAW)

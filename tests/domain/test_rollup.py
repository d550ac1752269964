from itertools import pairwise
from math import isfinite

from hypothesis import given
from hypothesis import strategies as st

from domain.quality import MAY_RAISE, Quality
from domain.rollup import Rollup, merge, roll_up

values = st.floats(-1e6, 1e6)
points = st.lists(st.tuples(values, st.sampled_from(Quality)), max_size=30)


@given(points)
def test_counts_every_point_once_and_trusts_what_may_raise_an_alarm(found: list[tuple[float, Quality]]) -> None:
    trusted = [value for value, quality in found if quality in MAY_RAISE]
    got = roll_up(found)
    assert (got.trusted, got.bad) == (len(trusted), len(found) - len(trusted))
    if trusted:
        assert (got.low, got.high, got.last) == (min(trusted), max(trusted), trusted[-1])
        assert got.mean is not None
        assert min(trusted) - 1e-9 <= got.mean <= max(trusted) + 1e-9
    else:
        assert got[:4] == (None, None, None, None)


@given(points, st.lists(st.integers(0, 30), max_size=5))
def test_the_parts_of_a_time_make_the_roll_up_of_the_whole(found: list[tuple[float, Quality]], cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(found)) for cut in cuts), len(found)]
    whole, parts = roll_up(found), merge([roll_up(found[start:end]) for start, end in pairwise(edges)])
    assert parts._replace(mean=None) == whole._replace(mean=None)
    assert (parts.mean is None) == (whole.mean is None)
    if parts.mean is not None and whole.mean is not None:
        assert abs(parts.mean - whole.mean) <= 1e-6


@given(st.lists(st.tuples(st.floats(-1.7e308, 1.7e308), st.just(Quality.OVER_RANGE)), min_size=1))
def test_no_value_is_too_large_to_have_a_mean(found: list[tuple[float, Quality]]) -> None:
    whole = merge([roll_up(found[:1]), roll_up(found), roll_up(found)])
    assert all(value is not None and isfinite(value) for value in (*roll_up(found)[:4], *whole[:4]))


def test_of_nothing_there_is_nothing() -> None:
    assert merge([]) == roll_up([]) == Rollup(None, None, None, None, 0, 0)

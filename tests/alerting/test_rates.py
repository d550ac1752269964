"""Windows and floods, against a count by hand."""

from hypothesis import given
from hypothesis import strategies as st

from alerting.rates import Flood, flood_ns, most

TIMES = st.lists(st.integers(0, 200), max_size=40).map(sorted)
FLOOD = Flood(begins=4, ends=2, window_ns=20)


@given(TIMES, st.integers(1, 50))
def test_the_most_in_a_window_is_that_of_the_best_window(times: list[int], window: int) -> None:
    assert most(times, window) == max((sum(end - window < at <= end for at in times) for end in times), default=0)


@given(TIMES, st.integers(0, 100), st.integers(1, 150))
def test_the_time_in_flood_is_that_of_a_look_at_each_moment(times: list[int], begin: int, length: int) -> None:
    on, seconds = False, 0
    for now in range(begin + length):
        count = sum(now - FLOOD.window_ns < at <= now for at in times)
        on = count >= (FLOOD.ends if on else FLOOD.begins)
        seconds += on and now >= begin
    assert flood_ns(times, begin, begin + length, FLOOD) == seconds


def test_a_flood_goes_on_until_fewer_than_five_are_left() -> None:
    s = 1_000_000_000
    times = [n * 60 * s for n in range(10)]  # the tenth after nine minutes; the sixth leaves after fifteen
    assert flood_ns(times, 0, 3600 * s) == (5 * 60 + 600 - 9 * 60) * s

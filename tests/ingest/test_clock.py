import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clock import CLOCK_SET_NS, ClockLimits, Ruling, rule_on_clock

S = 1_000_000_000
NOW_NS = 1_768_449_600 * S
LIMITS = ClockLimits(uncertain_ns=5 * S, shift_ns=60 * S)


@pytest.mark.parametrize(
    ("ahead_ns", "ruling"),
    [
        pytest.param(0, Ruling(0, uncertain=False), id="right"),
        pytest.param(5 * S, Ruling(0, uncertain=False), id="5 s fast"),
        pytest.param(5 * S + 1, Ruling(0, uncertain=True), id="more than 5 s fast"),
        pytest.param(60 * S, Ruling(0, uncertain=True), id="60 s fast"),
        pytest.param(60 * S + 1, Ruling(60 * S + 1, uncertain=True), id="more than 60 s fast"),
        pytest.param(-3_600 * S, Ruling(0, uncertain=False), id="an hour old: late, not wrong"),
        pytest.param(CLOCK_SET_NS - NOW_NS, Ruling(0, uncertain=False), id="the first second that is believed"),
        pytest.param(CLOCK_SET_NS - NOW_NS - 1, Ruling(CLOCK_SET_NS - NOW_NS - 1, uncertain=True), id="never set"),
        pytest.param(-NOW_NS, Ruling(-NOW_NS, uncertain=True), id="1970"),
    ],
)
def test_the_newest_sample_decides(ahead_ns: int, ruling: Ruling) -> None:
    assert rule_on_clock(NOW_NS + ahead_ns, NOW_NS, LIMITS) == ruling


@given(st.integers(0, 2**63 - 1))
def test_no_time_is_believed_that_lies_far_ahead_or_before_the_system(newest_ns: int) -> None:
    settled_ns = newest_ns - rule_on_clock(newest_ns, NOW_NS, LIMITS).shift_ns
    assert CLOCK_SET_NS <= settled_ns <= NOW_NS + LIMITS.shift_ns

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.slow import SlowClocks, SlowLimits, pack_offsets, read_offsets

S = 1_000_000_000
NOW_NS = 1_768_449_600 * S
LIMITS = SlowLimits(frames=20, spread_ns=10 * S, pace=1.25, shift_ns=60 * S)
LIVE_NS = 30 * S


def observe(clocks: SlowClocks, pairs: Iterable[tuple[float, float]]) -> SlowClocks:
    """Show frames as (arrival, age of their newest sample), seconds."""
    for at_s, age_s in pairs:
        received_ns = NOW_NS + round(at_s * S)
        clocks.observe("D", received_ns - round(age_s * S), received_ns, LIVE_NS)
    return clocks


def seen(pairs: Iterable[tuple[float, float]]) -> dict[str, int] | None:
    return observe(SlowClocks(LIMITS), pairs).changed()


def corrected(offset_s: int) -> SlowClocks:
    clocks = SlowClocks(LIMITS)
    clocks.put({"D": offset_s * S})
    return clocks


def test_an_age_that_stays_is_a_slow_clock_and_the_least_age_its_offset() -> None:
    assert seen((60 * n, 3_600 + n % 3) for n in range(19)) is None
    assert seen((60 * n, 3_600 + n % 3) for n in range(20)) == {"D": 3_600 * S}


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([(n * 0.1, 3_600 - n) for n in range(200)], id="a backlog in order"),
        pytest.param([(n * 0.1, 3_600 + n) for n in range(200)], id="a backlog, the newest first"),
        pytest.param([(n * 0.1, 3_600) for n in range(20)], id="a second's worth of records as fast as they were made"),
        pytest.param([(60 * n, 3_600 + 10 * (n % 2)) for n in range(200)], id="ages that spread"),
        pytest.param([(n * 0.6, 3_600 - 0.4 * n) for n in range(20)], id="faster than their samples"),
        pytest.param([(60 * n, 29 if n % 19 == 0 else 3_600) for n in range(200)], id="a live frame now and then"),
        pytest.param([(60 * n, 30) for n in range(200)], id="live"),
        pytest.param([(60 * n, 1_768_449_600) for n in range(200)], id="never set"),
    ],
)
def test_what_a_good_clock_could_send_too_is_never_called_slow(pairs: list[tuple[float, float]]) -> None:
    clocks = SlowClocks(LIMITS)
    assert [clocks.changed() for pair in pairs if observe(clocks, [pair]).changed()] == []


def test_what_is_in_force_is_wanted_no_more() -> None:
    clocks = observe(SlowClocks(LIMITS), ((60 * n, 3_600) for n in range(20)))
    clocks.put(clocks.changed() or {})
    assert (clocks.offsets, clocks.changed()) == ({"D": 3_600 * S}, None)
    assert observe(clocks, ((60 * n, 3_609) for n in range(20, 60))).changed() is None


def test_a_clock_that_was_set_is_believed_from_its_first_frame_on() -> None:
    assert observe(corrected(3_600), [(0, 3_539)]).changed() == {}


def test_a_clock_that_was_set_by_little_is_believed_after_as_many_frames_as_made_it_slow() -> None:
    clocks = corrected(40)
    assert observe(clocks, ((60 * n, 1) for n in range(19))).changed() is None
    assert observe(clocks, [(1_200, 1)]).changed() == {}


def test_a_clock_that_falls_further_behind_gets_another_offset() -> None:
    clocks = observe(corrected(3_600), ((60 * n, 3_700) for n in range(20)))
    assert clocks.changed() == {"D": 3_700 * S}
    clocks.put({"D": 3_600 * S, "E": S})  # the frame that was on its way
    assert clocks.changed() == {"D": 3_700 * S, "E": S}


def test_a_backlog_takes_back_neither_what_is_in_force_nor_lets_an_old_wish_stand() -> None:
    assert observe(corrected(3_600), ((n * 0.1, 9_000 - n) for n in range(100))).changed() is None
    clocks = observe(SlowClocks(LIMITS), ((60 * n, 3_600) for n in range(20)))
    assert observe(clocks, ((1_200 + n, 9_000 - 50 * n) for n in range(20))).changed() is None


@given(st.integers(0, 60), st.lists(st.sampled_from([1, 40, 3_600, 3_605, 9_000]), max_size=60))
def test_goes_on_from_a_snapshot_as_if_never_stopped(cut: int, ages_s: list[int]) -> None:
    pairs = [(20 * n, age_s) for n, age_s in enumerate(ages_s)]
    whole, half, rest = corrected(40), corrected(40), SlowClocks(LIMITS)
    observe(whole, pairs)
    rest.restore(observe(half, pairs[:cut]).snapshot())
    observe(rest, pairs[cut:])
    assert (rest.snapshot(), rest.changed()) == (whole.snapshot(), whole.changed())


def test_a_snapshot_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="no snapshot of the clocks"):
        SlowClocks(LIMITS).restore(b"")


@pytest.mark.parametrize("payload", [b"", b"{}", b'{"offsets":{"D":0}}', b'{"offsets":{"D":-1}}', b'{"offsets":1}'])
def test_a_frame_that_nobody_wrote_is_not_read(payload: bytes) -> None:
    assert read_offsets(payload) is None


def test_a_frame_says_the_same_whatever_the_order() -> None:
    assert pack_offsets({"A": 1, "B": 2}) == pack_offsets({"B": 2, "A": 1})
    assert read_offsets(pack_offsets({})) == {}

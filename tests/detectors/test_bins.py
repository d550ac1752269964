import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.bins import Bins

S = 1_000_000_000
Fed = list[tuple[int, int, float]]


def feed(bins: Bins, rows: Fed) -> list[tuple[int, int, float]]:
    rows = sorted(rows, key=lambda row: row[0])
    slot = np.array([row[0] for row in rows], np.int32)
    closed = bins.feed(slot, np.array([row[1] * S for row in rows], np.int64), np.array([row[2] for row in rows]))
    assert (slot[closed.row] == closed.slot).all()
    return list(zip(closed.slot.tolist(), closed.number.tolist(), closed.mean.tolist(), strict=True))


def build() -> Bins:
    bins = Bins(10)
    bins.open.grow(3)
    return bins


def test_a_bin_is_given_when_a_later_one_begins() -> None:
    bins = build()
    assert feed(bins, [(0, 1, 2.0), (0, 8, 4.0), (2, 5, 7.0)]) == []
    assert feed(bins, [(0, 11, 9.0)]) == [(0, 0, 3.0)]
    assert feed(bins, [(0, 18, 1.0), (0, 25, 2.0), (2, 12, 0.0)]) == [(0, 1, 5.0), (2, 0, 7.0)]


def test_a_value_long_after_the_one_before_is_a_bin_of_its_own_at_once() -> None:
    bins = build()
    assert feed(bins, [(0, 10, 2.0), (0, 17, 4.0), (1, 7, 1.0)]) == [(0, 1, 2.0)]
    assert feed(bins, [(0, 25, 6.0), (1, 15, 3.0)]) == [(0, 1, 4.0), (0, 2, 6.0), (1, 0, 1.0), (1, 1, 3.0)]
    assert feed(bins, [(0, 28, 8.0), (0, 32, 0.0)]) == [(0, 2, 8.0)]


def test_a_row_older_than_the_newest_of_its_slot_is_left_out() -> None:
    bins = build()
    assert feed(bins, [(1, 7, 4.0), (1, 2, 100.0), (1, 12, 0.0)]) == [(1, 0, 4.0)]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 80), st.floats(-1e3, 1e3)), max_size=40),
    st.integers(1, 7),
)
def test_gives_the_same_bits_in_pieces_of_any_size(rows: Fed, step: int) -> None:
    whole, pieces = build(), build()
    expected = feed(whole, rows)
    found = [bin_ for start in range(0, len(rows), step) for bin_ in feed(pieces, rows[start : start + step])]
    assert sorted(found) == sorted(expected)
    assert pieces.open["news"].tobytes() == whole.open["news"].tobytes()

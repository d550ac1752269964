import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.order import by_slot, ends, in_order, starts

ROWS = st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 20)), max_size=80)


@given(ROWS)
def test_sorts_like_a_stable_sort(rows: list[tuple[int, int]]) -> None:
    slot = np.array([slot for slot, _ in rows], np.int32)
    assert by_slot(slot).tolist() == np.argsort(slot, kind="stable").tolist()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20)), max_size=60), st.integers(0, 12))
def test_keeps_what_is_not_older_than_what_came_before(rows: list[tuple[int, int]], last: int) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    slot, time_ns = np.array([s for s, _ in rows], np.int32), np.array([t for _, t in rows], np.int64)
    newest = dict.fromkeys(range(4), last)
    expected = []
    for s, t in rows:
        expected.append(t >= newest[s])
        newest[s] = max(newest[s], t)
    assert in_order(slot, time_ns, np.full(len(rows), last)).tolist() == expected
    assert starts(slot).tolist() == [k == 0 or rows[k - 1][0] != s for k, (s, _) in enumerate(rows)]
    assert ends(slot).tolist() == [k == len(rows) - 1 or rows[k + 1][0] != s for k, (s, _) in enumerate(rows)]

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.dice import Normals, generator


@given(st.lists(st.lists(st.sampled_from([0, 1, 2]), unique=True, max_size=3), max_size=300))
def test_each_row_gets_its_own_stream_in_order_whoever_else_draws(draws: list[list[int]]) -> None:
    normals = Normals([generator(1, row) for row in range(3)])
    got: dict[int, list[float]] = {0: [], 1: [], 2: []}
    for rows in draws:
        for row, value in zip(rows, normals.take(np.array(rows, np.intp)).tolist(), strict=True):
            got[row].append(value)
    for row, values in got.items():
        stream = generator(1, row)
        blocks = [stream.standard_normal(64) for _ in range(len(values) // 64 + 1)]
        assert values == np.concatenate(blocks)[: len(values)].tolist()


def test_names_and_seed_decide_the_stream() -> None:
    first = {generator(*names).random() for names in ((1, "a", "x"), (2, "a", "x"), (1, "b", "x"), (1, "a", "y"))}
    assert len(first) == 4

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.whatif import Line, compare
from simulator.timetext import S_NS, instant_text, zone
from tests.app.support import START_NS


def line(at_s: float, device: str = "G1", kind: str = "gas_low", level: int = 1, transition: str = "raise") -> Line:
    time = instant_text(START_NS + round(at_s * S_NS), zone(8))
    return {"transition": transition, "time": time, "kind": kind, "device": device, "level": level,
            "text": {"zh": "漏", "en": "leak"}}  # fmt: skip


def told(old: Sequence[Line], new: Sequence[Line]) -> list[tuple[str, str, float]]:
    return [(change.what, change.device, change.by_s) for change in compare(old, new)]


def test_what_is_the_same_is_not_told() -> None:
    lines = [line(0), line(50, "G2"), line(900)]
    assert told(lines, lines) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([], [0], [("appears", "G1", 0.0)]),
        ([0], [], [("vanishes", "G1", 0.0)]),
        ([0], [45], [("moves", "G1", 45.0)]),
        ([45], [0], [("moves", "G1", -45.0)]),
        ([0], [700], [("vanishes", "G1", 0.0), ("appears", "G1", 0.0)]),
        ([700], [0], [("appears", "G1", 0.0), ("vanishes", "G1", 0.0)]),
        ([0, 2000], [2010], [("vanishes", "G1", 0.0), ("moves", "G1", 10.0)]),
    ],
)
def test_raises_of_one_alarm_are_matched_in_order_of_time(
    old: list[float], new: list[float], expected: list[tuple[str, str, float]]
) -> None:
    assert told([line(at) for at in old], [line(at) for at in new]) == expected


def test_levels_kinds_and_devices_are_told_apart() -> None:
    assert told([line(0, level=1)], [line(0, level=2)]) == [("vanishes", "G1", 0.0), ("appears", "G1", 0.0)]
    assert len(told([line(0)], [line(0, "G2")])) == len(told([line(0)], [line(0, kind="gas_high")])) == 2


def test_only_raises_count() -> None:
    assert told([line(0, transition="return")], [line(5, transition="annunciate")]) == []
    assert told([], [line(5, transition="worsen")]) == [("appears", "G1", 0.0)]


TIMES = st.lists(st.integers(0, 5_000), max_size=8).map(sorted)


@given(TIMES, TIMES)
def test_nothing_is_told_twice_and_nothing_is_left_out(old: list[int], new: list[int]) -> None:
    changes = compare([line(at) for at in old], [line(at) for at in new])
    count = {what: sum(change.what == what for change in changes) for what in ("appears", "vanishes", "moves")}
    same = len(old) - count["vanishes"] - count["moves"]
    assert same >= 0
    assert len(new) == same + count["moves"] + count["appears"]

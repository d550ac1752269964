import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.slope import RING, Slopes

S = 1_000_000_000
WINDOW_S = 60.0


def feed(slopes: Slopes, slot: list[int], time_s: list[float], value: list[float]) -> list[float]:
    time_ns = np.array([round(t * S) for t in time_s], np.int64)
    wanted = np.ones(len(slot), np.bool_)
    found: list[float] = slopes.feed(np.array(slot, np.int32), time_ns, np.array(value), wanted).tolist()
    return found


def fresh(channels: int = 3) -> Slopes:
    slopes = Slopes(WINDOW_S)
    slopes.ring.grow(channels)
    slopes.fed.grow(channels)
    return slopes


def naive(time_s: list[float], value: list[float]) -> list[float]:
    """The definition, sample by sample, fitted by another routine."""
    found: list[float] = []
    kept: list[tuple[float, float]] = []
    newest = -1.0
    for t, x in zip(time_s, value, strict=True):
        if t < newest:
            found.append(np.nan)
            continue
        points = [(u, y) for u, y in kept[-(RING - 1) :] if t - u <= WINDOW_S] + [(t, x)]
        spanned = t - min(u for u, _ in points) >= WINDOW_S / 3
        times = [u - t for u, _ in points]
        fits = len(points) >= 3 and spanned
        before = [(u, y) for u, y in kept[-(RING - 1) :] if 0.75 * WINDOW_S <= t - u <= 2 * WINDOW_S]
        if len(points) < 3 and before:
            points, times, fits = [before[-1], (t, x)], [before[-1][0] - t, 0.0], True
        found.append(float(np.polyfit(times, [y for _, y in points], 1)[0]) if fits else np.nan)
        if newest < 0 or t // 4 > newest // 4:
            kept.append((t, x))
        newest = t
    return found


def test_a_straight_line_has_its_own_slope() -> None:
    times = [1000.0 + 5 * k for k in range(30)]
    found = feed(fresh(), [0] * 30, times, [0.2 * (t - 1000) for t in times])
    assert np.isnan(found[:4]).all()  # 3 samples that span 20 s
    assert found[4:] == pytest.approx([0.2] * 26, rel=1e-9)


def test_a_sensor_of_one_second_fills_the_window_too() -> None:
    times = [1000.0 + k for k in range(120)]
    found = feed(fresh(), [0] * 120, times, [0.1 * t for t in times])
    assert found[60:] == pytest.approx([0.1] * 60, rel=1e-6)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 100)), min_size=1, max_size=60),
    st.integers(1, 17),
    st.booleans(),
)
def test_is_the_least_squares_slope_however_it_is_cut(
    samples: list[tuple[int, int]],
    step: int,
    in_order: bool,  # noqa: FBT001 - drawn by hypothesis
) -> None:
    samples = sorted(samples) if in_order else samples
    times, values = [1000 + t / 2 for t, _ in samples], [float(x) for _, x in samples]
    slopes, whole = fresh(), fresh()
    parts: list[float] = []
    for start in range(0, len(times), step):
        cut = slice(start, start + step)
        parts += feed(slopes, [1] * len(times[cut]), times[cut], values[cut])
    assert np.array(parts).tobytes() == np.array(feed(whole, [1] * len(times), times, values)).tobytes()
    expected = naive(times, values)
    assert np.isnan(parts).tolist() == np.isnan(expected).tolist()
    assert np.nan_to_num(parts) == pytest.approx(np.nan_to_num(expected), abs=1e-9)


def test_two_samples_a_window_apart_are_a_slope_where_the_window_holds_no_more() -> None:
    found = feed(fresh(), [0] * 5, [1000, 1044, 1090, 1150, 1271], [0.0, 4.4, 9.0, 21.0, 50.0])
    # 44 s are too near, 121 s too far; of 46 and 90 s before, the nearer counts
    assert found == pytest.approx([np.nan, np.nan, 0.1, 0.2, np.nan], nan_ok=True)


def test_channels_do_not_touch_each_other() -> None:
    times = [1000.0, 1010, 1020, 1030]
    one = feed(fresh(), [0] * 4, times, [0, 1, 5, 9])
    both = feed(fresh(), [0] * 4 + [2] * 4, times + times, [0, 1, 5, 9, 7, 7, 7, 7])
    assert both[:4] == pytest.approx(one, nan_ok=True)
    assert both[-1] == 0.0


def test_nothing_to_feed_gives_nothing() -> None:
    assert feed(fresh(), [], [], []) == []


def test_refuses_a_window_of_no_width() -> None:
    with pytest.raises(ValueError, match="window_s"):
        Slopes(0)

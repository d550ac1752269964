import functools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from detectors.order import Floats, Ints
from detectors.screener import Screener, Verdicts
from detectors.screening import DEFAULT, SCREENERS

Build = Callable[..., Screener]
S_NS = 1_000_000_000


@pytest.fixture(params=list(SCREENERS))
def build(request: pytest.FixtureRequest) -> Build:
    return SCREENERS[str(request.param)]


def day(columns: int = 3, rows: int = 2_000, period_s: int = 10) -> tuple[Ints, Floats]:
    """Give quiet columns at several levels, a lasting step in one, holes, a pause, and times that repeat."""
    dice = np.random.default_rng(5)
    values = 10.0 ** np.arange(columns) + dice.normal(0, 0.1, (rows, columns))
    values[1_400:1_600, 0] += 5.0
    values[dice.random((rows, columns)) < 0.02] = np.nan
    time_ns = np.arange(rows, dtype=np.int64) * period_s * S_NS
    time_ns[500:] += 900 * S_NS
    time_ns[700:720] = time_ns[700]
    return time_ns, values


@functools.cache
def at_once(build: Build, train_rows: int) -> tuple[Verdicts, bytes]:
    """Give what one batch of the whole day gives: what all others are held against."""
    screener = build(columns=3, train_rows=train_rows)
    return screener.update(*day()), screener.snapshot()


def test_the_default_is_there() -> None:
    assert DEFAULT in SCREENERS


def test_finds_a_large_lasting_step_so_that_the_other_checks_mean_something(build: Build) -> None:
    alarm = build(columns=3).update(*day()).alarm
    assert alarm[1_400:1_600].any()
    assert alarm[:1_400].mean() < 0.01


@pytest.mark.untraced
@pytest.mark.parametrize("step", [1, 7, 50, 997])
@pytest.mark.parametrize("train_rows", [0, 400])
def test_gives_the_same_bits_whatever_the_size_of_the_batch(build: Build, step: int, train_rows: int) -> None:
    time_ns, values = day()
    parts, (expected, snapshot) = build(columns=3, train_rows=train_rows), at_once(build, train_rows)
    found = [parts.update(time_ns[at : at + step], values[at : at + step]) for at in range(0, len(time_ns), step)]
    assert np.concatenate([part.score for part in found]).tobytes() == expected.score.tobytes()
    assert np.concatenate([part.alarm for part in found]).tobytes() == expected.alarm.tobytes()
    assert parts.snapshot() == snapshot


@pytest.mark.parametrize("cut", [*(pytest.param(at, marks=pytest.mark.untraced) for at in (1, 399)), 1_450])
def test_goes_on_from_a_snapshot_as_if_never_stopped(build: Build, cut: int) -> None:
    time_ns, values = day()
    expected = at_once(build, 200)[0].score[cut:]
    before, after = build(columns=3, train_rows=200), build(columns=3, train_rows=200)
    before.update(time_ns[:cut], values[:cut])
    after.restore(before.snapshot())
    assert after.update(time_ns[cut:], values[cut:]).score.tobytes() == expected.tobytes()


def test_refuses_the_snapshot_of_other_columns(build: Build) -> None:
    with pytest.raises(ValueError, match="other arrays"):
        build(columns=2).restore(build(columns=3).snapshot())


def test_training_rows_raise_nothing(build: Build) -> None:
    time_ns, values = day()
    assert not build(columns=3, train_rows=1_500).update(time_ns, values).alarm[:1_500].any()


def test_an_empty_batch_gives_nothing_and_changes_nothing(build: Build) -> None:
    screener = build(columns=2)
    before = screener.snapshot()
    verdicts = screener.update(np.zeros(0, np.int64), np.zeros((0, 2)))
    assert (len(verdicts.score), len(verdicts.alarm), screener.snapshot()) == (0, 0, before)


@pytest.mark.parametrize("value", [0.0, 7.3, 1e29, np.nan])
def test_what_never_changes_never_alarms(build: Build, value: float) -> None:
    verdicts = build(columns=1).update(np.arange(3_000) * S_NS, np.full((3_000, 1), value))
    assert not verdicts.alarm.any()
    assert np.isfinite(verdicts.score).all()


NUMBERS = st.one_of(st.floats(-1e30, 1e30), st.floats(-10, 10), st.just(np.nan), st.sampled_from([0.0, 1.0, -1e-30]))


@pytest.mark.untraced
@given(
    values=npst.arrays(np.float64, st.tuples(st.integers(1, 80), st.just(2)), elements=NUMBERS),
    steps_s=st.lists(st.sampled_from([0, 1, 60, 10**6]), min_size=80, max_size=80),
)
@pytest.mark.parametrize("name", list(SCREENERS))
def test_scores_are_finite_whatever_comes(name: str, values: Floats, steps_s: list[int]) -> None:
    time_ns = np.cumsum(np.array(steps_s[: len(values)], np.int64)) * S_NS
    screener = SCREENERS[name](columns=2, train_rows=10)
    verdicts = screener.update(time_ns, values)
    assert np.isfinite(verdicts.score).all()
    assert np.isfinite(screener.update(time_ns[-1:] + S_NS, np.ones((1, 2))).score).all()

import numpy as np
import pytest

from detectors.level_shift import LevelShift
from detectors.order import Bools, Floats

ROWS = 1_600
MOVED = slice(700, 900)


def noise(seed: int = 1, rows: int = ROWS) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, rows)


def wander(seed: int = 2, rows: int = ROWS) -> Floats:
    """Give a level that goes its way, far beyond its own short noise."""
    return np.cumsum(np.random.default_rng(seed).normal(0, 1, rows)) + noise(seed + 1, rows)


def moved(by: float, rows: int = ROWS) -> Floats:
    shift = np.zeros(rows)
    shift[MOVED] = by
    return shift


def alarm(*columns: Floats, train_rows: int = 400, chance: float = 1e-6, **numbers: int) -> Bools:
    values = np.stack(columns, axis=1)
    screener = LevelShift(columns=len(columns), train_rows=train_rows, chance=chance, **numbers)
    return screener.update(np.arange(len(values)) * 10**9, values).alarm


@pytest.mark.parametrize("sign", [1, -1])
def test_finds_the_column_that_moved_among_those_that_wander_whatever_the_sign(sign: int) -> None:
    found = alarm(wander(2), noise() + moved(5.0 * sign), wander(8))
    assert not found[:700].any()
    assert found[710:900].all()
    assert not found[960:].any()


@pytest.mark.untraced
def test_what_wanders_slowly_proves_little_when_it_is_far_away() -> None:
    assert not any(alarm(wander(seed)).any() for seed in range(20, 40))


def test_the_same_shift_is_news_in_a_steady_column_alone() -> None:
    assert alarm(noise() + moved(6.0))[710:900].all()
    assert not alarm(wander(4) + moved(6.0)).any()


def test_drift_within_its_memory_is_forgiven() -> None:
    drift = np.linspace(0, 8, ROWS)
    assert not alarm(noise() + drift).any()


def test_one_wild_value_is_no_level() -> None:
    values = noise()
    values[800] = 1e6
    assert not alarm(values).any()


def test_half_way_back_is_not_back() -> None:
    half = moved(6.0)
    half[900:1_000] = 3.0
    found = alarm(noise() + half)
    assert found[710:1_000].all()
    assert not found[1_060:].any()


def test_ends_only_after_it_was_back_for_a_while() -> None:
    found = alarm(noise() + moved(5.0), hold=60)
    assert found[710:960].all()
    assert not found[980:].any()


def test_a_dip_back_shorter_than_that_does_not_end_it() -> None:
    shift = moved(8.0)
    shift[800:815] = 0.0
    assert alarm(noise() + shift, hold=60)[710:900].all()


def test_a_level_that_stays_becomes_the_usual_one() -> None:
    stays = np.where(np.arange(ROWS) >= 700, 6.0, 0.0)
    found = alarm(noise() + stays, settle=300)
    assert found[710:1_000].all()
    assert not found[1_020:].any()


def test_after_an_end_the_next_shift_is_held_against_the_new_level() -> None:
    twice = np.where(np.arange(ROWS) >= 700, 6.0, 0.0)
    twice[1_300:1_500] = 0.0
    assert alarm(noise() + twice, settle=300)[1_310:1_490].all()


def test_missing_rows_neither_raise_nor_clear() -> None:
    values = noise() + moved(5.0)
    values[860:1_100] = np.nan
    found = alarm(values, noise(5))
    assert found[710:1_100].all()
    assert not found[1_150:].any()


def test_missing_rows_leave_the_other_columns_as_they_were() -> None:
    values = np.stack((noise() + moved(5.0), np.full(ROWS, 7.0)), axis=1)
    holed = values.copy()
    holed[::3, 1] = np.nan
    holed[1::7, 1] = np.inf
    whole, parts = (
        LevelShift(columns=2, train_rows=400).update(np.arange(ROWS) * 10**9, of).score for of in (values, holed)
    )
    assert parts.tobytes() == whole.tobytes()


def test_a_column_that_begins_late_teaches_first_and_is_judged_then() -> None:
    late = noise() + moved(20.0)
    late[:450] = np.nan
    found = alarm(late)
    assert not found[:700].any()
    assert found[715:900].all()


def test_a_column_that_never_moved_is_told_when_it_does() -> None:
    found = alarm(7.0 + moved(0.01))
    assert found[702:900].all()
    assert not found[:700].any()


def test_two_hundred_rows_teach_even_if_nobody_asks_for_training() -> None:
    early = np.where(np.arange(ROWS) >= 150, 50.0, 0.0)
    assert not alarm(noise() + early, train_rows=0)[:200].any()
    assert alarm(noise() + moved(6.0), train_rows=0)[710:900].all()


def test_more_columns_do_not_make_more_false_alarms() -> None:
    steady = [noise(seed, 4_000) for seed in range(40)]
    assert alarm(*steady, chance=1e-4).mean() < 0.05


def test_the_score_says_how_many_limits_away() -> None:
    values = noise() + moved(5.0)
    verdicts = LevelShift(columns=1, train_rows=400).update(np.arange(ROWS) * 10**9, values[:, None])
    first = int(verdicts.alarm.argmax())
    assert verdicts.score[first] > 1 >= verdicts.score[first - 1]
    assert verdicts.score[:400].max() == 0


@pytest.mark.parametrize(
    "numbers",
    [{"window": 2}, {"memory": 0}, {"chance": 0}, {"chance": 1}, {"back": 1}, {"hold": 9}, {"settle": 0}],
    ids=str,
)
def test_numbers_out_of_range_are_refused(numbers: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=f"{next(iter(numbers))}|hold"):
        alarm(noise(), **numbers)

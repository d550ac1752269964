import numpy as np
import pytest

from detectors.novelty import Novelty
from detectors.order import Floats, Ints

DAY, STEP_NS = 288, 300 * 10**9
EVENT = 15 * DAY
"""Row of midnight before the day on which something happens."""


def at(rows: int) -> Ints:
    return np.arange(rows) * STEP_NS


def noise(rows: int, seed: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(0, 1, rows)


def work_days(days: int = 18, week: int = 7) -> Floats:
    """Give a high level from 8 to 18 o'clock, on the first five of so many days."""
    rows = np.arange(days * DAY)
    works = (rows % DAY >= 96) & (rows % DAY < 216) & (rows // DAY % week < 5)
    return 20.0 + 60.0 * works + noise(len(rows))


def score(*columns: Floats, train_rows: int = 2 * DAY, **numbers: float) -> Floats:
    screener = Novelty(columns=len(columns), train_rows=train_rows, **numbers)  # type: ignore[arg-type] # some are whole
    return screener.update(at(len(columns[0])), np.stack(columns, axis=1)).score


def test_a_rhythm_of_days_and_weeks_is_nothing_new() -> None:
    assert score(work_days(), train_rows=8 * DAY).max() < 6


def test_a_day_on_which_the_usual_does_not_happen_is_told_the_same_morning() -> None:
    values = work_days(week=5)
    values[EVENT + 96 : EVENT + 216] -= 60.0
    found = score(values)
    assert EVENT + 96 <= int(found.argmax()) < EVENT + 150
    assert found.max() > 9


def test_an_hour_of_the_day_is_allowed_to_be_early() -> None:
    values = work_days(week=5)
    early, far = values.copy(), values.copy()
    early[EVENT + 91 : EVENT + 96] += 60.0
    far[EVENT + 60 : EVENT + 65] += 60.0
    assert score(early)[EVENT : EVENT + 96].max() < 6
    assert score(far)[EVENT : EVENT + 96].max() > 6


def test_a_burst_in_noise_is_told() -> None:
    values = noise(10 * DAY)
    values[7 * DAY : 7 * DAY + 6] += 8.0
    found = score(values)
    assert 7 * DAY <= int(found.argmax()) < 7 * DAY + 6


def test_of_many_rows_in_five_minutes_the_last_mean_stands_for_them() -> None:
    values = np.repeat(work_days(3, week=5), 5)
    values[2 * DAY * 5 + 300 : 2 * DAY * 5 + 330] += 60.0
    minutes = np.arange(len(values)) * 60 * 10**9
    found = Novelty(columns=1).update(minutes, values[:, None]).score
    assert 2 * DAY * 5 + 300 <= int(found.argmax()) < 2 * DAY * 5 + 360


def test_a_level_that_jumps_is_told_before_a_day_is_known() -> None:
    values = noise(280)
    values[200:] += 8.0
    found = score(values, train_rows=0)
    assert 200 <= int(found.argmax()) < 230
    assert found.max() > 3


def test_an_event_gives_a_few_rows_and_no_plateau() -> None:
    values = noise(12 * DAY)
    values[7 * DAY : 8 * DAY] += 9.0
    found = score(values)[7 * DAY : 8 * DAY]
    told = found[found > 3]
    assert 1 <= len(told) <= 12
    assert (told[1:] > 1.4 * told[:-1]).all()


def test_after_a_rest_the_next_event_is_told_again() -> None:
    values = noise(14 * DAY)
    for begin in (7 * DAY, 12 * DAY + 100):
        values[begin : begin + 3] += 20.0
    second = slice(12 * DAY + 100, 12 * DAY + 103)
    assert score(values, rest=48)[second].max() > 6
    assert score(values, rest=8 * DAY)[second].max() == 0


def test_what_happened_at_this_time_of_the_past_week_is_not_new() -> None:
    values = noise(14 * DAY)
    for begin in (7 * DAY, 12 * DAY):
        values[begin : begin + 3] += 9.0
    found = score(values)
    assert found[7 * DAY : 7 * DAY + 3].max() > 6
    assert found[12 * DAY : 12 * DAY + 3].max() < 3


def test_the_unit_makes_no_difference() -> None:
    values = work_days(12)
    np.testing.assert_allclose(score(values), score(-1_024 * values), rtol=1e-6)


def test_heavy_tails_need_more_than_thin_ones() -> None:
    thin, heavy = noise(10 * DAY), np.random.default_rng(1).standard_t(2, 10 * DAY)
    told = []
    for values in (thin, heavy):
        values[8 * DAY] = 12.0
        told.append(score(values)[8 * DAY])
    assert told[0] > 6 > told[1]


def test_training_rows_are_told_nowhere() -> None:
    values = noise(8 * DAY)
    values[5 * DAY : 5 * DAY + 6] += 20.0
    assert score(values, train_rows=6 * DAY)[: 6 * DAY].max() == 0


def test_a_missing_row_scores_nothing_and_leaves_the_other_columns_alone() -> None:
    whole, other = noise(8 * DAY, 1), noise(8 * DAY, 2)
    whole[6 * DAY] = 30.0
    other[::3] = np.nan
    alone = score(whole)
    assert (score(whole, other) >= alone).all()
    assert score(whole, np.full(len(whole), np.nan)).tobytes() == alone.tobytes()
    assert score(other)[::3].max() == 0


def test_the_past_week_is_forgotten_after_a_pause() -> None:
    values = work_days(9)
    screener = Novelty(columns=1)
    screener.update(at(len(values)), values[:, None])
    later = screener.update(at(len(values)) + 60 * DAY * STEP_NS, values[:, None] * 3)
    before = Novelty(columns=1)
    before.update(at(len(values)), values[:, None])
    at_once = before.update(at(len(values)) + 9 * DAY * STEP_NS, values[:, None] * 3)
    assert later.score[:DAY].max() < at_once.score[:DAY].max()


def test_alarms_at_its_limit() -> None:
    values = noise(8 * DAY)
    values[6 * DAY] = 30.0
    found = [Novelty(columns=1, limit=limit).update(at(8 * DAY), values[:, None]) for limit in (6.0, 200.0)]
    assert found[0].alarm[6 * DAY]
    assert not found[1].alarm.any()
    np.testing.assert_array_equal(found[0].alarm, found[0].score >= 6)


@pytest.mark.parametrize(
    "numbers",
    [
        {"short": 1},
        {"short": 48},
        {"level": 0},
        {"before": 0},
        {"days": 0},
        {"slack_s": -1},
        {"rest": 0},
        {"more": 1},
        {"limit": 0},
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(numbers: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(numbers))):
        Novelty(columns=1, **numbers)  # type: ignore[arg-type] # some are whole

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from detectors.band import Band
from detectors.order import Bools, Floats

S_NS = 1_000_000_000


def wave(rows: int, seed: int = 1) -> Floats:
    """Give a background that wanders within 0.4 around 10, with noise."""
    rows_ = np.arange(rows)
    return 10.0 + 0.2 * np.sin(rows_ / 60) + np.random.default_rng(seed).normal(0, 0.02, rows)


def alarms(value: npt.NDArray[Any], period_s: float = 5.0, **numbers: float) -> Bools:
    columns = value.reshape(len(value), -1).astype(np.float64)
    time_ns = (np.arange(len(value)) * period_s * S_NS).astype(np.int64)
    return Band(columns=columns.shape[1], **numbers).update(time_ns, columns).alarm  # type: ignore[arg-type] # train_rows


def starts(alarm: Bools) -> list[int]:
    return (np.flatnonzero(np.diff(alarm.astype(np.int8), prepend=0) == 1)).tolist()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e7])
def test_tells_a_lasting_departure_whatever_its_sign_and_unit(sign: int, scale: float) -> None:
    value = wave(2_000)
    value[1_500:1_560] += 2 * sign
    alarm = alarms(scale * value)
    assert [1_500 < at < 1_520 for at in starts(alarm)] == [True]
    assert not alarm[1_640:].any()


@pytest.mark.parametrize("period_s", [1.0, 3.5, 60.0])
def test_evidence_takes_seconds_not_samples(period_s: float) -> None:
    rows = round(7_200 / period_s)
    value = np.random.default_rng(2).normal(10, 0.1, rows)
    value[-round(1_800 / period_s) :] += 5
    onset = rows - round(1_800 / period_s)
    assert [0 <= at - onset <= max(2, 60 / period_s) for at in starts(alarms(value, period_s))] == [True]


def test_a_single_wild_sample_is_no_evidence_however_large() -> None:
    value = wave(2_000)
    value[1_500], value[1_700] = 1e6, -1e6
    assert not alarms(value).any()


def test_what_the_series_has_done_before_is_normal() -> None:
    surging = 10.0 + 5 * (np.arange(4_000) // 80 % 2)
    assert not alarms(surging).any()


def test_a_slow_drift_is_normal() -> None:
    assert not alarms(10.0 + np.arange(8_000) * 1e-3).any()


def test_an_alarm_ends_by_itself_at_a_new_level_however_far_it_is() -> None:
    for step in (3.0, 3e6):
        value = wave(12_000)
        value[2_000:] += step
        alarm = alarms(value)
        assert len(starts(alarm)) == 1
        assert np.flatnonzero(alarm)[-1] < 2_000 + 12_600 / 5


def test_is_deaf_to_what_it_has_just_learnt_and_hears_again_when_memory_fades() -> None:
    burst = np.zeros(20_000)
    burst[2_000:4_000] = burst[5_000:5_100] = burst[19_000:19_100] = 3.0
    heard = starts(alarms(wave(20_000) + burst, memory_s=14_400, stretch_s=1_200))
    assert [2_000 < heard[0] < 2_020, len(heard), heard[-1] > 19_000] == [True, 2, True]


def test_a_long_memory_of_noise_is_not_narrow() -> None:
    noise = np.random.default_rng(6).normal(0, 1, 20_000)
    assert not alarms(noise, 60.0).any()


def test_warms_up_in_rows_and_in_seconds() -> None:
    value = np.ones(600)
    value[::2] = 1.1
    early, late = value.copy(), value.copy()
    early[8:] += 50
    late[300:] += 50
    assert not alarms(early[:40], 60.0).any()
    assert starts(alarms(late[270:330], 60.0)) == [30]
    assert alarms(late, 4.0, warm_s=40).any()
    assert not alarms(late, 4.0, warm_s=2_400).any()


def born_in_an_event(rows: int = 1_200) -> Floats:
    """Give a plume at the first row, which stops for a while and comes back."""
    dice = np.random.default_rng(3)
    value = 2.0 + dice.normal(0, 0.01, rows)
    plume = np.abs(dice.normal(1.5, 0.8, rows))
    plume[100:140] = plume[170:] = 0.0
    return value + plume


def test_a_series_born_within_an_event_is_doubted_until_it_has_been_calm() -> None:
    assert [140 < at < 170 for at in starts(alarms(born_in_an_event()))] == [True]


def test_nobody_doubts_rows_that_are_said_to_be_normal() -> None:
    assert not alarms(born_in_an_event(), train_rows=100).any()


def test_training_rows_count_for_all_columns_alike() -> None:
    value = np.column_stack((wave(1_000), wave(1_000, 2)))
    value[:500, 1] = np.nan
    value[700:, 1] += 3
    assert starts(alarms(value, train_rows=400)) != []
    assert starts(alarms(value, train_rows=900)) == []


def test_missing_values_neither_raise_nor_clear() -> None:
    value = wave(2_000)
    value[1_500:1_520] += 3
    value[1_515:] = np.nan
    alarm = alarms(value)
    assert alarm[1_514:].all()
    assert not alarm[:1_500].any()


def test_a_column_is_judged_as_if_it_were_alone() -> None:
    value = np.column_stack((wave(2_000), 1e6 * wave(2_000, 2), np.full(2_000, 7.0)))
    value[1_500:1_560, 1] += 3e6
    value[::3, 0] = np.nan
    together = alarms(value)
    assert together.tolist() == np.any([alarms(column) for column in value.T], axis=0).tolist()
    assert together.any()


def test_the_first_sample_after_a_gap_is_one_sample() -> None:
    value = wave(2_000)
    value[1_500] = 40.0
    time_ns = np.arange(2_000) * 5 * S_NS
    time_ns[1_500:] += 6 * 3_600 * S_NS
    assert not Band(columns=1).update(time_ns, value[:, None]).alarm.any()


def test_steps_of_the_resolution_are_no_news() -> None:
    value = np.zeros(3_000)
    value[::7] = 0.1
    value[1_500:] += 0.3
    assert not alarms(value).any()
    value[2_500:] += 2.0
    assert [2_500 <= at < 2_520 for at in starts(alarms(value))] == [True]


@pytest.mark.parametrize("period_s", [1.0, 60.0])
@pytest.mark.parametrize("level", [0.0, 100.0, -5.0])
def test_tells_the_first_step_ever_of_a_series_that_stood_still(level: float, period_s: float) -> None:
    value = np.full(2_000, level)
    value[1_800:] += 20.0
    assert [1_800 <= at <= 1_870 for at in starts(alarms(value, period_s))] == [True]
    assert not alarms(np.where(np.arange(2_000) == 1_800, level + 20, level), 1.0).any()


def test_a_series_that_has_just_begun_may_take_its_first_step() -> None:
    value = np.full(600, 0.2)
    value[50:] = 0.5
    assert not alarms(value, 60.0).any()


def test_what_an_instrument_cannot_tell_is_no_news() -> None:
    value = 100.0 + np.random.default_rng(4).normal(0, 1e-3, 2_000)
    value[1_000:] += 0.8
    assert not alarms(value).any()
    assert alarms(value, accuracy=0.0).any()


def test_a_larger_limit_is_quieter() -> None:
    value = wave(2_000)
    value[1_500:1_600] += 1.5
    assert [alarms(value, limit=limit).any() for limit in (1.0, 1.75, 8.0)] == [True, True, False]


@pytest.mark.parametrize(
    "numbers",
    [{"limit": 0.0}, {"smooth_s": -1.0}, {"warm_s": -1.0}, {"memory_s": 12_600.0}, {"accuracy": float("nan")}],
)
def test_refuses_numbers_out_of_range(numbers: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(numbers))):
        Band(columns=1, **numbers)  # type: ignore[arg-type] # none of them is a number of rows

import math

import msgspec
import pytest
from msgspec import Raw

from domain.asset import Assets, Device, DeviceKind
from domain.quality import Quality
from domain.quantity import SPANS, Quantity
from domain.rulebook import Rulebook
from domain.sample import Refusal, RefusalReason
from ingest.fleet import Fleet, Source
from ingest.values import Judged, judge
from ingest.wire import Refuser

LEL, VOL, TEMPERATURE = Quantity.GAS_PCT_LEL, Quantity.GAS_PCT_VOL, Quantity.TEMPERATURE_C
UNCERTAIN, OVER = Quality.UNCERTAIN, Quality.OVER_RANGE
raw_object = msgspec.json.Decoder(dict[str, Raw]).decode


def look(source: Source, values: str, quality: str = "{}") -> tuple[Judged, list[Refusal]]:
    refusals: list[Refusal] = []
    refuse = Refuser(source.device, source.site, refusals)
    return judge(raw_object(values), raw_object(quality), source, "", refuse), refusals


@pytest.fixture
def source(fleet: Fleet) -> Source:
    return fleet.sources["DL-GD-0001"]


@pytest.mark.parametrize(
    ("value", "reason", "words"),
    [
        pytest.param("null", RefusalReason.NON_FINITE, "finite number in °C", id="null"),
        pytest.param("1e999", RefusalReason.NON_FINITE, "temperature_c is 1e999", id="1e999"),
        pytest.param("-1e999", RefusalReason.NON_FINITE, "finite number in °C", id="minus 1e999"),
        pytest.param("1" + "0" * 400, RefusalReason.NON_FINITE, "finite number", id="401 digits"),
        pytest.param("true", RefusalReason.WRONG_TYPE, "temperature_c is true", id="yes"),
        pytest.param('"21.5"', RefusalReason.WRONG_TYPE, 'is "21.5"', id="a number in quotes"),
        pytest.param("[21.5]", RefusalReason.WRONG_TYPE, "is [21.5]", id="a list"),
        pytest.param("{}", RefusalReason.WRONG_TYPE, "is {}", id="an object"),
        pytest.param("-273.2", RefusalReason.OUT_OF_RANGE, "is -273.2; expected -60 to 1000 in °C", id="impossible"),
    ],
)
def test_refuses_one_value_and_keeps_its_neighbour(
    value: str, reason: RefusalReason, words: str, source: Source
) -> None:
    kept, refusals = look(source, f'{{"temperature_c": {value}, "gas_pct_lel": 3}}')
    assert kept == Judged({LEL: 3.0}, {})
    assert [(refusal.reason, refusal.part) for refusal in refusals] == [(reason, "values.temperature_c")]
    assert words in refusals[0].detail


@pytest.mark.parametrize(
    ("value", "sent", "quality"),
    [
        pytest.param(0.0, "", Quality.GOOD, id="zero"),
        pytest.param(99.9, "", Quality.GOOD, id="below the range"),
        pytest.param(100.0, "", OVER, id="at the end of the range"),
        pytest.param(1e12, "", OVER, id="far above the range"),
        pytest.param(100.0, "uncertain", OVER, id="over range is worse than uncertain"),
        pytest.param(100.0, "calibration", Quality.CALIBRATION, id="calibration is worse than over range"),
        pytest.param(-0.1, "", UNCERTAIN, id="drift"),
        pytest.param(-10.0, "", UNCERTAIN, id="the largest drift"),
        pytest.param(-5.0, "bad", Quality.BAD, id="bad is worse than drift"),
        pytest.param(3.0, "good", Quality.GOOD, id="good"),
        pytest.param(3.0, "stale", Quality.STALE, id="stale"),
    ],
)
def test_the_worse_of_two_qualities_counts(value: float, sent: str, quality: Quality, source: Source) -> None:
    kept, refusals = look(source, f'{{"gas_pct_lel": {value}}}', f'{{"gas_pct_lel": "{sent}"}}' if sent else "{}")
    assert kept == Judged({LEL: value}, {} if quality is Quality.GOOD else {LEL: quality})
    assert not refusals


def test_drift_beyond_ten_percent_of_the_limit_is_no_drift(source: Source) -> None:
    kept, refusals = look(source, '{"gas_pct_lel": -10.1, "gas_pct_vol": -0.51}')
    assert kept.values == {}
    assert {refusal.reason for refusal in refusals} == {RefusalReason.OUT_OF_RANGE}


@pytest.mark.parametrize("quality", ['"splendid"', "7", "null", '["good"]'])
def test_a_quality_that_nobody_knows_is_refused_and_its_value_is_uncertain(quality: str, source: Source) -> None:
    kept, refusals = look(source, '{"gas_pct_lel": 60, "temperature_c": 20}', f'{{"gas_pct_lel": {quality}}}')
    assert kept == Judged({LEL: 60.0, TEMPERATURE: 20.0}, {LEL: UNCERTAIN})
    assert [(refusal.reason, refusal.part) for refusal in refusals] == [(RefusalReason.SCHEMA, "quality.gas_pct_lel")]


def test_quality_without_its_value_is_refused(source: Source) -> None:
    kept, refusals = look(source, '{"gas_pct_lel": 1}', '{"temperature_c": "bad", "x": "bad"}')
    assert kept == Judged({LEL: 1.0}, {})
    assert [refusal.part for refusal in refusals] == ["quality.temperature_c", "quality.x"]


def test_an_unknown_quantity_is_refused_once_even_with_a_quality(source: Source) -> None:
    _, refusals = look(source, '{"radon_bq": 1}', '{"radon_bq": "bad"}')
    assert [(refusal.reason, refusal.part) for refusal in refusals] == [
        (RefusalReason.UNKNOWN_QUANTITY, "values.radon_bq")
    ]


@pytest.mark.parametrize(
    ("device", "sent", "value", "quality"),
    [
        pytest.param("DL-GD-0001", '{"gas_pct_vol": 1.25}', 25.0, None, id="natural gas, 5.0 %VOL"),
        pytest.param("DL-GD-0002", '{"gas_pct_vol": 0.375}', 25.0, None, id="LPG, 1.5 %VOL"),
        pytest.param("DL-GD-0001", '{"gas_pct_vol": 5.0}', 100.0, OVER, id="at the limit"),
        pytest.param("DL-GD-0001", '{"gas_pct_vol": -0.5}', -10.0, UNCERTAIN, id="drift"),
        pytest.param("DL-GD-0002", '{"gas_pct_vol": -0.5}', -10.0, UNCERTAIN, id="drift of LPG is not beyond drift"),
        pytest.param("DL-GD-0001", '{"gas_pct_vol": 1.25, "gas_pct_lel": null}', 25.0, None, id="beside a broken one"),
        pytest.param("DL-GD-0001", '{"gas_pct_vol": 1.25, "gas_pct_lel": 3}', 3.0, None, id="never over a sent one"),
    ],
)
def test_gas_in_volume_percent_is_told_as_share_of_the_explosive_limit(
    device: str, sent: str, value: float, quality: Quality | None, fleet: Fleet
) -> None:
    kept, _ = look(fleet.sources[device], sent)
    assert kept.values[LEL] == pytest.approx(value, rel=1e-12)
    assert kept.quality.get(LEL) == quality


def test_a_derived_value_is_not_better_than_its_origin(source: Source) -> None:
    kept, _ = look(source, '{"gas_pct_vol": 2}', '{"gas_pct_vol": "warmup"}')
    assert kept.quality == {VOL: Quality.WARMUP, LEL: Quality.WARMUP}


@pytest.mark.parametrize("quantity", Quantity)
def test_whatever_needs_no_second_look_passes_it_unchanged(quantity: Quantity, rulebook: Rulebook) -> None:
    device = Device("D", DeviceKind.MANHOLE, "S", gas_range_pct_lel=80.0)
    source = Fleet(Assets({}, {}, {"D": device}), rulebook).sources["D"]
    low, high = source.plain[quantity]
    for value in (low, high, (low + high) / 2):
        if low <= value <= high:
            kept, refusals = look(source, f'{{"{quantity}": {value!r}}}')
            assert kept == Judged({quantity: value}, {})
            assert not refusals
    assert math.isfinite(high) or not low <= high
    assert high <= SPANS[quantity].high

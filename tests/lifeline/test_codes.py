from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alarm import AlarmKind
from lifeline.coordinates import Point, to_gcj02, to_wgs84
from lifeline.monitored import CLASSES
from lifeline.schema import schemas
from lifeline.warning_id import WarningId, parse

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"
IN_CHINA = st.builds(Point, st.floats(75, 134), st.floats(4, 53))


def test_the_test_point_of_dali_is_met() -> None:
    moved = to_gcj02(Point(100.2676, 25.6065))
    assert (round(moved.lat, 6), round(moved.lon, 6)) == (25.603466, 100.268698)


@given(IN_CHINA)
def test_the_way_back_ends_within_a_millimetre(point: Point) -> None:
    back = to_wgs84(to_gcj02(point))
    assert max(abs(back.lon - point.lon), abs(back.lat - point.lat)) < 1e-8


def test_a_point_outside_china_stays_where_it_is() -> None:
    assert to_gcj02(Point(2.35, 48.85)) == to_wgs84(Point(2.35, 48.85)) == Point(2.35, 48.85)


@given(st.integers(0, 4_000_000_000), st.integers(0, 9), st.sampled_from(["532901", "110000"]))
def test_a_number_of_a_warning_comes_back_as_it_was(second: int, serial: int, place: str) -> None:
    made = WarningId(place, "333", second * 1_000_000_000, serial)
    assert len(str(made)) == 31
    assert parse(str(made)) == made


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("53290133300000_20260115120000_", "31 characters"),
        ("99290133300000_20260115120000_0", "GB/T 2260"),
        ("53290183300000_20260115120000_0", "GB/T 4657"),
        ("53290133300000_20261315120000_0", "no time"),
        ("５3290133300000_20260115120000_0", "31 characters"),
    ],
)
def test_a_wrong_number_of_a_warning_is_told(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(text)


@pytest.mark.parametrize(
    "changes",
    [{"serial": 10}, {"unit": "1"}, {"extension": "a0"}, {"time_ns": 1}],
    ids=lambda change: next(iter(change)),
)
def test_a_number_of_a_warning_that_cannot_be_written_is_not_made(changes: dict[str, int | str]) -> None:
    right = {"place": "532901", "organisation": "333", "time_ns": 0, "serial": 0}
    with pytest.raises(ValueError, match="expected"):
        WarningId(**(right | changes))  # type: ignore[arg-type]


def test_every_kind_of_alarm_has_its_class() -> None:
    assert set(CLASSES) == set(AlarmKind)


def test_the_published_schemas_are_those_of_the_records() -> None:
    published = {file.stem: file.read_bytes() for file in SCHEMAS.glob("*.json")}
    assert published == schemas()  # `gas-lifeline city schema` writes them
    assert msgspec.json.decode(published["alarm"])["$id"] == "urn:gas-lifeline:alarm:1"

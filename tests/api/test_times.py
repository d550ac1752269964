import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.times import parse, rfc3339, rfc3339_or_none, to_ns


def test_times_carry_the_offset_of_china_and_midnight_is_zero() -> None:
    assert rfc3339(1_768_406_400_000_000_000) == "2026-01-15T00:00:00.000+08:00"
    assert rfc3339_or_none(0) is None


@given(st.integers(0, 4_000_000_000_000))
def test_writing_and_reading_agree_to_the_millisecond(time_ms: int) -> None:
    assert to_ns(parse(rfc3339(time_ms * 1_000_000))) == time_ms * 1_000_000


@pytest.mark.parametrize("text", ["2026-01-15T12:00:00", "2026-01-15", "yesterday", "", 5])
def test_a_time_without_an_offset_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse(text)

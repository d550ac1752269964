import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.timetext import MS_NS, S_NS, duration_ns, instant_ns, instant_text, zone


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("2min", 120),
        ("2m", 120),
        ("12h30m", 45_000),
        ("-3min", -180),
        ("1d", 86_400),
        ("0s", 0),
        ("1.5s", 1.5),
    ],
)
def test_reads_durations_as_people_write_them(text: str, seconds: float) -> None:
    assert duration_ns(text) == seconds * S_NS


@pytest.mark.parametrize("text", ["", "-", "12", "12:00", "3 min", "1h1h", "s", "1e3s", "0.12345s", "nan"])
def test_refuses_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration; expected"):
        duration_ns(text)


@given(st.integers(0, 4_000_000_000_000), st.sampled_from([-12.0, 0.0, 5.5, 8.0, 14.0]))
def test_an_instant_comes_back_from_its_text(time_ms: int, offset_h: float) -> None:
    assert instant_ns(instant_text(time_ms * MS_NS, zone(offset_h))) == time_ms * MS_NS


@pytest.mark.parametrize("text", ["2026-01-15T12:00:00", "yesterday", ""])
def test_refuses_an_instant_without_an_offset(text: str) -> None:
    with pytest.raises(ValueError, match="is no time; expected"):
        instant_ns(text)

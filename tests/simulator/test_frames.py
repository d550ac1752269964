import msgspec
from hypothesis import given
from hypothesis import strategies as st

from simulator import frames


def test_a_birth_tells_the_interval_and_counts_from_zero() -> None:
    assert msgspec.json.decode(frames.birth("7f3a", "2026-01-15T12:00:00.000+08:00", 0.5)) == {
        "online": True,
        "boot_id": "7f3a",
        "seq": 0,
        "time": "2026-01-15T12:00:00.000+08:00",
        "firmware": "1.0",
        "interval_s": 0.5,
    }


def test_a_will_carries_no_count() -> None:
    assert msgspec.json.decode(frames.will("7f3a")) == {"online": False, "boot_id": "7f3a"}


def test_quality_stands_only_where_it_is_not_good() -> None:
    good = frames.telemetry("7f3a", 1, "t", '"gas_pct_lel":1.0')
    over = frames.telemetry("7f3a", 1, "t", '"gas_pct_lel":100.0', '"gas_pct_lel":"over_range"')
    assert "quality" not in msgspec.json.decode(good)
    assert msgspec.json.decode(over)["quality"] == {"gas_pct_lel": "over_range"}


@given(st.text(), st.text())
def test_an_answer_stays_json_whatever_the_command_was_called(command_id: str, detail: str) -> None:
    payload = frames.command_result("7f3a", 5, "t", command_id=command_id, result="refused", detail=detail)
    decoded = msgspec.json.decode(payload)
    assert (decoded["command_id"], decoded["detail"], decoded["seq"]) == (command_id, detail, 5)

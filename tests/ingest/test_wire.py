import time
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.sample import Refusal, RefusalReason
from ingest.wire import MAX_DEPTH, Fields, Refuser, Unreadable, nanoseconds, read_object, show


def fields(payload: bytes, *known: str) -> tuple[Fields, list[Refusal]]:
    raw = read_object(payload)
    assert not isinstance(raw, Unreadable)
    refusals: list[Refusal] = []
    return Fields(raw, "samples[1].", known, Refuser("D", "S", refusals)), refusals


@pytest.mark.parametrize("literal", ["NaN", "nan", "-nan", "Infinity", "-Infinity", "inf", "+inf", "INF"])
def test_a_literal_that_is_no_json_costs_its_own_value_alone(literal: str) -> None:
    raw = read_object(f'{{"a": {literal}, "b": [{literal}], "NaN": "{literal} \\" {literal}"}}'.encode())
    assert not isinstance(raw, Unreadable)
    assert {key: bytes(value).decode() for key, value in raw.items()} == {
        "a": "null",
        "b": "[null]",
        "NaN": f'"{literal} \\" {literal}"',
    }


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=9)))
def test_what_stands_in_a_string_is_never_touched(message: dict[str, str]) -> None:
    text = msgspec.json.encode(message).decode()
    raw = read_object(f'{text[:-1]}{", " if message else ""}"\\u0000": NaN}}'.encode())
    assert not isinstance(raw, Unreadable)
    assert {key: msgspec.json.decode(value) for key, value in raw.items()} == {**message, "\0": None}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"' + "\\" * 60_000, id="only backslashes"),
        pytest.param('{"' + '\\"' * 30_000, id="only escaped quotes"),
        pytest.param('{"x":"' + "nan " * 15_000, id="a string of literals that never ends"),
        pytest.param("nan" * 20_000, id="only literals"),
        pytest.param('{"x":' + "[[]," * 15_000, id="only brackets"),
        pytest.param('"' * 60_000, id="only quotes"),
    ],
)
def test_hostile_text_of_full_size_takes_linear_time(text: str) -> None:
    began_s = time.process_time()
    assert isinstance(read_object(text.encode()), Unreadable)
    assert time.process_time() - began_s < 1.0  # quadratic: minutes


@pytest.mark.parametrize(("depth", "deep"), [(MAX_DEPTH, False), (MAX_DEPTH + 1, True)])
def test_the_depth_that_is_read_does_not_hang_on_our_own_stack(depth: int, *, deep: bool) -> None:
    payload = b'{"x":' + b"[" * (depth - 1) + b'"[[[{{{"' + b"]" * (depth - 1) + b"}"
    found = read_object(payload)
    assert (isinstance(found, Unreadable) and found.reason is RefusalReason.TOO_DEEP) == deep


def test_a_key_that_the_form_does_not_have_is_refused_by_name_and_costs_nothing_else() -> None:
    message, refusals = fields(b'{"a": 1, "b\\n": 2}', "a")
    assert [(refusal.reason, refusal.part) for refusal in refusals] == [(RefusalReason.UNKNOWN_KEY, "samples[1].b?")]
    assert message.take("a", msgspec.json.Decoder(int).decode, "a number") == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1768449600250", 1_768_449_600_250_000_000, id="milliseconds"),
        pytest.param('"2026-01-15T12:00:00.250+08:00"', 1_768_449_600_250_000_000, id="with an offset"),
        pytest.param('"2026-01-15T04:00:00.25Z"', 1_768_449_600_250_000_000, id="in UTC"),
        pytest.param('"2026-01-15T12:00:00"', None, id="naive"),
        pytest.param('"yesterday"', None, id="no time"),
        pytest.param("1768449600.25", None, id="seconds with a fraction"),
        pytest.param("true", None, id="yes"),
        pytest.param("null", None, id="null"),
        pytest.param("1e400", None, id="beyond every number"),
        pytest.param(str(10**17), None, id="beyond 64 bits"),
        pytest.param(str(-(10**17)), None, id="below 64 bits"),
        pytest.param('"9999-12-31T23:59:59-23:59"', None, id="the end of the calendar"),
        pytest.param('"0001-01-01T00:00:00+23:59"', None, id="the beginning of the calendar"),
    ],
)
def test_a_time_is_exact_or_refused_with_what_was_expected(text: str, expected: int | None) -> None:
    message, refusals = fields(f'{{"time": {text}}}'.encode(), "time")
    assert message.time_ns() == expected
    assert [(refusal.reason, refusal.part) for refusal in refusals] == (
        [] if expected is not None else [(RefusalReason.NO_TIME, "samples[1].time")]
    )
    assert all("RFC 3339 with an offset" in refusal.detail for refusal in refusals)


@pytest.mark.parametrize(
    ("text", "identity", "refused"),
    [
        pytest.param('{"boot_id": "b", "seq": 0}', ("b", 0), [], id="both"),
        pytest.param("{}", (None, None), [], id="neither"),
        pytest.param('{"boot_id": "b"}', (None, None), ["boot_id"], id="no seq"),
        pytest.param('{"seq": 3}', (None, None), ["seq"], id="no boot_id"),
        pytest.param('{"boot_id": "b", "seq": -1}', (None, None), ["seq"], id="a negative seq"),
        pytest.param('{"boot_id": "b", "seq": 9007199254740992}', (None, None), ["seq"], id="a seq of 2^53"),
        pytest.param('{"boot_id": "b", "seq": 1.5}', (None, None), ["seq"], id="a broken seq"),
        pytest.param('{"boot_id": "", "seq": 1}', (None, None), ["boot_id"], id="an empty boot_id"),
        pytest.param('{"boot_id": 7, "seq": true}', (None, None), ["boot_id", "seq"], id="neither of its type"),
    ],
)
def test_boot_id_and_seq_count_together_or_not_at_all(
    text: str, identity: tuple[str, int] | tuple[None, None], refused: list[str]
) -> None:
    message, refusals = fields(text.encode(), "boot_id", "seq")
    assert message.identity() == identity
    assert [refusal.part.removeprefix("samples[1].") for refusal in refusals] == refused


@given(st.datetimes(datetime(1678, 1, 1), datetime(2261, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - as asked for
def test_every_microsecond_is_kept(moment: datetime) -> None:
    assert nanoseconds(moment) % 1_000_000_000 == moment.microsecond * 1_000


def test_what_was_sent_is_shown_on_one_short_line() -> None:
    assert show(b'{"a":\n\t' + b"x" * 100) == '{"a": ' + "x" * 33
    assert show(b"") == "nothing"

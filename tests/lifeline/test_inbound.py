import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.handling import StepKind
from lifeline.inbound import NotUnderstood, Supervise, digest, understand

KINDS = ("acknowledge", "step", "supervise", "inquiry")
WORDS = st.sampled_from(["close_valve", "open_valve", "close", "recheck", "shelve", "reset", "Step", "", *KINDS])


def test_contents_are_told_apart_however_they_are_written() -> None:
    one = understand(b'{"kind":"supervise","id":"1","hazard_id":"h","text":"soon"}')
    same = understand(b'{ "text":"soon", "id":"1", "hazard_id":"h", "kind":"supervise" }')
    other = understand(b'{"kind":"supervise","id":"1","hazard_id":"h","text":"now"}')
    assert (digest(one) == digest(same), digest(one) == digest(other)) == (True, False)
    assert isinstance(one, Supervise)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[" * 5_000,
        b'{"kind":"supervise","id":"1","text":"neither"}',
        b'{"kind":"supervise","id":"1","text":"both","alarm_id":"a-1","hazard_id":"h"}',
        b'{"kind":"step","id":"1","alarm_id":"a-1","step":"recheck"}',
        b'{"kind":"step","id":"1","alarm_id":"a-1","step":"close"}',
        b'{"kind":"acknowledge","id":"1","alarm_id":"a"}',
        b'{"kind":"acknowledge","id":"1\\n","alarm_id":"a-1"}',
        b'{"kind":"acknowledge","id":"1","alarm_id":"a-1","device":"V1"}',
    ],
)
def test_what_is_no_instruction_is_refused(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        understand(body)


@settings(max_examples=200, deadline=None)
@given(WORDS, WORDS, st.dictionaries(st.sampled_from(["device", "command", "valve", "text", "answer_s"]), WORDS))
def test_no_body_names_a_valve_or_a_step_that_ends_an_incident(kind: str, step: str, more: dict[str, str]) -> None:
    fields = {"kind": kind, "id": "1", "alarm_id": "a-1", "step": step} | more
    body = "{" + ",".join(f'"{name}":"{value}"' for name, value in fields.items()) + "}"
    try:
        told = understand(body.encode())
    except NotUnderstood:
        return
    assert set(told.__struct_fields__) <= {"id", "person", "alarm_id", "step", "text", "occurrence"}
    assert getattr(told, "step", "") not in {StepKind.CLOSE, StepKind.RECHECK}

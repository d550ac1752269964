"""A platform says it in its own words, and it is the same instruction."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ConfigurationError
from lifeline.hearing import Hearing, hear, hearing_problems, spoken
from lifeline.inbound import Acknowledge, Inquiry, NotUnderstood, Step, understand
from lifeline.mapping import CITIES, parse_mapping
from lifeline.samples import INSTRUCTIONS

SECTION = """
[inbound]
ignored = ["sendTime", "area"]

[inbound.fields]
id = "cmdId"
alarm_id = "data.alarmCode"
hazard_id = "data.hazardCode"
occurrence = "data.alarmRound"
person = "operator"
text = "content"
kind = { from = "cmdType", values = { acknowledge = "01", step = "02", supervise = "03", inquiry = "04" } }
step = { from = "data.handleStep", values = { dispatch = 2, arrive = 3, isolate = 4, evacuate = 5, measure = 6, repair = 7 } }
answer_s = { from = "limitMinutes", scale = 60 }
"""  # noqa: E501 - one line of TOML
TEXT = (CITIES / "province-rest.toml").read_text(encoding="utf-8")
MAPPED = parse_mapping(TEXT + SECTION, "own").inbound
BODY = '{"cmdId":%s,"cmdType":"%s","content":"x","operator":"周","sendTime":"now","area":{"code":"532901"},"data":{%s}}'


def body(what: str = "04", data: str = "", name: str = '"1"') -> bytes:
    return (BODY % (name, what, data)).encode()


def test_names_codes_and_units_of_the_platform_become_ours() -> None:
    told = '"alarmCode":"a-3","alarmRound":"4","hazardCode":""'
    assert hear(MAPPED, body("01", told)) == Acknowledge(id="1", person="周", alarm_id="a-3", occurrence=4, text="x")
    step = '"alarmCode":"a-3","handleStep":"3","alarmRound":null'
    assert hear(MAPPED, body("02", step, "17")) == Step(id="17", person="周", alarm_id="a-3", step="arrive", text="x")
    inquiry = b'{"cmdId":"1","cmdType":"04","content":"?","limitMinutes":2.5}'
    assert hear(MAPPED, inquiry) == Inquiry(id="1", text="?", answer_s=150)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (body("05"), "cmdType: '05' has no meaning"),
        (body("01", '"alarmCode":"a-3","valve":"V1"'), "'data.valve': not in the mapping"),
        (body("01", '"alarmCode":{"x":1}'), "'data.alarmCode.x': not in the mapping"),
        (body("04", '"handleStep":3'), "unknown field `step`"),
        (body("02", '"alarmCode":"a-3","handleStep":9'), "data.handleStep: 9"),
        (body("01", '"alarmCode":["a-3"]'), "Expected `str`"),
        (b'{"cmdId":"1","cmdType":"04","content":"?","limitMinutes":1e999}', ""),
        (b'{"cmdId":"1","cmdType":"04","content":"?","limitMinutes":true}', "expected a number"),
        (b'{"cmdId":"1","cmdType":"04","content":"?","limitMinutes":0.51}', "Expected `int"),
        (b'{"data.alarmCode":"a-3","cmdId":"1","cmdType":"01"}', "not in the mapping"),
        (b"[" * 5_000, ""),
        (b"\xff", ""),
    ],
)
def test_what_the_mapping_does_not_name_is_refused(said: bytes, why: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        hear(MAPPED, said)
    assert why in str(caught.value)


@pytest.mark.parametrize("kind", INSTRUCTIONS)
def test_each_sample_is_the_same_in_either_words(kind: str) -> None:
    ours = understand(msgspec.json.encode(INSTRUCTIONS[kind]))
    assert hear(MAPPED, spoken(MAPPED, INSTRUCTIONS[kind])) == ours == hear(None, spoken(None, INSTRUCTIONS[kind]))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["alarmCode", "x.y", ""]), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(["cmdId", "cmdType", "content", "data", "limitMinutes", "operator", "valve"])


@given(st.dictionaries(NAMES, JSON), st.sampled_from(["01", "02", "03", "04"]))
def test_whatever_comes_is_an_instruction_or_is_refused(said: dict[str, object], what: str) -> None:
    try:
        told = hear(MAPPED, msgspec.json.encode(said | {"cmdType": what}))
    except NotUnderstood:
        return
    assert "valve" not in said
    assert told.id


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('hazard_id = "data', 'valve = "data', "inbound.fields.valve: no field"),
        ('acknowledge = "01"', 'close = "01"', "inbound.fields.kind.values: close; expected of acknowledge"),
        ('step = "02"', 'step = "01"', "inbound.fields.kind.values: one code for two words"),
        ('text = "content"', 'text = { from = "content", scale = 2 }', "inbound.fields.text.scale: 2"),
        ("scale = 60", "scale = 0", "scale"),
        ('id = "cmdId"', "", "inbound.fields: lacks id"),
        ('person = "operator"', 'person = "content"', "inbound.fields: content stands for two fields"),
        ("ignored", "ignore", "inbound"),
    ],
)
def test_a_section_that_cannot_be_is_told_with_its_key(old: str, new: str, told: str) -> None:
    assert old in SECTION
    with pytest.raises(ConfigurationError) as caught:
        parse_mapping(TEXT + SECTION.replace(old, new, 1), "own")
    assert told in str(caught.value)


def test_a_platform_need_not_say_everything() -> None:
    kind = {"from": "t", "values": {"inquiry": 1}}
    few = msgspec.convert({"fields": {"id": "n", "text": "c", "kind": kind}}, Hearing)
    assert list(hearing_problems(few)) == []
    assert hear(few, b'{"n":"1","t":1,"c":"?"}') == Inquiry(id="1", text="?")

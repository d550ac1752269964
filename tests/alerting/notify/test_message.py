from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.flood import Handing
from alerting.notices import compose, trial
from alerting.notify.message import Language, Template, clock, cut, in_json, read, subject, utf8, write
from domain.alarm import Alarm, AlarmKind
from domain.asset import Assets, Site
from domain.record import Notice
from tests.alerting.notify.adapters import notice

LINES = """【演练】老街小厨 D-1 可燃气体 60 %LEL > 二级限 50 %LEL
一级燃气告警，自 11-15 06:13:20 起
处置：立即疏散。
确认：回复 4711
确认：打开 https://gas.example/answer/t 并按“确认”"""


def test_says_what_where_how_much_since_when_what_to_do_and_how_to_acknowledge() -> None:
    found = read(notice("email", answer={"code": "4711", "url": "https://gas.example/answer/t"}))
    assert write(found, "zh", 2048) == LINES


def test_says_it_in_english_and_leaves_out_what_there_is_not() -> None:
    assert write(read(notice("email", answer={})), "en", 2048).splitlines() == [
        "[DRILL] Old Street D-1 gas",
        "P1 gas alarm since 11-15 06:13:20",
        "Do: Evacuate.",
    ]


@given(
    limit=st.integers(120, 500),
    line=st.text(max_size=300),
    todo=st.text(max_size=300),
    size=st.sampled_from([utf8, len, in_json]),
)
def test_stays_within_the_limit_and_keeps_time_and_code(
    limit: int, line: str, todo: str, size: Callable[[str], int]
) -> None:
    found = read(notice("x", text={"zh": line}, what_to_do={"zh": todo}))
    text = write(found, "zh", limit, size)
    assert size(text) <= limit
    assert text.endswith("确认：回复 4711")
    assert "自 11-15 06:13:20 起" in text


def test_the_advice_is_cut_before_the_alarm() -> None:
    found = read(notice("x", what_to_do={"zh": "疏散" * 500}))
    text = write(found, "zh", 400)
    assert text.startswith(LINES.splitlines()[0])
    assert "疏散…" in text


@given(text=st.text(), limit=st.integers(0, 40))
def test_a_cut_is_the_longest_beginning_with_a_mark(text: str, limit: int) -> None:
    found = cut(text, limit)
    shortened = text[: limit - 1] + "…" if limit > 1 else ""
    assert found == (text if len(text) <= limit else shortened)


def test_the_variables_of_a_template_are_short_and_without_addresses() -> None:
    parts = {
        "zh": {"drill": "【演练】", "where": "老街" * 30, "what": "见 https://evil.example/x 【某】", "numbers": ""}
    }
    template = Template("T", ("place", "what", "level", "since", "todo", "code"), 35)
    assert template.fill(notice("aliyun_sms", parts=parts)) == {
        "place": ("老街" * 30)[:34] + "…",
        "what": "演练 见 某",
        "level": "一级",
        "since": "06:13",
        "todo": "立即疏散。",
        "code": "4711",
    }


def test_an_empty_variable_is_a_dash_for_providers_refuse_nothing() -> None:
    assert Template("T", ("code",), 35).fill(notice("aliyun_sms", answer={})) == {"code": "-"}


@pytest.mark.parametrize(
    ("language", "expected"), [("zh", "可燃气体 60 %爆炸下限，高于二级限 50 %爆炸下限"), ("en", "gas, above 5")]
)
def test_a_voice_says_words_for_signs(language: Language, expected: str) -> None:
    parts = {
        "zh": {"where": "", "what": "可燃气体", "numbers": " 60 %LEL > 二级限 50 %LEL"},
        "en": {"where": "", "what": "gas", "numbers": " > 5"},
    }
    assert Template("T", ("what",), 99, language).speak(notice("aliyun_voice", parts=parts)) == {"what": expected}


def test_a_body_without_parts_fills_a_template_with_its_line() -> None:
    values = Template("T", ("place", "what"), 200).fill(notice("aliyun_sms", parts={}))
    assert values == {"place": "-", "what": "演练 老街小厨 D-1 可燃气体 60 %LEL > 二级限 50 %LEL"}


def test_what_the_desk_composes_can_be_written() -> None:
    alarm = Alarm("9d22", AlarmKind.GAS_LOW, "D1", "D1", "S1", "Z1", priority=3, value=31.0, limit=20.0, raised_ns=1)
    assets = Assets({"S1": Site("S1", "老街小厨", "Old Street", "restaurant", "Z1", "D", 103.9, 30.6)}, {}, {})
    found = compose(alarm, assets, "feishu", step="0", handing=Handing(5))
    assert write(read(found), "zh", 2048).startswith("老街小厨 D1 可燃气体 31 %LEL > 一级限 20 %LEL\n三级燃气告警")
    filled = Template("T", ("place", "what"), 35).fill(found)
    assert filled == {"place": "老街小厨 D1", "what": "可燃气体 31 %LEL > 一级限 20 %LEL"}


def test_a_trial_is_a_drill_in_both_languages() -> None:
    found = trial("dingtalk", "139", now_ns=1_700_000_000_000_000_000)
    assert (found.address, found.priority) == ("139", 3)
    assert write(read(found), "zh", 2048).startswith("【演练】燃气生命线 渠道测试")
    assert write(read(found), "en", 2048).startswith("[DRILL] Gas Lifeline test of a channel")


def test_a_subject_is_one_short_line() -> None:
    assert len(subject(read(notice("email", text={"zh": "长" * 500})), "zh")) == 120
    assert clock(0, "%H:%M") == "08:00"


def test_a_body_of_another_form_is_an_error_of_ours() -> None:
    with pytest.raises(msgspec.ValidationError):
        read(Notice("k", "a", 1, "x", "", "{}", due_ns=0))

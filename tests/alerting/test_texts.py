import string
from dataclasses import replace
from typing import Any

import pytest

from alerting.catalogue import UNITS
from alerting.phrases_en import EN
from alerting.phrases_zh import ZH
from alerting.reasons import REASONS_EN, REASONS_ZH
from alerting.texts import text, unit, what_to_do
from domain.alarm import SYSTEM, Alarm, AlarmKind, Life, alarm_id
from domain.asset import Assets

DEVICE = "DL-GD-0001"


def alarm(kind: AlarmKind, level: int = 1, **changes: Any) -> Alarm:  # noqa: ANN401 - attributes
    row = Alarm(alarm_id(DEVICE, kind), kind, DEVICE, DEVICE, "S1", "Z1", Life(level=level))
    return replace(row, **changes)


@pytest.mark.parametrize(
    ("row", "zh", "en"),
    [
        pytest.param(
            alarm(AlarmKind.GAS_LOW, value=31.0, limit=20.0),
            "老街小厨 DL-GD-0001 可燃气体 31 %LEL > 一级限 20 %LEL",
            "Old Street Kitchen DL-GD-0001 combustible gas 31 %LEL > first limit 20 %LEL",
            id="gas above its limit",
        ),
        pytest.param(
            alarm(AlarmKind.PRESSURE_LOW, 2, value=0.91234, limit=1.0),
            "老街小厨 DL-GD-0001 压力过低 0.9123 kPa < 下下限 1 kPa",
            "Old Street Kitchen DL-GD-0001 very low pressure 0.9123 kPa < low-low limit 1 kPa",
            id="pressure below its second limit",
        ),
        pytest.param(
            alarm(AlarmKind.BATTERY_LOW, value=20.0, limit=20.0, reason="battery_pct"),
            "老街小厨 DL-GD-0001 电池电量低（电量） 20 % = 下限 20 %",
            "Old Street Kitchen DL-GD-0001 battery low (charge) 20 % = low limit 20 %",
            id="the reason gives the unit",
        ),
        pytest.param(
            alarm(AlarmKind.LINKAGE_FAILED, value=10.4, limit=10.0, reason="no_feedback", drill=True),
            "【演练】老街小厨 DL-GD-0001 联动失败：切断阀未关（无阀位反馈） 10.4 s > 时限 10 s",
            "[DRILL] Old Street Kitchen DL-GD-0001 linkage failed: cut-off valve not closed"
            " (no feedback of the valve) 10.4 s > time limit 10 s",
            id="a drill says so first",
        ),
        pytest.param(
            alarm(AlarmKind.GAS_DECLARED, 2, value=2.0),
            "老街小厨 DL-GD-0001 设备自报高限报警",
            "Old Street Kitchen DL-GD-0001 high alarm declared by the device",
            id="a level is said in words",
        ),
        pytest.param(
            alarm(AlarmKind.BREAK_GLASS, subject=SYSTEM, device=SYSTEM, site="", value=0.0, limit=0.0, reason="li"),
            "系统 应急账户已登录（li）",
            "System login with an emergency account (li)",
            id="who broke the glass",
        ),
        pytest.param(
            alarm(AlarmKind.DEVICE_FAULT, value=3.0, limit=None, reason="E-17"),
            "老街小厨 DL-GD-0001 设备故障（E-17） 3",
            "Old Street Kitchen DL-GD-0001 device fault (E-17) 3",
            id="an unknown reason is shown as it is",
        ),
        pytest.param(
            alarm(
                AlarmKind.LOG_SPACE, subject=SYSTEM, device=SYSTEM, site="", value=7.0, limit=10.0, reason="disk_free"
            ),
            "系统 日志空间不足（磁盘剩余） 7 % < 限值 10 %",
            "System log space is short (free disk) 7 % < limit 10 %",
            id="ourselves",
        ),
        pytest.param(
            alarm(AlarmKind.UNKNOWN_DEVICE, device="X9", site=""),
            "X9 未登记设备",
            "X9 device not registered",
            id="nowhere",
        ),
        pytest.param(
            alarm(AlarmKind.GAS_LOW, site="S9", value=31.0),
            "S9 DL-GD-0001 可燃气体 31 %LEL",
            "S9 DL-GD-0001 combustible gas 31 %LEL",
            id="a site without a name, a value without a limit",
        ),
    ],
)
def test_an_alarm_is_one_line_in_both_languages(row: Alarm, zh: str, en: str, assets: Assets) -> None:
    assert text(row, assets) == {"zh": zh, "en": en}


def test_both_languages_know_every_kind_and_reason() -> None:
    assert set(ZH) == set(EN) == set(AlarmKind)
    assert set(REASONS_ZH) == set(REASONS_EN)
    assert set(UNITS) < set(AlarmKind)


@pytest.mark.parametrize("kind", AlarmKind)
def test_both_languages_say_as_much(kind: AlarmKind) -> None:
    zh, en = ZH[kind], EN[kind]
    assert (len(zh.what), len(zh.limit)) == (len(en.what), len(en.limit))
    assert all(zh.what)
    assert all(en.what)
    assert [bool(name) for name in zh.limit] == [bool(name) for name in en.limit]
    assert not set("".join(en.what) + en.todo) - set(string.printable)
    assert what_to_do(kind) == {"zh": zh.todo, "en": en.todo}
    assert zh.todo.endswith("。")
    assert en.todo.endswith(".")


def test_a_kind_without_a_quantity_has_no_unit() -> None:
    assert unit(alarm(AlarmKind.POWER_LOST)) == ""

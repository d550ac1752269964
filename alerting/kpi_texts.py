"""What each KPI is called, and its formula, in Chinese and English; what to do about a bad actor."""

from enum import StrEnum
from typing import NamedTuple


class Said(NamedTuple):
    """One text in both languages."""

    zh: str
    en: str


class Meant(NamedTuple):
    """What a number is, and how it is computed."""

    name: Said
    formula: Said


class Pattern(StrEnum):
    """Why an alarm is a bad actor."""

    CHATTERING = "chattering"
    STANDING = "standing"
    FLEETING = "fleeting"
    FALSE = "false"
    FREQUENT = "frequent"
    STALE = "stale"


PATTERNS: dict[Pattern, Said] = {
    Pattern.CHATTERING: Said("抖动", "chattering"),
    Pattern.STANDING: Said("长期存在", "standing"),
    Pattern.FLEETING: Said("一闪而过", "fleeting"),
    Pattern.FALSE: Said("误报", "false"),
    Pattern.FREQUENT: Said("频繁", "frequent"),
    Pattern.STALE: Said("久未确认", "stale"),
}
REMEDIES: dict[Pattern, Said] = {
    Pattern.CHATTERING: Said(
        "加大复位带或恢复延时；燃气不得加长报警延时",
        "a wider reset band or a longer off-delay; never a longer on-delay for gas",
    ),
    Pattern.STANDING: Said("派工修理或更换设备", "repair or replace the device under a work order"),
    Pattern.FLEETING: Said("加长恢复延时，检查复位带", "a longer off-delay; check the reset band"),
    Pattern.FALSE: Said("标定，或换位置（远离油烟、沼气）", "calibrate, or relocate away from fumes and biogas"),
    Pattern.FREQUENT: Said("用回测试算另一限值", "try another limit in a back-test"),
    Pattern.STALE: Said("指定负责人；无需处置者应降级或取消", "name who answers; lower or drop what needs no action"),
}


def _meant(zh: str, en: str, formula_zh: str, formula_en: str) -> Meant:
    return Meant(Said(zh, en), Said(formula_zh, formula_en))


TEXTS: dict[str, Meant] = {
    "rate": _meant(
        "报警率",
        "annunciation rate",
        "报警提示次数 ÷ 时段内 10 分钟数",
        "annunciations / number of 10 min in the period",
    ),
    "upset": _meant("十分钟峰值", "after an upset", "任意 10 分钟内最多报警提示", "most annunciations in any 10 min"),
    "peak": _meant("一小时峰值", "peak", "任意 1 小时内最多报警提示", "most annunciations in any hour"),
    "mix_high": _meant(
        "一二级占比", "share of priority 1 and 2", "一、二级 ÷ 全部需确认次数", "priority 1 and 2 / all that asked"
    ),
    "mix_medium": _meant("三级占比", "share of priority 3", "三级 ÷ 全部需确认次数", "priority 3 / all that asked"),
    "mix_low": _meant("四级占比", "share of priority 4", "四级 ÷ 全部需确认次数", "priority 4 / all that asked"),
    "flood": _meant(
        "洪泛时间占比",
        "time in flood",
        "洪泛秒数 ÷ 全部秒数（10 分钟内 ≥ 10 次开始，< 5 次结束）",
        "seconds in flood / all seconds (begins at 10 within 10 min, ends below 5)",
    ),
    "top10": _meant(
        "前十占比",
        "share of the worst ten",
        "最多的 10 个告警 ÷ 全部报警提示",
        "annunciations of the 10 worst alarms / all",
    ),
    "chattering": _meant(
        "抖动告警", "chattering alarms", "1 分钟内发生 ≥ 3 次的告警数", "alarms with 3 or more occurrences in 1 min"
    ),
    "fleeting": _meant(
        "一闪而过", "fleeting", "无人处置且 10 秒内恢复的次数", "times that it was over within 10 s without an action"
    ),
    "standing": _meant(
        "长期存在", "standing alarms", "连续存在 > 24 小时的告警数", "alarms active without a break for more than 24 h"
    ),
    "stale": _meant(
        "久未确认", "stale alarms", "等待确认 > 24 小时的告警数（现在）", "alarms unanswered for more than 24 h, now"
    ),
    "shelved": _meant("搁置", "shelved", "现在搁置的告警数", "alarms shelved now"),
    "suppressed": _meant(
        "设计抑制", "suppressed by design", "现在被设计抑制的告警数", "alarms suppressed by design now"
    ),
    "out_of_service": _meant("停用", "out of service", "现在停用的告警数", "alarms out of service now"),
    "longest_hidden": _meant(
        "最长隐藏",
        "hidden longest",
        "现在隐藏者自发生以来的最长时间",
        "longest time since the raise of what is hidden now",
    ),
    "expiring": _meant(
        "24 小时内到期", "expiring", "搁置或停用将在 24 小时内到期的数量", "shelves and permits that end within 24 h"
    ),
    **{
        f"ack_{part}_{n}": _meant(f"{n} 级确认{zh}", f"time to acknowledge, priority {n}, {en}", how_zh, how_en)
        for n in (1, 2, 3, 4)
        for part, zh, en, how_zh, how_en in (
            ("p50", "中位", "p50", "报警提示到确认时间的中位数", "median from annunciation to acknowledgement"),
            (
                "p95",
                "95 分位",
                "p95",
                "报警提示到确认时间的 95 分位",
                "95th percentile from annunciation to acknowledgement",
            ),
            (
                "share",
                "达标率",
                "within target",
                "按时确认 ÷ 已确认或已超时",
                "answered within the target / answered or overdue",
            ),
        )
    },
    **{
        f"{name}_{n}": _meant(f"{n} 级事件{zh}", f"{en}, priority {n}", how_zh, how_en)
        for n in (1, 2)
        for name, zh, en, how_zh, how_en in (
            (
                "site",
                "到场",
                "time to site",
                "事件开始到到场记录的 95 分位",
                "95th percentile from opening to step arrive",
            ),
            ("stand_down", "解除", "time to stand-down", "事件开始到关闭的中位数", "median from opening to the close"),
        )
    },
    "undelivered_1": _meant(
        "一级未送达",
        "undelivered, priority 1",
        "一级步骤中无一渠道被接收的人次",
        "people of a step whom no channel reached",
    ),
    "undelivered": _meant(
        "未送达", "undelivered, others", "其他级别无一渠道被接收的人次", "the same of the other priorities"
    ),
    "accepted": _meant(
        "首次通知",
        "first notice",
        "报警提示到首步被接收的 95 分位",
        "95th percentile from annunciation to first acceptance",
    ),
    "voice": _meant("语音占比", "share by voice", "语音 ÷ 全部被接收的通知", "calls / all accepted notices"),
    "false": _meant(
        "误报率",
        "false alarms",
        "以误报或沼气关闭的事件 ÷ 全部有结论的事件",
        "incidents closed as false or biogas / all with a result",
    ),
    "linkage": _meant(
        "联动成功率",
        "linkage success",
        "2 分钟内无联动失败的高报 ÷ 有切断阀场所的全部高报",
        "gas_high without linkage_failed within 2 min / all gas_high at sites with a cut-off valve",
    ),
    "online": _meant(
        "在线率", "online rate", "1 − 失联秒数 ÷（设备数 × 秒数）", "1 - seconds of device_silent / (devices x seconds)"
    ),
}

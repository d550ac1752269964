"""What a report calls things, in Chinese and English."""

from alerting.kpi_texts import Said
from ledger.reports.span import Rhythm

TITLES = {
    Rhythm.DAILY: Said("燃气安全专项整治日调度", "Gas safety programme: daily dispatch"),
    Rhythm.WEEKLY: Said("燃气安全专项整治周通报", "Gas safety programme: weekly bulletin"),
    Rhythm.MONTHLY: Said("燃气安全专项整治月督导", "Gas safety programme: monthly supervision"),
    Rhythm.QUARTERLY: Said("燃气安全专项整治季度督查", "Gas safety programme: quarterly inspection"),
}
TALLY = {
    "found": Said("新登记", "found"),
    "reopened": Said("复发", "came back"),
    "fixed": Said("整改完成", "fixed"),
    "closed": Said("销号", "closed"),
    "open": Said("未销号", "open"),
    "overdue": Said("逾期", "overdue"),
}
HELPS = {
    "open": Said("协同：未销号", "helps with: open"),
    "overdue": Said("协同：逾期", "helps with: overdue"),
}
STEPS = {
    "extended": Said("延期", "extensions"),
    "failed": Said("复查不合格", "failed re-checks"),
    "supervised": Said("督办、约谈、挂牌", "supervised, summoned, listed"),
    "out_of_use": Said("停用", "put out of use"),
}
PUBLIC = {
    "received": Said("收到举报", "received"),
    "verified": Said("查实", "founded"),
    "unfounded": Said("不属实", "unfounded"),
    "new": Said("待核实", "not verified yet"),
    "reward_yuan": Said("奖励（元）", "rewards, yuan"),
}
LEVELS = {
    "1": Said("一级", "priority 1"),
    "2": Said("二级", "priority 2"),
    "3": Said("三级", "priority 3"),
    "4": Said("四级", "priority 4"),
}
NOTES = (
    Said("括号内为上期。", "In brackets: the time before."),
    Said(
        "新登记、复发、整改完成、销号按登入台账的时刻计；期初未销号 + 新登记 + 复发 − 销号 = 期末未销号。",
        "Counted when it was entered in the ledger: open before + found + came back - closed = open.",
    ),
    Said(
        "逾期：整改前已过完成时限；延期后以新时限为准，故另列延期次数。待复查者不计逾期。",
        "Overdue: past its deadline and not fixed. An extension replaces the deadline, so extensions are counted too.",
    ),
    Said(
        "部门：前列为牵头，一起隐患只计一个牵头部门；协同列按方案分工另计，一起隐患可计入多个部门，不与牵头相加。",
        "A hazard counts once for the department that leads, and once more for each that helps: do not add them up.",
    ),
    Said(
        "告警按每次需确认时的级别计，演练除外。",
        "Alarms count by the priority with which they asked; drills are left out.",
    ),
)

"""What stored numbers mean, in words with a shape: colour never stands alone."""

from alerting.phrases_zh import ZH
from domain.alarm import StateLetter
from domain.asset import DeviceKind
from domain.quality import Quality
from grafana.build.colours import DOUBT, INK, PRIORITY, QUIET
from grafana.build.panel import State, column, mapping, worded

VALVE = {0: State("■ 关 closed", INK), 1: State("□ 开 open", QUIET)}
"""A closed valve is no alarm, and not the usual either."""
FAN = {0: State("○ 停 off", QUIET), 1: State("● 运行 on", INK)}
POWER = {0: State("▼ 停电 no mains", PRIORITY[4]), 1: State("○ 有电 mains", QUIET)}
COVER = {0: State("○ 盖好 shut", QUIET), 1: State("▼ 开盖 open", PRIORITY[4])}
DECLARED = {0: State("○ 无 none", QUIET), 1: State("● 低报 low", PRIORITY[3]), 2: State("■ 高报 high", PRIORITY[2])}
"""What a detector itself declares."""
QUALITY = {
    Quality.GOOD.value: State("○ 可信 good", QUIET),
    Quality.UNCERTAIN.value: State("? 存疑 uncertain", DOUBT),
    Quality.OVER_RANGE.value: State("▲ 超量程 over range", PRIORITY[2]),
    Quality.WARMUP.value: State("? 预热 warm-up", DOUBT),
    Quality.CALIBRATION.value: State("? 标定 calibration", DOUBT),
    Quality.STALE.value: State("? 陈旧 stale", DOUBT),
    Quality.IMMERSED.value: State("? 浸水 immersed", DOUBT),
    Quality.BAD.value: State("✕ 坏值 bad", DOUBT),
}
PRIORITIES = {
    1: State("▲ 一级 1", PRIORITY[1]),
    2: State("■ 二级 2", PRIORITY[2]),
    3: State("● 三级 3", PRIORITY[3]),
    4: State("◆ 四级 4", PRIORITY[4]),
}
"""Shapes as in the console."""
NOUGHT = {0: State("0", QUIET)}
LETTERS = {
    StateLetter.ACTIVE_UNACKNOWLEDGED: State("■ 未确认 active, unacknowledged", INK),
    StateLetter.ACTIVE_ACKNOWLEDGED: State("□ 已确认 active, acknowledged", QUIET),
    StateLetter.RETURNED_UNACKNOWLEDGED: State("■ 已恢复·未确认 returned, unacknowledged", INK),
    StateLetter.LATCHED_UNACKNOWLEDGED: State("■ 锁存·未确认 latched, unacknowledged", INK),
    StateLetter.LATCHED_ACKNOWLEDGED: State("□ 待复位 latched", QUIET),
    StateLetter.SHELVED: State("○ 已搁置 shelved", QUIET),
    StateLetter.SUPPRESSED_BY_DESIGN: State("○ 设计抑制 suppressed", QUIET),
    StateLetter.OUT_OF_SERVICE: State("○ 停用 out of service", QUIET),
}
STANDING = (
    worded("priority", PRIORITIES),
    worded("state", LETTERS),
    column("first_time", unit="dateTimeFromNow"),
)
"""Columns of a table of standing alarms."""
KIND = column(
    "kind",
    mappings=[
        {
            "type": "value",
            "options": {kind.value: {"index": n, "text": f"{ZH[kind].what[0]} {kind}"} for n, kind in enumerate(ZH)},
        }
    ],
)
"""A column of kinds of alarms, in words."""
DEVICES = {
    DeviceKind.GAS_DETECTOR: "可燃气体探测器",
    DeviceKind.PRESSURE_SENSOR: "压力传感器",
    DeviceKind.FLOW_METER: "流量计",
    DeviceKind.CUTOFF_VALVE: "切断阀",
    DeviceKind.MANHOLE: "井下监测仪",
    DeviceKind.GATEWAY: "网关",
    DeviceKind.FAN: "风机",
}
"""Names of the kinds of devices, as the console has them."""
BY_KIND = [column(kind, displayName=f"{name} {kind}") for kind, name in DEVICES.items()]
"""Names of series that are named by their measurement."""
STATES = [mapping(states) for states in (VALVE, FAN, POWER, COVER, DECLARED, QUALITY, NOUGHT)]
"""As Grafana has them; those of columns are not among them."""

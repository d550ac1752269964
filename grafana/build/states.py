"""What stored numbers mean, in words with a shape: colour never stands alone."""

from domain.quality import Quality
from grafana.build.colours import DOUBT, INK, PRIORITY, QUIET
from grafana.build.panel import State

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

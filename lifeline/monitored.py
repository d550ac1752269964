"""The three classes that the plan has the platform monitor (三(八)1), for every kind of alarm.

``network_leak`` 管网漏损: gas leaves the network, or may. ``adjacent_closed_space`` 周边重要密闭空间: gas in wells
and rooms, where it explodes. ``operation_safety`` 运行安全: all else that keeps gas where it belongs, our own
instruments included.
"""

from collections.abc import Mapping

from domain.alarm import AlarmKind
from lifeline.records import MonitoredClass

_LEAK = (
    AlarmKind.PIPE_RUPTURE,
    AlarmKind.PRESSURE_WAVE,
    AlarmKind.SLOW_LEAK,
    AlarmKind.NIGHT_FLOW,
    AlarmKind.MASS_BALANCE,
    AlarmKind.TIGHTNESS_LOST,
    AlarmKind.CYLINDER_LOSS,
)
_SPACE = (
    AlarmKind.MANHOLE_GAS,
    AlarmKind.GAS_LOW,
    AlarmKind.GAS_HIGH,
    AlarmKind.GAS_RISING,
    AlarmKind.GAS_DECLARED,
    AlarmKind.GAS_EARLY,
    AlarmKind.GAS_SEVERAL,
)
_OPERATION = (
    AlarmKind.LINKAGE_FAILED,
    AlarmKind.PRESSURE_LOW,
    AlarmKind.PRESSURE_HIGH,
    AlarmKind.PRESSURE_UNUSUAL,
    AlarmKind.REGULATOR_FAULT,
    AlarmKind.VALVE_BYPASS,
    AlarmKind.VALVE_CLOSE_FAILED,
    AlarmKind.CUTOFF_UNPROVEN,
    AlarmKind.DEVICE_SILENT,
    AlarmKind.DEVICE_FAULT,
    AlarmKind.DEVICE_AGEING,
    AlarmKind.DEVICES_AWAY,
    AlarmKind.SENSOR_STUCK,
    AlarmKind.PROTECTION_MISSING,
    AlarmKind.UPKEEP_DUE,
    AlarmKind.BATTERY_LOW,
    AlarmKind.POWER_LOST,
    AlarmKind.POWER_CUT,
    AlarmKind.CLOCK_WRONG,
    AlarmKind.UNKNOWN_QUANTITY,
    AlarmKind.UNKNOWN_DEVICE,
    AlarmKind.DATA_MISSING,
    AlarmKind.QUARANTINE_RATE,
    AlarmKind.LOG_SPACE,
    AlarmKind.LOG_CORRUPT,
    AlarmKind.READER_LAG,
    AlarmKind.BROKER_DROPPED,
    AlarmKind.SERIES_REFUSED,
    AlarmKind.DETECTOR_FAILED,
    AlarmKind.BREAK_GLASS,
    AlarmKind.ONCALL_GAP,
    AlarmKind.NOBODY_ON_CALL,
    AlarmKind.ESCALATION_FAULT,
    AlarmKind.CANARY_LATE,
    AlarmKind.HANDOVER_UNSIGNED,
    AlarmKind.ROLE_SILENT,
    AlarmKind.DEAD_MAN,
)

CLASSES: Mapping[AlarmKind, MonitoredClass] = {
    **dict.fromkeys(_LEAK, "network_leak"),
    **dict.fromkeys(_SPACE, "adjacent_closed_space"),
    **dict.fromkeys(_OPERATION, "operation_safety"),
}


def monitored_class(kind: AlarmKind) -> MonitoredClass:
    """Give the class of a kind; one that nobody has sorted yet is about operation."""
    return CLASSES.get(kind, "operation_safety")

"""Units of what an alarm measures, and which alarms measure nothing."""

from domain.alarm import AlarmKind
from domain.quantity import SPANS, Quantity

UNITS: dict[AlarmKind, str] = {
    AlarmKind.GAS_LOW: "%LEL",
    AlarmKind.GAS_HIGH: "%LEL",
    AlarmKind.GAS_RISING: "%LEL/min",
    AlarmKind.LINKAGE_FAILED: "s",
    AlarmKind.CANARY_LATE: "s",
    AlarmKind.PRESSURE_LOW: "kPa",
    AlarmKind.PRESSURE_HIGH: "kPa",
    AlarmKind.DEVICE_SILENT: "s",
    AlarmKind.PROTECTION_MISSING: "s",
    AlarmKind.CLOCK_WRONG: "s",
    AlarmKind.DATA_MISSING: "%",
    AlarmKind.LOG_SPACE: "%",
    AlarmKind.READER_LAG: "s",
    AlarmKind.MANHOLE_GAS: "%LEL",
    AlarmKind.GAS_EARLY: "%LEL",
    AlarmKind.DEVICE_AGEING: "%",
    AlarmKind.TIGHTNESS_LOST: "dm³/h",
    AlarmKind.PIPE_RUPTURE: "kPa",
    AlarmKind.PRESSURE_UNUSUAL: "kPa",
    AlarmKind.PRESSURE_WAVE: "kPa",
    AlarmKind.SLOW_LEAK: "kPa",
    AlarmKind.CYLINDER_LOSS: "kg/h",
    AlarmKind.CUTOFF_UNPROVEN: "%LEL",
    AlarmKind.ONCALL_GAP: "h",
    AlarmKind.REGULATOR_FAULT: "kPa",
    AlarmKind.NIGHT_FLOW: "m³/h",
    AlarmKind.MASS_BALANCE: "m³/h",
    AlarmKind.HANDOVER_UNSIGNED: "min",
    AlarmKind.ROLE_SILENT: "s",
}
"""Unit of value and limit, where the kind alone decides it."""

UNIT_BY_REASON: dict[str, str] = {quantity.value: SPANS[quantity].unit for quantity in Quantity}
"""Unit where the reason names the quantity that decided."""

WITHOUT_VALUE = frozenset(
    {
        AlarmKind.GAS_DECLARED,
        AlarmKind.POWER_LOST,
        AlarmKind.SERIES_REFUSED,
        AlarmKind.BREAK_GLASS,
        AlarmKind.NOBODY_ON_CALL,
        AlarmKind.ESCALATION_FAULT,
        AlarmKind.DEAD_MAN,
    }
)
"""Their value is a level or a switch: the words say it."""

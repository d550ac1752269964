"""What the numbers of the standard mean."""

from typing import NamedTuple


class AnalogType(NamedTuple):
    """A kind of analog value.

    Attributes:
        name: of what is measured.
        unit: after division.
        divisor: counts for one unit; a quotient is exact to the last digit where a product with 0.1 is not.
    """

    name: str
    unit: str
    divisor: int


ANALOG_TYPES: dict[int, AnalogType] = {
    1: AnalogType("count", "", 1),
    2: AnalogType("height", "m", 100),
    3: AnalogType("temperature", "°C", 10),
    4: AnalogType("pressure", "MPa", 10),
    5: AnalogType("pressure", "kPa", 10),  # one public transcription says MPa: wrong
    6: AnalogType("gas", "%LEL", 10),
    7: AnalogType("time", "s", 1),
    8: AnalogType("voltage", "V", 10),
    9: AnalogType("current", "A", 10),
    10: AnalogType("flow", "L/s", 10),
    11: AnalogType("air flow", "m³/min", 10),
    12: AnalogType("wind", "m/s", 1),
}
_OWN = range(128, 256)
"""A vendor's own numbers, in each of these tables; what is not named here is reserved."""
ANALOGS = frozenset({*ANALOG_TYPES, *_OWN})
SYSTEMS = frozenset({0, 1, *range(10, 25), *_OWN})
"""System types 系统类型, table 4: general, fire alarm, other systems of fire protection."""
_DETECTORS = {*range(10, 14), *range(16, 19), *range(21, 26), *range(30, 38), *range(40, 45), *range(50, 54), 61, 62}
_ACTORS = {*range(81, 89), 91, 92, *range(95, 100), *range(101, 107), 111, *range(113, 119), 121}
COMPONENTS = frozenset({0, 1, *_DETECTORS, 69, 74, 78, 79, *_ACTORS, *_OWN})
"""Component types 部件类型, table 5; five transcriptions in public programs agree."""

# Bits of a state. Bit 0 clear means "test", and published alarms have it clear: it never suppresses anything.
NORMAL, ALARM, FAULT, SHIELDED = 1 << 0, 1 << 1, 1 << 2, 1 << 3
STARTED = 1 << 5
POWER_FAULT = 1 << 8
"""Of a component its power, of a system the mains."""
STANDBY_FAULT, BUS_FAULT = 1 << 9, 1 << 10
"""Of a system alone."""
MAINS_FAULT, STANDBY_POWER_FAULT, LINK_FAULT, LINE_FAULT = 1 << 3, 1 << 4, 1 << 5, 1 << 6
"""Of the transmitter alone."""

RESET, MANUAL_ALARM = 1 << 0, 1 << 2
OPERATIONS = ("reset", "mute", "manual_alarm", "alarm_cancelled", "self_test", "confirm", "test")
"""Bits of an operation record; of the transmitter, bit 5 is its answer to a post check 查岗."""

VALVES = frozenset({101, 106})
"""Component types 阀驱动装置 and 管网电磁阀."""
FANS = frozenset({104, 111})
"""Component types 通风 and 排烟风机."""

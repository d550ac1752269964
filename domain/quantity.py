"""What can be measured, in which unit, and which values are physically possible."""

import math
from dataclasses import dataclass
from enum import StrEnum


class Quantity(StrEnum):
    """A measured quantity; the name carries the unit. Gauge pressures; flow at 0 °C and 101.325 kPa."""

    GAS_PCT_LEL = "gas_pct_lel"
    GAS_PCT_VOL = "gas_pct_vol"
    ETHANE_PPM = "ethane_ppm"
    CO_PPM = "co_ppm"
    O2_PCT_VOL = "o2_pct_vol"
    H2S_PPM = "h2s_ppm"
    PRESSURE_KPA = "pressure_kpa"
    FLOW_M3H = "flow_m3h"
    TEMPERATURE_C = "temperature_c"
    HUMIDITY_PCT = "humidity_pct"
    VALVE_OPEN = "valve_open"
    FAN_ON = "fan_on"
    POWER_OK = "power_ok"
    BATTERY_V = "battery_v"
    BATTERY_PCT = "battery_pct"
    RSSI_DBM = "rssi_dbm"
    IMMERSED = "immersed"
    COVER_OPEN = "cover_open"
    ODORANT_MG_M3 = "odorant_mg_m3"
    CYLINDER_KG = "cylinder_kg"
    VIBRATION_G = "vibration_g"
    AIR_PRESSURE_KPA = "air_pressure_kpa"
    DEVICE_ALARM = "device_alarm"
    DEVICE_FAULT = "device_fault"


@dataclass(frozen=True, slots=True)
class Span:
    """What is physically possible: a value outside is refused, never believed.

    Attributes:
        unit: as shown to people.
        low: smallest possible value.
        high: largest possible value; infinite for gas, whose reading above the range is kept and alarms.
    """

    unit: str
    low: float
    high: float


SPANS: dict[Quantity, Span] = {
    Quantity.GAS_PCT_LEL: Span("%LEL", -10.0, math.inf),  # down to -10 is drift, kept as uncertain (ingest rules)
    Quantity.GAS_PCT_VOL: Span("%VOL", -0.5, math.inf),
    Quantity.ETHANE_PPM: Span("ppm", -100.0, 1e6),
    Quantity.CO_PPM: Span("ppm", -50.0, math.inf),
    Quantity.O2_PCT_VOL: Span("%VOL", -1.0, 100.0),
    Quantity.H2S_PPM: Span("ppm", -10.0, math.inf),
    Quantity.PRESSURE_KPA: Span("kPa", -101.325, 12_000.0),
    Quantity.FLOW_M3H: Span("m³/h", -1e6, 1e6),
    Quantity.TEMPERATURE_C: Span("°C", -60.0, 1_000.0),
    Quantity.HUMIDITY_PCT: Span("%", -1.0, 105.0),
    Quantity.VALVE_OPEN: Span("", 0.0, 1.0),
    Quantity.FAN_ON: Span("", 0.0, 1.0),
    Quantity.POWER_OK: Span("", 0.0, 1.0),
    Quantity.BATTERY_V: Span("V", 0.0, 100.0),
    Quantity.BATTERY_PCT: Span("%", 0.0, 100.0),
    Quantity.RSSI_DBM: Span("dBm", -200.0, 20.0),
    Quantity.IMMERSED: Span("", 0.0, 1.0),
    Quantity.COVER_OPEN: Span("", 0.0, 1.0),
    Quantity.ODORANT_MG_M3: Span("mg/m³", 0.0, 10_000.0),
    Quantity.CYLINDER_KG: Span("kg", -1.0, 2_000.0),
    Quantity.VIBRATION_G: Span("g", -1_000.0, 1_000.0),
    Quantity.AIR_PRESSURE_KPA: Span("kPa", 30.0, 120.0),
    Quantity.DEVICE_ALARM: Span("", 0.0, 2.0),
    Quantity.DEVICE_FAULT: Span("", 0.0, 65_535.0),
}

CODES: dict[Quantity, int] = {quantity: code for code, quantity in enumerate(Quantity)}
"""Small integers for columns; they follow the order of `Quantity` and are never stored on disk."""

DRIFTING = frozenset({Quantity.GAS_PCT_LEL, Quantity.GAS_PCT_VOL})
"""A small negative value of these is drift: kept as uncertain."""

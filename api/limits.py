"""What a trend shows: the main quantity of a device and the limits that hold for it, each with its name."""

from typing import NamedTuple

from domain.alarm import Alarm, AlarmKind
from domain.asset import Assets, Device, DeviceKind
from domain.quantity import Quantity
from domain.rulebook import Rulebook


class Limit(NamedTuple):
    """One line across a trend; the numbers are in the quantity's unit."""

    zh: str
    en: str
    value: float


MAIN: dict[DeviceKind, Quantity] = {
    DeviceKind.GAS_DETECTOR: Quantity.GAS_PCT_LEL,
    DeviceKind.PRESSURE_SENSOR: Quantity.PRESSURE_KPA,
    DeviceKind.FLOW_METER: Quantity.FLOW_M3H,
    DeviceKind.CUTOFF_VALVE: Quantity.VALVE_OPEN,
    DeviceKind.MANHOLE: Quantity.GAS_PCT_LEL,
    DeviceKind.GATEWAY: Quantity.POWER_OK,
    DeviceKind.FAN: Quantity.FAN_ON,
}
"""What a device is there for."""

_OF_KIND: dict[AlarmKind, Quantity] = {
    AlarmKind.PRESSURE_LOW: Quantity.PRESSURE_KPA,
    AlarmKind.PRESSURE_HIGH: Quantity.PRESSURE_KPA,
    AlarmKind.POWER_LOST: Quantity.POWER_OK,
}
_NAMES = frozenset(Quantity)
_TIER_MARKS = (
    ("pressure_low", "ll", "下下限", "low-low limit"),
    ("pressure_low", "l", "下限", "low limit"),
    ("pressure_high", "h", "上限", "high limit"),
    ("pressure_high", "hh", "上上限", "high-high limit"),
)


def quantity_of(alarm: Alarm, assets: Assets) -> Quantity | None:
    """Give the quantity whose trend explains an alarm; None for alarms about ourselves."""
    device = assets.devices.get(alarm.device)
    if device is None:
        return None
    if alarm.reason in _NAMES:
        return Quantity(alarm.reason)
    return _OF_KIND.get(alarm.kind, MAIN[device.kind])


def limits_of(device: Device, quantity: Quantity, rulebook: Rulebook) -> list[Limit]:
    """Give the limits that a reading of this device is held against, lowest first."""
    match quantity:
        case Quantity.GAS_PCT_LEL:
            low = device.gas_low_pct_lel or rulebook["gas_low.limit"]
            high = device.gas_high_pct_lel or rulebook["gas_high.limit"]
            return [Limit("一级限", "first limit", low), Limit("二级限", "second limit", high)]
        case Quantity.PRESSURE_KPA if device.tier is not None:
            return [Limit(zh, en, rulebook[f"{section}.{device.tier}_{mark}"]) for section, mark, zh, en in _TIER_MARKS]
        case Quantity.BATTERY_PCT:
            return [Limit("下限", "low limit", rulebook["battery_low.limit_pct"])]
        case Quantity.BATTERY_V:
            return [Limit("下限", "low limit", rulebook["battery_low.limit_v"])]
        case _:
            return []

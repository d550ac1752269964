"""Samples of devices with nothing out of the ordinary: a form is filled in with number, time and readings."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from domain.asset import DeviceKind, Power
from simulator.devices import BATTERY_STEPS, Unit, battery_v

_NEVER = 1 << 62
_MUTE = "%.0a"
"""Takes a number and writes nothing."""
_READINGS = {
    DeviceKind.GAS_DETECTOR: '"gas_pct_lel":%.1f,"temperature_c":%.1f',
    DeviceKind.MANHOLE: '"gas_pct_lel":%.1f,"gas_pct_vol":%.3f,"immersed":0,"cover_open":{cover_open:d}',
    DeviceKind.PRESSURE_SENSOR: '"pressure_kpa":%.3f,"temperature_c":%.1f',
    DeviceKind.CUTOFF_VALVE: f'"valve_open":{{shown:g}}{_MUTE}{_MUTE}',
    DeviceKind.FAN: f'"fan_on":{{shown:g}}{_MUTE}{_MUTE}',
}
"""Kinds with two numbers at most, and how they tell them."""


class Form(NamedTuple):
    """How a device writes a sample.

    Attributes:
        topic: of its telemetry.
        text: with places for number, time and two readings (bytes take numbers in twice as fast as text).
        high: from this reading on something else is written.
        until: turn from which on something else is written.
    """

    topic: str
    text: bytes
    high: float
    until: int


class Forms:
    """The forms of all devices as columns: what each sample looks at lies together in memory.

    Attributes:
        topic: of each device's form.
        text: of each.
        high: of each; nothing is below that of a device without a form.
        until: of each; 0 where the form is not known.
    """

    def __init__(self, devices: int) -> None:
        self.topic, self.text = [""] * devices, [b""] * devices
        self.high, self.until = np.full(devices, -math.inf), np.zeros(devices, np.int64)

    def put(self, row: int, form: Form | None) -> None:
        if form is None:
            self.high[row], self.until[row] = -math.inf, 0
        else:
            self.topic[row], self.text[row], self.high[row], self.until[row] = form

    def forget(self, rows: Sequence[int] | slice = slice(None)) -> None:
        self.until[rows] = 0


def is_plain(unit: Unit, step: int) -> bool:
    """Tell whether a device has nothing to say that its form does not."""
    tells = unit.quality or unit.device_fault or unit.factor != 1.0 or step < unit.warm_until or unit.decay_pct_h
    way = unit.dice is not None or unit.skew_ns or unit.drift or unit.stores()
    return not (tells or way) and unit.device.kind in _READINGS


def form_of(unit: Unit, high: float, step: int, shown: float = 0.0) -> Form:
    """Make the form of a plain device whose scale ends at `high`, or of a valve or fan that is `shown` open or on."""
    readings = _READINGS[unit.device.kind].format(cover_open=unit.cover_open, shown=shown)
    until = _NEVER if unit.device.power is Power.MAINS else (step // BATTERY_STEPS + 1) * BATTERY_STEPS
    text = f'{{"boot_id":"{unit.boot_id}","seq":%d,"time":"%s","values":{{{readings},{power(unit, step)}}}}}'
    return Form(f"{unit.topic}/telemetry", text.encode(), high, until)


def power(unit: Unit, step: int) -> str:
    """Tell how a device is fed."""
    if unit.device.power is Power.MAINS:
        return f'"power_ok":{int(unit.powered)}'
    pct = unit.charge_pct(step)
    return f'"battery_v":{battery_v(pct):.2f},"battery_pct":{pct:.0f}'

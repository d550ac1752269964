"""The devices as talkers: when they boot, what they count, and what they say."""

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import timezone

import numpy as np

from domain.asset import Device, DeviceKind, Gas, Power
from simulator import frames
from simulator.dice import FloatArray, digest, generator
from simulator.frames import Outgoing
from simulator.gases import PROPERTIES
from simulator.timetext import instant_text
from simulator.town import Town

STEP_NS = 100_000_000
"""Everything happens on a grid of this width: physics, control, and sending."""
_BOOT_SPREAD = 20
_NEVER = np.iinfo(np.int64).max
_DAY_STEPS = 864_000
_BATTERY_PCT_DAY = 0.05
_LOW_BATTERY = (12.0, 3.05)
_REMEMBERED_COMMANDS = 100
_METHANE_LEL_SHARE = PROPERTIES[Gas.NATURAL].lel_share


@dataclass(slots=True)
class Unit:
    """One device.

    Attributes:
        row: in the fleet.
        topic: up to and with its id.
        period: of its telemetry, in steps.
        phase: of its telemetry, in steps after the start of the run.
        battery_pct: at the start of the run.
        boots: so far.
        seq: of its next message in this boot.
        on_air: has booted, and nothing silences it.
        dead: destroyed.
        powered: mains are there.
        skew_ns: how far its clock goes ahead.
        answers: result and detail by command, the last ones.
    """

    device: Device
    row: int
    topic: str
    period: int
    phase: int
    battery_pct: float
    boots: int = 0
    boot_id: str = ""
    seq: int = 0
    on_air: bool = False
    dead: bool = False
    powered: bool = True
    battery_low: bool = False
    skew_ns: int = 0
    answers: "OrderedDict[str, tuple[str, str]]" = field(default_factory=OrderedDict)

    def remember(self, command_id: str, result: str, detail: str) -> None:
        self.answers[command_id] = (result, detail)
        if len(self.answers) > _REMEMBERED_COMMANDS:
            self.answers.popitem(last=False)


class Fleet:
    """All devices of the town, and what they have said since the last look.

    Args:
        devices: in the order of the registry.
        town: whose state they report.
        seed: of the run.
        start_ns: of the run.
        root: of the topics.
        at: time zone of their clocks.
    """

    def __init__(
        self, devices: tuple[Device, ...], town: Town, *, seed: int, start_ns: int, root: str, at: timezone
    ) -> None:
        self._town, self._seed, self._start_ns, self._at = town, seed, start_ns, at
        self.units = [self._unit(row, device, root) for row, device in enumerate(devices)]
        self.by_id = {unit.device.id: unit for unit in self.units}
        self._boot_at = np.array([generator(seed, u.device.id, "boot").integers(_BOOT_SPREAD) for u in self.units])
        self._period = np.array([unit.period for unit in self.units], np.int64)
        self._due = np.full(len(self.units), _NEVER, np.int64)
        self._valve_units = [self.by_id[device] for device in town.valve_of]
        self._fan_units = [self.by_id[device] for device in town.fan_of]
        self._shown = self._visible()
        self._said: list[Outgoing] = []
        self._step = 0
        self._now_ns = start_ns
        self._now_text = ""

    def _unit(self, row: int, device: Device, root: str) -> Unit:
        period = max(1, round(device.interval_s * 1e9 / STEP_NS))
        dice = generator(self._seed, device.id, "unit")
        phase = int(dice.integers(1, period, endpoint=True))
        return Unit(device, row, f"{root}/{device.site}/{device.id}", period, phase, float(dice.uniform(60, 100)))

    # ------------------------------------------------------------ the course of a step
    def speak(self, step: int, time_ns: int) -> list[Outgoing]:
        """Boot, report what is due or has changed, and give all that was said (`step` counts from the start)."""
        self.at(step, time_ns)
        for row in np.flatnonzero(self._boot_at <= step).tolist():
            self._boot_at[row] = _NEVER
            self._boot(self.units[row])
        visible = self._visible()
        changed = np.flatnonzero(visible != self._shown)
        self._shown = visible
        movers = [*self._valve_units, *self._fan_units]
        self.report([movers[index] for index in changed.tolist()])
        due = np.flatnonzero(self._due <= step)
        self._due[due] += self._period[due]
        self.report([self.units[row] for row in due.tolist()])
        said, self._said = self._said, []
        return said

    def at(self, step: int, time_ns: int) -> None:
        self._step, self._now_ns, self._now_text = step, time_ns, instant_text(time_ns, self._at)

    def _visible(self) -> FloatArray:
        linkage = self._town.linkage
        return np.concatenate([linkage.positions(), (linkage.fan_on & linkage.fan_powered).astype(np.float64)])

    # ------------------------------------------------------------ what a device can do
    def boot(self, unit: Unit) -> None:
        """Boot in this step's turn; numbers start anew."""
        self._boot_at[unit.row] = self._step

    def _boot(self, unit: Unit) -> None:
        unit.boots += 1
        unit.boot_id = digest(self._seed, unit.device.id, self._start_ns, unit.boots).hex()[:8]
        unit.seq, unit.on_air = 1, True
        self._say(unit, "status", frames.birth(unit.boot_id, self._time(unit), unit.device.interval_s), retain=True)
        self.report([unit])
        soonest = self._step + unit.period // 2  # not right after this first report
        self._due[unit.row] = unit.phase + max(0, -(-(soonest - unit.phase) // unit.period)) * unit.period

    def silence(self, unit: Unit) -> None:
        unit.on_air = False
        self._boot_at[unit.row] = self._due[unit.row] = _NEVER

    def will(self, unit: Unit) -> None:
        """Let the broker tell that the device has gone."""
        if unit.on_air:
            self._say(unit, "status", frames.will(unit.boot_id), retain=True)

    def tell(self, unit: Unit, name: str) -> None:
        if unit.on_air:
            self._say(unit, "event", frames.event(unit.boot_id, self._count(unit), self._time(unit), name))

    def answer(self, unit: Unit, command_id: str, result: str, detail: str) -> None:
        if unit.on_air:
            unit.remember(command_id, result, detail)
            head = unit.boot_id, self._count(unit), self._time(unit)
            payload = frames.command_result(*head, command_id=command_id, result=result, detail=detail)
            self._say(unit, "command_result", payload)

    def report(self, units: list[Unit]) -> None:
        """Send readings of those that are on the air; their sensors are read together."""
        talking = [unit for unit in units if unit.on_air]
        if not talking:
            return
        of_unit = [self._sensor_rows(unit) for unit in talking]
        rows = np.array([row for rows in of_unit for row in rows], np.intp)
        readings = iter(self._town.sensors.read(rows, self._now_ns).tolist() if len(rows) else ())
        for unit, sensor_rows in zip(talking, of_unit, strict=True):
            values, quality = self._values(unit, [next(readings) for _ in sensor_rows], sensor_rows)
            payload = frames.telemetry(unit.boot_id, self._count(unit), self._time(unit), values, quality)
            self._say(unit, "telemetry", payload)

    # ------------------------------------------------------------ what a report says
    def _sensor_rows(self, unit: Unit) -> list[int]:
        maps = (self._town.reading_of, self._town.temperature_of)
        return [of[unit.device.id] for of in maps if unit.device.id in of]

    def _values(self, unit: Unit, readings: list[float], rows: list[int]) -> tuple[str, str]:
        """Give the inside of `values` and of `quality`."""
        device, quality = unit.device, ""
        parts: list[str] = []
        match device.kind:
            case DeviceKind.GAS_DETECTOR | DeviceKind.MANHOLE:
                parts += _reading("gas_pct_lel", readings[0], 1)
                if self._town.sensors.saturated(rows[0], readings[0]):
                    quality = '"gas_pct_lel":"over_range"'
            case DeviceKind.PRESSURE_SENSOR:
                parts += _reading("pressure_kpa", readings[0], 3)
            case DeviceKind.CUTOFF_VALVE:
                parts.append(f'"valve_open":{self._shown[self._town.valve_of[device.id]]:g}')
            case DeviceKind.FAN:
                parts.append(f'"fan_on":{self._shown[len(self._valve_units) + self._town.fan_of[device.id]]:g}')
        if device.kind is DeviceKind.MANHOLE:
            parts += [*_reading("gas_pct_vol", readings[0] * _METHANE_LEL_SHARE, 3), '"immersed":0,"cover_open":0']
        elif len(readings) > 1:
            parts += _reading("temperature_c", readings[1], 1)
        return ",".join([*parts, self._power(unit)]), quality

    def _power(self, unit: Unit) -> str:
        if unit.device.power is Power.MAINS:
            return f'"power_ok":{int(unit.powered)}'
        pct = max(0.0, unit.battery_pct - _BATTERY_PCT_DAY * self._step / _DAY_STEPS)
        pct, volt = _LOW_BATTERY if unit.battery_low else (pct, 3.5 + pct / 1000)
        return f'"battery_v":{volt:.2f},"battery_pct":{pct:.0f}'

    def _time(self, unit: Unit) -> str:
        return instant_text(self._now_ns + unit.skew_ns, self._at) if unit.skew_ns else self._now_text

    def _count(self, unit: Unit) -> int:
        unit.seq += 1
        return unit.seq - 1

    def _say(self, unit: Unit, kind: str, payload: bytes, *, retain: bool = False) -> None:
        self._said.append(Outgoing(self._now_ns, f"{unit.topic}/{kind}", payload, retain))


def _reading(name: str, value: float, digits: int) -> list[str]:
    """Write a reading; a missing one is left out."""
    return [f'"{name}":{value:.{digits}f}'] if math.isfinite(value) else []

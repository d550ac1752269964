"""The devices as talkers: when they boot, what they count, and what they say."""

import math
from collections.abc import Callable, Mapping
from datetime import timezone

import numpy as np

from domain.asset import Device, DeviceKind, Gas
from simulator import frames
from simulator.devices import Unit
from simulator.dice import FloatArray, RowArray, digest, generator
from simulator.forms import Form, Forms, form_of, is_plain, power
from simulator.frames import Outgoing
from simulator.gases import PROPERTIES
from simulator.schema import SensorChoice
from simulator.spaces import Fuel
from simulator.timetext import S_NS, instant_text
from simulator.town import Town

STEP_NS = 100_000_000
"""Everything happens on a grid of this width: physics, control, and sending."""
_WHOLE_STEPS = S_NS // STEP_NS
_WHOLE_FROM_S = 5
"""Devices with periods of whole seconds from so many on are due on whole seconds: then many are read at once."""
_BOOT_SPREAD = 20
_METHANE_LEL_SHARE = PROPERTIES[Gas.NATURAL].lel_share
_NEVER = np.iinfo(np.int64).max
_URGENT_PCT_LEL = 20.0


class Fleet:
    """All devices of the town, and what they have said since the last look.

    Attributes:
        step: of this turn, counted from the start.
        next_step: in which a device boots or is due.

    Args:
        devices: in the order of the registry.
        town: whose state they report.
        seed: of the run.
        start_ns: of the run.
        root: of the topics.
        at: time zone of their clocks.
        choices: what differs from the registry, by device.
        ethane_share: of the natural gas; above 0 the manholes measure ethane.

    Attributes:
        step: of this turn, counted from the start.
    """

    def __init__(
        self,
        devices: tuple[Device, ...],
        town: Town,
        *,
        seed: int,
        start_ns: int,
        root: str,
        at: timezone,
        choices: Mapping[str, SensorChoice],
        ethane_share: float = 0.0,
    ) -> None:
        self._town, self._seed, self._start_ns, self._at = town, seed, start_ns, at
        self._ethane_share = ethane_share
        self.units = [self._unit(row, device, root, choices) for row, device in enumerate(devices)]
        self.by_id = {unit.device.id: unit for unit in self.units}
        self._boot_at = np.array([generator(seed, u.device.id, "boot").integers(_BOOT_SPREAD) for u in self.units])
        self._due = np.full(len(self.units), _NEVER, np.int64)
        self._upload = np.full(len(self.units), _NEVER, np.int64)
        self._seq = np.zeros(len(self.units), np.int64)  # of the next message of each in this boot
        self._forms = Forms(len(self.units))
        self._period = np.array([unit.period for unit in self.units], np.int64)
        maps = (town.instruments.reading_of, town.instruments.temperature_of)
        rows = [[of.get(unit.device.id, -1) for of in maps] for unit in self.units]
        self._sensor_rows = np.array(rows, np.intp).reshape(-1, 2)
        self._manholes = np.array([unit.device.kind is DeviceKind.MANHOLE for unit in self.units], np.bool_)
        self.next_step = 0
        self._movers = [self.by_id[device] for device in (*town.valve_of, *town.fan_of)]
        self._mover_of = {unit.device.id: number for number, unit in enumerate(self._movers)}
        self._shown = self._visible()
        self._said: list[Outgoing] = []
        self.step = 0
        self._now_ns = start_ns
        self._text = ""

    def _unit(self, row: int, device: Device, root: str, choices: Mapping[str, SensorChoice]) -> Unit:
        choice = choices.get(device.id, SensorChoice())
        period = max(1, round((choice.period_s or device.interval_s) * 1e9 / STEP_NS))
        upload = round((choice.upload_s or 0.0) * 1e9 / STEP_NS)
        dice = generator(self._seed, device.id, "unit")
        grid = 1 if period % _WHOLE_STEPS or period < _WHOLE_FROM_S * _WHOLE_STEPS else _WHOLE_STEPS
        phase = grid * int(dice.integers(1, period // grid, endpoint=True))
        topic = f"{root}/{device.site}/{device.id}"
        return Unit(device, row, topic, period, phase, float(dice.uniform(60, 100)), upload)

    # ------------------------------------------------------------ the course of a step
    def speak(self, step: int, time_ns: int) -> list[Outgoing]:
        """Boot, report what is due or has changed, and give all that was said (`step` counts from the start)."""
        self.at(step, time_ns)
        due = step >= self.next_step
        if due:
            for row in np.flatnonzero(self._boot_at <= step).tolist():
                self._boot_at[row] = _NEVER
                self._boot(self.units[row])
        visible = self._visible()
        if not np.array_equal(visible, self._shown):
            changed = [self._movers[row] for row in np.flatnonzero(visible != self._shown).tolist()]
            self._shown = visible
            self._forms.forget([unit.row for unit in changed])
            self.report(changed)
        if due:
            self._take_turn(step)
        said, self._said = self._said, []
        return said

    def _take_turn(self, step: int) -> None:
        """Let all that are due sample, and send what is stored; and see who is next."""
        due = np.flatnonzero(self._due <= step)
        self._due[due] += self._period[due]
        self._sample(due)
        for row in np.flatnonzero(self._upload <= step).tolist():
            self._upload[row] += self.units[row].upload
            self.upload(self.units[row])
        times = (self._boot_at, self._due, self._upload)
        self.next_step = min(int(of.min(initial=_NEVER)) for of in times)

    def at(self, step: int, time_ns: int) -> None:
        self.step, self._now_ns, self._text = step, time_ns, ""

    @property
    def _now_text(self) -> str:
        self._text = self._text or instant_text(self._now_ns, self._at)
        return self._text

    def reconsider(self) -> None:
        """Forget how each device writes: something has happened to one of them."""
        self._forms.forget()

    def _visible(self) -> FloatArray:
        linkage = self._town.linkage
        return np.concatenate([linkage.shown(), (linkage.fan_on & linkage.fan_powered).astype(np.float64)])

    # ------------------------------------------------------------ what a device can do
    def boot(self, unit: Unit) -> None:
        """Boot in this step's turn; numbers start anew."""
        self._boot_at[unit.row] = self.next_step = self.step

    def _boot(self, unit: Unit) -> None:
        unit.boots += 1
        unit.boot_id = digest(self._seed, unit.device.id, self._start_ns, unit.boots).hex()[:8]
        self._seq[unit.row], unit.on_air = 1, True
        self._forms.forget([unit.row])
        self.birth(unit)
        self.report([unit], now=True)
        soonest = self.step + unit.period // 2  # not right after this first report
        self._due[unit.row] = unit.phase + max(0, -(-(soonest - unit.phase) // unit.period)) * unit.period
        self._upload[unit.row] = self._due[unit.row] + unit.upload if unit.upload else _NEVER

    def silence(self, unit: Unit) -> None:
        unit.on_air = False
        self._boot_at[unit.row] = self._due[unit.row] = self._upload[unit.row] = _NEVER

    def birth(self, unit: Unit) -> None:
        """Tell that a device is there; again when its connection has come back."""
        if unit.on_air:
            between = max(unit.period, unit.upload)  # what it declares is the period of its messages
            payload = frames.birth(unit.boot_id, self._time(unit), between * STEP_NS / 1e9)
            self._say(unit, "status", payload, retain=True)

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

    def report(self, units: list[Unit], *, now: bool = False) -> None:
        """Take samples of those that are on the air; their sensors are read together, and most samples sent at once."""
        talking = [unit for unit in units if unit.on_air]
        readings = self._read(np.array([unit.row for unit in talking], np.intp)).tolist()
        for unit, pair in zip(talking, readings, strict=True):
            self._report(unit, pair, now=now)

    def _read(self, devices: RowArray) -> FloatArray:
        """Read both sensors of each of these; 0 where there is none."""
        rows = self._sensor_rows[devices]
        there, readings = rows >= 0, np.zeros(rows.shape)
        if there.any():
            readings[there] = self._town.instruments.sensors.read(rows[there], self._now_ns)
        return readings

    def _sample(self, due: RowArray) -> None:
        """Let those that are due take a sample; most fill in a form."""
        for row in due[self._forms.until[due] <= self.step].tolist():
            self._forms.put(row, self._form(self.units[row]))
        read = self._read(due)
        read[:, 1] = np.where(self._manholes[due], read[:, 0] * _METHANE_LEL_SHARE, read[:, 1])
        plain = read[:, 0] < self._forms.high[due]
        filled = self._filled(due[plain], read[plain])
        if len(filled) == len(due):
            self._said += filled
            return
        following = iter(filled)
        for row, pair, is_filled in zip(due.tolist(), read.tolist(), plain.tolist(), strict=True):
            if is_filled:
                self._said.append(next(following))
            else:  # out of the ordinary, or missing
                unit = self.units[row]
                self._due[row] += unit.pace(self.step) - unit.period
                self._report(unit, pair, now=False)

    def _filled(self, rows: RowArray, read: FloatArray) -> list[Outgoing]:
        """Fill in the forms of these devices."""
        topic, text, now_ns, now = self._forms.topic, self._forms.text, self._now_ns, self._now_text.encode()
        numbers = self._seq[rows]
        self._seq[rows] = numbers + 1
        columns = zip(rows.tolist(), numbers.tolist(), read[:, 0].tolist(), read[:, 1].tolist(), strict=True)
        return [
            Outgoing(now_ns, topic[row], text[row] % (seq, now, reading, beside))
            for row, seq, reading, beside in columns
        ]

    def _form(self, unit: Unit) -> Form | None:
        manhole = unit.device.kind is DeviceKind.MANHOLE
        if not is_plain(unit, self.step) or (manhole and self._ethane_share):
            return None
        gas = manhole or unit.device.kind is DeviceKind.GAS_DETECTOR
        high = self._town.instruments.sensors.high(int(self._sensor_rows[unit.row, 0])) if gas else math.inf
        mover = self._mover_of.get(unit.device.id)
        return form_of(unit, high, self.step, 0.0 if mover is None else self._shown[mover])

    def _report(self, unit: Unit, pair: list[float], *, now: bool) -> None:
        rows = [row for row in self._sensor_rows[unit.row].tolist() if row >= 0]
        told = [self._missed(unit, reading) for reading in pair[: len(rows)]]
        values, quality = self._values(unit, told, rows)
        if unit.stores() and not now:
            self._store(unit, values, quality, told)
        else:
            payload = frames.telemetry(unit.boot_id, self._count(unit), self._time(unit), values, quality)
            self._say(unit, "telemetry", payload)

    def _store(self, unit: Unit, values: str, quality: str, told: list[float]) -> None:
        """Keep a sample for the next message; gas makes a terminal send at once."""
        unit.stored.append(frames.sample(self._time(unit), values, quality))
        smells = unit.device.kind in {DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE}
        if smells and told[0] >= (unit.device.gas_low_pct_lel or _URGENT_PCT_LEL):
            self.upload(unit)

    def upload(self, unit: Unit) -> None:
        """Send what is stored, unless something holds it."""
        if unit.on_air and unit.stored and not unit.late:
            payload = frames.samples(unit.boot_id, self._count(unit), unit.stored)
            unit.stored.clear()
            self._say(unit, "telemetry", payload)

    @staticmethod
    def _missed(unit: Unit, reading: float) -> float:
        return math.nan if unit.dice is not None and unit.dice.random() < unit.dropout else reading

    # ------------------------------------------------------------ what a report says
    def _values(self, unit: Unit, readings: list[float], rows: list[int]) -> tuple[str, str]:
        """Give the inside of `values` and of `quality`."""
        parts, quality = _PARTS.get(unit.device.kind, _nothing)(self, unit, readings, rows)
        if unit.device.kind is not DeviceKind.MANHOLE and len(readings) > 1:
            parts += _reading("temperature_c", readings[1], 1)
        if unit.device_fault:
            parts.append(f'"device_fault":{unit.device_fault}')
        return ",".join([*parts, power(unit, self.step)]), quality

    def gas(self, unit: Unit, readings: list[float], rows: list[int]) -> tuple[list[str], str]:
        parts = _reading("gas_pct_lel", readings[0] * unit.factor, 1)
        quality = self._quality(unit)
        if not quality and readings[0] * unit.factor >= self._town.instruments.sensors.high(rows[0]):
            quality = "over_range"
        return parts, f'"gas_pct_lel":"{quality}"' if quality and parts else ""

    def manhole(self, unit: Unit, readings: list[float], rows: list[int]) -> tuple[list[str], str]:
        parts, quality = self.gas(unit, readings, rows)
        parts += _reading("gas_pct_vol", readings[0] * _METHANE_LEL_SHARE, 3)
        if quality and "over_range" not in quality:
            quality += "," + quality.replace("gas_pct_lel", "gas_pct_vol")
        if self._ethane_share:
            cell = self._town.instruments.gas_cells[self._town.instruments.gas_row_of[unit.device.id]]
            natural = float(self._town.premises.spaces.share[Fuel.NATURAL, cell])
            parts.append(f'"ethane_ppm":{round(1e5 * natural * self._ethane_share) * 10}')
        return [*parts, f'"immersed":{int(unit.quality == "immersed")},"cover_open":{int(unit.cover_open)}'], quality

    def _quality(self, unit: Unit) -> str:
        return unit.quality or ("warmup" if self.step < unit.warm_until else "")

    def pressure(self, unit: Unit, readings: list[float], _rows: list[int]) -> tuple[list[str], str]:
        return self._metered(unit, "pressure_kpa", readings[0], 3)

    def flow(self, unit: Unit, readings: list[float], _rows: list[int]) -> tuple[list[str], str]:
        return self._metered(unit, "flow_m3h", readings[0], 2)

    def _metered(self, unit: Unit, name: str, value: float, digits: int) -> tuple[list[str], str]:
        parts, quality = _reading(name, value, digits), self._quality(unit)
        return parts, f'"{name}":"{quality}"' if quality and parts else ""

    def valve(self, unit: Unit, _readings: list[float], _rows: list[int]) -> tuple[list[str], str]:
        return [f'"valve_open":{self._shown[self._mover_of[unit.device.id]]:g}'], ""

    def fan(self, unit: Unit, _readings: list[float], _rows: list[int]) -> tuple[list[str], str]:
        return [f'"fan_on":{self._shown[self._mover_of[unit.device.id]]:g}'], ""

    def _time(self, unit: Unit) -> str:
        ahead_ns = unit.ahead_ns(self._now_ns)
        return instant_text(self._now_ns + ahead_ns, self._at) if ahead_ns else self._now_text

    def _count(self, unit: Unit) -> int:
        self._seq[unit.row] += 1
        return int(self._seq[unit.row]) - 1

    def _say(self, unit: Unit, kind: str, payload: bytes, *, retain: bool = False) -> None:
        self._said.append(Outgoing(self._now_ns, f"{unit.topic}/{kind}", payload, retain))


def _reading(name: str, value: float, digits: int) -> list[str]:
    """Write a reading; a missing one is left out."""
    return [f'"{name}":{value:.{digits}f}'] if math.isfinite(value) else []


_Told = Callable[[Fleet, Unit, list[float], list[int]], tuple[list[str], str]]


def _nothing(_fleet: Fleet, _unit: Unit, _readings: list[float], _rows: list[int]) -> tuple[list[str], str]:
    return [], ""


_PARTS: dict[DeviceKind, _Told] = {
    DeviceKind.GAS_DETECTOR: Fleet.gas,
    DeviceKind.MANHOLE: Fleet.manhole,
    DeviceKind.PRESSURE_SENSOR: Fleet.pressure,
    DeviceKind.FLOW_METER: Fleet.flow,
    DeviceKind.CUTOFF_VALVE: Fleet.valve,
    DeviceKind.FAN: Fleet.fan,
}
"""What each kind of device tells besides temperature and power: values and quality, as the inside of their objects."""

"""How devices fail, and how they come back."""

import math
from typing import NamedTuple, Protocol

from domain.asset import DeviceKind
from simulator.devices import Unit
from simulator.dice import generator
from simulator.events import Fault
from simulator.fleet import STEP_NS, Fleet
from simulator.gases import PROPERTIES
from simulator.timetext import S_NS
from simulator.town import Town

WARM_UP_S = 120
_DEVICE_END_OF_LIFE = 16
_TIRED_GAIN, _TIRED_NOISE = 0.7, 2.0


class Scene(NamedTuple):
    """What a fault acts on."""

    town: Town
    fleet: Fleet
    unit: Unit
    fault: Fault
    time_ns: int
    seed: int

    @property
    def row(self) -> int:
        """Of the device's main quantity among the sensors."""
        return self.town.instruments.reading_of[self.unit.device.id]

    @property
    def valve(self) -> int:
        return self.town.valve_of[self.unit.device.id]


def _silent(scene: Scene, *, begins: bool) -> None:
    if begins:
        scene.fleet.silence(scene.unit)
    else:
        scene.fleet.boot(scene.unit)


def _dead(scene: Scene, *, begins: bool) -> None:
    """Nothing of a destroyed device works: its controller does not see it, and its valve does not move."""
    scene.unit.dead = begins
    if scene.unit.device.id in scene.town.valve_of:
        _jam(scene, begins=begins)
    _powered_off(scene, begins=begins)


def _powered_off(scene: Scene, *, begins: bool) -> None:
    """Somebody pulled the plug: the broker tells it, and the controller sees nothing."""
    if begins:
        scene.fleet.will(scene.unit)
    gas_row = scene.town.instruments.gas_row_of.get(scene.unit.device.id)
    if gas_row is not None and scene.unit.device.kind is DeviceKind.GAS_DETECTOR:
        scene.town.alive[gas_row] = float(not begins)
    _silent(scene, begins=begins)


def _stuck(scene: Scene, *, begins: bool) -> None:
    scene.town.instruments.sensors.stick(scene.row, stuck=begins)


def _jam(scene: Scene, *, begins: bool) -> None:
    scene.town.linkage.jammed[scene.valve] = begins


def _drift(scene: Scene, *, begins: bool) -> None:
    rate = scene.fault.rate_per_h or 0.0
    scene.town.instruments.sensors.drift(scene.row, rate if begins else 0.0, scene.time_ns)


def _calibration_jump(scene: Scene, *, begins: bool) -> None:
    scene.town.instruments.sensors.offset[scene.row] += (scene.fault.by or 0.0) * (1 if begins else -1)


def _poison(scene: Scene, *, begins: bool) -> None:
    """Silicone takes away the same share of the response in each hour; a new bead has all of it."""
    rate_per_s = -math.log1p(-min(0.999, scene.fault.rate_per_h or 0.0)) / 3600
    scene.town.instruments.poison(scene.row, rate_per_s if begins else 0.0)


def _expired(scene: Scene, *, begins: bool) -> None:
    """A sensor past its life: weak, noisy, and the device knows it."""
    sensors = scene.town.instruments.sensors
    sensors.gain[scene.row] *= _TIRED_GAIN if begins else 1 / _TIRED_GAIN
    sensors.noise[scene.row] *= _TIRED_NOISE if begins else 1 / _TIRED_NOISE
    scene.unit.device_fault = _DEVICE_END_OF_LIFE * begins


def _unit_error(scene: Scene, *, begins: bool) -> None:
    """Somebody set it to ppm, and it says %LEL."""
    ppm_per_pct_lel = 1e4 * PROPERTIES[scene.unit.device.gas].lel_share
    scene.unit.factor = ppm_per_pct_lel if begins else 1.0


def _immersed(scene: Scene, *, begins: bool) -> None:
    scene.unit.quality = "immersed" if begins else ""


def _dropout(scene: Scene, *, begins: bool) -> None:
    scene.unit.dropout = (scene.fault.share or 0.0) if begins else 0.0
    scene.unit.dice = generator(scene.seed, scene.unit.device.id, "dropout") if begins else None


def _late(scene: Scene, *, begins: bool) -> None:
    """The uplink is gone: samples are stored, and all sent when it is back."""
    scene.unit.late = begins
    if not begins:
        scene.fleet.upload(scene.unit)


def _reboot(scene: Scene, *, begins: bool) -> None:
    """The counter starts anew, and the sensor warms up."""
    if begins:
        scene.fleet.silence(scene.unit)
        scene.unit.stored.clear()
        scene.unit.warm_until = scene.fleet.step + WARM_UP_S * S_NS // STEP_NS
        scene.fleet.boot(scene.unit)


def _muted(scene: Scene, *, begins: bool) -> None:
    scene.fleet.tell(scene.unit, "mute" if begins else "unmute")


def _swapped(scene: Scene, *, begins: bool) -> None:  # noqa: ARG001 - the same at both ends
    """Two devices were mounted in each other's place: each reports under the other's name."""
    other = scene.fleet.by_id[str(scene.fault.other)]
    scene.unit.topic, other.topic = other.topic, scene.unit.topic


def _battery_low(scene: Scene, *, begins: bool) -> None:
    scene.unit.battery_low = begins


def _battery_decay(scene: Scene, *, begins: bool) -> None:
    scene.unit.decay_pct_h = (scene.fault.rate_per_h or 0.0) if begins else 0.0
    scene.unit.decay_from = scene.fleet.step


def _power_cut(scene: Scene, *, begins: bool) -> None:
    """A valve fails closed and stays closed; a fan stops; a detector goes on from its own supply."""
    scene.unit.powered = not begins
    scene.fleet.tell(scene.unit, "power_lost" if begins else "power_restored")
    device = scene.unit.device.id
    if device in scene.town.fan_of:
        scene.town.linkage.fan_powered[scene.town.fan_of[device]] = not begins
    if begins and device in scene.town.valve_of:
        scene.town.linkage.close(scene.town.valve_of[device])
    scene.fleet.report([scene.unit])


def _clock_skew(scene: Scene, *, begins: bool) -> None:
    scene.unit.skew_ns = (scene.fault.skew or 0) if begins else 0
    scene.unit.drift = scene.fault.drift_s_day / 86_400 if begins else 0.0
    scene.unit.drift_from_ns = scene.time_ns


def _not_wired(scene: Scene, *, begins: bool) -> None:
    site = scene.town.premises.sites.index(scene.unit.device.site)
    scene.town.linkage.wired[site] = not begins


def _feedback_wrong(scene: Scene, *, begins: bool) -> None:
    scene.town.linkage.inverted[scene.valve] = begins


def _slow_valve(scene: Scene, *, begins: bool) -> None:
    scene.town.linkage.slowness[scene.valve] = (scene.fault.factor or 1.0) if begins else 1.0


def _leaking_seat(scene: Scene, *, begins: bool) -> None:
    scene.town.linkage.seat_share[scene.valve] = (scene.fault.share or 0.0) if begins else 0.0


class _Change(Protocol):
    def __call__(self, scene: Scene, *, begins: bool) -> None: ...


FAULTS: dict[str, _Change] = {
    "silent": _silent,
    "dead": _dead,
    "stuck": _stuck,
    "jam": _jam,
    "drift": _drift,
    "battery_low": _battery_low,
    "power_cut": _power_cut,
    "clock_skew": _clock_skew,
    "dropout": _dropout,
    "late": _late,
    "reboot": _reboot,
    "battery_decay": _battery_decay,
    "calibration_jump": _calibration_jump,
    "unit_error": _unit_error,
    "swapped": _swapped,
    "poison": _poison,
    "immersed": _immersed,
    "muted": _muted,
    "powered_off": _powered_off,
    "expired": _expired,
    "not_wired": _not_wired,
    "feedback_wrong": _feedback_wrong,
    "slow_valve": _slow_valve,
    "leaking_seat": _leaking_seat,
}
"""By the name in the scenario; called with `begins` at both ends of a fault. Lost, doubled and overtaken messages are
the way's, not the device's: `simulator.way`."""

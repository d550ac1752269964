"""How devices fail, and how they come back."""

from typing import NamedTuple, Protocol

from domain.asset import DeviceKind
from simulator.fleet import Fleet, Unit
from simulator.scenario import Fault
from simulator.town import Town


class Scene(NamedTuple):
    """What a fault acts on."""

    town: Town
    fleet: Fleet
    unit: Unit
    fault: Fault
    time_ns: int


def _silent(scene: Scene, *, begins: bool) -> None:
    if begins:
        scene.fleet.silence(scene.unit)
    else:
        scene.fleet.boot(scene.unit)


def _dead(scene: Scene, *, begins: bool) -> None:
    """Nothing of a destroyed device works: its controller does not see it, and its valve does not move."""
    if begins:
        scene.fleet.will(scene.unit)
    scene.unit.dead = begins
    device = scene.unit.device.id
    if device in scene.town.gas_row_of and scene.unit.device.kind is DeviceKind.GAS_DETECTOR:
        scene.town.alive[scene.town.gas_row_of[device]] = float(not begins)
    if device in scene.town.valve_of:
        _jam(scene, begins=begins)
    _silent(scene, begins=begins)


def _stuck(scene: Scene, *, begins: bool) -> None:
    scene.town.sensors.stick(scene.town.reading_of[scene.unit.device.id], stuck=begins)


def _jam(scene: Scene, *, begins: bool) -> None:
    scene.town.linkage.jammed[scene.town.valve_of[scene.unit.device.id]] = begins


def _drift(scene: Scene, *, begins: bool) -> None:
    rate = scene.fault.rate_per_h or 0.0
    scene.town.sensors.drift(scene.town.reading_of[scene.unit.device.id], rate if begins else 0.0, scene.time_ns)


def _battery_low(scene: Scene, *, begins: bool) -> None:
    scene.unit.battery_low = begins


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
}
"""By the name in the scenario; called with `begins` at both ends of a fault."""

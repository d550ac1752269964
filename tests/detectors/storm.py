"""A seeded log in which everything happens: all detectors find something in it, in every state of theirs."""

import dataclasses
import functools

import numpy as np

from domain.asset import Assets, Device, DeviceKind, Tier
from domain.channels import Channels
from domain.network import Node, Pipe
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import RefusalReason
from tests.detectors import script
from tests.detectors.script import Script, rules

BRISK = rules(
    gas_low__off_delay=10,
    gas_high__off_delay=20,
    gas_rising__off_delay=5,
    gas_rising__window=15,
    gas_rising__slope=20,
    sensor_stuck__samples=5,
    sensor_stuck__duration=20,
    protection_missing__after=3,
    protection_missing__worse_after=8,
    linkage_failed__mains=4,
    linkage_failed__battery=9,
    late__page=60,
    quarantine_rate__frames=1,
    manhole_gas__span=2,
    pressure_unusual__span=2,
    pressure_unusual__learn=5,
    pressure_unusual__spans=2,
    pipe_rupture__span=2,
    manhole_gas__rise=5,
    manhole_gas__learn=6,
    gas_early__width=2,
    gas_early__limit=4,
    gas_early__learn=6,
    gas_early__gap=30,
    gas_early__steep=6,
    gas_early__hold=12,
    gas_early__relearn=40,
    valve_bypass__settle=2,
    valve_bypass__confirm=2,
    tightness_lost__settle=0,
    tightness_lost__window=4,
    tightness_lost__samples=3,
    tightness_lost__kelvin=0,
    tightness_lost__limit=0.1,
    cylinder_loss__least=3,
    cylinder_loss__loss=0.1,
    upkeep_due__idle=0.0003,
    pressure_wave__hold=20,
    cutoff_unproven__settle=1,
    cutoff_unproven__proof=3,
    device_ageing__period=10,
    device_ageing__periods=1,
    device_ageing__least=2,
    device_ageing__spikes=1,
    device_ageing__limit=85,
    device_ageing__reset=86,
    night_flow__learn=2,
    slow_leak__span=900,
    slow_leak__learn=1,
    mass_balance__span=2,
    mass_balance__learn=20,
)
"""Short times, so that a short log reaches every state."""

_SWIFT = tuple(
    Device(name, DeviceKind.PRESSURE_SENSOR, f"N-{name}", interval_s=0.1, tier=Tier.MEDIUM_B) for name in ("W-1", "W-2")
)
DEVICES = (*script.DEVICES, *_SWIFT)
"""Those of every test, and two that see waves."""
_ENDS = (Node("N-W-1", lon=100.0, lat=25.0, fixed_pressure_pa_abs=2.4e5), Node("N-W-2", lon=100.01, lat=25.0))
_NETWORK = dataclasses.replace(
    script.NETWORK,
    nodes=(*script.NETWORK.nodes, *_ENDS),
    pipes=(*script.NETWORK.pipes, Pipe("PIPE", "N-W-1", "N-W-2", 1_000.0, 0.1, 1e-5)),
)
ALL = tuple(device.id for device in script.DEVICES if device.id != "P-3")


def town(devices: tuple[Device, ...] = DEVICES) -> Channels:
    return Channels(Assets(sites={}, zones={}, devices={device.id: device for device in devices}, network=_NETWORK))


_LEVELS: dict[Quantity, tuple[float, ...]] = {
    Quantity.GAS_PCT_LEL: (0.0, 0.0, 2.0, 11.0, 14.0, 22.0, 35.0, 55.0, 120.0),
    Quantity.PRESSURE_KPA: (0.9, 1.4, 1.52, 2.0, 2.0, 2.95, 3.1, 3.7, 250.0, 300.0, 405.0),
    Quantity.FLOW_M3H: (0.0, 3.0, 3.0),
    Quantity.TEMPERATURE_C: (20.0, 20.5),
    Quantity.VALVE_OPEN: (0.0, 1.0, 1.0),
    Quantity.POWER_OK: (0.0, 1.0, 1.0),
    Quantity.BATTERY_PCT: (10.0, 20.5, 50.0),
    Quantity.BATTERY_V: (3.0, 3.3, 3.6),
    Quantity.DEVICE_ALARM: (0.0, 0.0, 1.0, 2.0),
    Quantity.DEVICE_FAULT: (0.0, 0.0, 5.0),
    Quantity.CO_PPM: (1.0,),
    Quantity.CYLINDER_KG: (20.0, 19.5, 18.0, 15.0),
}
_OF_KIND = {
    "G": (Quantity.GAS_PCT_LEL, Quantity.TEMPERATURE_C, Quantity.DEVICE_ALARM),
    "V": (Quantity.VALVE_OPEN, Quantity.POWER_OK),
    "P": (Quantity.PRESSURE_KPA, Quantity.BATTERY_PCT, Quantity.BATTERY_V),
    "F": (Quantity.FLOW_M3H, Quantity.PRESSURE_KPA, Quantity.DEVICE_FAULT),
    "C": (Quantity.CYLINDER_KG,),
    "M": (Quantity.GAS_PCT_LEL, Quantity.CO_PPM, Quantity.DEVICE_FAULT),
}
_QUALITIES = (Quality.GOOD,) * 14 + (Quality.UNCERTAIN, Quality.OVER_RANGE, Quality.WARMUP, Quality.BAD)
_REASONS = (
    RefusalReason.UNKNOWN_DEVICE,
    RefusalReason.NON_FINITE,
    RefusalReason.UNKNOWN_QUANTITY,
    RefusalReason.UNKNOWN_KEY,
    RefusalReason.BAD_JSON,
)


class _Storm:
    def __init__(self, seed: int, devices: tuple[str, ...]) -> None:
        self._rng = np.random.default_rng(seed)
        self._devices = devices
        self._level: dict[tuple[str, Quantity], float] = {}
        self._quality: dict[str, Quality] = {}
        self.script = Script()

    def second(self, second: int) -> None:
        for device in self._devices:
            if self._rng.random() < 0.4:
                continue
            if self._rng.random() < 0.2:
                self._quality[device] = _QUALITIES[self._rng.integers(len(_QUALITIES))]
            for quantity in _OF_KIND[device[0]]:
                self._row(device, quantity, second)

    def _row(self, device: str, quantity: Quantity, second: int) -> None:
        key = (device, quantity)
        if key not in self._level or self._rng.random() < 0.12:
            choice = _LEVELS[quantity]
            self._level[key] = choice[self._rng.integers(len(choice))]
        drift = self._rng.normal(0, 0.3) if quantity is Quantity.GAS_PCT_LEL and self._rng.random() < 0.5 else 0.0
        delay_s = float(self._rng.choice([0, 0, 0, 0, 0.5, 3, 40, 90], p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.04, 0.04, 0.02]))
        quality = self._quality.get(device, Quality.GOOD)
        self.script.row(device, quantity, second - delay_s, self._level[key] + drift, quality, delay_s=delay_s)

    def words(self, second: int) -> None:
        device = self._devices[self._rng.integers(len(self._devices))]
        word = self._rng.integers(6)
        if word == 0:
            self.script.notice(device, "online", second, boot_id="b1", interval_s=float(self._rng.integers(1, 6)))
        elif word == 1:
            self.script.notice(device, "offline", second, boot_id="b1")
        elif word == 2:
            self.script.shift(device, 90, second)
        else:
            reason = _REASONS[self._rng.integers(len(_REASONS))]
            unknown = reason is RefusalReason.UNKNOWN_DEVICE
            self.script.refuse(f"X-{self._rng.integers(3)}" if unknown else device, reason, second)


@functools.cache  # nobody adds to it, and every detector is played the same
def storm(seed: int = 7, devices: tuple[str, ...] = ALL) -> Script:
    """60 s with ticks, 120 s without any (large batches), 60 s with ticks, then a long silence and one more day."""
    made = _Storm(seed, tuple(device for device in devices if device[0] != "W"))
    for second in range(240):
        made.second(second)
        if second % 7 == 0 and not 60 <= second < 180:
            made.words(second)
        if not 60 <= second < 180:
            made.script.tick(second)
    for second in (*range(241, 300), 3_700, 3_701, 3_702, 90_100, 90_101):
        made.script.tick(second)
    calm(made.script, devices)
    nights(made.script, devices)
    quarters(made.script)
    return made.script


def calm(script: Script, devices: tuple[str, ...]) -> None:
    """A quiet hour in short: a well fills and a main breaks, both are mended; later a regulator falls back."""
    for second in range(91_000, 91_260):
        broken, fallen = 91_060 <= second < 91_100, 91_160 <= second < 91_200
        for device in (*devices, "P-3"):
            if device[0] == "M":
                script.row(device, Quantity.GAS_PCT_LEL, second, 30.0 if broken else 1.0)
            elif device[0] in "PF":
                script.row(device, Quantity.PRESSURE_KPA, second, 1.7 if broken or fallen else 2.2)
            if device[0] == "F":
                script.row(device, Quantity.FLOW_M3H, second, 60.0 if broken and device == "FM-1" else 10.0)
        for device, late_s in (("W-1", 0.3), ("W-2", 1.1)):
            for tenth in range(10):
                now = second + tenth / 10
                script.row(device, Quantity.PRESSURE_KPA, now - 1, 160.0 if now - late_s < 91_061 else 159.0, delay_s=1)
        script.tick(second)


def nights(script: Script, devices: tuple[str, ...]) -> None:
    """Seven nights from a Thursday on, in short; the sixth has more flow than the others."""
    for night in range(1, 8):
        two_o_clock = 71_200 + 86_400 * night
        for device in devices:
            if device[0] == "F":
                script.row(device, Quantity.FLOW_M3H, two_o_clock + 300, 60.0 if night == 6 else 10.0)
        for half_hours in (2, 6):
            script.tick(two_o_clock + 1_800 * half_hours)


def quarters(script: Script) -> None:
    """Quarters of an hour, as many as a week has hours and six days of such more; on the third day a pipe leaks."""
    for quarter in range(840, 840 + 168 + 6 * 24):
        leaks = 2 * 24 <= quarter - 840 - 168 < 3 * 24
        for device, kpa in (("W-1", 160.0), ("W-2", 155.0 if leaks else 159.0)):
            script.row(device, Quantity.PRESSURE_KPA, 900 * quarter + 100, kpa + 0.01 * (quarter % 3))
        script.tick(900 * (quarter + 1))

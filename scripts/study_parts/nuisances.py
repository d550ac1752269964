"""What detectors meet on days without a leak: kitchens that cook, mud that ferments, regulators that move.

Everything goes on by a minute and gives one reading of each device; numbers without a source are own guesses.
"""

from typing import NamedTuple, Protocol

import numpy as np
from study_parts.spells import Spells, between, either, lognormal
from study_parts.town import of_kind, zone_rows

from domain.asset import Assets, DeviceKind, Gas, Tier
from simulator.daily import demand
from simulator.dice import FloatArray, generator
from simulator.gas_sensors import GAS_SENSORS, USUAL_HUMIDITY_PCT, Principle
from simulator.mains import PROFILES
from simulator.manholes import Well, Wells, usual_air_changes_h
from simulator.sensors import Sensor, Sensors
from simulator.spaces import Fuel, Space, Spaces
from simulator.weather import Climate, Front, Rain, Weather

MINUTE_NS, DAY_NS = 60_000_000_000, 86_400_000_000_000
_COOKING_H = ((10.0, 14.0), (16.5, 21.0))
_PRINCIPLES = (Principle.CATALYTIC, Principle.SEMICONDUCTOR, Principle.INFRARED)
_LEL_ETHANOL_PPM = 33_000.0


class Reading(NamedTuple):
    """One quantity of many devices; `quality` "" where it is good."""

    quantity: str
    devices: list[str]
    value: FloatArray
    quality: list[str] | None = None


class Nuisance(Protocol):
    """Something that goes on by a minute."""

    def advance(self, time_ns: int, hour: float) -> list[Reading]: ...


def cooking(hour: float) -> float:
    return 1.0 if any(first <= hour < last for first, last in _COOKING_H) else 0.05


class Kitchens:
    """Rooms with cooking: alcohol, steam, unburnt puffs at each lighting, drift, restarts with a warm-up."""

    def __init__(self, assets: Assets, seed: int) -> None:
        self._devices = of_kind(assets, DeviceKind.GAS_DETECTOR)
        self._names, count = [device.id for device in self._devices], len(self._devices)
        draw = generator(seed, "study", "kitchens")
        sites = list(dict.fromkeys(device.site for device in self._devices))
        self._site = np.array([sites.index(device.site) for device in self._devices], np.intp)
        principle = [_PRINCIPLES[p] for p in draw.choice(3, count, p=(0.7, 0.2, 0.1))]
        of = [GAS_SENSORS[p] for p in principle]
        self._alcohol = np.array([s.alcohol for s in of]) * np.where(draw.random(count) < 0.3, 0.05, 1.0)
        self._per_k, self._humid = np.array([s.per_k for s in of]), np.array([s.humid_pct_lel for s in of])
        self._sensors = Sensors(
            [
                Sensor(
                    f"{device.id}:gas",
                    sensor.t90_s * (2.0 if device.gas is Gas.LPG else 1.0),
                    sensor.noise_pct_lel,
                    0.1,
                    -5.0,
                    100.0,
                    offset=float(draw.uniform(-0.5, 2.0)),
                    wander=0.1,
                    walk=float(draw.choice((0.0, 0.1, 0.3))),
                    freedom=float(draw.choice((0.0, 0.0, 4.0))),
                )
                for device, sensor in zip(self._devices, of, strict=True)
            ],
            seed,
        )
        self._drift_per_min = np.where(draw.random(count) < 0.2, draw.uniform(-0.1, 0.1, count), 0.0) / 1_440
        self._drifted = np.zeros(count)
        self._wine = Spells(len(sites), 1.0, (2, 20), lognormal(1_200, 0.6, 5_000), draw)
        self._steam = Spells(len(sites), 2.0, (5, 60), between(88, 99), draw)
        self._puffs = Spells(len(sites), 12.0, (1, 3), lognormal(0.6, 0.7, 6), draw)
        self._restarts = Spells(count, 0.1, (3, 4), between(5, 20), draw)
        self._vapour, self._gas, self._tail = np.zeros(len(sites)), np.zeros(len(sites)), np.zeros(count)
        self._swing, self._draw = np.zeros(len(sites)), draw
        self._rows = np.arange(count)

    def advance(self, time_ns: int, hour: float) -> list[Reading]:
        often = cooking(hour)
        wine = self._wine.advance(often) / _LEL_ETHANOL_PPM * 100
        self._vapour += np.where(wine > self._vapour, 0.6, 0.2) * (wine - self._vapour)
        self._gas += np.where(self._puffs.advance(often) > 0, self._puffs.strength - self._gas, -0.1 * self._gas)
        self._swing += -0.01 * self._swing + self._draw.normal(0.0, 1.0, len(self._swing))
        humidity = np.maximum(self._steam.advance(often), np.clip(62 + 8 * np.cos(hour / 3.82) + self._swing, 20, 95))
        damp = np.maximum(0.0, humidity - USUAL_HUMIDITY_PCT) / (100 - USUAL_HUMIDITY_PCT)
        warm = 4 * np.cos((hour - 15) / 3.82) + 4 * often
        self._drifted += self._drift_per_min
        warming = self._restarts.advance() > 0
        self._tail = np.where(warming, self._restarts.strength * np.exp(-self._restarts.age), 0.8 * self._tail)
        self._sensors.disturbance = self._per_k * warm + self._humid * damp[self._site] + self._drifted + self._tail
        truth = self._gas[self._site] + self._alcohol * self._vapour[self._site]
        self._sensors.advance(truth, 60.0)
        value = self._sensors.read(self._rows, time_ns)
        quality = ["warmup" if one else "" for one in warming.tolist()]
        every_third = slice(None, None, 3)
        return [
            Reading("gas_pct_lel", self._names, value, quality),
            Reading("humidity_pct", self._names[every_third], humidity[self._site][every_third].round(0)),
        ]


class Mud:
    """Wells with biogas: warm spells, stirred mud, fronts, rain that floods some; gas below 45 %LEL."""

    def __init__(self, assets: Assets, seed: int, days: int) -> None:
        self._devices = of_kind(assets, DeviceKind.MANHOLE)
        self._names, count = [device.id for device in self._devices], len(self._devices)
        draw = generator(seed, "study", "mud")
        dirty = np.array([assets.sites[d.site].type in {"sewer", "storm_drain"} for d in self._devices])
        mud = 1.5e-7 * np.minimum(6.0, draw.lognormal(0.0, 0.8, count)) * np.where(dirty, 1.0, 0.15)
        wells = [Well(row, float(flow), float(draw.uniform(1.8, 2.6))) for row, flow in enumerate(mud)]
        self._wells, self._mud = Wells(wells), mud
        self._spaces = Spaces([Space(d.id, 2.5, 2.5 * usual_air_changes_h(2.5) / 3600) for d in self._devices])
        self._weather = _weather(seed, days, draw)
        self._stirred = Spells(count, 0.1, (360, 1_440), between(1.5, 3.0), draw)
        self._flooded = Spells(count, 0.02, (60, 600), between(1, 2), draw)
        self._ethane = np.flatnonzero(draw.random(count) < 0.4)
        self._sulphide = np.flatnonzero(dirty & (draw.random(count) < 0.3))
        laser = [Sensor(f"{name}:gas", 3.0, 0.05, 0.1, -5.0, 100.0, wander=0.03) for name in self._names]
        self._sensors = Sensors(laser, seed)
        self._draw, self._rows = draw, np.arange(count)
        self._still = np.zeros(count)
        self._begun = False

    def advance(self, time_ns: int, hour: float) -> list[Reading]:
        del hour
        weather = self._weather
        warm = weather.temperature_c(time_ns)
        self._wells.breathe(warm, 0.0, 0.0, 60.0)
        factor = np.where(self._stirred.advance() > 0, self._stirred.strength, 1.0)
        source = np.minimum(self._wells.biogas * factor, 0.45 * 0.05 * 8e-5)
        self._spaces.source_m3_s[Fuel.BIOGAS] = source
        if not self._begun:
            self._spaces.settle()
            self._begun = True
        self._spaces.advance(60.0, self._still)
        level = self._spaces.total() / 0.05 * 100
        self._sensors.advance(level, 60.0)
        value = self._sensors.read(self._rows, time_ns)
        wet = self._flooded.advance(20.0 if weather.rain_mm_h(time_ns) > 0 else 1.0) > 0
        value = np.where(wet, 0.0, value)
        noise = self._draw.normal(0.0, 4.0, len(self._ethane))
        return [
            Reading("gas_pct_lel", self._names, value, ["immersed" if one else "" for one in wet.tolist()]),
            Reading("temperature_c", self._names, np.full(len(value), round(warm, 1))),
            Reading("ethane_ppm", [self._names[n] for n in self._ethane], np.maximum(0.0, noise).round(0)),
            Reading("h2s_ppm", [self._names[n] for n in self._sulphide], (value[self._sulphide] / 4).clip(0).round(1)),
        ]


def _weather(seed: int, days: int, draw: np.random.Generator) -> Weather:
    climate = Climate(mean_c=19, amplitude_c=6, noise_c=2.5, humidity_noise_pct=8)
    fronts = [Front(int(d * DAY_NS), float(draw.uniform(-1, 1)), DAY_NS) for d in draw.uniform(0, days, days // 4 + 1)]
    rains = [Rain(int(d * DAY_NS), int((d + 0.3) * DAY_NS), 5.0) for d in draw.uniform(0, days, days // 5 + 1)]
    return Weather(climate, fronts, rains, seed)


class Mains:
    """Pressures by zone and tier: demand of the day and week, regulators that move, dip and hunt."""

    def __init__(self, assets: Assets, seed: int) -> None:
        self._devices = of_kind(assets, DeviceKind.PRESSURE_SENSOR)
        self._names, count = [device.id for device in self._devices], len(self._devices)
        draw = generator(seed, "study", "mains")
        zones = len(assets.zones)
        medium = np.array([device.tier is Tier.MEDIUM_B for device in self._devices], np.intp)
        self._part = zone_rows(assets, self._devices) + zones * medium
        profiles = [PROFILES[device.tier or Tier.LOW_NATURAL] for device in self._devices]
        self._night, self._drop = (np.array([getattr(p, n) for p in profiles]) for n in ("night_kpa", "drop_kpa"))
        self._drop *= draw.uniform(0.6, 1.3, count)
        self._sensors = Sensors(
            [
                Sensor(f"{n}:p", 0.5, p.noise, p.resolution, 0.0, 1_000.0, wander=p.wander, wander_s=90.0)
                for n, p in zip(self._names, profiles, strict=True)
            ],
            seed,
        )
        self._moved, self._dips = (
            Spells(2 * zones, 0.1, (1_000, 10_000), either(0.02, 0.06), draw),
            Spells(2 * zones, 0.2, (30, 240), between(0.02, 0.06), draw),
        )
        self._hunts = Spells(2 * zones, 0.07, (60, 240), between(0.01, 0.03), draw)
        self._busy, self._set = np.zeros(2 * zones), np.zeros(2 * zones)
        self._draw, self._rows, self._minute = draw, np.arange(count), 0

    def advance(self, time_ns: int, hour: float) -> list[Reading]:
        self._minute += 1
        weekend = (time_ns // DAY_NS + 4) % 7 >= 5
        self._busy += -0.005 * self._busy + self._draw.normal(0.0, 0.01, len(self._busy))
        wanted = self._moved.advance() - self._dips.advance()
        self._set += 0.15 * (wanted - self._set)
        hunt = self._hunts.advance() * np.sin(self._minute * 2.1)
        use = demand(hour) * (0.9 if weekend else 1.0) + self._busy[self._part]
        truth = self._night * (1 + (self._set + hunt)[self._part]) - self._drop * np.clip(use, 0.0, 1.5)
        self._sensors.advance(truth, 60.0)
        return [Reading("pressure_kpa", self._names, self._sensors.read(self._rows, time_ns))]

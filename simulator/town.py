"""The town as it physically is: rooms, sensors and linkage, built from registry and scenario."""

from collections.abc import Iterable

import numpy as np

from domain.asset import Assets, Device, DeviceKind, Gas, Tier
from domain.errors import ConfigurationError
from simulator.daily import demand, hour_of_day, temperature_c
from simulator.dice import RowArray, generator
from simulator.gas_sensors import GAS_SENSORS, Principle
from simulator.gases import ETHANOL_LEL_PPM, PROPERTIES
from simulator.leaks import mass_flow_kg_s
from simulator.linkage import Linkage
from simulator.rooms import Rooms, biogas_m3_s
from simulator.scenario import Leak, Room, Scenario, SensorChoice
from simulator.sensors import Sensor, Sensors
from simulator.timetext import S_NS

SUPPLY_KPA = {Gas.NATURAL: 2.0, Gas.LPG: 2.8}
_MAINS_KPA = {  # by night, drop at peak demand, noise, wander, resolution
    Tier.LOW_NATURAL: (2.25, 0.25, 0.004, 0.015, 0.001),
    Tier.LOW_LPG: (2.9, 0.2, 0.004, 0.015, 0.001),
    Tier.MEDIUM_B: (160.0, 20.0, 0.1, 0.8, 0.01),
    Tier.MEDIUM_A: (330.0, 30.0, 0.2, 1.5, 0.01),
}
_MANHOLE = Room(volume_m3=2.5, air_changes_h=8e-5 * 3600 / 2.5, fan_air_changes_h=0.0)
_MUD_M3_S = 1.5e-7
_INDOORS_C = 20.0
_ROOM_K = 293.15
_SMELL = frozenset({DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE})
_SLOW_STEPS = 100
"""Weather and demand move slowly: they are looked at once in so many steps."""


class Town:
    """Physical state of everything, stepped together.

    Attributes:
        room_of: row in `rooms` of each site that has one.
        reading_of: row in `sensors` of each device's main quantity.
        temperature_of: row in `sensors` of each device's thermometer.
        valve_of: row in `linkage` of each valve.
        fan_of: row in `linkage` of each fan.
    """

    def __init__(self, scenario: Scenario, assets: Assets, seed: int, time_ns: int) -> None:
        self._scenario, self._assets, self._seed = scenario, assets, seed
        devices = tuple(assets.devices.values())
        unknown = [d.id for d in devices if d.kind is DeviceKind.FLOW_METER]
        if unknown:
            raise ConfigurationError(f"devices {', '.join(unknown)}: flow meters cannot be simulated yet")
        self._ground_c = self._temperature(time_ns)
        self._build_rooms(devices)
        self._build_sensors(devices, time_ns)
        self._build_linkage(devices)
        self._leaks: dict[str, dict[str, float]] = {}
        self._steps = 0

    # ------------------------------------------------------------ building
    def _build_rooms(self, devices: tuple[Device, ...]) -> None:
        indoors = {d.site for d in devices if d.kind is DeviceKind.GAS_DETECTOR}
        sites = tuple(dict.fromkeys(d.site for d in devices if d.kind in _SMELL))
        self.room_of = {site: row for row, site in enumerate(sites)}
        self._room = [self._scenario.sites.get(s, Room()) if s in indoors else _MANHOLE for s in sites]
        lel = np.array([PROPERTIES[self._assets.sites[s].gas].lel_share if s in indoors else 0.05 for s in sites])
        volume = np.array([room.volume_m3 for room in self._room])
        mud = [0.0 if s in indoors else _MUD_M3_S * generator(self._seed, s, "mud").uniform(0.6, 1.2) for s in sites]
        self._mud_m3_s = np.array(mud, np.float64)
        air = volume * np.array([room.air_changes_h for room in self._room]) / 3600
        biogas = biogas_m3_s(self._mud_m3_s, self._ground_c)
        settled = np.divide(biogas, biogas + air, out=np.zeros(len(sites)), where=air > 0)
        zeros = [np.zeros(len(sites)) for _ in range(4)]
        self.rooms = Rooms(
            volume_m3=volume,
            air_m3_s=air,
            fan_m3_s=volume * np.array([room.fan_air_changes_h for room in self._room]) / 3600,
            lel_share=lel,
            share=np.minimum(1.0, settled + lel * np.array([room.initial_pct_lel for room in self._room]) / 100),
            leak_m3_s=zeros[0],
            biogas_m3_s=biogas,
            vapour_ppm=zeros[1],
            vapour_source_ppm=zeros[2],
            fan_speed=zeros[3],
        )

    def _build_sensors(self, devices: tuple[Device, ...], time_ns: int) -> None:
        self.reading_of: dict[str, int] = {}
        self.temperature_of: dict[str, int] = {}
        sensors: list[Sensor] = []
        pct_lel = self.rooms.pct_lel()
        for device in devices:
            if device.kind in _SMELL:
                self.reading_of[device.id] = len(sensors)
                sensors.append(self._gas_sensor(device, float(pct_lel[self.room_of[device.site]])))
            if device.kind is DeviceKind.PRESSURE_SENSOR:
                self.reading_of[device.id] = len(sensors)
                sensors.append(_pressure_sensor(device, self._demand(time_ns)))
            if device.kind in {DeviceKind.GAS_DETECTOR, DeviceKind.PRESSURE_SENSOR}:
                self.temperature_of[device.id] = len(sensors)
                start = _INDOORS_C if device.kind is DeviceKind.GAS_DETECTOR else self._ground_c
                sensors.append(_thermometer(device, start))
        self.sensors = Sensors(sensors, self._seed)
        self._truth = self.sensors.signal.copy()
        self._place_sensors(devices)

    def _place_sensors(self, devices: tuple[Device, ...]) -> None:
        """Note which rows see which room, which main, and which are outdoors."""
        gas = [d for d in devices if d.kind in _SMELL]
        principles = [GAS_SENSORS[self._principle(d)] for d in gas]
        self._gas_rows = self._rows(gas)
        self._gas_rooms = _index(self.room_of[d.site] for d in gas)
        self._sees = np.array([float(d.gas in p.gases) for d, p in zip(gas, principles, strict=True)])
        self._alcohol = np.array([p.alcohol for p in principles])
        self.alive = np.array([float(d.kind is DeviceKind.GAS_DETECTOR) for d in gas])
        self.gas_row_of = {d.id: row for row, d in enumerate(gas)}
        mains = [d for d in devices if d.kind is DeviceKind.PRESSURE_SENSOR]
        self._main_rows = self._rows(mains)
        self._main_kpa = np.array([_MAINS_KPA[_tier(d)][:2] for d in mains], np.float64).reshape(-1, 2)
        self._outdoor_rows = _index(self.temperature_of[d.id] for d in mains)

    def _build_linkage(self, devices: tuple[Device, ...]) -> None:
        valves = [d for d in devices if d.kind is DeviceKind.CUTOFF_VALVE and d.site in self.room_of]
        fans = [d for d in devices if d.kind is DeviceKind.FAN and d.site in self.room_of]
        stray = [
            d.id for d in devices if d.kind in {DeviceKind.CUTOFF_VALVE, DeviceKind.FAN} and d.site not in self.room_of
        ]
        if stray:
            raise ConfigurationError(f"devices {', '.join(stray)}: a valve or fan needs a gas detector at its site")
        self.valve_of = {d.id: row for row, d in enumerate(valves)}
        self.fan_of = {d.id: row for row, d in enumerate(fans)}
        valve_rooms = [self.room_of[d.site] for d in valves]
        self.linkage = Linkage(
            np.array([room.threshold_pct_lel for room in self._room]),
            np.array([room.confirm / S_NS for room in self._room]),
            valve_rooms,
            np.array([self._room[row].valve_travel / S_NS for row in valve_rooms]),
            [self.room_of[d.site] for d in fans],
        )

    def _principle(self, device: Device) -> Principle:
        usual = Principle.LASER if device.kind is DeviceKind.MANHOLE else Principle.CATALYTIC
        return self._scenario.sensors.get(device.id, SensorChoice()).kind or usual

    def _gas_sensor(self, device: Device, start: float) -> Sensor:
        choice, of = self._scenario.sensors.get(device.id, SensorChoice()), GAS_SENSORS[self._principle(device)]
        if device.gas not in of.gases:
            raise ConfigurationError(
                f"sensors.{device.id}: a {self._principle(device)} sensor does not see {device.gas}"
            )
        manhole = device.kind is DeviceKind.MANHOLE
        return Sensor(
            name=f"{device.id}:gas",
            t90_s=choice.t90_s or of.t90_s * (of.heavy if device.gas is Gas.LPG else 1.0),
            noise=of.noise_pct_lel,
            resolution=0.1,
            low=-5.0,
            high=device.gas_range_pct_lel,
            offset=0.0 if manhole else generator(self._seed, device.id, "offset").uniform(1.0, 2.0),
            wander=0.03 if manhole else 0.1,
            drop_share=choice.drop_share,
            start=start,
        )

    def _rows(self, devices: list[Device]) -> RowArray:
        return _index(self.reading_of[d.id] for d in devices)

    # ------------------------------------------------------------ running
    def advance(self, time_ns: int, dt_s: float) -> None:
        """Go on by `dt_s` to `time_ns`."""
        if self._steps % _SLOW_STEPS == 0:
            self._ground_c = self._temperature(time_ns)
            self.rooms.biogas_m3_s = biogas_m3_s(self._mud_m3_s, self._ground_c)
            self._truth[self._main_rows] = self._main_kpa[:, 0] - self._main_kpa[:, 1] * self._demand(time_ns)
            self._truth[self._outdoor_rows] = self._ground_c
        self._steps += 1
        count = len(self.room_of)
        self.linkage.advance(dt_s)
        self.rooms.advance(dt_s, self.linkage.supply(count), self.linkage.fans(count))
        vapour_pct_lel = self.rooms.vapour_ppm * (100.0 / ETHANOL_LEL_PPM)
        gas = self._sees * self.rooms.pct_lel()[self._gas_rooms]
        self._truth[self._gas_rows] = gas + self._alcohol * vapour_pct_lel[self._gas_rooms]
        self.sensors.advance(self._truth, dt_s)

    def watch(self, dt_s: float) -> RowArray:
        """Let the local controllers judge; gives the rooms where one trips now."""
        shown = (self.sensors.signal[self._gas_rows] + self.sensors.offset[self._gas_rows]) * self.alive
        reading = np.zeros(len(self.room_of))
        np.maximum.at(reading, self._gas_rooms, shown)
        return self.linkage.watch(reading, dt_s)

    def set_leak(self, leak: Leak, key: str) -> float:
        """Open a hole, and give its mass flow in kg/s with the valve open."""
        site = self._assets.sites[leak.site]
        gas, room = PROPERTIES[site.gas], self._room[self.room_of[site.id]]
        ambient_pa = 1000 * self._scenario.ambient.pressure_kpa
        inside_pa = ambient_pa + 1000 * (room.supply_kpa or SUPPLY_KPA[site.gas])
        flow = mass_flow_kg_s(leak.hole_mm, inside_pa, ambient_pa, gas, discharge=leak.discharge)
        self._leaks.setdefault(site.id, {})[key] = flow * gas.volume_m3_kg(ambient_pa, _ROOM_K)
        self._sum_leaks(site.id)
        return flow

    def end_leak(self, leak: Leak, key: str) -> None:
        del self._leaks[leak.site][key]
        self._sum_leaks(leak.site)

    def _sum_leaks(self, site: str) -> None:
        self.rooms.leak_m3_s[self.room_of[site]] = sum(self._leaks[site].values())

    def _temperature(self, time_ns: int) -> float:
        daily, offset_h = self._scenario.ambient.temperature_c, self._scenario.ambient.utc_offset_h
        return temperature_c(hour_of_day(time_ns, offset_h), daily.mean, daily.amplitude, daily.peak_hour)

    def _demand(self, time_ns: int) -> float:
        return demand(hour_of_day(time_ns, self._scenario.ambient.utc_offset_h))


def _index(rows: Iterable[int]) -> RowArray:
    return np.array(list(rows), np.intp)


def _tier(device: Device) -> Tier:
    return device.tier or Tier.LOW_NATURAL


def _pressure_sensor(device: Device, demand_share: float) -> Sensor:
    night, drop, noise, wander, resolution = _MAINS_KPA[_tier(device)]
    start = night - drop * demand_share
    return Sensor(
        f"{device.id}:pressure", 0.5, noise, resolution, 0.0, 1000.0, wander=wander, wander_s=90.0, start=start
    )


def _thermometer(device: Device, start: float) -> Sensor:
    offset = float(generator(0, device.id, "thermometer").uniform(-1.5, 1.5))
    return Sensor(
        f"{device.id}:temperature", 60.0, 0.05, 0.1, -40.0, 85.0, offset=offset, wander=0.3, wander_s=900.0, start=start
    )

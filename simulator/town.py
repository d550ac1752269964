"""The town as it physically is: weather, spaces, sensors and linkage, stepped together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from domain.asset import Assets, DeviceKind, Gas
from domain.errors import ConfigurationError
from simulator.demand import Habits
from simulator.dice import FloatArray, RowArray
from simulator.events import Leak, Weathering
from simulator.failing import Failing
from simulator.gas_sensors import USUAL_HUMIDITY_PCT
from simulator.gases import ETHANOL_LEL_PPM, LEL_SHARE, NORMAL_K, NORMAL_PA, PROPERTIES, Basis, Component, Properties
from simulator.grid import GridMains
from simulator.instruments import Instruments
from simulator.leaks import mass_flow_kg_s
from simulator.linkage import Linkage
from simulator.mains import DailyMains, Mains, PipeLeak
from simulator.premises import FUEL_OF, Premises
from simulator.releases import Outlet, Releases
from simulator.scenario import Scenario
from simulator.schema import Supply
from simulator.spaces import Fuel
from simulator.timetext import S_NS
from simulator.waking import Waking
from simulator.weather import Climate, Front, Rain, Weather

_ROOM_K = 293.15
_SLOW_NS = 10 * S_NS
"""Weather and growing holes move slowly: they are looked at so often."""
_MAINS_NS = 5 * S_NS
"""Step of the mains."""
_HUNTING_NS = S_NS
"""The same while a regulator swings."""
_FAST_PCT_LEL_S = 0.2
"""A signal that changes faster is followed at every turn; a slower one is never farther behind than its noise."""
_SLOW_PCT_LEL_S = 0.01
"""A signal that changes no faster stays within a reading's resolution for 5 s."""
_NOWHERE: RowArray = np.array([], np.intp)
_VAPOUR_MIXING_S = 30.0


@dataclass(slots=True)
class _Street:
    """Leaks in pipes, by event."""

    leaks: dict[str, Leak]
    now: dict[str, PipeLeak]


class Town:
    """Physical state of everything, stepped together.

    Attributes:
        weather: over all of it.
        mains: that supply the sites and that meters watch.
        premises: spaces and manholes.
        grid: the same as a network; None where there is none.
        failing: regulators of the network.
        instruments: sensors.
        linkage: local controllers, valves and fans.
        valve_of: row in `linkage` of each valve.
        fan_of: row in `linkage` of each fan.
        releases: leaks into spaces.
        alive: whether the controller sees each gas sensor.
        waking: which rooms are stepped at every turn.
        vapour_ppm: alcohol around the detectors of each site, and what it tends to.
    """

    def __init__(self, scenario: Scenario, assets: Assets, seed: int, time_ns: int, start_ns: int = 0) -> None:
        self._scenario, self._assets = scenario, assets
        self._gases = _gases(scenario.gas)
        self.weather = _weather(scenario, seed, start_ns)
        ground_c = self.weather.temperature_c(time_ns)
        self.premises = Premises(scenario, assets, seed, ground_c)
        ambient = scenario.ambient
        supply_kpa = {s: room.supply_kpa for s, room in scenario.sites.items() if room.supply_kpa is not None}
        self.grid = self._grid(supply_kpa, seed, time_ns)
        self.mains: Mains = self.grid or DailyMains(assets, supply_kpa, ambient.pressure_kpa, ambient.utc_offset_h)
        self.mains.step(time_ns, (), {})
        self.instruments = Instruments(
            scenario, assets, seed, premises=self.premises, mains=self.mains, ground_c=ground_c
        )
        self._build_linkage()
        self.releases, self._street, self.failing = Releases(), _Street({}, {}), Failing()
        self.alive = np.array([float(d.kind is DeviceKind.GAS_DETECTOR) for d in self.instruments.gas_devices])
        self.vapour_ppm, self.vapour_source_ppm = np.zeros(len(self.premises.sites)), np.zeros(len(self.premises.sites))
        self._start_ns, self._time_ns, self._watched_ns, self._stepped = start_ns, time_ns, time_ns, False
        self._look_ns = self._mains_ns = self._looked_ns = self._mained_ns = time_ns
        self.waking, self._fans = self._sleeping(time_ns), np.zeros(len(self.premises.places))
        self._lel_share = [self._gases[Gas.NATURAL].lel_share, self._gases[Gas.LPG].lel_share, 0.05]

    def _sleeping(self, time_ns: int) -> Waking:
        spaces, seen = self.premises.spaces, self.instruments
        pairs = zip(seen.gas_sites.tolist(), spaces.space_of[seen.gas_cells].tolist(), strict=True)
        return Waking(len(self.premises.places), self.premises.together(pairs), time_ns, self._start_ns)

    def _grid(self, supply_kpa: Mapping[str, float], seed: int, time_ns: int) -> GridMains | None:
        scenario = self._scenario
        if scenario.grid is None:
            return None
        told, leaks = scenario.demand, (event for event in scenario.events if isinstance(event, Leak))
        return GridMains(
            scenario.grid,
            self._assets,
            supply_kpa=supply_kpa,
            places=sorted({(leak.pipe, leak.position) for leak in leaks if leak.pipe is not None}),
            habits=Habits(told.flat, told.by_chance, told.per_degree, scenario.ambient.utc_offset_h),
            weather=self.weather,
            seed=seed,
            time_ns=time_ns,
        )

    def _build_linkage(self) -> None:
        sites = {site: row for row, site in enumerate(self.premises.sites)}
        actors = [d for d in self._assets.devices.values() if d.kind in {DeviceKind.CUTOFF_VALVE, DeviceKind.FAN}]
        stray = [d.id for d in actors if d.site not in sites]
        if stray:
            raise ConfigurationError(f"devices {', '.join(stray)}: a valve or fan needs a gas detector at its site")
        valves = [d for d in actors if d.kind is DeviceKind.CUTOFF_VALVE]
        fans = [d for d in actors if d.kind is DeviceKind.FAN]
        self.valve_of = {d.id: row for row, d in enumerate(valves)}
        self.fan_of = {d.id: row for row, d in enumerate(fans)}
        rooms, valve_rooms = self.premises.rooms, [sites[d.site] for d in valves]
        self.linkage = Linkage(
            np.array([room.threshold_pct_lel for room in rooms]),
            np.array([room.confirm / S_NS for room in rooms]),
            valve_rooms,
            np.array([rooms[row].valve_travel / S_NS for row in valve_rooms]),
            [sites[d.site] for d in fans],
            feedback_s=np.array([rooms[row].feedback_delay / S_NS for row in valve_rooms]),
        )

    # ------------------------------------------------------------ running
    @property
    def pace_ns(self) -> int:
        """How long the next step may be at most; 0: the next turn must not be left out."""
        return min(self.waking.pace_ns, _HUNTING_NS) if self.failing.swings() else self.waking.pace_ns

    def advance(self, time_ns: int) -> None:
        """Go on to this time: what is awake and, on whole seconds, everything."""
        if time_ns >= self._look_ns:
            self._look_around(time_ns)
        if time_ns >= self._mains_ns:
            self._step_mains(time_ns)
        self.linkage.advance((time_ns - self._time_ns) / S_NS)
        self._time_ns = time_ns
        self._step(time_ns)

    def wake(self, sites: Iterable[str], time_ns: int) -> None:
        """Bring these sites up to this time before something happens to them, and watch them for a while."""
        rows = [self.premises.row_of[site] for site in sites if site in self.premises.row_of]
        if rows:
            self.waking.wake(rows, time_ns)
            self._step(time_ns)

    def _step(self, time_ns: int) -> None:
        due = self.waking.step(time_ns)
        self._stepped = due is not None
        if due is None:
            return
        dt_s, still_s = due
        spaces, wells, sites = self.premises.spaces, self.premises.wells, len(self.premises.sites)
        spaces.source_m3_s[:] = 0.0
        spaces.source_m3_s[Fuel.BIOGAS, wells.spaces] = wells.biogas
        spaces.source_m3_s[Fuel.NATURAL, wells.spaces] = wells.soil
        self.releases.add_to(spaces.source_m3_s, self.linkage.supply(sites))
        self._fans[:sites] = self.linkage.fans(sites)
        spaces.advance(dt_s, self._fans)
        mixing_s = dt_s if isinstance(dt_s, float) else dt_s[:sites]
        self.vapour_ppm += (1 - np.exp(-mixing_s / _VAPOUR_MIXING_S)) * (self.vapour_source_ppm - self.vapour_ppm)
        self.instruments.advance(self.vapour_ppm * (100.0 / ETHANOL_LEL_PPM), dt_s, still_s)

    def _look_around(self, time_ns: int) -> None:
        passed_s, self._looked_ns = (time_ns - self._looked_ns) / S_NS, time_ns
        self._look_ns = self._next(time_ns, _SLOW_NS)
        ground_c, weather = self.weather.temperature_c(time_ns), self.weather
        self.premises.breathe(ground_c, weather.pressure_trend_kpa_h(time_ns), weather.rain_mm_h(time_ns), passed_s)
        for key, leak in self.releases.growing():
            self.releases.change(key, self._flow_m3_s(leak))
        self.instruments.look_around(ground_c, passed_s)

    def _next(self, time_ns: int, every_ns: int) -> int:
        return time_ns + every_ns - (time_ns - self._start_ns) % every_ns

    def _step_mains(self, time_ns: int) -> None:
        """Let the network go on with today's holes, and tell the soil how much they leak."""
        self._mained_ns = time_ns
        self._mains_ns = self._next(time_ns, _HUNTING_NS if self.failing.swings() else _MAINS_NS)
        since_ns = time_ns - self._start_ns
        self._street.now = {key: _pipe_leak(key, leak, since_ns) for key, leak in self._street.leaks.items()}
        opening = dict(zip(self.valve_of, self.linkage.opening.tolist(), strict=True))
        if self.grid is not None:
            self.failing.act(self.grid.hydraulics.regulators, since_ns)
        self.mains.step(time_ns, list(self._street.now.values()), opening)
        leaking: dict[str, float] = {}
        for leak in self._street.now.values():
            leaking[leak.pipe] = leaking.get(leak.pipe, 0.0) + self.mains.flow_m3h(leak.id) / 3600
        for row, pipe in self.premises.soil_pipes.items():
            path = self.premises.wells.wells[row].path
            if path is not None:
                path.leak(leaking.get(pipe, 0.0))
        self.instruments.meter()

    def watch(self) -> RowArray:
        """Let the local controllers judge, and see what is awake; gives the sites where one trips now."""
        if not self._stepped:
            return _NOWHERE
        reading = np.zeros(len(self.premises.sites))
        np.maximum.at(reading, self.instruments.gas_sites, self.instruments.shown(self.alive))
        trips = self.linkage.watch(reading, (self._time_ns - self._watched_ns) / S_NS)
        self._watched_ns = self._time_ns
        fast = self.premises.spaces.fan_speed != self._fans
        fast[: len(reading)] |= self.linkage.restless(reading)
        slow, pace_pct_lel_s = np.zeros(len(fast), np.bool_), np.abs(self.instruments.pace_pct_lel_s())
        fast[self.instruments.gas_sites[pace_pct_lel_s > _FAST_PCT_LEL_S]] = True
        slow[self.instruments.gas_sites[pace_pct_lel_s > _SLOW_PCT_LEL_S]] = True
        slow[self.releases.sites] = True
        self.waking.judge(fast, slow, self._time_ns)
        return trips

    # ------------------------------------------------------------ what happens to it
    def begin_leak(self, leak: Leak, key: str) -> float:
        """Open a hole, and give its mass flow in kg/s with the valve open."""
        if leak.site is None:
            self._street.leaks[key] = leak
            self._step_mains(self._mained_ns)
            return self._leaving_kg_s(leak, key)
        gas = leak.gas or self._assets.sites[leak.site].gas
        at = leak.space or self.premises.places[self.premises.row_of[leak.site]].entry.id
        cell = self.premises.cell_of(f"{at}.{leak.layer}" if leak.layer else at, gas)
        row = self.premises.sites.index(leak.site)
        outlet = Outlet(FUEL_OF[gas], cell, row, leak.behind_valve)
        self.releases.begin(key, leak, outlet, self._flow_m3_s(leak))
        return self._mass_flow_kg_s(leak)

    def end_leak(self, leak: Leak, key: str) -> None:
        if leak.site is None:
            del self._street.leaks[key]
            self._step_mains(self._mained_ns)
        else:
            self.releases.end(key)

    def isolated(self, leak: Leak) -> bool:
        """Tell whether a valve holds the gas of a leak back."""
        if leak.site is None or not leak.behind_valve:
            return False
        row = self.premises.sites.index(leak.site)
        return bool(self.linkage.supply(len(self.premises.sites))[row] == 0.0)

    def hole(self, leak: Leak, key: str, time_ns: int) -> tuple[float, float]:
        """Diameter of a hole in mm, and its flow in kg/s with the valve open."""
        return leak.hole_at(time_ns - self._start_ns), self._leaving_kg_s(leak, key)

    def _leaving_kg_s(self, leak: Leak, key: str) -> float:
        if leak.site is not None:
            return self._mass_flow_kg_s(leak)
        normal_m3_kg = self._gases[Gas.NATURAL].volume_m3_kg(NORMAL_PA, NORMAL_K)
        return self.mains.flow_m3h(key) / 3600 / normal_m3_kg

    def _mass_flow_kg_s(self, leak: Leak) -> float:
        site = self._assets.sites[str(leak.site)]
        ambient_pa = 1000 * self._scenario.ambient.pressure_kpa
        inside_pa = ambient_pa + 1000 * self.mains.pressure_kpa(site.id)
        hole_mm = leak.hole_at(self._time_ns - self._start_ns)
        gas = self._gases[leak.gas or site.gas]
        return mass_flow_kg_s(hole_mm, inside_pa, ambient_pa, gas, discharge=leak.discharge)

    def _flow_m3_s(self, leak: Leak) -> float:
        gas = self._gases[leak.gas or self._assets.sites[str(leak.site)].gas]
        ambient_pa = 1000 * self._scenario.ambient.pressure_kpa
        return self._mass_flow_kg_s(leak) * gas.volume_m3_kg(ambient_pa, _ROOM_K)

    def set_vapour(self, site: str, ppm: float, component: Component) -> None:
        """Let alcohol stand in the air; methanol counts as the ethanol of the same %LEL."""
        limits = LEL_SHARE[Basis.CN_1]
        row = self.premises.sites.index(site)
        scale = 1.0 if component is Component.ETHANOL else limits[Component.ETHANOL] / limits[component]
        self.vapour_source_ppm[row] = ppm * scale

    def set_humidity(self, site: str, humidity_pct: float | None) -> None:
        at = self.instruments.gas_sites == self.premises.sites.index(site)
        self.instruments.humidity_pct[at] = USUAL_HUMIDITY_PCT if humidity_pct is None else humidity_pct
        self.instruments.disturb()

    # ------------------------------------------------------------ what is true
    def pct_lel(self) -> FloatArray:
        """True concentration of each cell, all fuels over their own limits."""
        share = self.premises.spaces.share
        each = (100.0 * share[fuel] / limit for fuel, limit in zip(Fuel, self._lel_share, strict=True))
        found: FloatArray = sum(each, np.zeros(share.shape[1]))
        return found

    def worst_pct_lel(self, site: str) -> float:
        """True concentration of the worst layer of all spaces of a site."""
        spaces, pct_lel = self.premises.spaces, self.pct_lel()
        rows = [row for row, place in enumerate(self.premises.places) if place.site == site]
        return float(max(max(pct_lel[spaces.lower[row]], pct_lel[spaces.upper[row]]) for row in rows))


def _pipe_leak(key: str, leak: Leak, since_ns: int) -> PipeLeak:
    if leak.pipe is None:
        raise ValueError(f"{key} is no leak of a pipe")
    return PipeLeak(key, leak.pipe, leak.position, leak.tier, leak.hole_at(since_ns), leak.discharge)


def _gases(supply: Supply) -> Mapping[Gas, Properties]:
    """What flows: the usual gas, or the scenario's own."""
    return PROPERTIES if supply == Supply() else {gas: m.properties() for gas, m in supply.mixtures().items()}


def _weather(scenario: Scenario, seed: int, start_ns: int) -> Weather:
    ambient = scenario.ambient
    climate = Climate(
        pressure_kpa=ambient.pressure_kpa,
        wave_kpa=ambient.pressure_wave_kpa,
        mean_c=ambient.temperature_c.mean,
        amplitude_c=ambient.temperature_c.amplitude,
        peak_hour=ambient.temperature_c.peak_hour,
        noise_c=ambient.temperature_c.noise,
        humidity_pct=ambient.humidity_pct,
        humidity_noise_pct=ambient.humidity_noise_pct,
        utc_offset_h=ambient.utc_offset_h,
    )
    told = [event for event in scenario.events if isinstance(event, Weathering)]
    fronts = [Front(start_ns + front.at, front.change_kpa, front.over) for front in ambient.front]
    fronts += [Front(start_ns + e.at, e.change_kpa, e.lasts) for e in told if e.change_kpa is not None and e.lasts]
    rains = [Rain(start_ns + e.at, start_ns + e.at + e.lasts, e.mm_h) for e in told if e.mm_h is not None and e.lasts]
    return Weather(climate, fronts, rains, seed)

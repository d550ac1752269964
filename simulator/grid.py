"""The mains as a network of pipes: pressures, flows, leaks and regulators by hydraulics."""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from domain.asset import Assets, Device, DeviceKind, Gas, Site
from domain.errors import ConfigurationError
from domain.network import Network, Node
from simulator.demand import Demand, Habits
from simulator.dice import FloatArray, RowArray
from simulator.gases import NORMAL_K, NORMAL_PA, R_J_MOL_K
from simulator.hydraulics import Balance, Hydraulics
from simulator.mains import SUPPLY_KPA, PipeLeak
from simulator.orifice import orifice
from simulator.regulators import Fault
from simulator.steady import solve_steady
from simulator.timetext import S_NS
from simulator.weather import Weather

_LONGEST_STEP_S = 10.0
_LOCK_UP = 0.1
"""So much above its set pressure a regulator closes at no flow (SG10 of EN 334)."""
_METRES_PER_DEGREE = 111_320.0


class GridMains:
    """`simulator.mains.Mains` of a network.

    A site hangs on the node of its own name, or else on the nearest one; a device likewise, or where its site does. A
    closed cut-off valve takes its site's demand away.

    Args:
        network: pipes, regulators and valves; demands are those of the peak.
        assets: whose sites and devices ask.
        supply_kpa: of sites whose pressure the scenario fixes.
        places: where pipes may leak.
        habits: how customers draw.
        weather: temperature and air pressure.
        seed: of the run.
        time_ns: of the beginning; then the network is in its steady state.

    Raises:
        ConfigurationError: the network has no steady state, or a place has no node.
    """

    def __init__(
        self,
        network: Network,
        assets: Assets,
        *,
        supply_kpa: Mapping[str, float],
        places: Sequence[tuple[str, float]],
        habits: Habits,
        weather: Weather,
        seed: int,
        time_ns: int,
    ) -> None:
        self._weather, self._time_ns = weather, time_ns
        bottled = {site.id: SUPPLY_KPA[site.gas] for site in assets.sites.values() if site.gas is Gas.LPG}
        self._fixed_kpa = {**bottled, **supply_kpa}
        self._node_of = _Nodes(network).of(assets, without=self._fixed_kpa)
        self._valves_at = _valves(assets, self._node_of)
        self.hydraulics = Hydraulics(network, places=places)
        self.hydraulics.regulators.lock_up[:] = _LOCK_UP
        base = self.hydraulics.demand_kg_s.copy()
        self._demand = Demand(base, habits, seed)
        gas = network.gas
        self._normal_m3_kg = R_J_MOL_K * NORMAL_K / (gas.molar_mass_kg_mol * NORMAL_PA)
        self._open_leaks: set[str] = set()
        self._numbers = lru_cache(self._look_up)
        self._draw({})
        solve_steady(self.hydraulics)

    # ------------------------------------------------------------ time
    def step(self, time_ns: int, leaks: Sequence[PipeLeak], valves: Mapping[str, float]) -> None:
        """Go on to this time, with these holes and these open shares of the sites' valves."""
        self._keep_holes(leaks)
        left_s = (time_ns - self._time_ns) / S_NS
        steps = math.ceil(left_s / _LONGEST_STEP_S)
        for number in range(steps):
            self._time_ns += (time_ns - self._time_ns) // (steps - number)
            self._draw(valves)
            self.hydraulics.step(left_s / steps)

    def _draw(self, valves: Mapping[str, float]) -> None:
        grid, weather = self.hydraulics, self._weather
        grid.set_ambient(1000 * weather.air_pressure_kpa(self._time_ns))
        grid.demand_kg_s = self._demand.step(self._time_ns, weather.temperature_c(self._time_ns))
        for valve, number in self._valves_at:
            grid.demand_kg_s[number] *= valves.get(valve, 1.0)

    def _keep_holes(self, leaks: Sequence[PipeLeak]) -> None:
        now = {leak.id for leak in leaks}
        for gone in sorted(self._open_leaks - now):
            self.hydraulics.holes.repair(gone)
        for leak in leaks:
            self.hydraulics.open_hole(leak.id, (leak.pipe, leak.position), leak.hole_mm, leak.discharge)
        self._open_leaks = now

    # ------------------------------------------------------------ what is seen
    def pressure_kpa(self, place: str) -> float:
        fixed = self._fixed_kpa.get(place)
        if fixed is not None:
            return fixed
        state, number = self.hydraulics.state, self._node_of[place]
        return float(state.pressure_pa[number] - state.ambient_pa[number]) / 1000

    def flow_m3h(self, place: str) -> float:
        """What flows out of a leak, or through the node of a meter, however it gets there."""
        if place in self._open_leaks:
            return 3600 * self._normal_m3_kg * self._leaving_kg_s(place)
        return float(3600 * self._normal_m3_kg * self._through_kg_s()[self._node_of[place]])

    def pressures_kpa(self, places: tuple[str, ...]) -> FloatArray:
        numbers, fixed_kpa = self._numbers(places)
        state = self.hydraulics.state
        gauge_kpa = (state.pressure_pa[numbers] - state.ambient_pa[numbers]) / 1000
        found: FloatArray = np.where(np.isnan(fixed_kpa), gauge_kpa, fixed_kpa)
        return found

    def flows_m3h(self, places: tuple[str, ...]) -> FloatArray:
        found: FloatArray = 3600 * self._normal_m3_kg * self._through_kg_s()[self._numbers(places)[0]]
        return found

    def _leaving_kg_s(self, leak: str) -> float:
        """What leaves a hole at the pressure of now, also before the first step that knows of it."""
        grid = self.hydraulics
        at = [grid.holes.node[leak]]
        jet = orifice(
            np.array([grid.holes.area_m2[leak]]),
            grid.state.pressure_pa[at],
            grid.state.ambient_pa[at],
            specific_j_kg=grid.topology.specific_j_kg(),
            ratio=grid.topology.network.gas.heat_capacity_ratio,
        )
        return float(jet.flow[0])

    def balance(self) -> Balance:
        return self.hydraulics.balance()

    def _through_kg_s(self) -> FloatArray:
        """Give what flows through each node: all that comes in."""
        topology, state = self.hydraulics.topology, self.hydraulics.state
        flow, nodes = state.flow_kg_s[: len(topology.tail)], len(state.pressure_pa)
        through: FloatArray = np.maximum(0.0, state.supply_kg_s)
        through += np.bincount(topology.head, np.maximum(flow, 0.0), nodes)
        through += np.bincount(topology.tail, np.maximum(-flow, 0.0), nodes)
        return through

    def _look_up(self, places: tuple[str, ...]) -> tuple[RowArray, FloatArray]:
        """Give the nodes of these places, and their pressure where the scenario fixes it, else NaN."""
        numbers = [self._node_of.get(place, 0) for place in places]
        return np.array(numbers, np.intp), np.array([self._fixed_kpa.get(place, math.nan) for place in places])

    # ------------------------------------------------------------ what breaks
    def fault(self, regulator: str) -> Fault:
        """Whatever is wrong with a regulator; change it."""
        return self.hydraulics.regulators.fault[regulator]


class _Nodes:
    """Finds the node of a place."""

    def __init__(self, network: Network) -> None:
        self._number = {node.id: number for number, node in enumerate(network.nodes)}
        self._placed = [(number, node) for number, node in enumerate(network.nodes) if node.lon is not None]
        self._tiers: dict[int, set[str]] = {}
        for pipe in network.pipes:
            for end in (pipe.from_node, pipe.to_node):
                self._tiers.setdefault(self._number[end], set()).add(pipe.tier or "")

    def of(self, assets: Assets, without: Mapping[str, float]) -> dict[str, int]:
        """Give the node of each site and of each device that measures the network."""
        kinds = {DeviceKind.PRESSURE_SENSOR, DeviceKind.FLOW_METER}
        meters = [device for device in assets.devices.values() if device.kind in kinds]
        lit = {d.site for d in assets.devices.values() if d.kind is DeviceKind.GAS_DETECTOR} - without.keys()
        found = {name: self._of_site(assets.sites[name]) for name in sorted(lit)}
        return found | {device.id: self._of_device(device, assets.sites[device.site]) for device in meters}

    def _of_device(self, device: Device, site: Site) -> int:
        if device.id in self._number:
            return self._number[device.id]
        return self._of_site(site, device.tier or "")

    def _of_site(self, site: Site, tier: str = "low_natural") -> int:
        if site.id in self._number:
            return self._number[site.id]
        here = [(n, node) for n, node in self._placed if not tier or tier in self._tiers.get(n, set())]
        if not here:
            wanted = f"a node {site.id}, or nodes with lon and lat" + (f" on pipes of tier {tier}" if tier else "")
            raise ConfigurationError(f"network: nothing there for site {site.id}; expected {wanted}")
        return min(here, key=lambda pair: (_distance_m(pair[1], site), pair[0]))[0]


def _distance_m(node: Node, site: Site) -> float:
    east = (node.lon or 0.0) - site.lon
    return _METRES_PER_DEGREE * math.hypot(east * math.cos(math.radians(site.lat)), (node.lat or 0.0) - site.lat)


def _valves(assets: Assets, node_of: Mapping[str, int]) -> list[tuple[str, int]]:
    valves = (d for d in assets.devices.values() if d.kind is DeviceKind.CUTOFF_VALVE)
    return [(valve.id, node_of[valve.site]) for valve in valves if valve.site in node_of]

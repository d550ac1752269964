"""What a run looked like from inside, kept for its pictures."""

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from domain.asset import Assets, Device, DeviceKind
from domain.network import Network
from simulator.events import Event, Flood, Leak, Mud, Opening, Regulation, Steam, Vapour
from simulator.grid import GridMains
from simulator.timetext import S_NS
from simulator.whereabouts import Whereabouts
from simulator.world import World

Array = npt.NDArray[np.float64]
_LOOKS = 720
_METERS_EACH, _METERS = 3, 6
_SPACES = 8
_OF_THE_AIR = Leak | Vapour | Steam | Mud | Flood | Opening


@dataclass(slots=True)
class PressureCourse:
    """Gauge pressures of the network over the run.

    Attributes:
        tiers: numbers of the nodes of each tier.
        spread_kpa: of each tier: lowest, mean and highest pressure, at each time.
        meters_kpa: at the node of each sensor that is near an event.
        start_kpa: of each node, when the run began.
        worst_kpa: of each node, when some pressure was farthest from its start.
        worst_s: when that was.
    """

    tiers: dict[str, npt.NDArray[np.intp]]
    spread_kpa: dict[str, list[tuple[float, float, float]]] = field(default_factory=lambda: defaultdict(list))
    meters_kpa: dict[str, list[float]] = field(default_factory=dict)
    start_kpa: Array = field(default_factory=lambda: np.zeros(0))
    worst_kpa: Array = field(default_factory=lambda: np.zeros(0))
    worst_s: float = 0.0
    _farthest: float = -1.0

    def look(self, time_s: float, grid: GridMains) -> None:
        state = grid.hydraulics.state
        gauge_kpa = (state.pressure_pa - state.ambient_pa)[: len(grid.hydraulics.topology.network.nodes)] / 1000
        for tier, nodes in self.tiers.items():
            here = gauge_kpa[nodes]
            self.spread_kpa[tier].append((float(here.min()), float(here.mean()), float(here.max())))
        for meter, course in self.meters_kpa.items():
            course.append(grid.pressure_kpa(meter))
        if not len(self.start_kpa):
            self.start_kpa = gauge_kpa
        farthest = float(np.max(np.abs(gauge_kpa / self.start_kpa - 1)))
        if farthest > self._farthest:
            self._farthest, self.worst_kpa, self.worst_s = farthest, gauge_kpa, time_s


@dataclass(slots=True)
class AirCourse:
    """True concentrations of the spaces that an event is about.

    Attributes:
        cells: lower and upper cell of each space; the same for one that is well mixed.
        pct_lel: of both, at each time.
    """

    cells: dict[str, tuple[int, int]]
    pct_lel: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def look(self, pct_lel: Array) -> None:
        for space, (lower, upper) in self.cells.items():
            self.pct_lel[space].append((float(pct_lel[lower]), float(pct_lel[upper])))


class Observer:
    """Looks at a running town at even intervals.

    Args:
        world: before its first step; its scenario says how long it runs.
        assets: of its town.
        folder: for the pictures.
    """

    def __init__(self, world: World, assets: Assets, folder: Path) -> None:
        self.world, self.assets, self.folder = world, assets, folder
        self.whereabouts = Whereabouts(world.scenario, assets)
        self.duration_s = (world.scenario.duration or 0) / S_NS
        self.times_s: list[float] = []
        grid = world.scenario.grid
        self.pressures = None if grid is None else PressureCourse(_tiers(grid))
        if grid is not None and self.pressures is not None:
            self.pressures.meters_kpa = {meter: [] for meter in self._meters(grid)}
        self.air = AirCourse(dict(self._cells()))

    def look(self, passed_ns: int) -> None:
        """Take in how things are after this much simulated time, unless that was done a moment ago."""
        time_s = passed_ns / S_NS
        if self.times_s and time_s < min(self.times_s[-1] + max(1.0, self.duration_s / _LOOKS), self.duration_s):
            return
        self.times_s.append(time_s)
        town = self.world.town
        self.air.look(town.pct_lel())
        if self.pressures is not None and town.grid is not None:
            self.pressures.look(time_s, town.grid)

    # ------------------------------------------------------------ what is worth a look
    def _cells(self) -> Iterator[tuple[str, tuple[int, int]]]:
        """Give the spaces that the scenario describes, and those to which something happens."""
        premises, scenario = self.world.town.premises, self.world.scenario
        names = {space.id: None for space in scenario.spaces}
        mains = {premises.row_of[name] for name in names}
        for event in scenario.events:
            if isinstance(event, _OF_THE_AIR):
                sites = self.whereabouts.sites_of(event)
                names |= {s: None for s in sites if s in premises.row_of and premises.row_of[s] not in mains}
        for name in list(names)[:_SPACES]:
            row = premises.row_of[name]
            yield name, (int(premises.spaces.lower[row]), int(premises.spaces.upper[row]))

    def _meters(self, grid: Network) -> list[str]:
        """Give the pressure sensors near the events, the nearest of each first."""
        sensors = [d for d in self.assets.devices.values() if d.kind is DeviceKind.PRESSURE_SENSOR]
        found: dict[str, None] = {}
        for event in self.world.scenario.events:
            found |= dict.fromkeys(self._near(event, grid, sensors)[:_METERS_EACH])
        return list(found)[:_METERS]

    def _near(self, event: Event, grid: Network, sensors: list[Device]) -> list[str]:
        if isinstance(event, Regulation):
            sites = self.whereabouts.sites_of(event)
            return [sensor.id for site in sites for sensor in sensors if sensor.site == site]
        spot = self.whereabouts.spot(event)
        if not isinstance(event, Leak) or event.pipe is None or spot.lon is None or spot.lat is None:
            return []
        tier = next(pipe.tier for pipe in grid.pipes if pipe.id == event.pipe)
        lon, lat, places = spot.lon, spot.lat, self.assets.sites
        there = [sensor for sensor in sensors if sensor.tier == tier]
        there.sort(key=lambda s: math.hypot(places[s.site].lon - lon, places[s.site].lat - lat))
        return [sensor.id for sensor in there]


def _tiers(grid: Network) -> dict[str, npt.NDArray[np.intp]]:
    number = {node.id: index for index, node in enumerate(grid.nodes)}
    nodes: dict[str, set[int]] = defaultdict(set)
    for pipe in grid.pipes:
        nodes[pipe.tier or "pipes"] |= {number[pipe.from_node], number[pipe.to_node]}
    return {tier: np.array(sorted(found), np.intp) for tier, found in nodes.items()}

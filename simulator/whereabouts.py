"""Where an event of a scenario is, and at which sites it can show."""

import math
from collections import defaultdict, deque
from typing import NamedTuple

from domain.asset import Assets, DeviceKind
from domain.network import Network, Node
from simulator.events import (
    Care,
    Event,
    Fault,
    Flood,
    Leak,
    Mud,
    Opening,
    Regulation,
    Steam,
    Transport,
    ValveWork,
    Vapour,
)
from simulator.scenario import Scenario


class Spot(NamedTuple):
    """A place in the town; without a network a pipe lies nowhere."""

    site: str = ""
    zone: str = ""
    lon: float | None = None
    lat: float | None = None


class Whereabouts:
    """Places of events.

    Args:
        scenario: with the events and the network.
        assets: with the sites.
    """

    def __init__(self, scenario: Scenario, assets: Assets) -> None:
        self._scenario, self._assets = scenario, assets

    def sites_of(self, event: Event) -> tuple[str, ...]:  # noqa: PLR0911 - one for each kind
        """Sites where an event can show; none for one that is everywhere or in a pipe that leads nowhere."""
        match event:
            case Leak(pipe=str(pipe)):
                ends = (space for space in self._scenario.spaces if space.soil is not None and space.soil.pipe == pipe)
                return tuple(space.site or space.id for space in ends)
            case Regulation(regulator=regulator):
                return self._watching(regulator)
            case ValveWork(valve=valve) if valve not in self._assets.devices:
                return ()
            case Fault(device=str(device)) | ValveWork(valve=device) | Care(device=str(device)):
                return (self._assets.devices[device].site,)
            case Opening(space=str(space)):
                return tuple(s.site or s.id for s in self._scenario.spaces if s.id == space) or (space,)
            case Transport(devices=devices, sites=sites):
                return (*sites, *(self._assets.devices[device].site for device in devices))
            case Leak() | Vapour() | Steam() | Mud() | Flood() | Care():
                return (str(event.site),)
        return ()

    def spot(self, event: Event) -> Spot:
        """Give the first of its sites, or the place of its pipe with the zone of the nearest site."""
        site = next(iter(self.sites_of(event)), "")
        lon, lat = self._on_pipe(event) if isinstance(event, Leak) and event.pipe else (None, None)
        if lon is not None and lat is not None:
            return Spot(site, self._nearest_zone(lon, lat), lon, lat)
        if not site:
            return Spot()
        found = self._assets.sites[site]
        return Spot(site, found.zone, found.lon, found.lat)

    def _on_pipe(self, leak: Leak) -> tuple[float | None, float | None]:
        grid = self._scenario.grid
        pipe = next((pipe for pipe in grid.pipes if pipe.id == leak.pipe), None) if grid else None
        if grid is None or pipe is None:
            return None, None
        nodes = {node.id: node for node in grid.nodes}
        ends = [_placed(nodes[end]) for end in (pipe.from_node, pipe.to_node)]
        first, last = ends
        if first is None or last is None:
            return None, None
        lon, lat = (round(a + leak.position * (b - a), 6) for a, b in zip(first, last, strict=True))
        return lon, lat

    def _nearest_zone(self, lon: float, lat: float) -> str:
        sites = self._assets.sites.values()
        return min(sites, key=lambda site: (_distance(lon, lat, site.lon, site.lat), site.id)).zone if sites else ""

    def _watching(self, regulator: str) -> tuple[str, ...]:
        """Sites with a pressure sensor in the part that a regulator feeds, the nearest first."""
        grid = self._scenario.grid
        found = next((r for r in grid.regulators if r.id == regulator), None) if grid else None
        if grid is None or found is None:
            return ()
        part = _fed_by(grid, found.to_node)
        at = _placed(next(node for node in grid.nodes if node.id == found.to_node))
        devices = self._assets.devices.values()
        sensors = (d for d in devices if d.kind is DeviceKind.PRESSURE_SENSOR and part & {d.id, d.site})
        sites = {self._assets.sites[device.site] for device in sensors}
        near = sorted(sites, key=lambda s: (0.0 if at is None else _distance(*at, s.lon, s.lat), s.id))
        return tuple(site.id for site in near)


def _fed_by(grid: Network, node: str) -> set[str]:
    """Nodes that a node reaches through pipes and open valves."""
    beside: dict[str, list[str]] = defaultdict(list)
    ways = [(pipe.from_node, pipe.to_node) for pipe in grid.pipes if pipe.in_service]
    ways += [(valve.from_node, valve.to_node) for valve in grid.valves if valve.open]
    for one, other in ways:
        beside[one].append(other)
        beside[other].append(one)
    seen, waiting = {node}, deque([node])
    while waiting:
        new = [other for other in beside[waiting.popleft()] if other not in seen]
        seen.update(new)
        waiting += new
    return seen


def _placed(node: Node) -> tuple[float, float] | None:
    return None if node.lon is None or node.lat is None else (node.lon, node.lat)


def _distance(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    return math.hypot((lon - other_lon) * math.cos(math.radians(lat)), lat - other_lat)

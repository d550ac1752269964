"""Which spaces a town has: the usual room or manhole of each site, or what the scenario says of it."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from domain.asset import Assets, DeviceKind, Gas
from simulator.dice import generator
from simulator.gases import PROPERTIES
from simulator.manholes import Well, Wells, usual_air_changes_h
from simulator.scenario import Scenario
from simulator.schema import Biogas, Room, SpaceEntry
from simulator.soil import Ground, SoilPath
from simulator.spaces import Fuel, Link, Space, Spaces, joined

_WELL_M3 = 2.5
_MUD_M3_S = 1.5e-7
SMELLS = (DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE)
FUEL_OF = {Gas.NATURAL: Fuel.NATURAL, Gas.LPG: Fuel.LPG}


class Place(NamedTuple):
    """A space of the town.

    Attributes:
        site: to which it belongs.
        entry: its description.
        indoors: whether it is a room, not a manhole.
        gas: of its site.
    """

    site: str
    entry: SpaceEntry
    indoors: bool
    gas: Gas


class Premises:
    """All spaces and wells, and where to find them.

    Args:
        scenario: what differs from the usual.
        assets: the sites.
        seed: of the run.
        ground_c: temperature of the ground at the beginning.

    Attributes:
        sites: that have a space, in the order of the registry's devices; the row of a site is that of its main space.
        rooms: linkage of each site.
        spaces: their state.
        wells: manholes among them, and rooms into which the ground leads gas.
        row_of: each space by its name; of a site's name its main space.
        soil_pipes: the pipe at the other end of each soil path, by row in `wells`.
    """

    def __init__(self, scenario: Scenario, assets: Assets, seed: int, ground_c: float) -> None:
        self._scenario, self._assets, self._seed = scenario, assets, seed
        sites = dict.fromkeys(d.site for d in assets.devices.values() if d.kind in SMELLS)
        self.sites = tuple(sites)
        self.rooms = [scenario.sites.get(site, Room()) for site in self.sites]
        self.places = self._places()
        self.row_of = {place.entry.id: row for row, place in enumerate(self.places)}
        self.row_of |= {site: row for row, site in enumerate(self.sites)}
        self.spaces = Spaces([_space(place.entry) for place in self.places], self._links())
        grounded = [(row, p) for row, p in enumerate(self.places) if not p.indoors or p.entry.soil is not None]
        self.wells = Wells([self._well(row, place) for row, place in grounded])
        soil = (self.places[well.space].entry.soil for well in self.wells.wells)
        self.soil_pipes = {row: entry.pipe for row, entry in enumerate(soil) if entry is not None}
        self._dry_m3 = self.spaces.volume_m3.copy()
        self._covers_m3_s = self.wells.window_m3_s()
        self._fill(ground_c)

    def _places(self) -> list[Place]:
        """Main spaces first, in the order of their sites; then all others."""
        told: dict[str, list[SpaceEntry]] = {}
        for entry in self._scenario.spaces:
            told.setdefault(entry.site or entry.id, []).append(entry)
        mains = [(site, (told.get(site) or [self._usual(site)])[0]) for site in self.sites]
        self._entries = mains + [(site, entry) for site in self.sites for entry in told.get(site, [])[1:]]
        return [self._place(site, entry) for site, entry in self._entries]

    def _place(self, site: str, entry: SpaceEntry) -> Place:
        return Place(site, entry, self._indoors(site), self._assets.sites[site].gas)

    def _indoors(self, site: str) -> bool:
        return bool(self._assets.of_kind(site, DeviceKind.GAS_DETECTOR))

    def _usual(self, site: str) -> SpaceEntry:
        if not self._indoors(site):
            return SpaceEntry(id=site, volume_m3=_WELL_M3, air_changes_h=usual_air_changes_h(_WELL_M3))
        room = self._scenario.sites.get(site, Room())
        return SpaceEntry(
            id=site,
            volume_m3=room.volume_m3,
            air_changes_h=room.air_changes_h,
            fan_air_changes_h=room.fan_air_changes_h,
            initial_pct_lel=room.initial_pct_lel,
        )

    def _links(self) -> list[Link]:
        entries = self._scenario.links
        return [Link(self.row_of[e.between[0]], self.row_of[e.between[1]], e.flow_m3h / 3600) for e in entries]

    def _well(self, row: int, place: Place) -> Well:
        biogas, soil = place.entry.biogas, place.entry.soil
        if place.indoors:
            biogas = Biogas(source_m3_s=0.0)
        elif biogas is None:
            usual = _MUD_M3_S * generator(self._seed, place.entry.id, "mud").uniform(0.6, 1.2)
            biogas = Biogas(source_m3_s=usual)
        if soil is None:
            return Well(row, biogas.source_m3_s, biogas.q10)
        ground = Ground(soil.porosity, soil.water)
        path = SoilPath(soil.distance_m, soil.cover, ground=ground, gain=soil.gain)
        return Well(row, biogas.source_m3_s, biogas.q10, path=path, cover=soil.cover)

    def together(self, seen_from: Iterable[tuple[int, int]]) -> list[list[int]]:
        """Spaces that act on each other: of one site, linked ones, and pairs whose first has a sensor in the second."""
        of_site = ((self.row_of[site], self.row_of[entry.id]) for site, entry in self._entries)
        ways = [*self._links(), *((one, other, 0.0) for one, other in (*of_site, *seen_from))]
        return joined(len(self.places), ways)

    def _fill(self, ground_c: float) -> None:
        """Begin with what the mud has made long since, and with what the scenario says."""
        self.wells.breathe(ground_c)
        for well, biogas_m3_s in zip(self.wells.wells, self.wells.biogas.tolist(), strict=True):
            self.spaces.source_m3_s[Fuel.BIOGAS, well.space] = biogas_m3_s
        source = self.spaces.source_m3_s[Fuel.BIOGAS]
        air = self.spaces.infiltration_m3_s
        self.spaces.share[Fuel.BIOGAS] = np.divide(source, source + air, out=np.zeros(len(air)), where=air > 0)
        for row, place in enumerate(self.places):
            share = PROPERTIES[place.gas].lel_share * place.entry.initial_pct_lel / 100
            for cell in dict.fromkeys((self.spaces.lower[row], self.spaces.upper[row])):
                fuel = FUEL_OF[place.gas]
                self.spaces.share[fuel, cell] = min(1.0, self.spaces.share[fuel, cell] + share)

    def breathe(self, ground_c: float, trend_kpa_h: float, rain_mm_h: float, dt_s: float) -> None:
        """Let the manholes go on by `dt_s` under this weather; water leaves them less air."""
        self.wells.breathe(ground_c, trend_kpa_h, rain_mm_h, dt_s)
        rows = self.wells.spaces
        self.spaces.volume_m3[rows] = self._dry_m3[rows] * self.wells.dry_share()
        covers_m3_s = self.wells.window_m3_s()
        self.spaces.window_m3_s[rows] += covers_m3_s - self._covers_m3_s
        self._covers_m3_s = covers_m3_s

    def cell_of(self, at: str, gas: Gas) -> int:
        """Find the cell of `space`, `space.upper` or `space.lower`; without a layer, where this gas gathers."""
        space, _, layer = at.partition(".")
        upper = layer == "upper" if layer else gas is Gas.NATURAL
        return self.spaces.cell(self.row_of[space], upper=upper)


def _space(entry: SpaceEntry) -> Space:
    return Space(
        entry.id,
        entry.volume_m3,
        entry.volume_m3 * entry.air_changes_h / 3600,
        fan_m3_s=entry.volume_m3 * entry.fan_air_changes_h / 3600,
        layers=entry.layers,
        upper_share=entry.upper_share,
        exchange_m3_s=entry.exchange_m3h / 3600,
        fan_upper=entry.fan_draws == "upper",
    )


def opened_m3_s(places: Sequence[Place], row: int, air_changes_h: float) -> float:
    return places[row].entry.volume_m3 * air_changes_h / 3600

"""What the network gives to the places of the town, seen from there: pressure and flow.

This is the seam to the hydraulics. `DailyMains` is its simplest form, a profile of the day without a network.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from domain.asset import Assets, DeviceKind, Gas, Tier
from simulator.daily import demand, hour_of_day
from simulator.dice import FloatArray
from simulator.gases import PROPERTIES
from simulator.leaks import mass_flow_kg_s, normal_m3_h

SUPPLY_KPA = {Gas.NATURAL: 2.0, Gas.LPG: 2.8}


class Profile(NamedTuple):
    """Pressure over the day of one tier, and how its sensors read."""

    night_kpa: float
    drop_kpa: float
    noise: float
    wander: float
    resolution: float
    peak_m3h: float


PROFILES = {
    Tier.LOW_NATURAL: Profile(2.25, 0.25, 0.004, 0.015, 0.001, 120.0),
    Tier.LOW_LPG: Profile(2.9, 0.2, 0.004, 0.015, 0.001, 60.0),
    Tier.MEDIUM_B: Profile(160.0, 20.0, 0.1, 0.8, 0.01, 1_500.0),
    Tier.MEDIUM_A: Profile(330.0, 30.0, 0.2, 1.5, 0.01, 4_000.0),
}


class PipeLeak(NamedTuple):
    """A hole in a pipe, as it is now."""

    id: str
    pipe: str
    position: float
    tier: Tier | None
    hole_mm: float
    discharge: float


class Mains(Protocol):
    """Whatever knows the pressure and flow of the network."""

    def step(self, time_ns: int, leaks: Sequence[PipeLeak], valves: Mapping[str, float]) -> None:
        """Go on to this time, with these holes and these open shares of the valves."""

    def pressure_kpa(self, place: str) -> float:
        """Gauge pressure at a site's supply or at a device."""

    def flow_m3h(self, place: str) -> float:
        """Flow through a meter, or out of a leak of this id; normal cubic metres."""

    def pressures_kpa(self, places: tuple[str, ...]) -> FloatArray:
        """The same of many places at once."""

    def flows_m3h(self, places: tuple[str, ...]) -> FloatArray:
        """The same of many meters at once."""


class DailyMains:
    """Pressure and flow by the hour of the day alone: leaks draw from it and do not move it.

    Args:
        assets: whose sites and devices ask.
        supply_kpa: of sites that differ from the usual one of their gas.
        ambient_kpa: of the town.
        utc_offset_h: of the town's clock.
    """

    def __init__(
        self, assets: Assets, supply_kpa: Mapping[str, float], ambient_kpa: float, utc_offset_h: float
    ) -> None:
        self._ambient_kpa, self._utc_offset_h = ambient_kpa, utc_offset_h
        kinds = {DeviceKind.PRESSURE_SENSOR, DeviceKind.FLOW_METER}
        self._tier = {d.id: d.tier or Tier.LOW_NATURAL for d in assets.devices.values() if d.kind in kinds}
        self._supply_kpa = {site.id: supply_kpa.get(site.id, SUPPLY_KPA[site.gas]) for site in assets.sites.values()}
        self._demand = 0.0
        self._leak_m3h: dict[str, float] = {}

    def step(self, time_ns: int, leaks: Sequence[PipeLeak], valves: Mapping[str, float]) -> None:  # noqa: ARG002 - seam
        self._demand = demand(hour_of_day(time_ns, self._utc_offset_h))
        self._leak_m3h = {leak.id: self._leaking_m3h(leak) for leak in leaks}

    def pressure_kpa(self, place: str) -> float:
        tier = self._tier.get(place)
        return self._supply_kpa[place] if tier is None else self._tier_kpa(tier)

    def flow_m3h(self, place: str) -> float:
        if place in self._leak_m3h:
            return self._leak_m3h[place]
        return PROFILES[self._tier[place]].peak_m3h * self._demand

    def pressures_kpa(self, places: tuple[str, ...]) -> FloatArray:
        return np.array([self.pressure_kpa(place) for place in places])

    def flows_m3h(self, places: tuple[str, ...]) -> FloatArray:
        return np.array([self.flow_m3h(place) for place in places])

    def _tier_kpa(self, tier: Tier) -> float:
        return PROFILES[tier].night_kpa - PROFILES[tier].drop_kpa * self._demand

    def _leaking_m3h(self, leak: PipeLeak) -> float:
        tier = leak.tier or Tier.LOW_NATURAL  # a scenario without a network names it
        gas = PROPERTIES[Gas.LPG if tier is Tier.LOW_LPG else Gas.NATURAL]
        ambient_pa = 1000 * self._ambient_kpa
        inside_pa = ambient_pa + 1000 * self._tier_kpa(tier)
        flow = mass_flow_kg_s(leak.hole_mm, inside_pa, ambient_pa, gas, discharge=leak.discharge)
        return normal_m3_h(flow, gas)

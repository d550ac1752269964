"""The smallest leak that each section of pipe could have and still be seen, by pressures, meters and manholes."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.locate import Locator, Seen, locating
from domain.asset import Assets, Device, DeviceKind
from domain.errors import ConfigurationError
from domain.network import Network
from domain.rulebook import Rulebook
from simulator.gases import NORMAL_K, NORMAL_PA, R_J_MOL_K
from simulator.leaks import SHARP
from simulator.orifice import orifice
from simulator.soil import Cover, reaching_share

Floats = npt.NDArray[np.float64]
WAYS = ("pressure", "flow", "manhole")
_METHANE_LEL_VOL = 0.05


class Unit(NamedTuple):
    """What a mass flow is in the units of a report.

    Attributes:
        normal_m3_h: of 1 kg/s.
        kg_s_mm2: of a round hole of 1 mm, at each section.
    """

    normal_m3_h: float
    kg_s_mm2: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Smallest leaks, kg/s, infinite where nothing sees any.

    Attributes:
        locator: whose sections they are.
        gauge_kpa: pressure of each section, by day.
        leak_kg_s: a row for each of `WAYS`.
        unit: of them.
    """

    locator: Locator
    gauge_kpa: Floats
    leak_kg_s: Floats
    unit: Unit

    @property
    def best_kg_s(self) -> Floats:
        found: Floats = self.leak_kg_s.min(axis=0)
        return found

    def hole_mm(self, leak_kg_s: Floats) -> Floats:
        found: Floats = np.sqrt(leak_kg_s / self.unit.kg_s_mm2)
        return found


def reach(network: Network, assets: Assets, rules: Rulebook) -> Reach:
    r"""Compute the smallest detectable leak of each section (the idea of API 1149, for a network).

    By pressure: the mass flow $m = k / \sqrt{s^T \Sigma^{-1} s}$ that stands $k$ deviations out of what all sensors
    show together by day (`detectors.locate`), each with the noise of a mean. By flow: the same of the meters at night.
    By manhole: what raises the nearest one by `manhole_gas.rise` through asphalt (`simulator.soil`). More than the
    pipe's whole bore lets out is nothing.

    References:
        API 1149, Pipeline variable uncertainties and their effects on leak detectability.
    """
    locator = Locator(network, locating(rules))
    sections, working = locator.sections, locator.grid.working(rules["coverage.day"])
    fields = (working.pressure_pa, locator.grid.ambient_pa)
    inside_pa, outside_pa = (sections.between(field, locator.grid) for field in fields)
    ways = [_by_pressure(locator, assets, rules), _by_flow(locator, assets, rules), _by_manhole(locator, assets, rules)]
    unit = _unit(network, inside_pa, outside_pa)
    bore_mm = np.array([1000 * pipe.inner_diameter_m for pipe in locator.grid.pipes])[sections.pipe]
    leak_kg_s = np.array(ways)
    leak_kg_s[leak_kg_s > unit.kg_s_mm2 * bore_mm**2] = np.inf
    return Reach(locator, (inside_pa - outside_pa) / 1000, leak_kg_s, unit)


def _unit(network: Network, inside_pa: Floats, outside_pa: Floats) -> Unit:
    gas = network.gas
    specific_j_kg = R_J_MOL_K * gas.temperature_k / gas.molar_mass_kg_mol
    area_m2 = np.full(len(inside_pa), SHARP * np.pi / 4 * 1e-6)
    jet = orifice(area_m2, inside_pa, outside_pa, specific_j_kg=specific_j_kg, ratio=gas.heat_capacity_ratio)
    return Unit(3600 * R_J_MOL_K * NORMAL_K / (gas.molar_mass_kg_mol * NORMAL_PA), jet.flow)


def on_network(locator: Locator, assets: Assets, kind: DeviceKind) -> list[tuple[Device, str]]:
    """Give the devices of a kind that hang on a node: that of their own name, or of their site's."""
    known = locator.grid.node_of
    of_kind = [device for device in assets.devices.values() if device.kind is kind]
    placed = [(device, next((name for name in (device.id, device.site) if name in known), None)) for device in of_kind]
    return [(device, node) for device, node in placed if node is not None]


def _by_pressure(locator: Locator, assets: Assets, rules: Rulebook) -> Floats:
    found = [pair for pair in on_network(locator, assets, DeviceKind.PRESSURE_SENSOR) if pair[0].tier is not None]
    if not found:
        return np.full(len(locator.sections.pipe), np.inf)
    load, span_s = rules["coverage.day"], rules["coverage.span"]
    at = np.array([locator.grid.node_of[node] for _, node in found], np.intp)
    usual_pa = (locator.grid.working(load).pressure_pa - locator.grid.ambient_pa)[at]
    own_s = np.maximum([device.interval_s for device, _ in found], 2 * rules["coverage.memory"])
    noise_pa = rules["coverage.noise"] * np.abs(usual_pa) * np.sqrt(np.minimum(1.0, own_s / span_s))
    seen = Seen([node for _, node in found], usual_pa, 0 * usual_pa, noise_pa, span_s=span_s)
    return _smallest(locator.information(seen, load), rules)


def _by_flow(locator: Locator, assets: Assets, rules: Rulebook) -> Floats:
    nodes = [node for _, node in on_network(locator, assets, DeviceKind.FLOW_METER)]
    if not nodes:
        return np.full(len(locator.sections.pipe), np.inf)
    load, at = rules["coverage.night"], np.array([locator.grid.node_of[node] for node in nodes], np.intp)
    through = locator.grid.through(locator.grid.working(load), at)
    usual_kg_s = through @ (load * locator.grid.demand_kg_s)
    share = rules["coverage.meter"]
    noise_kg_s = share * np.maximum(np.abs(usual_kg_s), 1e-6)
    shown = locator.sections.between(through, locator.grid)
    return _smallest(((shown / noise_kg_s[:, None]) ** 2).sum(axis=0), rules)


def _smallest(information: Floats, rules: Rulebook) -> Floats:
    with np.errstate(divide="ignore"):
        found: Floats = rules["coverage.sure"] / np.sqrt(np.maximum(information, 1e-12))
    return np.where(information > 1e-12, found, np.inf)  # noqa: PLR2004 - a tonne a second is nothing


def _by_manhole(locator: Locator, assets: Assets, rules: Rulebook) -> Floats:
    gas = locator.grid.network.gas
    arriving_m3_s = rules["manhole_gas.rise"] / 100 * _METHANE_LEL_VOL * rules["coverage.air"] / 3.6e6
    density = locator.grid.network.ambient_pressure_pa * gas.molar_mass_kg_mol / (R_J_MOL_K * gas.temperature_k)
    sites = {d.site: assets.sites[d.site] for d in assets.devices.values() if d.kind is DeviceKind.MANHOLE}
    away_m = np.full(len(locator.sections.pipe), np.inf)
    for site in sites.values():
        away_m = np.minimum(away_m, locator.sections.from_m(site.lon, site.lat))
    share = np.array([reaching_share(metre, Cover.ASPHALT) if np.isfinite(metre) else 0.0 for metre in away_m.tolist()])
    with np.errstate(divide="ignore"):
        found: Floats = np.where(share > 0, arriving_m3_s * density / share, np.inf)
    return found


def check(network: Network, name: str) -> None:
    """Demand what the analysis needs (ConfigurationError)."""
    problems = []
    if not any(node.fixed_pressure_pa_abs is not None for node in network.nodes):
        problems.append(f"{name}: no source: no node has fixed_pressure_pa_abs; give it to the node where gas comes in")
    if not any(pipe.in_service for pipe in network.pipes):
        problems.append(f"{name}: no pipe is in service; expected at least one")
    if problems:
        raise ConfigurationError(*problems)

"""A town on a network: what its meters read, at once and one by one, and how often the network is stepped."""

import numpy as np
import pytest

from domain.asset import Assets, Device, DeviceKind, Site, Tier
from simulator.demand import Habits
from simulator.events import Regulation
from simulator.grid import GridMains
from simulator.scenario import Scenario
from simulator.timetext import S_NS
from simulator.town import Town
from simulator.weather import Climate, Weather
from tests.simulator.conftest import HEAD, START_NS
from tests.simulator.support import two_tiers

SITES = {name: Site(name, "点", "point", "pressure_point", "Z1", "D", 100.2, 25.6) for name in ("M2", "L2", "L3")}
DEVICES = {
    f"{kind}{site}": Device(f"{kind}{site}", of, site, tier=Tier.LOW_NATURAL)
    for kind, of in (("P", DeviceKind.PRESSURE_SENSOR), ("F", DeviceKind.FLOW_METER))
    for site in SITES
}
ASSETS = Assets(SITES, {}, DEVICES)
PLACES = tuple(DEVICES)


def test_meters_read_at_once_what_they_read_one_by_one() -> None:
    mains = GridMains(
        two_tiers(),
        ASSETS,
        supply_kpa={"M2": 5.0},
        places=[],
        habits=Habits(flat=True, by_chance=False, per_degree=0.0),
        weather=Weather(Climate(), [], [], 1),
        seed=1,
        time_ns=START_NS,
    )
    mains.step(START_NS + 5 * S_NS, [], {})
    assert mains.pressures_kpa(PLACES).tolist() == [mains.pressure_kpa(place) for place in PLACES]
    assert mains.flows_m3h(PLACES).tolist() == [mains.flow_m3h(place) for place in PLACES]
    assert mains.flow_m3h("FL3") == pytest.approx(3600 * 0.02 * 22.414e-3 / 16.6e-3, rel=2e-3)
    assert mains.pressure_kpa("PM2") > 100 > mains.pressure_kpa("PL2") > mains.pressure_kpa("PL3")


def swings_kpa(seconds: int, *, fault: bool) -> float:
    """How far the pressure of the low tier moves; a regulator swings at 0.1 Hz, or does not."""
    scenario = Scenario.parse(f"{HEAD}\ndemand: {{flat: true, by_chance: false}}")
    scenario._grid = two_tiers()  # noqa: SLF001 - as from a file
    town = Town(scenario, ASSETS, 1, START_NS, START_NS)
    if fault:
        told = {"kind": "regulator", "regulator": "R", "fault": "hunting", "by_kpa": 0.3}
        town.failing.events["E"] = Regulation.model_validate(told)
    found = []
    for turn in range(10 * seconds):
        town.advance(START_NS + turn * S_NS // 10)
        found.append(town.mains.pressure_kpa("PL2"))
    return float(np.ptp(found[50:]))


def test_a_regulator_that_hunts_is_followed_through_its_swing() -> None:
    assert swings_kpa(60, fault=True) > 0.4
    assert swings_kpa(60, fault=False) < 0.01

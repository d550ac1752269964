import dataclasses

import numpy as np
import pytest

from app.reach import WAYS, Floats, Reach, check, reach
from domain.asset import Assets, Device, DeviceKind, Site, Tier
from domain.errors import ConfigurationError
from domain.network import Network
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady
from tests.detectors.script import RULES
from tests.detectors.test_locate import NETWORK, node

POINT = "ABCDE"


def device(name: str, kind: DeviceKind, site: str) -> Device:
    return Device(name, kind, site, tier=Tier.MEDIUM_B, interval_s=60)


def town(*devices: Device) -> Assets:
    well = node("W", 620, 900)
    assert well.lon is not None
    assert well.lat is not None
    sites = {name: Site(name, name, name, "point", "Z1", "D", 100.25, 25.6) for name in POINT}
    sites["WELL"] = Site("WELL", "井", "Well", "manhole", "Z2", "D", well.lon, well.lat)
    return Assets(sites, {}, {one.id: one for one in devices})


SENSORS = tuple(device(f"P-{site}", DeviceKind.PRESSURE_SENSOR, site) for site in "BE")
METER = device("F-A", DeviceKind.FLOW_METER, "A")
WELL = device("M", DeviceKind.MANHOLE, "WELL")


def found(*devices: Device, network: Network = NETWORK) -> Reach:
    return reach(network, town(*devices), RULES)


def way(of: Reach, name: str) -> Floats:
    found: Floats = of.leak_kg_s[WAYS.index(name)]
    return found


def test_without_instruments_nothing_is_seen() -> None:
    assert np.isinf(found().leak_kg_s).all()


def test_more_sensors_see_smaller_leaks_and_each_sees_best_nearby() -> None:
    one, two = found(SENSORS[0]), found(*SENSORS)
    assert (way(two, "pressure") <= way(one, "pressure") * (1 + 1e-9)).all()
    assert way(two, "pressure").max() < way(one, "pressure").max()
    nearest = int(np.argmin(np.where(np.isinf(way(one, "pressure")), np.inf, way(one, "pressure"))))
    assert one.locator.grid.pipes[one.locator.sections.pipe[nearest]].to_node in {"B", "C"}


def test_a_leak_that_is_seen_stands_so_many_deviations_out() -> None:
    of = found(SENSORS[0])
    section = int(np.argmin(of.best_kg_s))
    pipe = NETWORK.pipes[of.locator.sections.pipe[section]]
    place = (pipe.id, of.locator.sections.share.item(section))
    hydraulics = Hydraulics(NETWORK, places=[place])
    hydraulics.demand_kg_s *= RULES["coverage.day"]
    solve_steady(hydraulics)
    before_pa = hydraulics.gauge_pa("B")
    hydraulics.demand_kg_s[hydraulics.topology.number(place)] += 1e-4
    solve_steady(hydraulics)
    fall_pa = (before_pa - hydraulics.gauge_pa("B")) * of.best_kg_s[section] / 1e-4
    noise_pa = RULES["coverage.noise"] * before_pa * np.sqrt(2 * RULES["coverage.memory"] / RULES["coverage.span"])
    assert fall_pa >= 0.9 * RULES["coverage.sure"] * noise_pa  # and more, for what customers do


def test_a_meter_sees_what_lies_behind_it_at_night() -> None:
    of = found(METER)
    night_kg_s = RULES["coverage.night"] * sum(node.demand_kg_s for node in NETWORK.nodes)
    sure_kg_s = RULES["coverage.sure"] * RULES["coverage.meter"] * night_kg_s
    behind = np.array([NETWORK.pipes[pipe].id != "P-GA" for pipe in of.locator.sections.pipe])
    assert way(of, "flow")[behind] == pytest.approx(sure_kg_s, rel=1e-3)
    assert (way(of, "flow")[~behind] > sure_kg_s).all()


def test_a_manhole_sees_the_pipe_beside_it_alone() -> None:
    of = found(WELL)
    seen = {NETWORK.pipes[pipe].id for pipe in of.locator.sections.pipe[np.isfinite(way(of, "manhole"))]}
    assert seen == {"P-DE"}
    assert of.best_kg_s.min() < 1e-3


def test_holes_and_flows_fit() -> None:
    of = found(*SENSORS)
    hydraulics = Hydraulics(NETWORK, places=[("P-DE", 0.5)])
    hydraulics.demand_kg_s *= RULES["coverage.day"]
    solve_steady(hydraulics)
    middle = int(np.flatnonzero(np.array([NETWORK.pipes[pipe].id == "P-DE" for pipe in of.locator.sections.pipe]))[4])
    hydraulics.open_hole("L", ("P-DE", 0.5), 1.0)
    solve_steady(hydraulics)
    leak_kg_s = np.full(len(of.gauge_kpa), hydraulics.leak_kg_s("L"))
    assert of.hole_mm(leak_kg_s)[middle] == pytest.approx(1.0, rel=0.01)
    assert of.unit.normal_m3_h * 0.001 == pytest.approx(4.86, abs=0.01)  # 1 g/s of this gas


def test_what_the_analysis_needs_is_asked_for() -> None:
    sourceless = tuple(dataclasses.replace(node, fixed_pressure_pa_abs=None) for node in NETWORK.nodes)
    shut = tuple(dataclasses.replace(pipe, in_service=False) for pipe in NETWORK.pipes)
    with pytest.raises(ConfigurationError) as told:
        check(dataclasses.replace(NETWORK, nodes=sourceless, pipes=shut), "n.json")
    assert [problem.split(":")[1] for problem in told.value.problems] == [
        " no source",
        " no pipe is in service; expected at least one",
    ]

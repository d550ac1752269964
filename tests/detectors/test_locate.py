import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.binned import metres
from detectors.locate import Locator, Numbers, Seen, locator
from detectors.sections import cut
from domain.asset import Assets
from domain.channels import Channels
from domain.location import Location
from domain.network import Friction, Gas, Network, Node, Pipe
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady
from tests.detectors.script import LOCATING

DEGREE_M = 111_320.0
SPAN_S, QUIET_PA = 86_400.0, 5.0
SENSORS = ("A", "B", "C", "E")


def node(name: str, east_m: float, north_m: float, **more: float) -> Node:
    lon = 100.25 + east_m / DEGREE_M / math.cos(math.radians(25.6))
    return Node(name, lon=lon, lat=25.6 + north_m / DEGREE_M, **more)


NETWORK = Network(
    gas=Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5),
    ambient_pressure_pa=79_700,
    friction=Friction.GB50028,
    nodes=(
        node("GATE", 0, 0, fixed_pressure_pa_abs=2.4e5),
        node("A", 600, 0, demand_kg_s=0.01),
        node("B", 1_200, 0, demand_kg_s=0.02),
        node("C", 1_200, 600, demand_kg_s=0.02),
        node("D", 600, 600, demand_kg_s=0.01),
        node("E", 600, 1_200, demand_kg_s=0.02),
    ),
    pipes=(
        Pipe("P-GA", "GATE", "A", 600, 0.0968, 1e-5),
        Pipe("P-AB", "A", "B", 600, 0.0968, 1e-5),
        Pipe("P-BC", "B", "C", 600, 0.0968, 1e-5),
        Pipe("P-DC", "D", "C", 600, 0.0968, 1e-5),
        Pipe("P-AD", "A", "D", 600, 0.0968, 1e-5),
        Pipe("P-DE", "D", "E", 600, 0.0968, 1e-5),
    ),
)
"""A square loop with an arm, as wide as a street of medium pressure."""
LOCATOR = Locator(NETWORK, LOCATING)
MIDDLE = {pipe.id: index for index, pipe in enumerate(NETWORK.pipes)}


def gauges(hydraulics: Hydraulics) -> np.ndarray:
    solve_steady(hydraulics)
    return np.array([hydraulics.gauge_pa(name) for name in SENSORS])


def seen(pipe: str, share: float, hole_mm: float, load: float = 0.7, drawn: float = 1.0) -> Seen:
    """What good sensors see of a hole, while the town draws so many times what is usual."""
    hydraulics = Hydraulics(NETWORK, places=[(pipe, share)])
    peak = hydraulics.demand_kg_s
    hydraulics.demand_kg_s = load * peak
    usual = gauges(hydraulics)
    hydraulics.demand_kg_s = drawn * load * peak
    if hole_mm:
        hydraulics.open_hole("L", (pipe, share), hole_mm)
    return Seen(SENSORS, usual, gauges(hydraulics) - usual, np.full(len(SENSORS), QUIET_PA), span_s=SPAN_S)


def error_m(found: Location, pipe: str, share: float) -> float:
    of = NETWORK.pipes[MIDDLE[pipe]]
    ends = [next(node for node in NETWORK.nodes if node.id == name) for name in (of.from_node, of.to_node)]
    lon, lat = ((1 - share) * getattr(ends[0], axis) + share * getattr(ends[1], axis) for axis in ("lon", "lat"))
    assert found.lon is not None
    assert found.lat is not None
    east, north = metres(np.array(found.lon), np.array(found.lat), (lon, lat))
    return float(np.hypot(east, north))


@pytest.mark.parametrize("hole_mm", [6.0, 10.0, 20.0])
@pytest.mark.parametrize(("pipe", "share"), [("P-AB", 0.3), ("P-BC", 0.6), ("P-DC", 0.5), ("P-DE", 0.8)])
def test_finds_a_hole_within_two_hundred_metres(pipe: str, share: float, hole_mm: float) -> None:
    found = LOCATOR.locate(seen(pipe, share, hole_mm))
    assert error_m(found, pipe, share) <= 200
    assert found.pipes[0].pipe == pipe
    assert found.elsewhere < 0.1
    assert found.within_m is not None


@pytest.mark.parametrize(("pipe", "share"), [("P-AB", 0.3), ("P-BC", 0.6), ("P-DC", 0.5), ("P-DE", 0.8)])
def test_finds_a_torn_main_that_moves_more_gas_than_all_customers(pipe: str, share: float) -> None:
    assert error_m(LOCATOR.locate(seen(pipe, share, 60.0)), pipe, share) <= 350


def test_a_town_that_draws_more_points_at_no_pipe() -> None:
    weight, _ = LOCATOR.weigh(seen("P-BC", 0.5, 0.0, drawn=1.05))
    assert weight.max() < 5 * LOCATOR.sections.prior.max()


def test_a_sensor_that_is_wrong_by_itself_is_elsewhere() -> None:
    measured = seen("P-BC", 0.5, 0.0)
    change_pa = np.array(measured.change_pa)
    change_pa[1] += 2_000  # a leak can only lower it
    found = LOCATOR.locate(dataclasses.replace(measured, change_pa=change_pa))
    assert found.elsewhere > 0.9


def test_a_meter_tells_which_way_the_gas_goes() -> None:
    bare = Seen(span_s=SPAN_S)
    north = dataclasses.replace(bare, meters=["D"], more_kg_s=[0.02], meter_noise_kg_s=[0.001])
    east = dataclasses.replace(bare, meters=["D"], more_kg_s=[0.0], meter_noise_kg_s=[0.001])
    assert LOCATOR.locate(north).pipes[0].pipe == "P-DE"
    assert all(share.pipe != "P-DE" or share.probability < 0.1 for share in LOCATOR.locate(east).pipes)


def test_a_leak_seen_at_two_times_is_surer_than_at_one() -> None:
    night, day = (seen("P-BC", 0.6, 6.0, load) for load in (0.2, 0.7))
    once, twice = LOCATOR.judge(day)[0], LOCATOR.judge(night, day)[0]
    assert twice > once + 1
    assert error_m(LOCATOR.judge(night, day)[1], "P-BC", 0.6) <= 200


def test_a_meter_that_moved_alone_is_elsewhere() -> None:
    quiet = seen("P-BC", 0.6, 0.0)
    moved = dataclasses.replace(quiet, meters=["A", "B", "D"], more_kg_s=[0.0, 0.02, 0.0], meter_noise_kg_s=[1e-4] * 3)
    assert LOCATOR.locate(moved).elsewhere > 0.9


def test_a_part_that_draws_more_for_itself_is_no_leak() -> None:
    cold = seen("P-BC", 0.5, 0.0, drawn=1.3)
    assert LOCATOR.judge(cold)[0] > 3
    assert Locator(NETWORK, LOCATING._replace(apart=0.3)).judge(cold)[0] < 3


def test_gas_in_a_well_points_at_the_pipe_beside_it() -> None:
    well = node("W", 620, 900)
    assert well.lon is not None
    assert well.lat is not None
    found = LOCATOR.locate(Seen(wells=[(well.lon, well.lat)]))
    assert found.pipes[0].pipe == "P-DE"
    assert error_m(found, "P-DE", 0.5) <= 40
    assert found.elsewhere == pytest.approx(LOCATING.elsewhere, abs=1e-3)


def test_without_evidence_long_old_and_steel_pipes_are_likelier() -> None:
    old = dataclasses.replace(NETWORK.pipes[2], material="steel", install_year=1985)
    network = dataclasses.replace(NETWORK, pipes=(*NETWORK.pipes[:2], old, *NETWORK.pipes[3:]))
    found = Locator(network, LOCATING).locate(Seen())
    assert found.pipes[0].pipe == "P-BC"
    assert found.elsewhere == pytest.approx(LOCATING.elsewhere)


SIGHTS = st.builds(
    seen, st.sampled_from(list(MIDDLE)), st.sampled_from([0.2, 0.5]), st.sampled_from([3.0, 10.0, 40.0]),
    st.sampled_from([0.1, 1.0]), st.sampled_from([0.9, 1.1]),
)  # fmt: skip


@pytest.mark.untraced
@settings(max_examples=15, deadline=None)
@given(SIGHTS)
def test_probabilities_add_up_to_one_and_the_same_sight_gives_the_same_place(sight: Seen) -> None:
    weight, elsewhere = LOCATOR.weigh(sight)
    assert weight.sum() == pytest.approx(1)
    assert 0 <= elsewhere <= 1
    assert Locator(NETWORK, LOCATING).locate(sight) == LOCATOR.locate(sight)


def test_a_network_without_places_gives_pipes_alone() -> None:
    bare = tuple(dataclasses.replace(node, lon=None, lat=None) for node in NETWORK.nodes)
    found = Locator(dataclasses.replace(NETWORK, nodes=bare), LOCATING).locate(seen("P-BC", 0.6, 10.0))
    assert (found.lon, found.lat, found.within_m) == (None, None, None)
    assert found.pipes[0].pipe == "P-BC"
    drawn = tuple(dataclasses.replace(node, x_m=1.0 * n, y_m=0.0) for n, node in enumerate(bare))
    plan = Locator(dataclasses.replace(NETWORK, nodes=drawn), LOCATING).locate(seen("P-BC", 0.6, 10.0))
    assert (plan.lon, plan.within_m is None) == (None, False)


def test_sections_are_no_longer_than_asked_and_add_up() -> None:
    sections = cut(LOCATOR.grid, 100.0)
    assert sections.length_m.max() <= 100
    assert sections.length_m.sum() == pytest.approx(sum(pipe.length_m for pipe in NETWORK.pipes))
    assert sections.prior.sum() == pytest.approx(1)
    assert sections.from_m(100.25, 25.6).min() == pytest.approx(0, abs=0.1)  # the pipe begins there


def test_a_town_has_one_locator_and_none_without_a_network() -> None:
    channels = Channels(Assets({}, {}, {}, network=NETWORK))
    assert locator(channels, LOCATING) is locator(channels, LOCATING)
    assert locator(Channels(Assets({}, {}, {})), LOCATING) is None
    assert isinstance(LOCATING, Numbers)


def test_a_leak_shows_better_to_quieter_sensors_and_to_more_of_them() -> None:
    def shown(sensors: tuple[str, ...], noise_pa: float) -> float:
        usual = np.full(len(sensors), 1.5e5)
        asked = Seen(sensors, usual, np.zeros(len(sensors)), np.full(len(sensors), noise_pa), span_s=SPAN_S)
        return float(LOCATOR.information(asked, 0.7).sum())

    assert shown(SENSORS, 5.0) > shown(SENSORS, 500.0) > 0
    assert shown(SENSORS, 5.0) > shown(SENSORS[:2], 5.0)


def test_sections_of_a_network_without_places_are_infinitely_far() -> None:
    bare = dataclasses.replace(
        NETWORK, nodes=tuple(dataclasses.replace(known, lon=None, lat=None) for known in NETWORK.nodes)
    )
    assert np.isinf(Locator(bare, LOCATING).sections.from_m(100.0, 25.0)).all()

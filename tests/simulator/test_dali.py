import csv
import math
from pathlib import Path

import numpy as np
import pytest

from domain.network import Network, parse_network
from simulator.islands import tiers
from tests.simulator.support import steady

TOWN = Path(__file__).parents[2] / "examples" / "dali"
BANDS_KPA = {"low_natural": (1.5, 3.0), "medium_b": (100.0, 200.0), "medium_a": (200.0, 400.0)}  # gauge


@pytest.fixture(scope="module", name="network")
def read() -> Network:
    return parse_network((TOWN / "network.json").read_text(encoding="utf-8"), "network.json")


def test_is_a_town_of_three_tiers_at_its_altitude(network: Network) -> None:
    assert len(network.pipes) >= 300
    assert {pipe.tier for pipe in network.pipes} == set(BANDS_KPA)
    assert network.mean_elevation_m() == pytest.approx(1_975, abs=1)
    assert network.ambient_pressure_pa == 79_700


def test_every_tier_is_in_its_band_at_the_evening_peak(network: Network) -> None:
    hydraulics = steady(network)
    for pipe in network.pipes:
        low, high = BANDS_KPA[str(pipe.tier)]
        for end in (pipe.from_node, pipe.to_node):
            assert low < hydraulics.gauge_pa(end) / 1000 < high
    assert hydraulics.supplied().all()


def test_pipes_of_one_part_are_of_one_tier_and_every_quarter_has_a_low_pressure_part(network: Network) -> None:
    hydraulics = steady(network)
    _, part = tiers(hydraulics.topology, hydraulics.shut())
    of_part: dict[int, set[str | None]] = {}
    for cell in hydraulics.topology.cells:
        of_part.setdefault(int(part[cell.from_node]), set()).add(cell.pipe.tier)
    assert all(len(found) == 1 for found in of_part.values())
    assert sum(found == {"low_natural"} for found in of_part.values()) == 6


def test_every_site_is_a_node_where_it_stands(network: Network) -> None:
    nodes = {node.id: node for node in network.nodes}
    with (TOWN / "sites.csv").open(encoding="utf-8-sig", newline="") as file:
        for site in csv.DictReader(file):
            node = nodes[site["id"]]
            assert node.lon == pytest.approx(float(site["lon"]), abs=2e-6)
            assert node.lat == pytest.approx(float(site["lat"]), abs=2e-6)


def test_a_pressure_point_stands_in_its_tier(network: Network) -> None:
    tier_of = {end: pipe.tier for pipe in network.pipes for end in (pipe.from_node, pipe.to_node)}
    with (TOWN / "devices.csv").open(encoding="utf-8-sig", newline="") as file:
        points = [row for row in csv.DictReader(file) if row["kind"] == "pressure_sensor"]
    assert {row["site"]: tier_of[row["site"]] for row in points} == {row["site"]: row["tier"] for row in points}


def test_losing_a_main_leaves_everybody_supplied(network: Network) -> None:
    hydraulics = steady(network)
    hydraulics.valves.close("V-A-2")
    hydraulics.valves.close("V-B-3")
    for _ in range(30):
        hydraulics.step(60.0)
    assert hydraulics.supplied().all()
    assert hydraulics.balance().drawn_kg_s == pytest.approx(hydraulics.demand_kg_s.sum(), rel=1e-9)


def test_a_morning_of_changing_demand_keeps_its_mass(network: Network) -> None:
    hydraulics = steady(network)
    base, start_kg = hydraulics.demand_kg_s.copy(), hydraulics.balance().line_pack_kg
    gained_kg = drawn_kg = 0.0
    for step in range(200):
        hydraulics.demand_kg_s[:] = base * (0.5 + 0.5 * math.cos(step / 40))
        hydraulics.step(60.0)
        balance = hydraulics.balance()
        gained_kg += 60 * (balance.supply_kg_s - balance.drawn_kg_s)
        drawn_kg += 60 * balance.drawn_kg_s
    assert hydraulics.balance().line_pack_kg - start_kg == pytest.approx(gained_kg, abs=1e-9 * drawn_kg)
    assert np.all(hydraulics.state.pressure_pa > hydraulics.state.ambient_pa)

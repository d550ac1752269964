import numpy as np
import pytest

from domain.network import Node, Pipe
from simulator.topology import ambient_pa, build_topology
from tests.simulator.support import DALI_PA, network, two_tiers

LINE = network(
    Node("A", elevation_m=0.0, fixed_pressure_pa_abs=3e5),
    Node("B", elevation_m=30.0),
    Pipe("P", "A", "B", 1_000.0, 0.1, 1e-5),
    Pipe("Q", "A", "B", 500.0, 0.1, 1e-5, in_service=False),
)


def test_a_pipe_is_one_cell_unless_asked_otherwise() -> None:
    topology = build_topology(LINE)
    assert (topology.node_ids, topology.cells_of) == (("A", "B"), {"P": slice(0, 1)})
    assert topology.volume_m3.tolist() == pytest.approx([np.pi / 8 * 0.01 * 1_000] * 2)


def test_cells_are_no_longer_than_asked_for() -> None:
    topology = build_topology(LINE, cell_m=300.0)
    assert [cell.length_m for cell in topology.cells] == [250.0] * 4
    assert topology.elevation_m.tolist() == [0.0, 30.0, 7.5, 15.0, 22.5]


def test_a_reserved_place_is_a_node() -> None:
    topology = build_topology(LINE, cell_m=600.0, places=[("P", 0.25), ("P", 1.0)])
    assert [cell.length_m for cell in topology.cells] == [250.0, 375.0, 375.0]
    assert topology.node_ids[topology.number(("P", 0.25))] == "P@0.25"
    assert [topology.number(place) for place in ("B", ("P", 1.0), ("P", 0.0))] == [1, 1, 0]


def test_places_within_a_centimetre_of_each_other_or_of_an_end_are_one() -> None:
    shares = [5e-324, 0.4, 0.400009, 0.4002, 1 - 1e-15]
    topology = build_topology(LINE, places=[("P", share) for share in shares])
    assert [topology.number(("P", share)) for share in shares] == [0, 2, 2, 3, 1]
    assert min(cell.length_m for cell in topology.cells) > 0.01


def test_cutting_a_pipe_keeps_its_volume() -> None:
    whole, cut = build_topology(LINE), build_topology(LINE, cell_m=70.0, places=[("P", 0.3)])
    assert cut.volume_m3.sum() == pytest.approx(whole.volume_m3.sum(), rel=1e-12)


def test_air_is_thinner_at_the_higher_node() -> None:
    topology = build_topology(LINE)
    low, high = topology.ambient_pa
    assert low - high == pytest.approx(30 * 9.80665 * DALI_PA / (287.05 * 288.15), rel=0.01)
    assert ambient_pa(101_325, 0.0) == 101_325


def test_edges_are_cells_then_valves_then_regulators() -> None:
    topology = build_topology(two_tiers())
    ids = topology.node_ids
    assert [(ids[a], ids[b]) for a, b in zip(topology.tail, topology.head, strict=True)] == [
        ("M1", "M2"), ("L1", "L2"), ("L2", "L3"), ("M2", "L1"),
    ]  # fmt: skip
    assert topology.lines == 3

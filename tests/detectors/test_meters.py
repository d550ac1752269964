from dataclasses import replace

from detectors.meters import Meters
from detectors.parts import Parts
from domain.network import Node, Regulator
from tests.detectors.test_parts import NETWORK

PARTS = Parts(NETWORK)
STREET, GATE = PARTS.of("S1"), PARTS.of("GATE")


def found(slot_of: dict[str, int], *more: Regulator, nodes: tuple[Node, ...] = ()) -> Meters:
    network = replace(NETWORK, regulators=(*NETWORK.regulators, *more), nodes=(*NETWORK.nodes, *nodes))
    return Meters(Parts(network), slot_of)


def test_a_meter_at_either_end_of_a_regulator_measures_it() -> None:
    for end in ("OUT", "IN"):
        meters = found({end: 7})
        assert meters.inlets(STREET).tolist() == meters.outlets(GATE).tolist() == [7]
        assert meters.regulators == {"R-1": 7}


def test_a_sum_of_which_a_member_has_no_meter_is_none() -> None:
    second = Regulator("R-2", "GATE", "S2", 2e5)
    assert found({"OUT": 1}, second).inlets(STREET).tolist() == []
    assert found({"OUT": 1, "S2": 0}, second).inlets(STREET).tolist() == [0, 1]
    assert found({}).inlets(GATE).tolist() == found({}).outlets(STREET).tolist() == []


def test_a_meter_before_two_parallel_regulators_counts_once_and_for_neither_alone() -> None:
    meters = found({"IN": 3}, Regulator("R-2", "IN", "OUT", 2e5))
    assert meters.inlets(STREET).tolist() == [3]
    assert meters.regulators == {}


def test_a_meter_before_two_ways_to_different_parts_measures_neither() -> None:
    assert found({"IN": 3}, Regulator("R-2", "IN", "LONE", 2e5)).inlets(STREET).tolist() == []


def test_supplies_and_feeders_come_in_and_customers_go_out() -> None:
    assert found({"GATE": 2}).inlets(GATE).tolist() == [2]
    customer, feeder = Node("C", demand_kg_s=0.1), Node("F", demand_kg_s=-0.1)
    meters = found({"C": 4, "F": 5}, nodes=(customer, feeder))
    parts = Parts(replace(NETWORK, nodes=(*NETWORK.nodes, customer, feeder)))
    assert meters.outlets(parts.of("C")).tolist() == [4]
    assert meters.inlets(parts.of("F")).tolist() == [5]

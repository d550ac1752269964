import numpy as np
import pytest

from domain.network import Valve
from simulator.valves import Valves
from tests.simulator.support import steady, two_tiers


def valves() -> Valves:
    return Valves((Valve("V", "A", "B", 0.1), Valve("W", "B", "C", 0.1, open=False)))


def test_a_closing_valve_travels_linearly_in_time() -> None:
    moving = valves()
    moving.close("V", 4.0)
    shares = []
    for _ in range(5):
        moving.advance(1.0)
        shares.append(float(moving.share[0]))
    assert shares == [0.75, 0.5, 0.25, 0.0, 0.0]
    assert moving.openings()[0].tolist() == [True, True]


def test_a_valve_without_a_travel_time_moves_at_once() -> None:
    moving = valves()
    moving.close("V")
    moving.open_by_hand("W")
    moving.advance(0.1)
    assert moving.share.tolist() == [0.0, 1.0]


def test_what_is_open_less_resists_more() -> None:
    moving = valves()
    moving.close("V", 10.0)
    losses = []
    for _ in range(9):
        losses.append(float(moving.openings()[1][0]))
        moving.advance(1.0)
    assert losses[0] == 0.0
    assert losses[5] == pytest.approx(2.7 * 3)  # half open: a quarter of the square
    assert np.all(np.diff(losses) > 0)


def test_a_stuck_valve_stops_on_its_way_until_it_is_freed() -> None:
    moving = valves()
    moving.stick("V", 0.3)
    moving.close("V", 2.0)
    for _ in range(5):
        moving.advance(1.0)
    assert moving.share[0] == 0.3
    moving.free("V")
    moving.advance(1.0)
    assert moving.share[0] == 0.0


def test_a_copy_moves_alone() -> None:
    one = valves()
    one.stick("W", 0.1)
    other = one.copy()
    other.close("V")
    other.free("W")
    other.leak_through_seat("W", 2.0)
    for moving in (one, other):
        moving.open_by_hand("W")
        moving.advance(1.0)
    assert one.share.tolist() == [1.0, 0.1]
    assert other.share.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("hole_mm", [2.0, 5.0])
def test_a_leaking_seat_passes_about_what_a_hole_of_its_size_passes(hole_mm: float) -> None:
    hydraulics = steady(two_tiers(demand_kg_s=0.001))
    hydraulics.valves.leak_through_seat("V", hole_mm)
    hydraulics.valves.close("V")
    hydraulics.open_hole("burner", "L3", 300.0)  # the air is behind the seat
    for _ in range(20):
        hydraulics.step(5.0)
    through = hydraulics.valve_flow_kg_s("V")
    tight = hydraulics.twin()
    tight.holes.repair("burner")
    tight.valves.open_by_hand("V")
    tight.open_hole("same", "L2", hole_mm)
    tight.step(5.0)
    assert through == pytest.approx(tight.leak_kg_s("same"), rel=0.05)

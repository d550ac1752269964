import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.spaces import Fuel, Link, Space, Spaces

OFF, ON = np.zeros(1), np.ones(1)
GAS = Fuel.NATURAL


def house(links: list[Link] | None = None) -> Spaces:
    """A kitchen and a dining room of two layers, a cellar of one, and a shed far away."""
    rooms = [
        Space("kitchen", 40.0, 0.01, fan_m3_s=0.1, layers=2, exchange_m3_s=0.02),
        Space("dining", 80.0, 0.02, layers=2, exchange_m3_s=0.01),
        Space("cellar", 30.0, 0.004),
        Space("shed", 15.0, 0.003),
    ]
    return Spaces(rooms, [Link(0, 1, 0.05), Link(0, 2, 0.02)] if links is None else links)


def filled(
    spaces: Spaces, parts: list[float], *, fan: bool = False
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    spaces.source_m3_s[Fuel.NATURAL, spaces.cell(0, upper=True)] = 0.001
    spaces.source_m3_s[Fuel.LPG, spaces.cell(2, upper=False)] = 0.0005
    if fan:
        spaces.fan_speed[:] = 1.0
    for part in parts:
        spaces.advance(part, np.full(4, float(fan)))
    return spaces.share


@given(parts=st.lists(st.floats(1, 900), min_size=1, max_size=8), linked=st.booleans(), fan=st.booleans())
def test_any_splitting_of_a_step_gives_the_same(parts: list[float], *, linked: bool, fan: bool) -> None:
    links: list[Link] | None = None if linked else []
    split, whole = filled(house(links), parts, fan=fan), filled(house(links), [sum(parts)], fan=fan)
    np.testing.assert_allclose(split, whole, rtol=1e-9, atol=1e-13)
    assert ((split >= 0) & (split.sum(axis=0) <= 1)).all()


@pytest.mark.parametrize("links", [None, []], ids=["linked", "apart"])
@pytest.mark.parametrize("fan", [False, True])
def test_goes_to_the_steady_state_of_the_linear_solve(links: list[Link] | None, *, fan: bool) -> None:
    slow, quick = house(links), house(links)
    found = filled(slow, [1e8], fan=fan)
    filled(quick, [], fan=fan)
    quick.settle()
    np.testing.assert_allclose(found, quick.share, rtol=1e-9, atol=1e-15)


def test_a_shed_apart_gets_nothing_from_the_house() -> None:
    assert filled(house(), [3_600.0])[:, 3].sum() == 0.0


def test_linked_rooms_without_flow_are_rooms_apart() -> None:
    shut = house([Link(0, 1, 0.0), Link(0, 2, 0.0)])
    np.testing.assert_allclose(filled(shut, [700.0]), filled(house([]), [700.0]), rtol=1e-9, atol=1e-13)


def test_light_gas_stays_above_and_heavy_gas_below() -> None:
    room = Spaces([Space("R", 30.0, 0.005, layers=2, exchange_m3_s=0.002)])
    room.source_m3_s[Fuel.NATURAL, room.cell(0, upper=True)] = 0.0005
    room.source_m3_s[Fuel.LPG, room.cell(0, upper=False)] = 0.0005
    room.advance(600.0, OFF)
    lower, upper = room.share[:, 0], room.share[:, 1]
    assert upper[Fuel.NATURAL] > 5 * lower[Fuel.NATURAL]
    assert lower[Fuel.LPG] > 2 * upper[Fuel.LPG]


def test_a_room_of_two_layers_that_exchange_without_end_is_one_room() -> None:
    two = Spaces([Space("R", 30.0, 0.005, layers=2, exchange_m3_s=1e7)])
    one = Spaces([Space("R", 30.0, 0.005)])
    for room in (one, two):
        room.source_m3_s[GAS, room.cell(0, upper=True)] = 0.0005
        room.advance(1_800.0, OFF)
    assert two.share[GAS] == pytest.approx(float(one.share[GAS, 0]), rel=1e-6)


@pytest.mark.parametrize("fan_upper", [True, False])
def test_a_hood_empties_the_layer_from_which_it_draws_last(*, fan_upper: bool) -> None:
    # what enters the other layer is fresh air: that layer is clean first
    room = Spaces([Space("R", 30.0, 0.0, fan_m3_s=0.1, layers=2, upper_share=0.5, fan_upper=fan_upper)])
    room.share[GAS] = 0.1
    room.fan_speed[:] = 1.0
    room.advance(150.0, ON)
    lower, upper = room.share[GAS]
    assert min(lower, upper) == pytest.approx(0.1 * math.exp(-1), rel=1e-9)  # 15 m³ at 0.1 m³/s
    assert bool(upper > lower) is fan_upper


def test_a_fan_takes_five_seconds_to_full_speed() -> None:
    kitchen = Spaces([Space("K", 60.0, 0.05, fan_m3_s=0.2)])
    for _ in range(40):
        kitchen.advance(0.1, ON)
    assert kitchen.fan_speed[0] == pytest.approx(0.8)
    kitchen.advance(10.0, ON)
    assert kitchen.fan_speed[0] == 1.0


def test_an_open_window_airs_and_a_closed_door_keeps_gas_in() -> None:
    room = Spaces([Space("R", 60.0, 0.05)])
    room.share[GAS] = 0.01
    room.window_m3_s[0] = 0.15
    room.advance(300.0, OFF)
    assert room.share[GAS, 0] == pytest.approx(0.01 * math.exp(-1), rel=1e-9)
    rooms = house()
    rooms.link_m3_s[:] = 0.0
    filled(rooms, [600.0])
    assert rooms.share[Fuel.LPG, rooms.cell(0, upper=False)] == 0.0


def test_two_gases_of_one_room_push_each_other_out() -> None:
    room = Spaces([Space("R", 20.0, 0.01)])
    room.source_m3_s[:, 0] = (0.03, 0.06, 0.0)
    room.advance(1e7, OFF)
    assert room.share[:, 0] == pytest.approx([0.3, 0.6, 0.0])


def test_chains_of_links_are_one_block() -> None:
    rooms = [Space(str(n), 20.0, 0.01) for n in range(4)]
    chain = Spaces(rooms, [Link(0, 1, 0.1), Link(2, 3, 0.1), Link(1, 2, 0.1)])
    chain.source_m3_s[GAS, 0] = 0.001
    chain.advance(1_800.0, np.zeros(4))
    assert (np.diff(chain.share[GAS]) < 0).all()
    assert chain.share[GAS, 3] > 0

import math

import numpy as np
import numpy.typing as npt
import pytest

from domain.network import Friction, Network, Node, Pipe, Valve
from simulator.hydraulics import Hydraulics
from simulator.topology import Place
from simulator.waves import Waves, pipes_around
from tests.simulator.support import DALI_PA, gas_of, network, steady, two_tiers

Array = npt.NDArray[np.float64]
C_M_S = 386.4  # methane at 288.15 K, isothermal
AREA_M2 = math.pi / 4 * 0.09**2
PLACES: list[Place] = [("P", 0.1), ("P", 0.4), ("P", 0.9)]


def main_line(demand_kg_s: float = 0.05) -> Network:
    """The worked example of the detection notes, 3.10: PE, inner diameter 90 mm, 1.5 km, 200 kPa gauge, λ 0.02."""
    return network(
        Node("A", fixed_pressure_pa_abs=DALI_PA + 200_000), Node("B", demand_kg_s=demand_kg_s),
        Pipe("P", "A", "B", 1_500.0, 0.09, friction_factor=0.02),
        gas=gas_of(C_M_S**2), friction=Friction.CONSTANT,
    )  # fmt: skip


def recorded(waves: Waves, places: list[Place], seconds: float, dt_s: float) -> Array:
    rows = []
    for _ in range(round(seconds / dt_s)):
        waves.step()
        rows.append([waves.pressure_pa(place) for place in places])
    return np.array(rows).T


@pytest.mark.parametrize(
    ("hole_mm", "first_pa", "near_pa", "far_pa"), [(5, 178, 119, 87), (8, 455, 299, 229), (10, 711, 460, 367)]
)
def test_agrees_with_the_worked_example(hole_mm: float, first_pa: float, near_pa: float, far_pa: float) -> None:
    waves = Waves(steady(main_line(), places=PLACES), ["P"])
    before = [waves.pressure_pa(place) for place in PLACES]
    waves.open_hole("L", PLACES[1], hole_mm)
    found = recorded(waves, PLACES, 2.4, 0.02)
    time_s = 0.02 * np.arange(1, 121)
    assert before[1] - found[1, 0] == pytest.approx(first_pa, rel=0.02)
    assert before[1] - found[1, 0] == pytest.approx(C_M_S * waves.leak_kg_s("L") / (2 * AREA_M2), rel=0.02)
    falls = [before[k] - np.interp(far / C_M_S + 0.3, time_s, found[k]) for k, far in ((0, 450), (2, 750))]
    assert falls == pytest.approx([near_pa, far_pa], rel=0.02)  # 0.3 s after the front
    fronts = [time_s[np.argmax(before[k] - found[k] > first_pa / 4)] for k in (0, 2)]
    assert fronts == pytest.approx([450 / C_M_S, 750 / C_M_S], abs=0.03)
    # location from the difference of arrivals
    assert (1_200 - C_M_S * (fronts[1] - fronts[0])) / 2 == pytest.approx(450, abs=8)


def test_a_front_fades_as_the_formula_says() -> None:
    waves = Waves(steady(main_line(), places=PLACES), ["P"])
    before = waves.pressure_pa(PLACES[2]), waves.pressure_pa(PLACES[1])
    waves.open_hole("L", PLACES[1], 8)
    found = recorded(waves, PLACES, 2.1, 0.02)
    speed_m_s = 0.05 * C_M_S**2 / (before[0] * AREA_M2)
    front_pa = before[0] - found[2, int(750 / C_M_S / 0.02) + 3]
    expected = (before[1] - found[1, 0]) * math.exp(-0.02 * speed_m_s * 750 / (2 * 0.09 * C_M_S))
    assert front_pa == pytest.approx(expected, rel=0.15)


def test_nothing_moves_where_nothing_happens() -> None:
    waves = Waves(steady(main_line(), places=PLACES), ["P"])
    before = [waves.pressure_pa(place) for place in PLACES]
    found = recorded(waves, PLACES, 4.0, 0.05)
    np.testing.assert_allclose(found, np.array(before)[:, None] * np.ones(found.shape[1]), atol=0.01)


def test_a_dead_end_doubles_a_wave_and_a_held_end_sees_none() -> None:
    waves = Waves(steady(main_line(0.0), places=PLACES), ["P"])
    before = waves.pressure_pa("B")
    waves.open_hole("L", PLACES[1], 5)
    start = waves.pressure_pa(PLACES[1])
    first = start - recorded(waves, PLACES, 0.02, 0.02)[1, 0]
    recorded(waves, PLACES, 900 / C_M_S + 0.06, 0.02)
    assert before - waves.pressure_pa("B") == pytest.approx(2 * first, rel=0.05)
    assert waves.pressure_pa("A") == DALI_PA + 200_000


def test_waves_run_as_fast_as_they_are_told() -> None:
    speed_m_s = math.sqrt(1.31) * C_M_S
    waves = Waves(steady(main_line(), places=PLACES), ["P"], dt_s=0.01, speed_m_s=speed_m_s)
    before = waves.pressure_pa(PLACES[0])
    waves.open_hole("L", PLACES[1], 8)
    found = recorded(waves, PLACES, 1.5, 0.01)
    assert 0.01 * (1 + np.argmax(before - found[0] > 100)) == pytest.approx(450 / speed_m_s, abs=0.02)


def test_a_repaired_hole_sends_the_opposite_wave() -> None:
    waves = Waves(steady(main_line(), places=PLACES), ["P"])
    before = waves.pressure_pa(PLACES[1])
    waves.open_hole("L", PLACES[1], 5)
    recorded(waves, PLACES, 0.2, 0.02)
    waves.holes.repair("L")
    recorded(waves, PLACES, 0.2, 0.02)
    assert waves.pressure_pa(PLACES[1]) == pytest.approx(before, abs=25)  # of a fall of 178 Pa


def test_a_hole_drains_no_pipe_below_the_air() -> None:
    net = network(
        Node("A", fixed_pressure_pa_abs=DALI_PA + 2_000), Node("B"),
        Pipe("P", "A", "B", 100.0, 0.05, 1e-5), ambient_pa=DALI_PA,
    )  # fmt: skip
    waves = Waves(steady(net), ["P"])
    waves.open_hole("L", "B", 50.0)
    for _ in range(100):
        waves.step()
    assert DALI_PA <= waves.pressure_pa("B") < DALI_PA + 500
    assert waves.leak_kg_s("L") > 0.003


def crossing() -> Hydraulics:
    """Three long pipes at a node, one of them behind an open valve."""
    return steady(
        network(
            Node("A", fixed_pressure_pa_abs=DALI_PA + 100_000), Node("M"), Node("M'"), Node("B", demand_kg_s=0.001),
            Node("C", demand_kg_s=0.001),
            Pipe("PA", "A", "M", 800.0, 0.1, 1e-5), Pipe("PB", "B", "M", 800.0, 0.1, 1e-5),
            Pipe("PC", "M'", "C", 800.0, 0.1, 1e-5), Valve("V", "M", "M'", 0.1),
        ),
        places=[("PA", 0.5), ("PB", 0.5), ("PC", 0.5)],
    )  # fmt: skip


def test_two_thirds_of_a_wave_pass_a_crossing_of_three_equal_pipes() -> None:
    hydraulics = crossing()
    waves = Waves(hydraulics, ["PA", "PB", "PC"])
    places: list[Place] = [("PB", 0.5), ("PC", 0.5)]
    before = [waves.pressure_pa(place) for place in places]
    here = waves.pressure_pa(("PA", 0.5))
    waves.open_hole("L", ("PA", 0.5), 5)
    waves.step()
    first = here - waves.pressure_pa(("PA", 0.5))
    recorded(waves, places, 800 / 379.9 + 0.1, 0.02)
    falls = [old - waves.pressure_pa(place) for old, place in zip(before, places, strict=True)]
    assert falls == pytest.approx([2 / 3 * first] * 2, rel=0.15)


def test_the_border_lets_flow_through_or_holds_its_pressure() -> None:
    ends = []
    for border in ("flow", "pressure"):
        waves = Waves(crossing(), ["PA"], border=border)
        before = waves.pressure_pa("M")
        waves.open_hole("L", ("PA", 0.5), 5)
        recorded(waves, [], 400 / 379.9 + 0.1, 0.02)
        ends.append(before - waves.pressure_pa("M"))
    assert ends[0] > 50
    assert ends[1] == 0


def test_a_place_outside_is_refused() -> None:
    waves = Waves(crossing(), ["PA"])
    with pytest.raises(KeyError, match="C is no node of the sub-graph"):
        waves.pressure_pa("C")


def test_pipes_around_a_place_are_found_by_their_distance() -> None:
    topology = crossing().topology
    assert pipes_around(topology, ("PA", 0.5), 10.0) == ["PA"]
    assert pipes_around(topology, ("PA", 0.5), 410.0) == ["PA", "PB", "PC"]
    assert pipes_around(steady(two_tiers()).topology, "L1", 1e6) == ["PL"]

import numpy as np

from simulator.events import Leak
from simulator.releases import Outlet, Releases

HOSE = Leak(kind="leak", site="R1", hole_mm=9.5)
RUST = Leak.model_validate(
    {"kind": "leak", "site": "R1", "hole_mm": {"from": 1.0, "to": 3.0, "over": "10min"}, "at": "1min"}
)


def added(releases: Releases, supply: float) -> list[list[float]]:
    source = np.zeros((3, 2))
    releases.add_to(source, np.array([supply]))
    return source.tolist()


def test_leaks_of_one_cell_add_up_and_end_apart() -> None:
    releases = Releases()
    assert added(releases, 1.0) == [[0.0, 0.0]] * 3
    releases.begin("a", HOSE, Outlet(0, 1, 0, behind_valve=True), 2.0)
    releases.begin("b", HOSE, Outlet(0, 1, 0, behind_valve=True), 3.0)
    assert added(releases, 0.5)[0] == [0.0, 2.5]
    releases.end("a")
    assert added(releases, 1.0)[0] == [0.0, 3.0]


def test_a_cylinder_spills_on_when_the_valve_is_closed() -> None:
    releases = Releases()
    releases.begin("a", HOSE, Outlet(1, 0, 0, behind_valve=False), 2.0)
    assert added(releases, 0.0)[1] == [2.0, 0.0]


def test_a_growing_hole_is_known_and_changes() -> None:
    releases = Releases()
    releases.begin("a", HOSE, Outlet(0, 0, 0, behind_valve=True), 2.0)
    releases.begin("b", RUST, Outlet(0, 0, 0, behind_valve=True), 1.0)
    assert releases.growing() == [("b", RUST)]
    releases.change("b", 5.0)
    assert added(releases, 1.0)[0] == [7.0, 0.0]


def test_a_hole_grows_linearly_between_its_ends() -> None:
    minute_ns = 60_000_000_000
    assert [RUST.hole_at(minute * minute_ns) for minute in (0, 1, 6, 11, 99)] == [1.0, 1.0, 2.0, 3.0, 3.0]
    assert HOSE.hole_at(0) == 9.5

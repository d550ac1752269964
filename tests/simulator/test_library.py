"""The shipped scenarios: each fits the town, says where its numbers come from, is documented, and runs."""

import re
from pathlib import Path

import pytest

from domain.asset import Assets
from simulator.events import Leak
from simulator.scenario import Scenario, read
from simulator.timetext import S_NS
from simulator.world import World

ROOT = Path(__file__).parents[2]
LIBRARY = sorted((ROOT / "examples" / "scenarios").glob("*.yaml"))
SOURCE = re.compile(r"computed|secondary source|from memory|own guess|own default|the usual town|clause|GB/?T? \d+")
FIRST_S = 60
START_NS = 1_768_449_600 * S_NS
each = pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)


def head(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").split("version: 1", 1)[0].splitlines()
    assert all(line.startswith("# ") for line in lines)
    return " ".join(line.removeprefix("# ") for line in lines)


def test_the_library_is_rich() -> None:
    assert len(LIBRARY) >= 27


@each
def test_says_what_it_is_for_and_where_its_numbers_come_from(path: Path) -> None:
    purpose, _, numbers = head(path).partition("Numbers: ")
    assert len(purpose) > 30
    assert SOURCE.search(numbers)


@pytest.mark.untraced
@each
def test_hangs_on_the_towns_network_and_has_names_of_its_own(path: Path, dali: Assets) -> None:
    scenario = read(path)
    scenario.check(dali)
    assert scenario.network is not None
    assert scenario.network.file == "../dali/network.json"
    ids = [event.id for event in scenario.events]
    assert all(ids)
    assert len(set(ids)) == len(ids)


@pytest.mark.untraced
def test_seeds_and_names_are_all_different() -> None:
    scenarios = [read(path) for path in LIBRARY]
    assert len({scenario.seed for scenario in scenarios}) == len(LIBRARY)
    assert len({scenario.name.zh for scenario in scenarios}) == len(LIBRARY)
    assert len({scenario.name.en for scenario in scenarios}) == len(LIBRARY)


@each
def test_stands_in_the_documents(path: Path) -> None:
    assert f"`{path.stem}`" in (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")


@each
def test_lives_through_its_first_minute(path: Path, dali: Assets) -> None:
    scenario = read(path)
    world = World(scenario, dali, start_ns=START_NS)
    frames = world.step_to(world.start_ns + FIRST_S * S_NS)
    assert len(frames) > 200
    assert world.truth.records()[0]["record"] == "run"


def leaks(scenario: Scenario) -> dict[tuple[str, float], Leak]:
    return {
        (e.pipe, e.hole_mm): e for e in scenario.events if isinstance(e, Leak) and e.pipe and type(e.hole_mm) is float
    }


@pytest.mark.parametrize("tier", ["low_natural", "medium_b", "medium_a"])
def test_each_tier_has_holes_of_2_5_10_and_20_mm(tier: str) -> None:
    name = {"low_natural": "leak-low-pressure", "medium_b": "leak-medium-b", "medium_a": "leak-medium-a"}[tier]
    scenario = read(ROOT / "examples" / "scenarios" / f"{name}.yaml")
    assert scenario.grid is not None
    tiers = {pipe.id: pipe.tier for pipe in scenario.grid.pipes}
    assert sorted(hole for _, hole in leaks(scenario)) == [2, 5, 10, 20]
    assert {tiers[pipe] for pipe, _ in leaks(scenario)} == {tier}


@pytest.mark.parametrize("name", ["rupture-medium-b", "rupture-low-pressure"])
def test_a_rupture_is_as_wide_as_its_pipe(name: str) -> None:
    scenario = read(ROOT / "examples" / "scenarios" / f"{name}.yaml")
    assert scenario.grid is not None
    bores = {pipe.id: 1000 * pipe.inner_diameter_m for pipe in scenario.grid.pipes}
    pipe, hole_mm = max(leaks(scenario), key=lambda found: found[1])
    assert hole_mm == pytest.approx(bores[pipe])

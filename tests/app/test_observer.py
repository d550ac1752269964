from collections.abc import Callable
from pathlib import Path

import pytest

from app.observer import Observer
from app.simulate import load_scenario
from simulator.run import simulate
from simulator.world import World
from tests.app.support import ROOT, START_NS

TOWN = ROOT / "examples" / "dali"
HEAD = f"version: 1\nname: {{zh: 试, en: trial}}\nassets: {TOWN}\n"
NETWORK = f"network: {{file: {TOWN / 'network.json'}}}\n"


@pytest.fixture
def watched(tmp_path: Path) -> Callable[[str], Observer]:
    def of(text: str) -> Observer:
        file = tmp_path / "scenario.yaml"
        file.write_text(HEAD + text, encoding="utf-8")
        scenario, assets = load_scenario(file)
        observer = Observer(World(scenario, assets, start_ns=START_NS), assets, tmp_path)

        class Nowhere:
            def send(self, messages: object) -> None: ...

        simulate(observer.world, Nowhere(), speed=None, progress=observer.look)
        return observer

    return of


def test_looks_every_second_of_a_short_run_and_at_its_end(watched: Callable[[str], Observer]) -> None:
    assert watched("duration: 5.5s\n").times_s == [0, 1, 2, 3, 4, 5, 5.5]


def test_a_run_without_a_network_has_no_pressures(watched: Callable[[str], Observer]) -> None:
    assert watched("duration: 1s\n").pressures is None


def test_pressures_are_told_by_tier_and_at_the_sensors_of_the_leaks_tier(watched: Callable[[str], Observer]) -> None:
    rupture = "events: [{kind: leak, pipe: P-B-003, hole_mm: 90, at: 5s, for: 25s}]\n"
    course = watched(f"duration: 60s\n{NETWORK}{rupture}").pressures
    assert course is not None
    assert sorted(course.tiers) == ["low_natural", "medium_a", "medium_b"]
    low, mean, high = course.spread_kpa["medium_b"][-1]
    assert 0 < low < mean < high < 200
    assert len(course.meters_kpa) == 3
    assert "DL-PR-0007" in course.meters_kpa
    course_kpa = course.meters_kpa["DL-PR-0007"]
    assert min(course_kpa) < 0.99 * course_kpa[0]
    assert 10 <= course.worst_s <= 40
    assert (course.worst_kpa / course.start_kpa).min() < 0.8


def test_sensors_behind_a_failing_regulator_are_watched(watched: Callable[[str], Observer]) -> None:
    creep = "events: [{kind: regulator, regulator: R-Z03-1, fault: creep, hole_mm: 5}]\n"
    course = watched(f"duration: 1s\n{NETWORK}{creep}").pressures
    assert course is not None
    assert list(course.meters_kpa) == ["DL-PR-0021", "DL-PR-0027"]


def test_spaces_of_events_and_those_described_are_watched_once(watched: Callable[[str], Observer]) -> None:
    air = watched(
        "duration: 30s\n"
        "spaces:\n- {id: cellar, site: DL-R-0019, volume_m3: 20, layers: 2}\n"
        "events:\n"
        "- {kind: leak, site: DL-R-0019, hole_mm: 4}\n"
        "- {kind: leak, site: DL-R-0010, hole_mm: 4}\n"
        "- {kind: fault, device: DL-GD-0001, what: silent}\n"
    ).air
    assert list(air.cells) == ["cellar", "DL-R-0010"]
    lower, upper = air.pct_lel["cellar"][-1]
    assert lower > upper >= 0
    both = air.pct_lel["DL-R-0010"][-1]
    assert both[0] == both[1] > 0

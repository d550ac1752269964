"""The town on a network of pipes: pressures reach the sensors, leaks and failures change them."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.network import Network, parse_network
from simulator.demand import Habits
from simulator.grid import GridMains
from simulator.mains import SUPPLY_KPA, PipeLeak
from simulator.scenario import Scenario, read
from simulator.timetext import S_NS
from simulator.weather import Climate, Weather
from simulator.whereabouts import Whereabouts
from simulator.world import World
from tests.simulator.conftest import HEAD, START_NS

GAS = {"molar_mass_kg_mol": 0.0166, "temperature_k": 288.15, "z": 1.0, "heat_capacity_ratio": 1.31,
       "viscosity_pa_s": 1.1e-5}  # fmt: skip
NODES = [
    {"id": "S", "lon": 100.20, "lat": 25.60, "fixed_pressure_pa_abs": 240_000},
    {"id": "P1", "lon": 100.21, "lat": 25.60},
    {"id": "B1", "lon": 100.22, "lat": 25.60},
    {"id": "L1", "lon": 100.22, "lat": 25.61},
    {"id": "R1", "lon": 100.23, "lat": 25.61, "demand_kg_s": 0.004},
]
PIPES = [
    {"id": "B", "from": "S", "to": "P1", "length_m": 800, "inner_diameter_m": 0.1, "roughness_m": 1e-5,
     "tier": "medium_b"},
    {"id": "C", "from": "P1", "to": "B1", "length_m": 400, "inner_diameter_m": 0.1, "roughness_m": 1e-5,
     "tier": "medium_b"},
    {"id": "L", "from": "L1", "to": "R1", "length_m": 200, "inner_diameter_m": 0.07, "roughness_m": 1e-5,
     "tier": "low_natural"},
]  # fmt: skip
REGULATOR = {"id": "REG", "from": "B1", "to": "L1", "set_pressure_pa_abs": 82_100, "max_flow_kg_s": 0.05}


def text(**changes: object) -> str:
    parts = {"gas": GAS, "ambient_pressure_pa": 79_700, "friction": "gb50028", "nodes": NODES, "pipes": PIPES,
             "regulators": [REGULATOR], "valves": []}  # fmt: skip
    return msgspec.json.encode(parts | changes).decode()


def weather() -> Weather:
    return Weather(Climate(pressure_kpa=79.7, wave_kpa=0.0), [], [], 1)


@pytest.fixture
def build(hamlet: Assets) -> Callable[..., GridMains]:
    def made(network: Network | None = None, supply_kpa: dict[str, float] | None = None) -> GridMains:
        return GridMains(
            network or parse_network(text(), "n"),
            hamlet,
            supply_kpa=supply_kpa or {},
            places=[("L", 0.5)],
            habits=Habits(flat=True, by_chance=False, per_degree=0.0),
            weather=weather(),
            seed=1,
            time_ns=START_NS,
        )

    return made


def settle(mains: GridMains, *leaks: PipeLeak, valves: dict[str, float] | None = None) -> GridMains:
    mains.step(START_NS + 3_600 * S_NS, leaks, valves or {})
    return mains


def hole(mm: float, place: float = 0.5) -> PipeLeak:
    return PipeLeak("leak", "L", place, None, mm, 0.62)


def test_places_hang_on_the_node_of_their_name_and_bottles_on_none(build: Callable[..., GridMains]) -> None:
    mains = build()
    assert 159.0 < mains.pressure_kpa("PR1") < 160.3
    assert 2.2 < mains.pressure_kpa("R1") < 2.4
    assert mains.pressure_kpa("R2") == SUPPLY_KPA["lpg"]  # type: ignore[index]


def test_a_place_without_a_node_of_its_own_takes_the_nearest_of_its_tier(build: Callable[..., GridMains]) -> None:
    nodes = [node | {"id": {"P1": "X", "R1": "Y"}.get(str(node["id"]), node["id"])} for node in NODES]
    ends = {"P1": "X", "R1": "Y"}
    pipes = [pipe | {end: ends.get(str(pipe[end]), pipe[end]) for end in ("from", "to")} for pipe in PIPES]
    mains = build(parse_network(text(nodes=nodes, pipes=pipes), "n"))
    assert mains.pressure_kpa("R1") < 3 < mains.pressure_kpa("PR1")


def test_a_network_that_lies_nowhere_is_one_clear_line(build: Callable[..., GridMains]) -> None:
    nodes = [{name: value for name, value in node.items() if name not in {"lon", "lat"}} for node in NODES]
    nodes[1]["id"], pipes = "X", [pipe | {"to": "X"} if pipe["to"] == "P1" else pipe for pipe in PIPES]
    pipes = [pipe | {"from": "X"} if pipe["from"] == "P1" else pipe for pipe in pipes]
    with pytest.raises(ConfigurationError, match=r"site P1; expected a node P1, or nodes with lon and lat"):
        build(parse_network(text(nodes=nodes, pipes=pipes), "n"))


def test_the_scenario_may_fix_the_pressure_of_a_site(build: Callable[..., GridMains]) -> None:
    assert build(supply_kpa={"R1": 30.0}).pressure_kpa("R1") == 30.0


def test_a_hole_draws_gas_and_pressure_and_its_repair_gives_them_back(build: Callable[..., GridMains]) -> None:
    whole, leaking = settle(build()), settle(build(), hole(10))
    assert leaking.flow_m3h("leak") == pytest.approx(12.8, rel=0.15)  # 2.4 kPa, 10 mm, normal cubic metres
    assert leaking.pressure_kpa("R1") < whole.pressure_kpa("R1")
    assert leaking.balance().leak_kg_s == pytest.approx(leaking.flow_m3h("leak") * 0.7406 / 3600, rel=1e-3)
    leaking.step(START_NS + 7_200 * S_NS, (), {})
    assert leaking.pressure_kpa("R1") == pytest.approx(whole.pressure_kpa("R1"), rel=1e-6)


def test_a_closed_valve_takes_the_demand_of_its_site_away(build: Callable[..., GridMains]) -> None:
    mains = settle(build(), valves={"CV1": 0.0})
    assert mains.balance().supply_kg_s == pytest.approx(0, abs=1e-9)


def test_a_meter_sees_what_passes_its_node(build: Callable[..., GridMains]) -> None:
    mains = settle(build())
    assert mains.flow_m3h("PR1") == pytest.approx(0.004 * 3600 / 0.7406, rel=1e-3)


def test_time_goes_on_in_steps_of_at_most_ten_seconds(build: Callable[..., GridMains]) -> None:
    far, near = build(), build()
    far.step(START_NS + 60 * S_NS, [hole(10)], {})
    for n in range(1, 7):
        near.step(START_NS + 10 * n * S_NS, [hole(10)], {})
    assert far.pressure_kpa("R1") == near.pressure_kpa("R1")


# ---------------------------------------------------------------- in a scenario
def scenario(folder: Path, more: str) -> Scenario:
    (folder / "network.json").write_text(text(), encoding="utf-8")
    file = folder / "s.yaml"
    file.write_text(
        f"{HEAD}network: {{file: network.json}}\ndemand: {{flat: true, by_chance: false}}\n{more}\n", encoding="utf-8"
    )
    return read(file)


def pressures(found: Scenario, assets: Assets, minutes: int) -> tuple[World, dict[str, list[float]]]:
    world = World(found, assets)
    said = world.step_to(START_NS + minutes * 60 * S_NS)
    values: dict[str, list[float]] = {}
    for message in said:
        body = msgspec.json.decode(message.payload)
        if "pressure_kpa" in body.get("values", {}):
            values.setdefault(message.topic.split("/")[3], []).append(body["values"]["pressure_kpa"])
    return world, values


def test_sensors_report_what_the_network_says(tmp_path: Path, hamlet: Assets) -> None:
    _, values = pressures(scenario(tmp_path, ""), hamlet, 5)
    assert all(156 < value < 163 for value in values["PR1"])


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("fault: rupture", "pressure_high"),
        ("fault: creep, hole_mm: 20", "pressure_high"),
        ("fault: set_point, by_kpa: 1.5", "pressure_high"),
        ("fault: set_point, by_kpa: -1.5", "pressure_low"),
        ("fault: freeze, share: 0.01", "pressure_low"),
        ("fault: slam_shut", "pressure_low"),
        ("fault: hunting, by_kpa: 0.2, hz: 0.05", None),
    ],
)
def test_a_regulator_fails_and_is_repaired(tmp_path: Path, hamlet: Assets, fault: str, expected: str | None) -> None:
    event = f"events: [{{id: r, kind: regulator, regulator: REG, {fault}, at: 2min, for: 4min}}]"
    world = World(scenario(tmp_path, event), hamlet)
    town = world._town  # noqa: SLF001 - the pressure behind it has no sensor here
    found = []
    for minute in (1, 5, 15):
        world.step_to(START_NS + minute * 60 * S_NS)
        found.append(town.mains.pressure_kpa("R1"))
    before, broken, after = found
    if expected == "pressure_high":
        assert broken > before + 0.5
    if expected == "pressure_low":
        assert broken < before - 0.5
    assert after == pytest.approx(before, abs=0.05)
    assert Whereabouts(world.scenario, hamlet).sites_of(world.scenario.events[0]) == ()  # nobody watches this part


def test_a_growing_fault_grows(tmp_path: Path, hamlet: Assets) -> None:
    event = "events: [{kind: regulator, regulator: REG, fault: set_point, by_kpa: 2, at: 1min, over: 10min}]"
    world = World(scenario(tmp_path, event), hamlet)
    found = []
    for minute in (1, 4, 7, 14):
        world.step_to(START_NS + minute * 60 * S_NS)
        found.append(world._town.mains.pressure_kpa("R1"))  # noqa: SLF001
    assert found == sorted(found)
    assert found[-1] == pytest.approx(found[0] + 2, abs=0.2)


def test_the_truth_tells_where_a_leak_is_and_where_the_gas_goes(tmp_path: Path, hamlet: Assets) -> None:
    event = "events: [{id: dig, kind: leak, pipe: B, position: 0.25, hole_mm: 30, at: 1min}]"
    world, _ = pressures(scenario(tmp_path, event), hamlet, 6)
    leak, *steps = (row for row in world.truth.records() if row["record"] in {"event", "step"})
    assert (leak["lon"], leak["lat"], leak["zone"], leak["site"]) == (100.2025, 25.6, "Z1", "")
    assert "PR1" in leak["t_first_observable"]  # type: ignore[operator]
    before, after = steps[0], steps[-1]
    assert before["leak_kg_s"] == 0 < after["leak_kg_s"]  # type: ignore[operator]
    assert after["supply_kg_s"] > before["supply_kg_s"]  # type: ignore[operator]


def test_a_regulator_is_seen_where_a_sensor_watches_its_part(tmp_path: Path, hamlet: Assets) -> None:
    first = REGULATOR | {"from": "S", "to": "P1", "set_pressure_pa_abs": 200_000}
    network = text(regulators=[first, REGULATOR | {"id": "REG2"}], pipes=PIPES[1:])
    found = scenario(tmp_path, "events: [{kind: regulator, regulator: REG, fault: rupture}]")
    (tmp_path / "network.json").write_text(network, encoding="utf-8")
    found = read(tmp_path / "s.yaml")
    assert Whereabouts(found, hamlet).sites_of(found.events[0]) == ("P1",)
    truth = World(found, hamlet).truth
    assert truth.events[0].expected_kind == "pressure_high"
    assert truth.records()[1]["sites"] == ["P1"]


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        ("{kind: leak, pipe: X, hole_mm: 1}", "events[0].pipe: X is no pipe in service of the network"),
        ("{kind: regulator, regulator: X, fault: rupture}", "events[0].regulator: X is no regulator of"),
        ("{kind: valve, valve: X, action: close}", "events[0].valve: device X is not in the registry, and no valve"),
    ],
)
def test_events_must_fit_the_network(tmp_path: Path, hamlet: Assets, event: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        scenario(tmp_path, f"events: [{event}]").check(hamlet)
    assert problem in str(raised.value)


def test_a_valve_in_the_street_is_turned_by_hand(tmp_path: Path, hamlet: Assets) -> None:
    valves = [{"id": "V", "from": "P1", "to": "B1", "open": True, "inner_diameter_m": 0.1}]
    (tmp_path / "v").mkdir()
    found = scenario(tmp_path, "events: [{kind: valve, valve: V, action: close, at: 1min}]")
    (tmp_path / "network.json").write_text(text(valves=valves, pipes=[PIPES[0], PIPES[2]]), encoding="utf-8")
    found = read(tmp_path / "s.yaml")
    found.check(hamlet)
    world = World(found, hamlet)
    world.step_to(START_NS + 1_800 * S_NS)
    assert world._town.mains.pressure_kpa("R1") < 0.5  # noqa: SLF001


def test_a_scenario_whose_network_is_missing_says_so(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(f"{HEAD}network: {{file: nowhere.json}}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"nowhere.json: No such file"):
        read(file)

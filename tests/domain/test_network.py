import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ConfigurationError
from domain.network import Friction, Gas, Node, Pipe, Regulator, Valve, parse_network

TOWN: dict[str, Any] = {
    "gas": {
        "molar_mass_kg_mol": 0.0166,
        "temperature_k": 288.15,
        "z": 1.0,
        "heat_capacity_ratio": 1.31,
        "viscosity_pa_s": 1.1e-5,
    },
    "ambient_pressure_pa": 79700,
    "friction": "gb50028",
    "nodes": [
        {"id": "N1", "x_m": 0, "y_m": 0, "lon": 100.2, "lat": 25.6, "elevation_m": 1975,
         "fixed_pressure_pa_abs": 579700},
        {"id": "N2", "x_m": 900, "y_m": 40},
        {"id": "N3", "x_m": 900, "y_m": 41, "elevation_m": 1985},
        {"id": "N4", "x_m": 900, "y_m": 42, "demand_kg_s": 0.012},
    ],
    "pipes": [
        {"id": "P1", "from": "N1", "to": "N2", "length_m": 902, "inner_diameter_m": 0.1308, "roughness_m": 1e-5,
         "loss_coefficient": 0, "friction_factor": None, "tier": "medium_a", "material": "PE", "install_year": 2012,
         "in_service": True},
    ],
    "regulators": [
        {"id": "R1", "from": "N2", "to": "N3", "set_pressure_pa_abs": 82000, "droop_pa_per_kg_s": 0,
         "max_flow_kg_s": 0.5},
    ],
    "valves": [{"id": "V1", "from": "N3", "to": "N4", "open": True, "inner_diameter_m": 0.1, "loss_coefficient": 0.2}],
}  # fmt: skip

LAWS = "one of gb50028, colebrook, nikuradse, constant"


def changed(path: str, value: object) -> str:
    """The town as text, one item on a line, with one entry changed; the value `...` takes the entry away."""
    town = copy.deepcopy(TOWN)
    *parts, last = (int(part) if part.isdigit() else part for part in path.split("."))
    at: Any = town
    for part in parts:
        at = at[part]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return "{\n" + ",\n".join(f"{json.dumps(key)}: {_lines(item)}" for key, item in town.items()) + "}"


def _lines(item: object) -> str:
    return "[\n" + ",\n".join(map(json.dumps, item)) + "]" if isinstance(item, list) else json.dumps(item)


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as error:
        parse_network(text, "town.json")
    return error.value.problems


def test_reads_every_key() -> None:
    network = parse_network(json.dumps(TOWN), "town.json")
    assert network.gas == Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5)
    assert (network.ambient_pressure_pa, network.friction) == (79_700.0, Friction.GB50028)
    assert network.nodes[0] == Node("N1", 0.0, 0.0, 100.2, 25.6, 1975.0, 579_700.0)
    assert network.nodes[3] == Node("N4", 900.0, 42.0, demand_kg_s=0.012)
    assert network.pipes == (
        Pipe("P1", "N1", "N2", 902.0, 0.1308, 1e-5, 0.0, None, "medium_a", "PE", 2012, in_service=True),
    )
    assert network.regulators == (Regulator("R1", "N2", "N3", 82_000.0, 0.0, 0.5),)
    assert network.valves == (Valve("V1", "N3", "N4", 0.1, open=True, loss_coefficient=0.2),)


def test_regulators_and_valves_may_be_left_out() -> None:
    town = TOWN | {"nodes": TOWN["nodes"][:2]}
    del town["regulators"], town["valves"]
    network = parse_network("\ufeff" + json.dumps(town), "town.json")  # editors write that mark
    assert (network.regulators, network.valves) == ((), ())


def test_the_mean_elevation_is_that_of_the_nodes_that_know_theirs() -> None:
    assert parse_network(json.dumps(TOWN), "town.json").mean_elevation_m() == 1980.0
    level = [{key: node[key] for key in node if key != "elevation_m"} for node in TOWN["nodes"]]
    assert parse_network(json.dumps(TOWN | {"nodes": level}), "town.json").mean_elevation_m() == 0.0


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        ("gas", ..., "town.json: gas is missing"),
        ("gas", [1], "town.json:2: gas is a list; expected an object"),
        ("gas.z", ..., "town.json:2: gas.z is missing"),
        ("gas.z", 0, "town.json:2: gas.z is 0; expected above 0"),
        ("gas.heat_capacity_ratio", 1, "town.json:2: gas.heat_capacity_ratio is 1; expected above 1"),
        ("gas.colour", "blue", "town.json:2: gas.colour is an unknown key"),
        ("towns", {}, "town.json:16: towns is no key of a network"),
        ("tow\nns", {}, "town.json:16: 'tow\\nns' is no key of a network"),
        ("ambient_pressure_pa", ..., "town.json: ambient_pressure_pa is missing"),
        ("ambient_pressure_pa", float("nan"), "town.json:3: ambient_pressure_pa is nan; expected a number"),
        ("ambient_pressure_pa", True, "town.json:3: ambient_pressure_pa is true; expected a number"),
        ("friction", "altshul", f"town.json:4: friction is 'altshul'; expected {LAWS}"),
        ("friction", {}, f"town.json:4: friction is an object; expected {LAWS}"),
        ("nodes", {}, "town.json:5: nodes is an object; expected a list"),
        ("nodes.1", "N2", "town.json:7: nodes[1] is 'N2'; expected an object"),
        ("nodes.1.id", ..., "town.json:7: nodes[1].id is missing"),
        ("nodes.1.id", 2, "town.json:7: nodes[1].id is 2; expected text"),
        ("nodes.1.id", " ", "town.json:7: nodes[1].id is ' '; expected text"),
        ("nodes.1.id", "N4", "town.json:9: nodes[3].id is 'N4', as that of nodes[1]; expected its own"),
        ("nodes.1.y_m", ..., "town.json:7: nodes[1] has x_m or y_m alone; expected both or neither"),
        ("nodes.0.lat", None, "town.json:6: nodes[0] has lon or lat alone; expected both or neither"),
        ("nodes.0.lat", 91, "town.json:6: nodes[0].lat is 91; expected degrees, -90 to 90"),
        ("nodes.3.demand_kg_s", 10**400, f"town.json:9: nodes[3].demand_kg_s is 1{'0' * 59}; expected a number"),
        ("nodes.3.demand_kg_s", None, "town.json:9: nodes[3].demand_kg_s is null; expected a number"),
        ("pipes.0.length_m", -5, "town.json:11: pipes[0].length_m is -5; expected above 0"),
        ("pipes.0.length_m", "long", "town.json:11: pipes[0].length_m is 'long'; expected a number"),
        ("pipes.0.inner_diameter_m", ..., "town.json:11: pipes[0].inner_diameter_m is missing"),
        ("pipes.0.loss_coefficient", -1, "town.json:11: pipes[0].loss_coefficient is -1; expected 0 or more"),
        ("pipes.0.roughness_m", 0.07,
         "town.json:11: pipes[0].roughness_m is 0.07; expected below half of inner_diameter_m"),
        ("pipes.0.to", "N9", "town.json:11: pipes[0].to is 'N9'; expected the id of a node"),
        ("pipes.0.to", "N1", "town.json:11: pipes[0].to is 'N1', as from; expected another node"),
        ("pipes.0.in_service", 1, "town.json:11: pipes[0].in_service is 1; expected true or false"),
        ("pipes.0.install_year", "old", "town.json:11: pipes[0].install_year is 'old'; expected a year"),
        ("pipes.0.install_year", 12, "town.json:11: pipes[0].install_year is 12; expected a year"),
        ("regulators.0.from", "N7", "town.json:13: regulators[0].from is 'N7'; expected the id of a node"),
        ("regulators.0.max_flow_kg_s", -1, "town.json:13: regulators[0].max_flow_kg_s is -1; expected 0 or more"),
        ("valves.0.open", "yes", "town.json:15: valves[0].open is 'yes'; expected true or false"),
        ("valves.0.from", 5, "town.json:15: valves[0].from is 5; expected text"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_place(path: str, value: object, problem: str) -> None:
    found = problems(changed(path, value))
    assert problem in found
    refers = {"nodes", "nodes.1", "nodes.1.id"}  # what refers to the node is wrong then as well
    assert len(found) == 1 or path in refers


def test_every_problem_is_told_at_once() -> None:
    assert len(problems('{"nodes": []}')) == 5


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "town.json:1: not JSON: Expecting property name enclosed in double quotes"),
        ("[]", "town.json:1: is a list; expected an object"),
        ("[" * 100_000, "town.json: not JSON: maximum recursion depth exceeded"),
        (f'{{"gas": {"9" * 5_000}}}', "town.json: not JSON: Exceeds the limit"),
    ],
)
def test_what_is_no_json_object_is_told(text: str, problem: str) -> None:
    assert problems(text)[0].startswith(problem)


def test_a_key_that_stands_twice_is_refused() -> None:
    text = changed("gas.z", 1).replace('"z": 1', '"z": 1, "z": 2').replace('"friction"', '"friction": 1,\n"friction"')
    assert problems(text) == (
        "town.json:4: friction stands there twice; expected once",
        "town.json:2: gas.z stands there twice; expected once",
    )


@pytest.mark.parametrize(
    ("friction", "roughness", "factor", "problem"),
    [
        ("constant", 1e-5, None, "friction_factor is missing; the friction law constant needs it"),
        ("nikuradse", 0, None, "roughness_m is 0 or missing; expected above 0 for the friction law nikuradse"),
        ("constant", 0, 0.02, None),
        ("colebrook", 0, None, None),
    ],
)
def test_a_friction_law_gets_the_numbers_that_it_needs(
    friction: str, roughness: float, factor: float | None, problem: str | None
) -> None:
    town = TOWN | {
        "friction": friction,
        "pipes": [TOWN["pipes"][0] | {"roughness_m": roughness, "friction_factor": factor}],
    }
    if problem is None:
        assert parse_network(json.dumps(town), "town.json").friction == friction
    else:
        assert problems(json.dumps(town)) == (f"town.json:1: pipes[0].{problem}",)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "from", "to", "x"]), inner),
    max_leaves=5,
)


@given(
    st.sampled_from(["gas", "friction", "nodes", "nodes.1", "nodes.1.id", "pipes.0", "pipes", "valves.0.to"]), VALUES
)
def test_whatever_stands_there_gives_a_network_or_clear_lines(path: str, value: object) -> None:
    lines: tuple[str, ...] = ()
    try:
        parse_network(changed(path, value), "town.json")
    except ConfigurationError as error:
        lines = error.problems
    assert all(line.startswith("town.json") and "\n" not in line for line in lines)


def test_lines_are_right_in_a_whole_city() -> None:
    pipes = [TOWN["pipes"][0] | {"id": f"P{n}", "length_m": -1} for n in range(3_000)]
    text = changed("pipes", pipes)
    found = problems(text)
    assert len(found) == 3_000
    assert found[-1] == "town.json:3010: pipes[2999].length_m is -1; expected above 0"

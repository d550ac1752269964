import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ConfigurationError
from domain.network import Friction, Network
from simulator.hydraulics import Hydraulics
from simulator.loaders.load import load_network
from simulator.loaders.loaded import Loaded
from simulator.steady import solve_steady

Cells = Sequence[object]


def frame(columns: str, *data: Cells, index: Sequence[int] | None = None) -> dict[str, object]:
    table = {"columns": columns.split(), "index": list(index or range(len(data))), "data": list(data)}
    return {"_module": "pandas.core.frame", "_class": "DataFrame", "_object": json.dumps(table), "orient": "split"}


def prop(**cells: object) -> dict[str, object]:
    return {"_module": "pandapipes.properties.fluids", "_class": "FluidProperty", "_object": json.dumps(cells)}


def array(*values: float) -> dict[str, object]:
    return {"_module": "numpy", "_class": "array", "_object": list(values), "dtype": "float64"}


PROPERTIES = {
    "density": prop(x=array(263.0, 273.0, 283.0), y=array(0.76, 0.732, 0.706)),
    "viscosity": prop(x=array(263.0, 273.0, 283.0), y=array(1.0e-5, 1.04e-5, 1.07e-5)),
    "compressibility": prop(slope=-0.0022, offset=1.0),
}


def fluid(**changes: object) -> dict[str, object]:
    held = {"name": "hgas", "fluid_type": "gas", "is_gas": True, "all_properties": PROPERTIES} | changes
    return {"_class": "Fluid", "_object": json.dumps(held)}


PIPE = "name from_junction to_junction std_type length_km diameter_m k_mm loss_coefficient in_service"


def net(**changes: object) -> dict[str, Any]:
    tables: dict[str, object] = {
        "fluid": fluid(),
        "junction": frame(
            "name pn_bar tfluid_k height_m in_service",
            ["in", 1.0, 283.15, 100.0, True],
            [None, 1.0, 283.15, 120.0, True],
            [None, 1.0, 283.15, 140.0, True],
            ["old", 1.0, 283.15, 0.0, False],
            index=[10, 11, 12, 13],
        ),
        "pipe": frame(
            PIPE,
            [None, 10, 11, None, 1.5, 0.1, 0.1, 0.5, True],
            [None, 11, 12, None, 0.5, 0.08, 0.1, 0.0, True],
            [None, 11, 12, None, 0.5, 0.08, 0.1, 0.0, False],
            [None, 12, 13, None, 0.5, 0.08, 0.1, 0.0, True],
            index=[0, 1, 2, 5],
        ),
        "ext_grid": frame(
            "junction p_bar t_k in_service type", [10, 1.0, 283.15, True, "auto"], [11, None, 283.15, True, "t"]
        ),
        "sink": frame(
            "name junction mdot_kg_per_s scaling in_service", [None, 12, 0.02, 1.5, True], [None, 12, 9.0, 1.0, False]
        ),
        "source": frame("name junction mdot_kg_per_s scaling in_service", [None, 11, 0.005, 1.0, True]),
    }
    return {"_module": "pandapipes.pandapipes_net", "_class": "pandapipesNet", "_object": tables | changes}


def load(folder: Path, data: object) -> Loaded:
    path = folder / "net.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return load_network(path)


def solved(loaded: Loaded) -> Hydraulics:
    hydraulics = Hydraulics(loaded.network, z_per_pa=loaded.z_per_pa)
    solve_steady(hydraulics)
    return hydraulics


def shape(network: Network) -> list[tuple[str, str, str]]:
    return [(pipe.id, pipe.from_node, pipe.to_node) for pipe in network.pipes]


def test_reads_junctions_pipes_supplies_and_sinks(tmp_path: Path) -> None:
    loaded = load(tmp_path, net())
    network = loaded.network
    assert [(node.id, node.demand_kg_s) for node in network.nodes] == [("10", 0.0), ("11", -0.005), ("12", 0.03)]
    assert network.nodes[0].fixed_pressure_pa_abs == pytest.approx(1e5 + 101_325 * (1 - 0.65 / 288.15) ** 5.255)
    assert shape(network) == [("0", "10", "11"), ("1", "11", "12"), ("2", "11", "12")]
    assert [pipe.in_service for pipe in network.pipes] == [True, True, False]
    assert network.pipes[0].roughness_m == pytest.approx(1e-4)
    assert (network.friction, loaded.notes) == (Friction.NIKURADSE, ())
    # density at 273.15 K by interpolation, so that rho = p·M/(R·T)
    assert network.gas.molar_mass_kg_mol == pytest.approx(0.731610 * 8.314462618 * 273.15 / 101_325, rel=1e-6)
    assert network.gas.viscosity_pa_s == pytest.approx(1.07045e-5)
    assert loaded.z_per_pa == pytest.approx(-0.0022e-5)
    assert solved(loaded).balance().supply_kg_s == pytest.approx(0.025)


def test_solves_what_the_general_flow_equation_says(tmp_path: Path) -> None:
    rows = [[None, 283.15, 0.0, alive] for alive in (True, True, True, False)]
    level = frame("name tfluid_k height_m in_service", *rows, index=[10, 11, 12, 13])
    hydraulics = solved(load(tmp_path, net(junction=level, source=frame("junction mdot_kg_per_s"))))
    one, two = hydraulics.pressure_pa("10"), hydraulics.pressure_pa("11")
    area = 3.141592653589793 / 4 * 0.01
    viscosity = 1.07e-5 + 0.15 * 0.03e-5 / 10
    factor = 64 / (4 * 0.03 / (3.141592653589793 * 0.1 * viscosity)) + 1 / (2 * 3 + 1.14) ** 2
    middle_bar = 2 / 3 * (one + two - one * two / (one + two)) / 1e5
    celerity_2 = 101_325 / (0.73161 * 273.15) * 283.15 * (1 - 0.0022 * middle_bar)
    right = (factor * 1_500 / 0.1 + 0.5) * celerity_2 * 0.03**2 / area**2
    assert one**2 - two**2 == pytest.approx(right, rel=1e-6)


def test_valves_open_or_close_the_way(tmp_path: Path) -> None:
    valves = frame(
        "name from_junction to_junction diameter_m opened loss_coefficient type",
        [None, 11, 12, 0.05, True, 0.3, "valve"], [None, 10, 12, 0.05, False, 0.0, "valve"],
        [None, 10, 13, 0.05, False, 0.0, "valve"],
    )  # fmt: skip
    loaded = load(tmp_path, net(valve=valves))
    assert [(valve.id, valve.open) for valve in loaded.network.valves] == [("0", True), ("1", False)]
    assert solved(loaded).state.flow_kg_s[2:4].tolist() == pytest.approx([0.03, 0.0], rel=0.3)


def test_a_valve_may_sit_at_the_end_of_a_pipe(tmp_path: Path) -> None:
    valves = frame(
        "junction element et inner_diameter_mm opened",
        [11, 0, "pi", 50.0, True], [11, 1, "pi", 50, True], [11, 12, "ju", 50.0, False],
    )  # fmt: skip
    loaded = load(tmp_path, net(valve=valves))
    assert shape(loaded.network)[:2] == [("0", "10", "11/0"), ("1", "11/1", "12")]
    assert [(v.from_node, v.to_node, v.open) for v in loaded.network.valves] == [
        ("11", "11/0", True), ("11", "11/1", True), ("11", "12", False),
    ]  # fmt: skip
    assert solved(loaded).pipe_flow_kg_s("1")[0] == pytest.approx(0.03)


def test_pressure_and_flow_controls_are_taken(tmp_path: Path) -> None:
    control = "from_junction to_junction controlled_junction control_active controlled_p_bar in_service"
    tables = {
        "pipe": frame(PIPE, [None, 10, 11, None, 1.5, 0.1, 0.1, 0.5, True]),
        "source": frame("junction mdot_kg_per_s"),
        "pressure_control": frame(control, [11, 12, 12, True, 0.05, True], [10, 13, 13, True, 0.1, True]),
        "flow_control": frame("from_junction to_junction controlled_mdot_kg_per_s in_service", [10, 11, 0.001, True]),
    }
    loaded = load(tmp_path, net(**tables))
    hydraulics = solved(loaded)
    assert hydraulics.gauge_pa("12") == pytest.approx(5_000, rel=1e-6)
    assert hydraulics.pipe_flow_kg_s("0")[0] == pytest.approx(0.029)
    assert hydraulics.balance().supply_kg_s == pytest.approx(0.03)


def test_what_is_not_supported_is_noted(tmp_path: Path) -> None:
    two = "from_junction to_junction in_service"
    control = "from_junction to_junction controlled_junction control_active controlled_p_bar in_service"
    tables = {
        "compressor": frame(two, [11, 12, True], [10, 13, True]),
        "circ_pump_mass": frame(two, [11, 12, True]),
        "pressure_control": frame(control, [10, 11, 12, True, 0.5, True], [10, 11, 11, False, 0.5, True]),
        "user_pf_options": {"friction_model": "swamee-jain"},
        "junction": frame(
            "tfluid_k in_service", [280, True], [290, True], [280, True], [1, False], index=[10, 11, 12, 13]
        ),
    }
    loaded = load(tmp_path, net(**tables))
    assert loaded.notes == (
        "compressor 0: taken as an open connection, its pressure ratio is not applied",
        "circ_pump_mass: left out, not supported",
        "pressure_control 0: holds the pressure at its outlet, not farther on",
        "temperature: one for the whole network, the mean of tfluid_k",
        "friction_model swamee-jain: not supported, taken as colebrook",
    )
    assert loaded.network.friction is Friction.COLEBROOK


@pytest.mark.parametrize("law", ["colebrook", "prandtl-colebrook"])
def test_the_friction_law_of_the_file_is_taken(tmp_path: Path, law: str) -> None:
    assert load(tmp_path, net(user_pf_options={"friction_model": law})).network.friction is Friction.COLEBROOK


def test_a_pipe_may_take_its_width_from_its_standard_type(tmp_path: Path) -> None:
    pipes = frame(PIPE.replace("diameter_m", "outer"), [None, 10, 11, "100_GGG", 1.5, 0.1, 0.1, 0.5, True])
    types = {"pipe": {"100_GGG": {"inner_diameter_mm": 105.8}}, "pump": {}}
    sinks = frame("junction mdot_kg_per_s", [11, 0.01])
    for key in ("std_type", "std_types"):
        loaded = load(tmp_path, net(**{"pipe": pipes, key: types, "sink": sinks}))
        assert loaded.network.pipes[0].inner_diameter_m == pytest.approx(0.1058)


def test_places_are_taken_where_they_are_known(tmp_path: Path) -> None:
    loaded = load(tmp_path, net(junction_geodata=frame("x y", [1.0, 2.0], [3.0, 4.0], index=[10, 11])))
    assert [(node.x_m, node.y_m) for node in loaded.network.nodes] == [(1.0, 2.0), (3.0, 4.0), (None, None)]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"fluid": fluid(is_gas=False, name="water")}, "fluid: is the liquid 'water'; expected a gas"),
        ({"fluid": 3}, "fluid: expected a fluid with its properties"),
        ({"fluid": fluid(all_properties={})}, "fluid.density: expected a value"),
        ({"fluid": fluid(all_properties={"density": prop(x=array(1.0), y=array(1.0))})},
         "fluid.density: expected a value, slope and offset, or a table of x and y"),
        ({"junction": {"_object": '{"columns": 1}'}}, "junction: expected a table of columns, index and data"),
        ({"pipe": frame(PIPE, [None, 10, 11, None, -1.5, 0.1, 0.1, 0.5, True])},
         "pipe[0]: length_km is -1.5; expected a number above 0"),
        ({"pipe": frame(PIPE, [None, 10, None, None, 1.5, 0.1, 0.1, 0.5, True])}, "pipe[0]: to_junction is missing"),
        ({"pipe": frame(PIPE, [None, 10, 11, None, 1.5, None, 0.1, 0.5, True])},
         "pipe[0]: inner_diameter_mm is missing; expected a number above 0"),
        ({"pipe": frame(PIPE, [None, 10, 11, None, 1.5, 0.1, 0.1, 0.5, "perhaps"])},
         "pipe[0]: in_service is 'perhaps'; expected true or false"),
        ({"valve": frame("junction element et inner_diameter_mm opened", [10, 1, "pi", 50.0, True])},
         "valve[0]: element is 1; expected a pipe at junction 10"),
        ({"sink": frame("junction mdot_kg_per_s", [11, "much"])},
         "sink[0]: mdot_kg_per_s is 'much'; expected a number"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, changes: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(tmp_path, net(**changes))
    assert error.value.problems[0].startswith(f"net.json: {problem}")


def test_a_network_without_tables_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected the tables of a network"):
        load(tmp_path, {"_class": "pandapipesNet", "_object": []})


def test_a_dangling_pipe_is_refused(tmp_path: Path) -> None:
    sinks = frame("junction mdot_kg_per_s", [11, 0.01])
    pipes = frame(PIPE, [None, 10, 10, None, 1.5, 0.1, 0.1, 0.5, True])
    with pytest.raises(ConfigurationError, match=r"net.json: pipes\[0\].to is '10', as from; expected another node"):
        load(tmp_path, net(pipe=pipes, sink=sinks))

import json
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ConfigurationError
from domain.network import Friction
from simulator.loaders.load import load_network

EXPORT: dict[str, Any] = {
    "source": [{"junction": 2, "mdot_kg_per_s": 0.001, "scaling": 2.0, "in_service": True}],
    "friction_model": "colebrook",
    "fluid": {"rho_n_kg_m3": 0.84, "eta_Pas": 1.193e-05, "Z_1bar": 0.9978, "Z_10bar": 0.978},
    "ext_grid": [{"junction": 0, "p_bar": 1.0, "t_k": 283.15}],
    "sink": [
        {"junction": 2, "mdot_kg_per_s": 0.01, "in_service": True},
        {"junction": 2, "mdot_kg_per_s": 9.0, "in_service": False},
    ],
}
JUNCTIONS = """junction,height_m,tfluid_k,in_service
0,20,283.15,True
1,0,283.15,False
2,0,283.15,True
"""
PIPES = """pipe,from_junction,to_junction,length_km,inner_diameter_mm,k_mm,loss_coefficient,in_service
0,0,2,0.5,40,0.1,2000,True
1,0,2,0.5,40,0.1,0,False
"""


def write(folder: Path, export: object = EXPORT, junctions: str | None = JUNCTIONS, pipes: str = PIPES) -> Path:
    (folder / "net.json").write_text(json.dumps(export), encoding="utf-8")
    (folder / "net.pipes.csv").write_text(pipes, encoding="utf-8")
    if junctions is not None:
        (folder / "net.junctions.csv").write_text(junctions, encoding="utf-8")
    return folder / "net.json"


def test_reads_an_export_with_its_tables(tmp_path: Path) -> None:
    network, z_per_pa, _ = load_network(write(tmp_path))
    assert [(node.id, node.demand_kg_s) for node in network.nodes] == [("0", 0.0), ("2", pytest.approx(0.008))]
    assert network.nodes[0].fixed_pressure_pa_abs == pytest.approx(1e5 + 101_325 * (1 - 0.13 / 288.15) ** 5.255)
    assert [(pipe.loss_coefficient, pipe.in_service) for pipe in network.pipes] == [(2_000, True), (0, False)]
    assert network.friction is Friction.COLEBROOK
    assert network.gas.molar_mass_kg_mol == pytest.approx(0.0188277, rel=1e-5)
    assert network.gas.z + 1e5 * z_per_pa == pytest.approx(0.9978)
    assert network.gas.z + 1e6 * z_per_pa == pytest.approx(0.978)


def test_the_provenance_as_text_is_no_table(tmp_path: Path) -> None:
    network = load_network(write(tmp_path, EXPORT | {"source": "a tool"})).network
    assert network.nodes[1].demand_kg_s == pytest.approx(0.01)


def test_valves_and_controls_may_stand_in_it_or_beside_it(tmp_path: Path) -> None:
    valves = "valve,from_junction,to_junction,inner_diameter_mm,opened,loss_coefficient\n0,0,2,40,False,0.5\n"
    (tmp_path / "net.valves.csv").write_text(valves, encoding="utf-8")
    control = {"from_junction": 0, "to_junction": 2, "control_active": True, "controlled_p_bar": 0.5}
    network = load_network(write(tmp_path, EXPORT | {"pressure_control": [control]})).network
    assert [(valve.id, valve.open, valve.loss_coefficient) for valve in network.valves] == [("0", False, 0.5)]
    assert [regulator.set_pressure_pa_abs for regulator in network.regulators] == [pytest.approx(0.5e5 + 101_325)]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"junctions": None}, "net.junctions.csv: No such file or directory; this table belongs to the network"),
        (
            {"pipes": PIPES.replace("0.5,40", "-0.5,40")},
            "net.pipes.csv:2: length_km is '-0.5'; expected a number above 0",
        ),
        ({"pipes": PIPES.replace("0,0,2", "0,0,7")}, "net.json: pipes[0].to is '7'; expected the id of a node"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, options: dict[str, Any], problem: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_network(write(tmp_path, **options))
    assert problem in error.value.problems[0]

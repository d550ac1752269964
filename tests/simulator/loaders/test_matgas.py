import math
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from simulator.hydraulics import Hydraulics
from simulator.loaders.load import load_network
from simulator.loaders.loaded import Loaded
from simulator.steady import solve_steady

HEAD = """function mgc = small
mgc.sound_speed = 371.6643;
mgc.temperature = 288.706;   % K
mgc.compressibility_factor = 1;
mgc.units = 'si';
mgc.is_per_unit = 0;
"""
TOWN = """
%% junction data
% id p_min p_max p_nominal junction_type status name lat lon
mgc.junction = [
1 0 1200000 1200000 1 1 'the source' 6 12
2 0 1200000 1200000 0 1 'b' 5 12
3 0 28000 70000 0 1 'c' 4 12
4 0 28000 70000 0 1 'd' 3 12
5 0 28000 70000 0 0 'gone' 3 12
];
% id fr_junction to_junction diameter length friction_factor p_min p_max status
mgc.pipe = [
1 1 2 0.2 1000 0.003 0 1200000 1
2 3 4 0.15 500 0.009 0 1200000 1; 3 3 4 0.15 500 0.009 0 1200000 0
];
mgc.regulator = [
1 2 3 0 1 0.0 0.3 1
];
% id junction_id injection_min injection_max injection_nominal is_dispatchable status
mgc.receipt = [
1 4 0 1 0.01 0 1
];
mgc.delivery = [
1 4 0 1 0.05 0 1 1.25
];
"""
REST = """
mgc.compressor = [ 1 1 2 ];
mgc.valve = [ 1 3 4 1 ];
mgc.resistor = [ 1 3 4 5.0 0.1 1 ];
mgc.storage = [ 1 3 ];
"""


def load(folder: Path, text: str) -> Loaded:
    path = folder / "town.m"
    path.write_text(text, encoding="utf-8")
    return load_network(path)


def test_reads_a_network_of_two_tiers(tmp_path: Path) -> None:
    network, z_per_pa, notes = load(tmp_path, HEAD + TOWN)
    assert z_per_pa == 0
    assert [(node.id, node.demand_kg_s) for node in network.nodes] == [
        ("1", 0), ("2", 0), ("3", 0), ("4", pytest.approx(0.04)),
    ]  # fmt: skip
    assert network.nodes[0].fixed_pressure_pa_abs == 1_200_000 + 101_325
    assert [(pipe.id, pipe.friction_factor) for pipe in network.pipes] == [("1", 0.012), ("2", 0.036)]
    assert [r.set_pressure_pa_abs for r in network.regulators] == [70_000 + 101_325]
    assert network.gas.molar_mass_kg_mol == pytest.approx(0.01737754, rel=1e-6)
    assert [note.partition(":")[0] for note in notes] == ["pressures", "friction factors"]


def test_solves_what_it_read(tmp_path: Path) -> None:
    hydraulics = Hydraulics(load(tmp_path, HEAD + TOWN).network)
    solve_steady(hydraulics)
    area = math.pi / 4 * 0.15**2
    one, other = hydraulics.pressure_pa("3"), hydraulics.pressure_pa("4")
    right = 0.036 * 500 / 0.15 * 371.6643**2 * 0.04**2 / area**2
    assert one**2 - other**2 == pytest.approx(right, rel=1e-8)


def test_pressures_of_a_transmission_network_are_absolute_and_its_factors_darcys(tmp_path: Path) -> None:
    text = (HEAD + TOWN).replace("70000 0 1", "700000 0 1").replace("0.003", "0.012")
    network, _, notes = load(tmp_path, text)
    assert network.nodes[0].fixed_pressure_pa_abs == 1_200_000
    assert [pipe.friction_factor for pipe in network.pipes] == [0.012, 0.009]
    assert notes == ()


def test_without_a_slack_junction_the_largest_receipt_holds(tmp_path: Path) -> None:
    text = (
        (HEAD + TOWN).replace("1200000 1 1 'the", "0 0 1 'the").replace("1 4 0 1 0.01", "1 4 0 0.1 0.01\n2 1 0 1 0.0")
    )
    network, _, notes = load(tmp_path, text.replace("% id junction_id", "%column_names% id junction_id"))
    assert [node.fixed_pressure_pa_abs for node in network.nodes] == [1_200_000 + 101_325, None, None, None]
    assert "junction 1: held, as none is of type 1: the largest receipt" in notes


@pytest.mark.parametrize(
    ("line", "molar_mass"),
    [("mgc.gas_specific_gravity = 0.6;", 0.6 * 0.02896), ("mgc.gas_molar_mass = 0.0185;", 0.0185)],
)
def test_the_gas_may_be_given_in_other_ways(tmp_path: Path, line: str, molar_mass: float) -> None:
    text = (HEAD + TOWN).replace("mgc.sound_speed = 371.6643;", line)
    assert load(tmp_path, text).network.gas.molar_mass_kg_mol == pytest.approx(molar_mass)


def test_what_is_not_supported_is_noted(tmp_path: Path) -> None:
    network, _, notes = load(tmp_path, HEAD + TOWN + REST)
    assert [(valve.id, valve.loss_coefficient) for valve in network.valves] == [
        ("valve 1", 0), ("compressor 1", 0), ("resistor 1", 5.0),
    ]  # fmt: skip
    assert "compressor 1: taken as an open connection, it lifts nothing" in notes
    assert "mgc.storage: left out, not supported" in notes


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("'si'", "'usc'", "town.m: units or is_per_unit: expected units = 'si' and is_per_unit = 0"),
        ("288.706", "cold", "town.m: temperature is 'cold'; expected a number above 0"),
        ("1 1 2 0.2 1000", "1 1 2 0.2 -1000", "town.m:19: mgc.pipe: length is '-1000'; expected a number above 0"),
        ("1 1 2 0.2", "1 1 9 0.2", "town.m: pipes[0].to is '9'; expected the id of a node"),
        ("1 2 3 0 1", "1 2 5 0 1", "town.m:23: mgc.regulator: to_junction is 5; expected a junction in service"),
        ("1 4 0 1 0.05 0 1 1.25\n];", "1 4 0 1 0.05 0 1 1.25\n", "town.m: mgc.delivery: the bracket ] is missing"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(tmp_path, (HEAD + TOWN).replace(old, new))
    assert error.value.problems == (problem,)

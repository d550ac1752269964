import copy
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from domain.errors import ConfigurationError
from simulator.hydraulics import Hydraulics
from simulator.loaders.load import load_network
from simulator.steady import solve_steady

PIPE = {"id": 1, "fr_node": 1, "to_node": 2, "length": 20_000.0, "diameter": 0.5, "friction_factor": 0.012}
CASE: dict[str, Any] = {
    "network": {
        "nodes": {
            str(k): {"id": k, "name": f"N{k}", "x_coord": k, "y_coord": 0, "elevation": 0.0, "max_pressure": 7e6}
            for k in (1, 2, 3)
        },
        "pipes": {"1": PIPE},
        "valves": {"1": {"id": 1, "fr_node": 2, "to_node": 3}},
        "compressors": {"1": {"id": 1, "fr_node": 2, "to_node": 3}},
        "short_pipes": [],
        "entries": {"1": {"id": 1, "node_id": 1}},
        "exits": {"7": {"id": 7, "node_id": 3}},
    },
    "nominations": {
        "small": {
            "entry_nominations": {"1": {"min_injection": 20.0, "max_injection": 20.0}},
            "exit_nominations": {"7": {"min_withdrawal": 15.0, "max_withdrawal": 25.0}},
        }
    },
    "params": {"params": {"Gas specific gravity (G):": 0.6, "Temperature (K):": 283.15}},
    "slack_nodes": {"small": "1"},
}


def archive(folder: Path, case: dict[str, Any]) -> Path:
    path = folder / "small.json.zip"
    with zipfile.ZipFile(path, "w") as target:
        for name, document in case.items():
            target.writestr(f"small/{name}.json", json.dumps(document))
    return path


def test_reads_and_solves_a_nominated_network(tmp_path: Path) -> None:
    network, _, notes = load_network(archive(tmp_path, CASE))
    assert [(node.fixed_pressure_pa_abs, node.demand_kg_s) for node in network.nodes] == [
        (7e6, 0),
        (None, 0),
        (None, 20),
    ]
    assert notes == (
        "N1: held at its highest pressure, 70 bar",
        "compressors 1: taken as an open connection, it changes no pressure",
    )
    hydraulics = Hydraulics(network)
    solve_steady(hydraulics)
    celerity_2, area = 8.314462618 * 283.15 / (0.6 * 0.02896), 3.141592653589793 / 16
    drop = 0.012 * 20_000 / 0.5 * celerity_2 * 400 / area**2
    assert 7e6**2 - hydraulics.pressure_pa("2") ** 2 == pytest.approx(drop, rel=1e-8)


@pytest.mark.parametrize(
    ("document", "value", "problem"),
    [
        ("slack_nodes", ..., "small.json.zip: holds no slack_nodes.json; expected it beside network.json"),
        ("nominations", {}, "small.json.zip: entries 1: nomination: min_injection is missing; expected a number"),
        ("params", {}, "small.json.zip: params: Temperature (K): is missing; expected a number above 0"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, document: str, value: object, problem: str) -> None:
    case = copy.deepcopy(CASE)
    if value is ...:
        del case[document]
    else:
        case[document] = value
    with pytest.raises(ConfigurationError) as error:
        load_network(archive(tmp_path, case))
    assert error.value.problems == (problem,)

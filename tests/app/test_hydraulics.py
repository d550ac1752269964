import csv
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main

TOWN: dict[str, Any] = {
    "gas": {"molar_mass_kg_mol": 0.0166, "temperature_k": 288.15, "z": 1.0, "heat_capacity_ratio": 1.31,
            "viscosity_pa_s": 1.1e-5},
    "ambient_pressure_pa": 79_700,
    "friction": "gb50028",
    "nodes": [
        {"id": "N1", "x_m": 0, "y_m": 0, "lon": 100.2, "lat": 25.6, "fixed_pressure_pa_abs": 279_700},
        {"id": "N2", "x_m": 900, "y_m": 40, "lon": 100.21, "lat": 25.6},
        {"id": "N3", "x_m": 900, "y_m": 41, "lon": 100.21, "lat": 25.61, "demand_kg_s": 0.01},
        {"id": "N4", "x_m": 999, "y_m": 42, "lon": 100.22, "lat": 25.6},
    ],
    "pipes": [
        {"id": "P1", "from": "N1", "to": "N2", "length_m": 902, "inner_diameter_m": 0.1, "roughness_m": 1e-5,
         "tier": "medium_b"},
        {"id": "P2", "from": "N3", "to": "N4", "length_m": 90, "inner_diameter_m": 0.1, "roughness_m": 1e-5,
         "in_service": False},
    ],
    "regulators": [{"id": "R1", "from": "N2", "to": "N3", "set_pressure_pa_abs": 82_200}],
}  # fmt: skip


def written(folder: Path, town: dict[str, Any]) -> str:
    (folder / "town.json").write_text(json.dumps(town), encoding="utf-8")
    return str(folder / "town.json")


def table(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_prints_a_table_and_writes_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hydraulics", written(tmp_path, TOWN), "--out", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr()
    lines = printed.out.splitlines()
    assert [line.split()[:3] for line in lines[1:4]] == [["medium_b", "2", "1"], ["-", "1", "0"], ["-", "1", "0"]]
    assert lines[2].split()[3:] == ["2.500", "N3", "2.500", "N3", "0.01"]
    assert lines[-1].startswith("supply 0.01 kg/s")
    assert printed.err == "note: node N4: without a supply, and without demand: at the pressure of the air\n"
    nodes, pipes = table(tmp_path / "out" / "nodes.csv"), table(tmp_path / "out" / "pipes.csv")
    assert nodes[0] == ["node", "p_pa_abs"]
    assert [row[0] for row in nodes[1:]] == ["N1", "N2", "N3", "N4"]
    assert [float(row[1]) for row in nodes[1:]][2:] == pytest.approx([82_200, 79_700], rel=1e-8)
    assert pipes == [["pipe", "mass_flow_kg_s"], ["P1", "0.01"], ["P2", "0"]]


def test_another_friction_law_may_be_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    town = written(tmp_path, TOWN)
    pressures = []
    for law in ("gb50028", "colebrook"):
        assert main(["hydraulics", town, "--out", str(tmp_path / law), "--friction", law]) == 0
        pressures.append(float(table(tmp_path / law / "nodes.csv")[2][1]))
    capsys.readouterr()
    assert pressures[0] != pressures[1]
    assert pressures[0] == pytest.approx(pressures[1], rel=1e-3)


@pytest.mark.parametrize("places", [("lon", "lat"), ("x_m", "y_m")])
def test_draws_the_network(tmp_path: Path, places: tuple[str, str]) -> None:
    nodes = [{key: value for key, value in node.items() if key not in places} for node in TOWN["nodes"]]
    assert main(["hydraulics", written(tmp_path, TOWN | {"nodes": nodes}), "--out", str(tmp_path), "--plot"]) == 0
    assert (tmp_path / "network.png").read_bytes()[:4] == b"\x89PNG"


def test_air_that_would_come_in_is_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    low = TOWN["regulators"][0] | {"set_pressure_pa_abs": 70_000}
    assert main(["hydraulics", written(tmp_path, TOWN | {"regulators": [low]})]) == 0
    assert "note: node N3: below the pressure of the air: air would come in" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "options", "problem"),
    [
        ({"pipes": []}, [], "town.json: node N3: demand without a supply, no open way leads there; connect them"),
        ({"pipes": [TOWN["pipes"][0] | {"length_m": -1}]}, [],
         "town.json:1: pipes[0].length_m is -1; expected above 0"),
        ({}, ["--out", "{town}"], "town.json: File exists"),
        ({"nodes": [{"id": "N1", "fixed_pressure_pa_abs": 1e5}], "pipes": [], "regulators": []}, ["--plot"],
         "network.png: cannot be drawn: every node needs x_m and y_m, or lon and lat"),
        ({}, ["--friction", "constant"], "pipes[0].friction_factor is missing; the friction law constant needs it"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], change: dict[str, Any], options: list[str], problem: str
) -> None:
    town = written(tmp_path, TOWN | change)
    assert main(["hydraulics", town, *(option.format(town=town) for option in options)]) == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("note")]
    assert all(line.startswith("gas-lifeline: ") for line in lines)
    assert problem in lines[0]

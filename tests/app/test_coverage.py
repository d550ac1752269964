import csv
from pathlib import Path

import pytest

from app.cli import main
from tests.app.support import ROOT

DALI = ROOT / "examples" / "dali" / "network.json"
RULEBOOK = str(ROOT / "rulebook.toml")


def run(*arguments: str) -> int:
    return main(["coverage", *arguments, "--rulebook", RULEBOOK])


def test_tells_the_smallest_leak_of_each_zone_and_tier_and_of_each_section(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(str(DALI), "--out", str(tmp_path / "out"), "--plot") == 0
    said = capsys.readouterr().out
    assert said.startswith("32 pressure sensors and 24 flow meters on the network\nzone  tier")
    rows = {tuple(line.split()[:2]): line.split() for line in said.splitlines()[2:-1]}
    assert len(rows) == 6 * 3
    assert rows["Z03", "medium_b"][3] != "100%"
    assert float(rows["Z03", "medium_b"][9]) > 0
    assert "blind: " in said.splitlines()[-1]
    with (tmp_path / "out" / "coverage.csv").open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {line["blind"] for line in lines} == {"yes", "no"}
    assert {line["by"] for line in lines} >= {"pressure", "manhole"}
    first = lines[0]
    assert float(first["smallest_nm3_h"]) == pytest.approx(4.86 * float(first["smallest_g_s"]), rel=1e-3)
    assert (tmp_path / "out" / "coverage.png").read_bytes().startswith(b"\x89PNG")


NETWORK = """{"gas": {"molar_mass_kg_mol": 0.0166, "temperature_k": 288.15, "z": 1.0, "heat_capacity_ratio": 1.31,
 "viscosity_pa_s": 1.1e-5}, "ambient_pressure_pa": 79700, "friction": "gb50028",
 "nodes": [{"id": "N1"%s}, {"id": "N2", "demand_kg_s": 0.01}],
 "pipes": [{"id": "P1", "from": "N1", "to": "N2", "length_m": 300, "inner_diameter_m": 0.1, "roughness_m": 1e-5}]}"""


def small(folder: Path, source: str = ', "fixed_pressure_pa_abs": 200000') -> str:
    path = folder / "network.json"
    path.write_text(NETWORK % source, encoding="utf-8")
    return str(path)


def test_a_network_without_places_or_sensors_is_all_blind_and_cannot_be_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()
    assert run(small(tmp_path), "--assets", str(DALI.parent), "--out", str(tmp_path / "out")) == 0
    said = capsys.readouterr().out
    assert said.splitlines()[2].split()[:4] == ["-", "-", "0.30", "100%"]
    with (tmp_path / "out" / "coverage.csv").open(encoding="utf-8") as file:
        line = next(csv.DictReader(file))
    assert (line["lon"], line["smallest_g_s"], line["by"], line["blind"]) == ("", "", "", "yes")
    assert run(small(tmp_path), "--assets", str(DALI.parent), "--out", str(tmp_path / "out"), "--plot") == 1
    assert "cannot be drawn: every node needs" in capsys.readouterr().err


def test_a_mistake_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(small(tmp_path, ""), "--assets", str(DALI.parent)) == 1
    assert "no source: no node has fixed_pressure_pa_abs" in capsys.readouterr().err
    assert run(small(tmp_path)) == 1  # no registry beside it
    assert "no devices.csv there; name the folder of the town's registry by --assets" in capsys.readouterr().err
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert run(small(tmp_path), "--assets", str(DALI.parent), "--out", str(tmp_path / "file")) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert run(str(DALI), "--out", str(tmp_path / "file"), "--plot") == 1

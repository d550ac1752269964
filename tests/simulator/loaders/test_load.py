import csv
import json
import os
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from simulator.hydraulics import Hydraulics
from simulator.loaders.load import load_network
from simulator.steady import solve_steady
from tests.simulator.support import two_tiers

DATA = Path(os.environ.get("GAS_LIFELINE_DATA", "absent")) / "networks"
CASES = ["2eg_hnet", "3parallel", "meshed_delta", "meshed_square", "one_pipe1", "one_pipe2", "strand_2pipes", "tcross1",
         "tcross2"]  # fmt: skip


def solved(path: Path) -> Hydraulics:
    loaded = load_network(path)
    hydraulics = Hydraulics(loaded.network, z_per_pa=loaded.z_per_pa)
    solve_steady(hydraulics)
    return hydraulics


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def data(name: str) -> Path:
    if not (DATA / name).exists():
        pytest.skip("GAS_LIFELINE_DATA does not lead to the folder of reference solutions")
    return DATA / name


@pytest.mark.parametrize("law", ["N", "P"])
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_stanet(case: str, law: str) -> None:
    # simulator notes, V2: 1e-4 of absolute pressure against STANET, 1e-6 relative flow against pandapipes
    path = data(f"stanet/gas_{case}-{law}.json")
    hydraulics = solved(path)
    for row in rows(path.with_suffix(".junctions.csv")):
        air_pa = 101_325 * (1 - 0.0065 * float(row["height_m"]) / 288.15) ** 5.255
        found = hydraulics.pressure_pa(row["junction"])
        assert found == pytest.approx(float(row["p_bar"]) * 1e5 + air_pa, rel=2e-6)
        if row["p_stanet"]:
            assert found == pytest.approx(float(row["p_stanet"]) * 1e5 + air_pa, rel=1e-4)
    for row in rows(path.with_suffix(".pipes.csv")):
        assert hydraulics.pipe_flow_kg_s(row["pipe"])[0] == pytest.approx(float(row["mdot_from_kg_per_s"]), rel=1e-6)


def test_agrees_with_the_urban_network_of_three_tiers() -> None:
    hydraulics = solved(data("distribution_54/distribution_54.m"))  # simulator notes, V6; tolerance 1e-6
    for row in rows(DATA / "distribution_54" / "steady_nodes.csv"):
        assert hydraulics.pressure_pa(row["node"]) == pytest.approx(101_325 + float(row["p_gauge_Pa"]), rel=1e-8)
    for row in rows(DATA / "distribution_54" / "steady_pipes.csv"):
        flow = float(row["mdot_kg_s"])
        assert hydraulics.pipe_flow_kg_s(row["pipe"])[0] == pytest.approx(flow, rel=1e-6, abs=1e-9)


def test_solves_a_transmission_network() -> None:
    hydraulics = solved(data("gaslib/GasLib-11.xml.zip"))
    balance = hydraulics.balance()
    assert balance.supply_kg_s == pytest.approx(
        0.785 * 160e3 / 3600, rel=1e-9
    )  # what the nomination leaves to the slack
    assert 40e5 < hydraulics.state.pressure_pa.min() < hydraulics.state.pressure_pa.max() == 70e5


def test_reads_our_own_format(tmp_path: Path) -> None:
    net = two_tiers()
    text = {
        "gas": {"molar_mass_kg_mol": 0.0166, "temperature_k": 288.15, "z": 1, "heat_capacity_ratio": 1.31,
                "viscosity_pa_s": 1.1e-5},
        "ambient_pressure_pa": net.ambient_pressure_pa,
        "friction": "gb50028",
        "nodes": [{"id": "A", "fixed_pressure_pa_abs": 1e5}],
        "pipes": [],
    }  # fmt: skip
    (tmp_path / "network.json").write_text(json.dumps(text), encoding="utf-8")
    loaded = load_network(tmp_path / "network.json")
    assert [node.id for node in loaded.network.nodes] == ["A"]
    assert (loaded.z_per_pa, loaded.notes) == (0.0, ())


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("absent.json", None, "absent.json: No such file or directory"),
        ("absent.zip", None, "absent.zip: No such file or directory"),
        ("picture.json", b"\xff\xfe\x00", "is no text in UTF-8; expected JSON, .m, or GasLib XML"),
        ("own.json", b"{}", "own.json: gas is missing"),
        ("broken.json", b"{", "broken.json:1: not JSON: Expecting property name"),
        ("no.zip", b"PK", "no.zip: is no zip archive"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigurationError) as error:
        load_network(path)
    assert problem in error.value.problems[0]

import math
import zipfile
from pathlib import Path

import pytest

from domain.errors import ConfigurationError
from simulator.hydraulics import Hydraulics
from simulator.loaders.load import load_network
from simulator.loaders.loaded import Loaded
from simulator.steady import solve_steady


def node(kind: str, name: str, extra: str = "") -> str:
    return f"""<{kind} id="{name}" x="1" y="2"><height value="0" unit="m"/>
      <pressureMax unit="bar" value="70.0"/>{extra}</{kind}>"""


def link(kind: str, name: str, one: str, other: str, extra: str = "") -> str:
    return f'<{kind} id="{name}" from="{one}" to="{other}">{extra}</{kind}>'


GAS = """<gasTemperature unit="Celsius" value="10"/><normDensity unit="kg_per_m_cube" value="0.785"/>
  <molarMass unit="kg_per_kmol" value="18.5674"/><pseudocriticalPressure unit="bar" value="45.93"/>
  <pseudocriticalTemperature unit="K" value="188.5"/>"""
PIPE = """<length unit="km" value="20"/><diameter unit="mm" value="500.0"/><roughness unit="mm" value="0.1"/>"""
LINKS = (
    link("pipe", "P1", "S1", "A", PIPE)
    + link("shortPipe", "K1", "A", "B")
    + link("pipe", "P2", "B", "X", PIPE)
    + link("pipe", "P3", "S2", "A", PIPE)
)
OTHERS = (
    link("valve", "V", "A", "B")
    + link("controlValve", "C", "A", "B")
    + link("compressorStation", "S", "A", "B")
    + link("resistor", "R", "A", "B", '<dragFactor value="3"/><diameter unit="m" value="0.5"/>')
    + link("resistor", "Q", "A", "B", '<pressureLoss unit="bar" value="1"/>')
    + link("magic", "M", "A", "B")
)


def net(links: str = LINKS) -> str:
    nodes = node("source", "S1", GAS) + node("source", "S2", GAS) + node("innode", "A") + node("innode", "B")
    nodes += node("sink", "X")
    return f"""<?xml version="1.0" encoding="UTF-8"?><network xmlns="http://gaslib.zib.de/Gas"
      xmlns:framework="http://gaslib.zib.de/Framework"><framework:nodes>{nodes}</framework:nodes>
      <framework:connections>{links}</framework:connections></network>"""


def flow(name: str, kind: str, thousands: float, extra: str = "") -> str:
    bounds = "".join(
        f'<flow bound="{bound}" value="{thousands}" unit="1000m_cube_per_hour"/>' for bound in ("lower", "upper")
    )
    return f'<node type="{kind}" id="{name}">{bounds}{extra}</node>'


SCENARIO = (
    '<boundaryValue xmlns="http://gaslib.zib.de/Gas"><scenario id="s">'
    + flow("S1", "entry", 100)
    + flow("S2", "entry", 60)
    + flow("X", "exit", 160)
    + "</scenario></boundaryValue>"
)


def load(folder: Path, text: str, scenario: str | None = SCENARIO) -> Loaded:
    (folder / "small.net").write_text(text, encoding="utf-8")
    if scenario is not None:
        (folder / "small.scn").write_text(scenario, encoding="utf-8")
    return load_network(folder / "small.net")


def test_reads_a_nominated_network(tmp_path: Path) -> None:
    network, z_per_pa, notes = load(tmp_path, net())
    assert [node.demand_kg_s for node in network.nodes] == pytest.approx(
        [0, -0.785 * 60e3 / 3600, 0, 0, 0.785 * 160e3 / 3600]
    )
    assert (network.nodes[0].fixed_pressure_pa_abs, network.nodes[0].x_m) == (70e5, 1.0)
    pipe = network.pipes[0]
    assert (pipe.id, pipe.length_m, pipe.inner_diameter_m) == ("P1", 20_000.0, 0.5)
    assert [valve.id for valve in network.valves] == ["K1"]
    assert notes == ("S1: held at its highest pressure, 70 bar",)
    assert 0.8 < 1 + 56e5 * z_per_pa < 0.95


def test_solves_what_it_read(tmp_path: Path) -> None:
    loaded = load(tmp_path, net())
    hydraulics = Hydraulics(loaded.network, z_per_pa=loaded.z_per_pa)
    solve_steady(hydraulics)
    one, other = hydraulics.pressure_pa("S1"), hydraulics.pressure_pa("A")
    middle = 2 / 3 * (one + other - one * other / (one + other))
    celerity_2 = 8.314462618 * 283.15 / 0.0185674 * (1 + loaded.z_per_pa * middle)
    mass = 0.785 * 100e3 / 3600
    factor = 64 / (4 * mass / (math.pi * 0.5 * 1.1e-5)) + 1 / (2 * math.log10(5_000) + 1.14) ** 2
    right = factor * 20_000 / 0.5 * celerity_2 * mass**2 / (math.pi / 4 * 0.25) ** 2
    assert one**2 - other**2 == pytest.approx(right, rel=1e-6)


def test_the_only_scenario_beside_it_may_have_another_name(tmp_path: Path) -> None:
    (tmp_path / "winter.scn").write_text(SCENARIO, encoding="utf-8")
    assert load(tmp_path, net(), None).network.nodes[4].demand_kg_s > 0


def test_reads_it_from_an_archive(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "small.zip", "w") as archive:
        archive.writestr("small/small.net", net())
        archive.writestr("small/small.scn", SCENARIO)
    assert load_network(tmp_path / "small.zip").network == load(tmp_path, net()).network


def test_pressures_that_the_scenario_fixes_are_held(tmp_path: Path) -> None:
    pressure = "".join(f'<pressure bound="{b}" value="55" unit="barg"/>' for b in ("lower", "upper"))
    scenario = SCENARIO.replace('id="S2">', f'id="S2">{pressure}')
    network, _, notes = load(tmp_path, net(), scenario)
    assert [node.fixed_pressure_pa_abs for node in network.nodes] == [None, 55e5 + 101_325, None, None, None]
    assert notes == ()


def test_what_is_not_supported_is_noted(tmp_path: Path) -> None:
    network, _, notes = load(tmp_path, net(LINKS + OTHERS))
    assert [(valve.id, valve.loss_coefficient) for valve in network.valves] == [
        ("K1", 0), ("V", 0), ("C", 0), ("S", 0), ("R", 3.0), ("Q", 0),
    ]  # fmt: skip
    assert notes[1:] == (
        "controlValve C: taken as an open connection, it changes no pressure",
        "compressorStation S: taken as an open connection, it changes no pressure",
        "resistor Q: its fixed pressure loss is not applied",
        "magic M: not supported, left out",
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('unit="km" value="20"', 'unit="mile" value="20"', "small.net: pipe P1: length has the unit 'mile'"),
        (
            'unit="km" value="20"',
            'unit="km" value="-2"',
            "small.net: pipe P1: length is '-2'; expected a number above 0",
        ),
        ('<roughness unit="mm" value="0.1"/>', "", "small.net: pipe P1: roughness is null; expected a number above 0"),
        ('to="X"', 'to="Y"', "small.net: pipes[1].to is 'Y'; expected the id of a node"),
        ("<network", "<!DOCTYPE n [<!ENTITY a 'b'>]><network", "defines entities; expected plain XML"),
        ("</network>", "", "not XML: no element found"),
        ("framework:connections>", "framework:links>", "expected the sections nodes and connections"),
    ],
)
def test_a_mistake_is_one_line_with_its_place(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load(tmp_path, net().replace(old, new))
    assert problem in error.value.problems[0]


def test_a_network_without_a_scenario_or_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no scenario; expected one .scn file"):
        load(tmp_path, net(), None)
    with pytest.raises(ConfigurationError, match="no source; expected at least one entry"):
        load(tmp_path, net().replace("<source", "<innode").replace("</source", "</innode"))


def test_an_archive_without_a_network_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "small.zip", "w") as archive:
        archive.writestr("readme.txt", "nothing")
    with pytest.raises(ConfigurationError, match=r"holds no .net file"):
        load_network(tmp_path / "small.zip")

from pathlib import Path

import pytest
from matplotlib.image import imread

from app.observer import Observer
from app.pictures import style
from app.pictures.all import draw_all
from app.simulate import load_scenario, run_simulate
from domain.errors import ConfigurationError
from simulator.world import World
from tests.app.support import ROOT, START_NS

TOWN = ROOT / "examples" / "dali"
QUIET = f"version: 1\nname: {{zh: 试画, en: Trial}}\nassets: {TOWN}\nduration: 40s\n"
NETWORK = f"network: {{file: {TOWN / 'network.json'}}}\n"
EVENTS = """\
sites: {DL-R-0010: {volume_m3: 10, air_changes_h: 0.1, initial_pct_lel: 20}}
spaces: [{id: cellar, site: DL-R-0019, volume_m3: 20, layers: 2}]
events:
  - {id: hose, kind: leak, site: DL-R-0010, hole_mm: 9.5, at: -10s, for: 30s}
  - {id: cylinder, kind: leak, site: DL-R-0019, hole_mm: 4}
  - {id: silent, kind: fault, device: DL-GD-0001, what: silent, at: 5s}
  - {id: flap, kind: transport, fault: flap, sites: [DL-R-0002], at: 1s, for: 5s}
  - {id: wine, kind: vapour, site: DL-R-0003, what: ethanol, ppm: 300}
"""
PIPES = """\
  - {id: dug-up, kind: leak, pipe: P-B-003, hole_mm: 50, at: 5s, for: 20s}
  - {id: frozen, kind: regulator, regulator: R-Z03-1, fault: freeze, share: 0.2}
"""
ALL = ["network.png", "pressures.png", "concentrations.png", "timeline.png"]


def drawn(folder: Path, text: str) -> list[str]:
    file = folder / "scenario.yaml"
    file.write_text(text, encoding="utf-8")
    run_simulate(file, None, None, "max", None, plot=folder / "plots")
    return sorted(path.name for path in (folder / "plots").iterdir())


def test_a_full_run_gives_four_pictures_with_something_on_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert drawn(tmp_path, QUIET + NETWORK + EVENTS + PIPES) == sorted(ALL)
    assert capsys.readouterr().err.splitlines()[-4:] == [str(tmp_path / "plots" / name) for name in ALL]
    for name in ALL:
        picture = imread(tmp_path / "plots" / name)
        assert min(picture.shape[:2]) > 300
        assert picture[..., :3].std() > 0.05


def test_without_a_network_nothing_of_it_is_drawn(tmp_path: Path) -> None:
    assert drawn(tmp_path, QUIET + EVENTS) == ["concentrations.png", "timeline.png"]


def test_a_quiet_run_shows_its_network_alone(tmp_path: Path) -> None:
    assert drawn(tmp_path, QUIET + NETWORK) == ["network.png", "pressures.png"]


def test_without_chinese_letters_the_words_are_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "_CHINESE", ())
    assert style.say("压力", "pressure") == "pressure"
    assert drawn(tmp_path, QUIET + EVENTS) == ["concentrations.png", "timeline.png"]  # a missing letter would warn


def test_a_picture_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_text(QUIET + NETWORK, encoding="utf-8")
    scenario, assets = load_scenario(file)
    observer = Observer(World(scenario, assets, start_ns=START_NS), assets, tmp_path / "none")
    observer.world.step_to(observer.world.start_ns)
    observer.look(0)
    with pytest.raises(ConfigurationError, match=r"network\.png: No such file"):
        draw_all(observer)


@pytest.mark.parametrize(
    ("duration_s", "unit_s", "word"), [(600, 60, "minutes"), (36_000, 3_600, "hours"), (604_800, 86_400, "days")]
)
def test_time_is_told_in_what_fits_the_run(duration_s: float, unit_s: float, word: str) -> None:
    axis = style.TimeAxis(duration_s)
    assert axis.name.endswith(word)
    assert axis.of([unit_s, 2 * unit_s]) == [1, 2]

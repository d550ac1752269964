"""`gas-lifeline device import`: rows go into the registry whole and right, or not at all."""

from pathlib import Path

import pytest

from app.cli import main
from app.configuration import read_assets
from store.records import Records
from tests.app.support import DEVICES, write_town

NEW = "id,kind,site,interval_s\nG2,gas_detector,S1,600\nV1,cutoff_valve,S1,600\nG3,gas_detector,S2,60\n"


def run(folder: Path, text: str, *more: str) -> int:
    config = folder / "config.toml"
    if not config.exists():
        write_town(folder)
        (folder / "data").mkdir()
    (folder / "new.csv").write_text(text, encoding="utf-8")
    return main(["device", "import", str(folder / "new.csv"), *more, "--config", str(config)])


def test_a_dry_run_tells_and_an_import_does_and_keeps_what_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "assets" / "devices.csv"
    assert run(tmp_path, NEW, "--dry-run") == 0
    changes = ["changed   G2", "added     G3"]
    words = "1 added, 1 changed, 1 unchanged"
    assert capsys.readouterr().out.splitlines() == [*changes, f"{words}; nothing written"]
    assert file.read_text(encoding="utf-8") == DEVICES

    assert run(tmp_path, NEW) == 0
    *told, last = capsys.readouterr().out.splitlines()
    assert told == changes
    assert last.startswith(f"{words}; as it was: ")
    assert Path(last.rpartition(" ")[2]).read_text(encoding="utf-8") == DEVICES
    devices = read_assets(tmp_path / "assets").devices
    assert {name: (found.site, found.interval_s) for name, found in devices.items()} == {
        "G1": ("S1", 600),
        "G2": ("S1", 600),
        "V1": ("S1", 600),
        "G3": ("S2", 60),
    }
    (entry,) = Records(f"sqlite:///{tmp_path / 'data' / 'records.db'}").audit()
    assert (entry.action, entry.detail) == ("device_import", f"new.csv: {words}")

    assert run(tmp_path, NEW) == 0
    assert capsys.readouterr().out == "0 added, 0 changed, 3 unchanged; nothing written\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id,kind,site\nG4,gas_detector,S1\nG5,toaster,S1\n", "new.csv:3: kind is 'toaster'; expected one of"),
        ("id,kind,site\nG4,gas_detector,S9\n", "new.csv:2: site 'S9' is not in sites.csv"),
        ("id,kind\nG4,gas_detector\n", "new.csv:2: site is missing"),
        ("id,colour\nG1,red\n", "new.csv:1: unknown column 'colour'; expected id, kind"),
        ("name\nG1\n", "new.csv:1: column id is missing; expected columns as in devices.csv"),
        ("id,site\nG1,S1\nG1,S2\n", "new.csv:3: id G1 stands there twice"),
        ("id,site\nG1\n", "new.csv:2: expected a cell for each column"),
        ('id,site\nG1,"S1\n', "is a quotation mark missing?"),
    ],
)
def test_what_is_wrong_is_told_with_its_line_and_changes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, problem: str
) -> None:
    assert run(tmp_path, text) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert problem in line
    assert [path.name for path in (tmp_path / "assets").glob("devices*")] == ["devices.csv"]
    assert (tmp_path / "assets" / "devices.csv").read_text(encoding="utf-8") == DEVICES

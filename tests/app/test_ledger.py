"""The ledger on the command line, over a real installation."""

from pathlib import Path

import msgspec
import pytest

from app.cli import main
from app.clock import now_ns
from app.settings import load_settings
from app.wiring import Wiring
from domain.hazard import HazardQuery
from ledger import workbook
from ledger.reports.span import day_of
from store.records import Records
from tests.blank import blank_records

ROOT = Path(__file__).parents[2]
ROWS = """rule,site,found_by,found,evidence,responsible,deadline
R04,DL-R-0001,李检,2026-01-01,3 m,店主,2026-01-05
R05,DL-R-0002,李检,2026-01-01,三通,店主,2200-01-01
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    (tmp_path / "data").mkdir()
    blank_records(tmp_path / "data" / "records.db").close()
    file = tmp_path / "config.toml"
    places = {"data": tmp_path / "data", "assets": ROOT / "examples/dali", "rulebook": ROOT / "rulebook.toml"}
    file.write_text("".join(f'{name} = "{path}"\n' for name, path in places.items()), encoding="utf-8")
    (tmp_path / "found.csv").write_text(ROWS, encoding="utf-8")
    return str(file)


def records(config: str) -> Records:
    return Wiring(load_settings(Path(config))).records()


def test_a_table_goes_in_is_listed_checked_and_comes_out_again(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    end, file = ["--config", config], str(tmp_path / "found.csv")
    assert main(["ledger", "import", file, "--dry-run", *end]) == 0
    assert records(config).hazards(HazardQuery()) == []
    assert main(["ledger", "import", file, *end]) == main(["ledger", "import", file, *end]) == 0
    assert "0 registered, 2 known before" in capsys.readouterr().out
    assert main(["ledger", "list", "--overdue", "--department", "商务", *end]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.startswith("id")
    assert "R04   registered overdue  2026-01-05  城北街道  三塘烧烤  店主" in line
    assert main(["ledger", "show", line.split()[0], *end]) == 0
    assert "register: " in capsys.readouterr().out
    assert main(["ledger", "check", *end]) == 1
    told = capsys.readouterr().out
    assert "overdue since 2026-01-05, 店主" in told
    assert "2 hazards: 2 registered, 0 dispatched, 0 fixing, 0 awaiting_recheck, 0 closed; 1 overdue" in told
    assert main(["ledger", "export", str(tmp_path / "out.csv"), *end]) == 0
    assert main(["ledger", "export", str(tmp_path / "out.xlsx"), *end]) == 0
    assert main(["ledger", "import", str(tmp_path / "out.xlsx"), *end]) == 0
    assert "0 registered, 2 known before" in capsys.readouterr().out
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").startswith("\ufeffid,rule,")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--rule", "R99"], "'R99'; expected one of R01"),
        (["show"], "give an id"),
        (["show", "x"], "no hazard 'x'"),
        (["import"], "give a file"),
        (["export", "x.pdf"], "'x.pdf'; expected a name that ends with .csv or .xlsx"),
    ],
)
def test_a_mistake_is_one_line(
    config: str, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ledger", *arguments, "--config", config]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_a_report_is_written_as_a_page_as_json_and_as_a_workbook(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    end, today = ["--config", config], str(day_of(now_ns()))
    assert main(["ledger", "import", str(tmp_path / "found.csv"), *end]) == 0
    capsys.readouterr()
    monkeypatch.chdir(tmp_path)
    assert main(["report", "quarterly", "--date", today, "--format", "json", *end]) == 0
    file = capsys.readouterr().out.strip()
    told = msgspec.json.decode((tmp_path / file).read_bytes())
    assert file == f"quarterly-{told['first_day']}.json"
    assert (told["total"]["now"]["found"], told["total"]["now"]["overdue"], told["complete"]) == (2, 1, False)
    assert main(["report", "daily", "--out", str(tmp_path / "daily.html"), *end]) == 0
    assert "日调度" in (tmp_path / "daily.html").read_text(encoding="utf-8")
    assert main(["report", "daily", "--of", today, "--format", "xlsx", "--out", "daily.xlsx", *end]) == 0
    assert workbook.read((tmp_path / "daily.xlsx").read_bytes()).name == "总览"
    assert main(["report", "daily", "--date", "2199-01-01", *end]) == 1
    assert "--date: 2199-01-01 is no day" in capsys.readouterr().err
    assert main(["report", "daily", "--out", str(tmp_path), *end]) == 1

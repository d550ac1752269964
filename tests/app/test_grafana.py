"""`gas-lifeline grafana`: files, exit codes, and one clear line for a mistake."""

import shutil
from pathlib import Path

import pytest

from app.cli import main
from app.grafana import publish
from tests.app.support import ROOT
from tests.grafana.stand_in import TOKEN, grafana
from tests.store.influx_server import free_port

TOWN = ["--assets", str(ROOT / "examples" / "dali"), "--rulebook", str(ROOT / "rulebook.toml")]


def run(action: str, folder: Path, *more: str) -> int:
    return main(["grafana", action, *TOWN, "--folder", str(folder), *more])


def test_what_was_built_is_right_until_somebody_edits_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    more = ["--console-url", "https://console.example/", "--bucket", "town"]
    assert run("build", tmp_path / "json", *more, "--drawings", str(tmp_path / "svg")) == 0
    assert len(list((tmp_path / "svg").glob("*.svg"))) == len(list((tmp_path / "json").glob("*.json"))) == 5
    assert run("check", tmp_path / "json", *more) == 0
    wall = tmp_path / "json" / "gas-l1-overview.json"
    assert '"query": "https://console.example"' in wall.read_text(encoding="utf-8")
    wall.write_text(wall.read_text(encoding="utf-8").replace("#55585a", "green"), encoding="utf-8")
    capsys.readouterr()
    assert run("check", tmp_path / "json", *more) == 1
    told = capsys.readouterr().err
    assert "gas-l1-overview.json: not what rulebook and registry say" in told
    assert "colours green are none of the console's" in told


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--console-url", "console"], "--console-url is 'console'; expected an address such as"),
        (["--rulebook", "none.toml"], "none.toml"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], told: str) -> None:
    assert run("build", tmp_path, *more) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_a_file_that_is_no_json_and_a_folder_that_is_none_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "own.json").write_text("{", encoding="utf-8")
    assert run("check", tmp_path) == 1
    assert "own.json: Input data was truncated" in capsys.readouterr().err
    assert run("build", tmp_path / "own.json") == 1
    assert "own.json: File exists" in capsys.readouterr().err


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_database_that_is_away_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("build", tmp_path) == 0
    assert run("check", tmp_path, "--url", f"http://127.0.0.1:{free_port()}") == 1
    assert "Connection refused; asked for SHOW TAG VALUES" in capsys.readouterr().err


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_what_is_right_is_published_and_a_second_time_stands(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (token := tmp_path / "token").write_text(TOKEN, encoding="utf-8")
    committed = ROOT / "grafana" / "dashboards"
    with grafana() as played:
        assert run("publish", committed, "--url", played.url, "--token-file", str(token)) == 0
        told = capsys.readouterr().out.splitlines()
        assert told[:2] == ["made    folder 燃气生命线", "changed gas-alarm-performance"]
        assert {line.split()[0] for line in publish(committed, played.url, token)} == {"stands"}
    assert len(played.dashboards) == 5


def test_what_is_wrong_is_not_published_and_needs_an_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["grafana", "publish", "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("gas-lifeline: grafana publish: where?")
    assert main(["grafana", "check", "--folder", str(tmp_path / "none")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gas-lifeline: {tmp_path / 'none'}: no dashboards; expected a folder")
    shutil.copy(ROOT / "grafana" / "dashboards" / "gas-l3-site.json", tmp_path)
    assert run("publish", tmp_path, "--url", "http://127.0.0.1:1") == 1
    assert "gas-l1-overview.json: not what rulebook and registry say" in capsys.readouterr().err

"""The command about duties, from the file to the table."""

from pathlib import Path

import msgspec
import pytest

from app.cli import main
from tests.alerting.plans import TEXT
from tests.app.support import write_town

PLAN = TEXT.replace('townships = ["D"]', 'townships = ["D1"]')


@pytest.fixture
def config(tmp_path: Path) -> Path:
    found = write_town(tmp_path)
    (tmp_path / "oncall.toml").write_text(PLAN, encoding="utf-8")
    return found


def run(config: Path, *arguments: str) -> int:
    return main(["oncall", *arguments, "--config", str(config)])


def bring(config: Path) -> None:
    assert run(config, "import", str(config.parent / "oncall.toml")) == 0


def test_an_imported_plan_says_who_is_on_duty_now(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bring(config)
    assert "4 people, 2 teams, 3 rotations are in force" in capsys.readouterr().out
    assert run(config, "now") == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["班组", "角色", "从", "到", "值班人", "由来"]
    assert len(lines) == 4
    assert lines[3].split()[1::5] == ["leader", "赵"] or "赵" in lines[3]


def test_the_calendar_is_a_table_or_json(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bring(config)
    capsys.readouterr()
    run(config, "calendar", "--days", "2", "--language", "en")
    text = capsys.readouterr().out
    assert "on duty" in text
    assert text.count("first") == 3
    run(config, "calendar", "--days", "2", "--json")
    found = msgspec.json.decode(capsys.readouterr().out)
    assert [w["person"] for w in found if w["role"] == "leader"] == ["zhao"]
    assert all(w["from"].endswith("+08:00") for w in found)


def test_a_gap_is_told_at_the_import_and_in_the_table(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ended = PLAN.replace(
        'people = ["zhao"]\nbegins = 1970-01-01', 'people = ["zhao"]\nbegins = 1970-01-01\nends = 1970-02-01'
    )
    (config.parent / "oncall.toml").write_text(ended, encoding="utf-8")
    bring(config)
    assert "nobody: duty/leader" in capsys.readouterr().out
    run(config, "now")
    assert "无人" in capsys.readouterr().out


def test_the_last_import_is_in_force_and_audited(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bring(config)
    (config.parent / "oncall.toml").write_text(PLAN.replace('name = "赵"', 'name = "钱"'), encoding="utf-8")
    bring(config)
    capsys.readouterr()
    run(config, "now")
    assert "钱" in capsys.readouterr().out
    main(["audit", "export", "--config", str(config)])
    assert capsys.readouterr().out.count("oncall_import") == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["now"], "no duty plan was imported"),
        (["import"], "which file?"),
        (["import", "missing.toml"], "missing.toml"),
    ],
)
def test_a_mistake_is_one_line(
    config: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert run(config, *arguments) == 1
    assert message in capsys.readouterr().err


def test_a_wrong_plan_changes_nothing_and_names_the_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "oncall.toml").write_text(TEXT, encoding="utf-8")
    assert run(config, "import", str(config.parent / "oncall.toml")) == 1
    assert "oncall.toml: team street: township D is not in the assets" in capsys.readouterr().err
    assert run(config, "now") == 1

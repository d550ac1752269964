"""The command about duties, from the file to the table."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from alerting.answers import Answers, Result
from alerting.desk import Desk
from alerting.plan import read_plan
from alerting.reach import REACH
from app.cli import main
from app.clock import now_ns
from app.rollcall import look, table
from store.records import Records
from tests.alerting.plans import TEXT
from tests.app.support import configuration, write_used_town

PLAN = TEXT.replace('townships = ["D"]', 'townships = ["D1"]')


@pytest.fixture
def config(tmp_path: Path) -> Path:
    found = write_used_town(tmp_path)
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
    *lines, unreached = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["班组", "角色", "从", "到", "值班人", "由来"]
    assert len(lines) == 4
    assert unreached == "35 天内未应答：杨, 白, 赵, 王"
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


# ---------------------------------------------------------------- reach
MAIL = '[channels.email]\nhost = "127.0.0.1"\nport = 9\ntls = "none"\nsender = "gas@example.org"\n'


@pytest.fixture
def records(config: Path) -> Iterator[Records]:
    """Those of the town."""
    found = Records(f"sqlite:///{config.parent / 'data' / 'records.db'}")
    yield found
    found.close()


def with_mail(config: Path) -> None:
    """Put the plan in force with mail as its only channel: two people have an address for it."""
    config.write_text(config.read_text(encoding="utf-8") + MAIL, encoding="utf-8")
    (config.parent / "oncall.toml").write_text(PLAN.replace('["chat"]', '["email"]'), encoding="utf-8")
    bring(config)


def test_a_test_of_reach_goes_to_everybody_and_tells_who_answered(
    config: Path, records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    with_mail(config)
    capsys.readouterr()
    assert run(config, "reach", "--minutes", "0", "--json") == 1
    found = msgspec.json.decode(capsys.readouterr().out)
    assert [one["channels"] for one in found] == [{"email": "pending"}, {"email": "pending"}, {}, {}]
    assert all("【演练】" in notice.body for notice in records.notices())
    assert records.alarms() == []
    answer_all(records, number=1)
    run(config, "now", "--language", "en")
    assert "not reached for 35 days: Zhao, Wang" in capsys.readouterr().out


def answer_all(records: Records, number: int) -> None:
    """Everybody of a test answers by the code of the message."""
    answers = Answers(build_desk())
    with records.unit() as unit:
        for name in ("yang", "bai"):
            code = unit.answer(REACH, number, name)
            assert code is not None
            assert answers.look(unit, code.token, now_ns()).result is Result.DONE
            assert answers.by_link(unit, code.token, now_ns()).result is Result.DONE
            assert answers.by_link(unit, code.token, now_ns()).result is Result.USED


def build_desk() -> Desk:
    known = configuration()
    return Desk(definitions=known.rulebook.definitions(), assets=known.assets, configuration="test")


def test_whoever_answered_during_the_test_is_in_its_table(
    config: Path, records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    with_mail(config)
    run(config, "reach", "--minutes", "0")
    assert capsys.readouterr().out.count("未应答") == 4
    answer_all(records, number=1)
    plan = read_plan(PLAN)
    lines = table(plan, look(records, plan, 1), "en")
    assert [("email pending" in line, "NO ANSWER" in line) for line in lines[1:]] == [
        (True, False),
        (True, False),
        (False, True),
        (False, True),
    ]


def test_a_plan_that_no_channel_serves_is_a_mistake_and_leaves_nothing(
    config: Path, records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    bring(config)
    assert run(config, "reach", "--minutes", "0") == 1
    assert "no channel that is configured reaches anybody" in capsys.readouterr().err
    assert [entry.action for entry in records.audit()] == ["oncall_import"]

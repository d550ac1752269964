import getpass
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.passwords import verify
from app.cli import main
from domain.record import User
from store.records import Records
from tests.app.support import Plant, Tape, catch_up, write_town

COMMANDS = ("demo", "serve", "check", "simulate", "log", "quarantine", "user", "token", "audit")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_town(tmp_path)


@pytest.fixture
def plant(config: Path) -> Plant:
    """The stores of the installation that the commands are pointed at, and a frame of a stranger."""
    plant = Plant(config.parent / "data")
    tape = Tape()
    tape.say("X7", 1, gas_pct_lel=60)
    tape.say("G1", 1, gas_pct_lel=1, temperature_c="NaN")
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    return plant


def run(config: Path, *arguments: str) -> int:
    return main([*arguments, "--config", str(config)])


# ---------------------------------------------------------------- help and mistakes


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    assert f"example:\n  gas-lifeline {command}" in capsys.readouterr().out


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert set(COMMANDS) <= set(re.findall(r"^    ([a-z]+)", capsys.readouterr().out, re.MULTILINE))


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--config", "none"],
        ["check", "--config", "none"],
        ["check", "--rulebook", "none"],
        ["check", "--scenario", "none"],
        ["simulate", "none"],
        ["demo", "--scenario", "none"],
        ["log", "status", "--config", "none"],
        ["quarantine", "list", "--config", "none"],
        ["user", "list", "--config", "none"],
    ],
    ids=" ".join,
)
def test_a_file_that_is_not_there_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "none" in line


def test_an_interrupt_at_the_keyboard_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_arguments: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("app.check.run_check", interrupted)
    assert main(["check"]) == 130


def test_a_reader_that_leaves_is_no_traceback() -> None:
    code = "import sys; from app.cli import main; sys.exit(main(['city', 'check', 'gb26875']))"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


def test_a_wrong_argument_is_refused_with_the_choices(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--role", "cook"])
    assert ended.value.code == 2
    assert "invalid choice: 'cook' (choose from 'ingest', 'watch'" in capsys.readouterr().err


def test_a_second_service_on_a_folder_is_one_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "data").write_text("no folder")
    assert run(config, "serve") == 1
    assert (
        capsys.readouterr().err == f"gas-lifeline: data folder {config.parent / 'data'} cannot be made: File exists\n"
    )


# ---------------------------------------------------------------- users


def say(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


def test_a_user_is_added_from_standard_input_listed_and_disabled(
    config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(monkeypatch, "correct horse\n")
    assert run(config, "user", "add", "wang", "--role", "supervisor", "--display-name", "王班长") == 0
    assert run(config, "user", "list") == 0
    assert capsys.readouterr().out.split() == ["wang", "supervisor"]
    assert run(config, "user", "disable", "wang") == 0
    assert run(config, "user", "list") == 0
    assert capsys.readouterr().out.split() == ["wang", "supervisor", "disabled"]
    records = Records(f"sqlite:///{config.parent / 'data' / 'records.db'}")
    user = records.user("wang")
    assert user is not None
    assert user.display_name == "王班长"
    assert verify(user.password_hash, "correct horse")
    audit = [(e.action, e.target, e.detail, e.user) for e in records.audit()]
    me = getpass.getuser()
    assert audit == [("user_disable", "wang", "supervisor", me), ("user_add", "wang", "supervisor", me)]
    records.close()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["add"], "user add: which user? Give a name"),
        (["add", "li"], "the password is too short; at least 8 characters"),
        (["add", "wang"], "user wang exists already"),
        (["disable", "li"], "user li does not exist"),
    ],
)
def test_a_mistake_about_users_is_one_line(
    config: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    problem: str,
) -> None:
    say(monkeypatch, "correct horse\n")
    run(config, "user", "add", "wang")
    say(monkeypatch, "short\n")
    assert run(config, "user", *arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gas-lifeline: {problem}")


class Terminal(io.StringIO):
    """A keyboard."""

    def isatty(self) -> bool:
        return True


def test_nobody_has_to_wait_while_a_person_types_a_password(
    config: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def typed(_prompt: str) -> str:
        with plant.records.unit() as unit:  # as the watch does meanwhile
            unit.add_user(User("li", "li", "operator", ""))
        return "correct horse"

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr(getpass, "getpass", typed)
    assert run(config, "user", "add", "wang") == 0
    assert [user.name for user in plant.records.users()] == ["li", "wang"]


# ---------------------------------------------------------------- log and quarantine


@pytest.mark.usefixtures("plant")
def test_the_status_of_the_log_shows_how_far_its_readers_are(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "log", "status") == 0
    first, watch, write, gaps = capsys.readouterr().out.splitlines()
    assert first.startswith("frames 1..3, 0.")
    assert watch.split() == ["watch", "at", "3,", "0", "frames", "behind"]
    assert write.split() == ["write", "at", "0,", "3", "frames", "behind"]
    assert gaps.split() == ["gaps", "none"]


def test_quarantine_is_listed_with_reasons_and_an_entry_is_tried_again_once(
    config: Path, plant: Plant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(config, "quarantine", "list") == 0
    newest, oldest = capsys.readouterr().out.splitlines()
    assert newest.split(maxsplit=3) == [
        "2",
        "non_finite",
        "gas/v1/S1/G1/telemetry",
        "values.temperature_c: temperature_c is not a number (NaN, Infinity or null); expected a finite number in °C",
    ]
    assert oldest.split(maxsplit=3)[1:] == [
        "unknown_device",
        "gas/v1/S7/X7/telemetry",
        "frame: device X7 is not registered",
    ]
    for _ in range(2):
        assert run(config, "quarantine", "retry", "1") == 0
        assert capsys.readouterr().out == "appended at position 4\n"
    assert plant.log.last() == 4


def test_a_topic_from_a_stranger_cannot_write_on_the_terminal(
    config: Path, plant: Plant, capsys: pytest.CaptureFixture[str]
) -> None:
    plant.log.append([(plant.clock.now_ns, "gas/v1/\x1b[2J\n/x", b"")])
    catch_up(plant.watch())
    assert run(config, "quarantine", "list", "--limit", "1") == 0
    out = capsys.readouterr().out
    assert "gas/v1/?[2J?/x" in out
    assert "\x1b" not in out
    assert out.count("\n") == 1


@pytest.mark.usefixtures("plant")
@pytest.mark.parametrize(("entry", "problem"), [([], "which entry?"), (["77"], "quarantine has no entry 77")])
def test_a_retry_of_nothing_is_one_line(
    config: Path, capsys: pytest.CaptureFixture[str], entry: list[str], problem: str
) -> None:
    assert run(config, "quarantine", "retry", *entry) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert problem in line

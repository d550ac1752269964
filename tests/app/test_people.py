"""The commands about people, on an installation of their own."""

import io
from pathlib import Path

import msgspec
import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine

from api import passwords
from api.rights import Right
from app.cli import main
from store.records import Records
from tests.app.support import write_used_town


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_used_town(tmp_path)


@pytest.fixture
def records(config: Path) -> Records:
    return Records(f"sqlite:///{config.parent / 'data' / 'records.db'}")


def run(config: Path, *arguments: str) -> int:
    return main([*arguments, "--config", str(config)])


@pytest.fixture
def wang(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account; its hash is cheap, for a real one takes longer than the tests of its owner."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert run(config, "user", "add", "wang", "--township", "D1", "--site", "S1", "--department", "消防") == 0


@pytest.mark.usefixtures("wang")
def test_a_scope_is_given_and_listed(config: Path, records: Records, capsys: pytest.CaptureFixture[str]) -> None:
    user = records.user("wang")
    assert user is not None
    assert (user.role, user.townships, user.sites, user.departments) == ("operator", ("D1",), ("S1",), ("消防",))
    run(config, "user", "list")
    assert capsys.readouterr().out.split() == ["wang", "operator", "D1", "S1", "消防"]


def test_an_emergency_account_is_an_administrator_of_everything(
    config: Path, records: Records, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse\n"))
    assert run(config, "user", "add", "glass", "--break-glass") == 0
    user = records.user("glass")
    assert user is not None
    assert (user.role, user.break_glass, user.townships) == ("administrator", True, ())
    assert records.audit()[0].detail == "administrator break-glass"
    run(config, "user", "list")
    assert capsys.readouterr().out.split() == ["glass", "administrator", "break-glass"]


@pytest.mark.usefixtures("wang")
def test_a_token_is_shown_once_listed_and_revoked(
    config: Path, records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--owner", "wang", "--role", "operator", "--right", "ack", "--township", "D1", "--days", "2"]
    assert run(config, "token", "add", "scada", *asked) == 0
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("glt_")
    (made,) = records.tokens()
    assert made.rights == (Right.ACK,)
    assert made.expires_ns - made.created_ns == 2 * 86_400 * 10**9
    run(config, "token", "list")
    assert capsys.readouterr().out.split() == ["scada", "wang", "operator", "ack", "D1"]
    assert run(config, "token", "revoke", "scada") == 0
    run(config, "token", "list")
    assert capsys.readouterr().out.split()[-1] == "revoked"
    assert [entry.action for entry in records.audit(2)] == ["token_revoke", "token_add"]


@pytest.mark.usefixtures("wang")
@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["token", "add"], "token add: which token? Give a name"),
        (["token", "add", "x"], "token add: whose is it? Give --owner"),
        (["token", "add", "x", "--owner", "nobody"], "user nobody does not exist"),
        (["token", "add", "x", "--owner", "wang", "--right", "ack"], "a token of role read_only has no right ack"),
        (["token", "add", "x", "--owner", "wang", "--site", "S7"], "no site 'S7'"),
        (["token", "revoke", "x"], "token x does not exist"),
        (["user", "add", "li", "--township", "D7"], "no township 'D7'"),
        (["user", "add", "li", "--department", "气象"], "no department 气象"),
        (["user", "add", "li", "--break-glass", "--site", "S1"], "--break-glass is an administrator"),
        (["user", "add", "li", "--break-glass", "--role", "operator"], "--break-glass is an administrator"),
        (["user", "add", "a:b"], "name 'a:b'"),
        (["user", "add", "lilaoshi"], "the password is the name"),
    ],
)
def test_a_mistake_is_one_line_and_changes_nothing(  # noqa: PLR0917 - fixtures
    config: Path,
    records: Records,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    problem: str,
) -> None:
    before = records.users(), records.tokens(), records.audit()
    monkeypatch.setattr("sys.stdin", io.StringIO("LiLaoshi\n"))
    assert run(config, *arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"gas-lifeline: {problem}")
    assert (records.users(), records.tokens(), records.audit()) == before


@pytest.mark.parametrize("days", ["0", "731", "x"])
def test_a_token_for_ever_is_refused(days: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["token", "add", "x", "--days", days])
    assert "expected 1 to 730" in capsys.readouterr().err


# ---------------------------------------------------------------- audit


@pytest.mark.usefixtures("wang")
def test_the_trail_is_verified_and_exported_with_its_hashes(
    config: Path, records: Records, capsys: pytest.CaptureFixture[str]
) -> None:
    run(config, "user", "disable", "wang")
    newest = records.audit(1)[0]
    assert run(config, "audit", "verify") == 0
    assert capsys.readouterr().out == f"ok: 2 entries, newest hash {newest.hash}\n"
    assert run(config, "audit", "export") == 0
    lines = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["seq"], line["action"]) for line in lines] == [(1, "user_add"), (2, "user_disable")]
    assert lines[-1]["hash"] == newest.hash


def test_an_empty_trail_is_whole(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "audit", "verify") == 0
    assert capsys.readouterr().out == "ok: no entries\n"


@pytest.mark.usefixtures("wang")
def test_a_trail_that_somebody_changed_is_told_and_ends_with_1(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = create_engine(f"sqlite:///{config.parent / 'data' / 'records.db'}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audit SET target = 'li'")
    engine.dispose()
    assert run(config, "audit", "verify") == 1
    assert "broken at entry 1" in capsys.readouterr().err

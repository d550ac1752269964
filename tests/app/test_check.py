import importlib.metadata
import importlib.util
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.broker import embedded_broker, free_port
from app.check import run_check
from ingest import probe
from tests.app.support import ROOT, rulebook, write_town
from tests.store.influx2_server import VERSIONS, running
from tests.store.postgres_server import PostgresServer, postgres

__all__ = ["postgres"]

LOOPBACK = pytest.mark.allow_hosts(["127.0.0.1"])
SCENARIO = ROOT / "examples" / "scenarios" / "quiet.yaml"


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_limit_above_its_ceiling_is_exactly_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rulebook.toml"
    file.write_text(rulebook({"gas_low.limit": 30}), encoding="utf-8")
    assert run_check(None, file, None) == 1
    assert lines(capsys) == [
        f"{file}: gas_low.limit: 30 %LEL is above 25 %LEL, the ceiling of GB/T 50493-2019 5.5.2",
    ]


def test_fine_files_are_ok(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_check(None, ROOT / "rulebook.toml", SCENARIO) == 0
    assert capsys.readouterr() == (f"ok: {ROOT / 'rulebook.toml'}\nok: {SCENARIO}\n", "")


@pytest.mark.parametrize("scenario", sorted(SCENARIO.parent.glob("*.yaml")), ids=lambda path: str(path.stem))
def test_every_scenario_of_the_examples_is_ok(scenario: Path) -> None:
    assert run_check(None, None, scenario) == 0


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("assets: ../dali", f"assets: {ROOT}/examples/none", "zones.csv"),
        ("assets: ../dali", "", "assets is missing; expected the folder of the town"),
        ("seed: 7", "seed: seven", "valid integer"),
        ("seed: 7", "sites: {DL-R-9999: {volume_m3: 20}}", "site DL-R-9999 is not in the registry"),
    ],
)
def test_what_is_wrong_in_a_scenario_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, problem: str
) -> None:
    text = SCENARIO.read_text(encoding="utf-8").replace(old, new)
    file = tmp_path / "scenario.yaml"
    file.write_text(text.replace("../dali", str(ROOT / "examples" / "dali")), encoding="utf-8")
    assert run_check(None, None, file) == 1
    (line,) = lines(capsys)
    assert line.startswith(str(file))
    assert problem in line


def test_every_named_file_is_checked_and_every_problem_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rulebook.toml"
    file.write_text(rulebook({"gas_low.limit": 30, "gas_high.limit": 51}), encoding="utf-8")
    assert run_check(None, file, tmp_path / "none.yaml") == 1
    assert [line.split(": ")[1] for line in lines(capsys)[:2]] == ["gas_low.limit", "gas_high.limit"]


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def installation(folder: Path, port: int, more: str = "") -> Path:
    config = write_town(folder)
    with config.open("a", encoding="utf-8") as file:
        file.write(f"[mqtt]\nport = {port}\n{more}")
    return config


@LOOPBACK
def test_whatever_file_is_missing_is_a_line_that_says_what_was_expected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listening: int
) -> None:
    config = installation(tmp_path, listening, 'probe = false\n[records]\nurl_file = "secrets/url"\n')
    (tmp_path / "rulebook.toml").unlink()
    (tmp_path / "assets" / "sites.csv").unlink()
    (tmp_path / "assets" / "devices.csv").write_bytes(b"id,\xff\n")
    assert run_check(config, None, None) == 1
    assets, missing = tmp_path / "assets", "No such file or directory; expected"
    assert lines(capsys) == [
        f"configuration: {assets}/sites.csv: {missing} the registry's sites.csv",
        f"configuration: {assets}/devices.csv: not UTF-8 at byte 3; expected the registry's devices.csv",
        f"configuration: {tmp_path}/rulebook.toml: {missing} the rulebook (TOML)",
        f"records: {tmp_path}/secrets/url: {missing} a secret in one line",
    ]
    config.write_text('assets = "none"\n' + config.read_text(encoding="utf-8"), encoding="utf-8")
    assert run_check(config, None, None) == 1
    assert f"{tmp_path}/none: no such folder; expected zones.csv, sites.csv, devices.csv in it" in lines(capsys)[0]
    for file in (tmp_path / "none.toml", tmp_path / "none.yaml"):
        assert run_check(None, *((file, None) if file.suffix == ".toml" else (None, file))) == 1
        (line,) = lines(capsys)
        assert (line.count(str(file)), line.count("; expected ")) == (1, 1)


@LOOPBACK
@pytest.mark.server
@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_an_installation_is_ok_when_its_broker_keeps_what_it_takes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    if protocol == "5":
        monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)  # iotcore's port speaks 3.1.1 alone
        if shutil.which("mosquitto", path="/usr/local/sbin:/usr/sbin:/usr/bin") is None:
            pytest.skip("mosquitto is not installed (Debian package mosquitto)")
    (tmp_path / "key").write_text("unread by a broker that asks nobody\n")
    more = f'protocol = "{protocol}"\nusername = "ingest"\npassword_file = "key"\n'
    with embedded_broker() as port:
        assert run_check(installation(tmp_path, port, more), None, None) == 0
    assert capsys.readouterr().out == f"ok: packages\nok: configuration\nok: broker 127.0.0.1:{port}\n"


@LOOPBACK
def test_without_the_probe_a_broker_need_only_listen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listening: int
) -> None:
    assert run_check(installation(tmp_path, listening, "probe = false\n"), None, None) == 0
    assert capsys.readouterr().out == f"ok: packages\nok: configuration\nok: broker 127.0.0.1:{listening}\n"


@LOOPBACK
def test_each_channel_is_told_with_its_limits_and_whether_its_secret_is_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listening: int
) -> None:
    (tmp_path / "url").write_text("https://robot.example/secret-word")
    more = 'probe = false\n[channels]\nreceipts_token_file = "url"\n'
    robots = '[channels.wecom_robot]\nurl_file = "url"\n[channels.dingtalk]\nurl_file = "url"\nsecret_file = "none"\n'
    assert run_check(installation(tmp_path, listening, more + robots), None, None) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[3:] == ["ok: receipts", "ok: channel wecom_robot (20/min)"]
    assert err.startswith("channel dingtalk (20/min): ")
    assert "secret-word" not in out + err


@LOOPBACK
def test_what_listens_and_does_not_answer_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, listening: int
) -> None:
    monkeypatch.setattr(probe, "_PATIENCE_S", 0.2)
    assert run_check(installation(tmp_path, listening), None, None) == 1
    assert lines(capsys) == [f"broker 127.0.0.1:{listening}: broker does not answer within 0.2 s"]


@LOOPBACK
def test_a_certificate_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listening: int
) -> None:
    assert run_check(installation(tmp_path, listening, 'tls_ca_file = "none.pem"\n'), None, None) == 1
    assert lines(capsys) == [
        f"broker 127.0.0.1:{listening}: TLS authority {tmp_path}/none.pem: No such file or directory; expected PEM"
    ]


@LOOPBACK
def test_a_broker_that_does_not_listen_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    port = free_port()
    assert run_check(installation(tmp_path, port), None, None) == 1
    (line,) = lines(capsys)
    assert line.startswith(f"broker 127.0.0.1:{port}: MQTT broker 127.0.0.1:{port} cannot be reached: ")


@LOOPBACK
def test_everything_wrong_in_an_installation_is_told_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = installation(tmp_path, free_port())
    (tmp_path / "assets" / "zones.csv").write_text("id,name,name_en\n")
    owners = {"api": ["gas-lifeline", "fastapi-extras"], "app": ["gas-lifeline"]}
    monkeypatch.setattr(importlib.metadata, "packages_distributions", lambda: owners)
    assert run_check(config, None, None) == 1
    found = lines(capsys)
    assert found[0] == "packages: package api also comes from fastapi-extras"
    assert found[1] == "configuration: sites.csv:2: zone 'Z1' is not in zones.csv"
    assert found[3].startswith("broker 127.0.0.1:")


SERIES = '[series]\nkind = "influx"\napi = "v1"\nurl = "{}"\n'
RECORDS = '[records]\nurl_file = "address"\n'


@LOOPBACK
@pytest.mark.server
@pytest.mark.parametrize("version", VERSIONS)
def test_every_server_is_reached_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], listening: int, postgres: PostgresServer, version: str
) -> None:
    (tmp_path / "influx").mkdir()
    (tmp_path / "address").write_text(postgres.new_database())
    with running(version, tmp_path / "influx") as server:
        config = installation(tmp_path, listening, "probe = false\n" + server.settings() + RECORDS)
        assert run_check(config, None, None) == 1
        out, err = capsys.readouterr()
        assert out.splitlines()[-1] == "ok: records"
        assert err.startswith(f"series {server.url}: time series {server.url}: 404 ")
        assert len(err.splitlines()) == 1
        server.create("gas")
        assert run_check(config, None, None) == 0
    assert capsys.readouterr().out.splitlines()[2:] == [
        f"ok: broker 127.0.0.1:{listening}",
        f"ok: series {server.url}",
        "ok: records",
    ]
    assert not (tmp_path / "data").exists()  # who checks changes nothing


@LOOPBACK
def test_servers_that_are_away_are_a_line_each_and_no_password_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "address").write_text("postgresql://li:secret-word@127.0.0.1:1/records")
    config = installation(tmp_path, 1, SERIES.format("http://127.0.0.1:1") + RECORDS)
    assert run_check(config, None, None) == 1
    found = lines(capsys)
    assert [line.split(" ")[0] for line in found] == ["broker", "series", "records:"]
    assert "refused" in found[2]
    assert "secret-word" not in "".join(found)

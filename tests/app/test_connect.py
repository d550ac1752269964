"""Role `connect` against a platform that is a process of its own."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from alerting.desk import Desk
from alerting.handling import Proof, close, take_step
from app.cli import main
from app.clock import now_ns
from app.connect import check_city, check_target
from app.settings import load_settings
from app.wiring import Wiring
from domain.alarm import AlarmKind, alarm_id
from domain.errors import ConfigurationError
from domain.finding import Finding, Transition
from domain.handling import HandlingStep, StepKind
from domain.parcel import Parcel, ParcelState
from lifeline.mapping import CITIES
from store.records import Records
from tests.app.support import ROOT, S, configuration, wait_for, write_town

PLATFORM = ROOT / "tests" / "lifeline" / "stand_in.py"
NAME = alarm_id("G1", AlarmKind.GAS_HIGH)
SM2 = 'mapping_file = "sm2.toml"\nurl = "https://city.example"\n'


def target(url: str, secret: str) -> str:
    """The settings of a target."""
    text = f'mapping = "province-rest"\nurl = "{url}"\ntoken_file = "token"\nsecret_file = "{secret}"\n'
    return text + "heartbeat_s = 1\n"


def tcp(port: int) -> str:
    return f'[city.targets.fire.tcp]\nhost = "127.0.0.1"\nport = {port}\nsource = 889\ndestination = 1\n'


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[str]:
    """Address of a platform that loses an answer."""
    command = [sys.executable, str(PLATFORM), "--out", str(tmp_path / "received"), "--token", "T", "--secret", "S"]
    with subprocess.Popen([*command, "--losing", "5"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def town(folder: Path, **targets: str) -> Path:
    """A configuration with targets: name, and what stands under it."""
    config = write_town(folder)
    for name, text in {"token": "T", "secret": "S", "other": "O"}.items():
        (folder / name).write_text(text)
    with config.open("a") as file:
        file.writelines(f"[city.targets.{name}]\n{text}" for name, text in targets.items())
    return config


def live(records: Records) -> None:
    """Let gas come and go at G1, and people answer for it."""
    known, at_ns = configuration(), now_ns() - 3_600 * S
    definitions = {kind: known.rulebook.definition(kind) for kind in AlarmKind}
    desk = Desk(definitions=definitions, assets=known.assets, configuration="1")

    def gas(transition: Transition, second: int) -> Finding:
        when_ns = at_ns + second * S
        level = int(transition is Transition.ONSET)
        return Finding(
            "gas_threshold", AlarmKind.GAS_HIGH, "G1", "S1", transition, level, second + 1, when_ns, when_ns, 31.0, 20.0
        )

    def act(kind: StepKind, second: int, result: str = "") -> HandlingStep:
        return HandlingStep(incident, kind, "wang", at_ns + second * S, "关阀", result)

    with records.unit() as unit:
        desk.apply(unit, [gas(Transition.ONSET, 0)], at_ns)
        desk.advance(unit, at_ns + 30 * S, 31)
        row = unit.alarm(NAME)
        assert row is not None
        incident = row.incident_id
        desk.acknowledge(unit, NAME, row.life.occurrence, "li", "收到", at_ns + 40 * S)
        take_step(unit, act(StepKind.DISPATCH, 50))
        desk.apply(unit, [gas(Transition.END, 80)], at_ns + 80 * S)
        desk.advance(unit, at_ns + 2_000 * S, 2_000)
        desk.reset(unit, NAME, row.life.occurrence, "li", "复位", at_ns + 2_050 * S)
        take_step(unit, act(StepKind.RECHECK, 2_100))
        take_step(unit, act(StepKind.ISOLATE, 2_110))
        close(unit, replace(act(StepKind.CLOSE, 2_200, "leak"), user="li"), Proof((), ()))


def received(folder: Path, path: str, *names: str) -> list[tuple[Any, ...]]:
    """What arrived first under each key."""
    file = folder / "received"
    lines = [msgspec.json.decode(text) for text in file.read_bytes().splitlines()] if file.exists() else []
    first = {line["msgId"]: line for line in reversed(lines) if line["path"] == path}
    return [tuple(line[name] for name in names) for line in reversed(first.values())]


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_alarms_whole_life_arrives_although_answers_are_lost(
    tmp_path: Path, platform: str, capsys: pytest.CaptureFixture[str]
) -> None:
    right, wrong = (target(platform, secret) for secret in ("secret", "other"))
    config = town(tmp_path, right=right, wrong=wrong)
    wiring, stop = Wiring(load_settings(config)), threading.Event()
    live(wiring.records())
    role = threading.Thread(target=wiring.roles(["connect"])["connect"], args=(stop,))
    role.start()
    records = wiring.records()
    wait_for(lambda: records.backlog("right").accepted_ns and not records.backlog("right").waiting)
    wait_for(lambda: "401" in records.backlog("wrong").trouble)
    assert main(["city", "status", "--config", str(config)]) == 0
    stop.set()
    role.join(20)
    assert received(tmp_path, "/alarm/push", "status") == [("0",), ("1",), ("2",), ("3",), ("4",)]
    assert received(tmp_path, "/alarm/disposal", "handleStep", "handler") == [
        ("01", "li"),
        ("02", "wang"),
        ("08", "wang"),
        ("04", "wang"),
        ("09", "li"),
    ]
    assert len(received(tmp_path, "/device/push", "deviceCode")) == 3
    assert received(tmp_path, "/heartbeat", "areaCode")[:1] == [("532901",)]
    assert records.backlog("wrong").accepted_ns == 0
    assert wiring.optional()["connect"]().oldest_ns > 0
    assert "bad signature" in capsys.readouterr().out


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_an_alarms_life_arrives_in_frames_although_answers_are_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.lifeline.centre", "--out", str(tmp_path / "received"), "--losing", "2"]
    hasty = (CITIES / "gb26875.toml").read_text(encoding="utf-8").replace("timeout_s = 5", "timeout_s = 0.3")
    (tmp_path / "hasty.toml").write_text(hasty, encoding="utf-8")
    with subprocess.Popen([*command, "--asks"], stdout=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        config = town(tmp_path, fire=f'mapping_file = "hasty.toml"\nheartbeat_s = 1\n{tcp(port)}places.G1 = "3/7"\n')
        wiring, stop = Wiring(load_settings(config)), threading.Event()
        records = wiring.records()
        live(records)
        role = threading.Thread(target=wiring.roles(["connect"])["connect"], args=(stop,))
        role.start()
        wait_for(lambda: records.count_parcels("fire", ParcelState.ACCEPTED) == 2)
        stop.set()
        role.join(20)
        process.terminate()
    frames = [msgspec.json.decode(text) for text in (tmp_path / "received").read_bytes().splitlines()]
    states = {frame["key"]: frame for frame in frames if frame["kind"] == 2}
    assert [(one["zone"], one["position"], one["component"], one["state"]) for one in states.values()] == [
        (3, 7, 12, 3),
        (3, 7, 12, 1),
    ]
    assert {(frame["kind"], frame["to"]) for frame in frames} == {(2, 1), (0, 1)}
    keys = [frame["key"] for frame in frames]
    assert len(keys) > len(set(keys))  # whose answer was lost came again under its mark


def test_a_place_that_two_devices_have_is_told_by_the_check(tmp_path: Path) -> None:
    both = f'mapping = "gb26875"\n{tcp(26_875)}places = {{ G1 = "3/7", V1 = "3/7" }}\n'
    with pytest.raises(ConfigurationError, match=r"city\.targets\.fire\.tcp\.places: G1, V1 are at one place, 3/7"):
        check_city("fire", load_settings(town(tmp_path, fire=both)))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ('mapping = "nowhere"\n', "city.targets.t.mapping: 'nowhere'; expected one of gb26875, province-rest"),
        ("", "city.targets.t: Value error, expected either mapping"),
        ('mapping = "province-rest"\n', "city.targets.t.token_file: is missing; mapping province-rest needs it"),
        (target("http://city.example", "secret"), "city.targets.t.url: expected https"),
        (target("https://city.example/", "secret"), "city.targets.t.url: expected https"),
        (target("https://city.example", "none"), "No such file or directory"),
        (target("https://city.example", "secret") + 'sm4_key_file = "token"\n', "32 hexadecimal"),
        (SM2 + 'sm2_key_file = "none"\n', "No such file or directory"),
        (SM2, "city.targets.t.sm2_key_file: is missing; mapping sm2 needs it"),
        (SM2 + 'sm2_key_file = "token"\n', "city.targets.t.sm2_key_file: expected 64 hexadecimal digits"),
        (SM2 + 'sm2_key_file = "one"\naccount = "city"\n', "city.targets.t.sm2_platform_key_file: is missing"),
        (SM2 + 'sm2_key_file = "one"\nsm2_platform_key_file = "two"\n', "sm2_platform_key_file: no point of the curve"),
        ('mapping_file = "own.toml"\naccount = "city"\n', "city.targets.t.account: mapping own signs no time"),
        ('mapping = "gb26875"\n', "city.targets.t.tcp: is missing; mapping gb26875 needs it"),
        ('mapping_file = "own.toml"\nrecords = ["device"]\n', "city.targets.t.records: mapping own has no device"),
    ],
)
def test_a_mistake_in_a_target_is_one_clear_line(tmp_path: Path, settings: str, says: str) -> None:
    own = 'name = "own"\ntransport = "https"\n[answers]\ncode = "c"\naccepted = [0]\n[records.alarm]\n'
    own += 'path = "/a"\nfields = {}\n'
    (tmp_path / "own.toml").write_text(own)
    (tmp_path / "sm2.toml").write_text(own.replace('"own"', '"sm2"') + '[crypto]\nsignature = "sm2-sm3"\n')
    (tmp_path / "one").write_text("1" * 64)
    (tmp_path / "two").write_text("2" * 128)
    config = town(tmp_path, t=settings)
    with pytest.raises(ConfigurationError) as caught:
        check_target("t", load_settings(config).city)
    assert says in str(caught.value)


def test_codes_of_town_and_townships_are_checked(tmp_path: Path) -> None:
    config = town(tmp_path, t=target("https://city.example", "secret"))
    assert check_target("t", load_settings(config).city).mapping.name == "province-rest"
    with config.open("a") as file:
        file.write('[city]\ncode = "992901"\n[city.townships]\na = "1"\n')
    with pytest.raises(ConfigurationError) as caught:
        check_target("t", load_settings(config).city)
    assert ["GB/T 10114" in caught.value.problems[0], "GB/T 2260" in caught.value.problems[1]] == [True, True]


def test_without_targets_the_role_waits_for_its_end(tmp_path: Path) -> None:
    stop = threading.Event()
    stop.set()
    wiring = Wiring(load_settings(write_town(tmp_path)))
    wiring.roles(["connect"])["connect"](stop)
    assert wiring.connect_pulse().read().oldest_ns > 0


def test_the_command_shows_what_a_mapping_makes_and_what_was_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(town(tmp_path, t=target("https://city.example", "secret")))]
    assert main(["city", "check", "province-rest"]) == 0
    shown = capsys.readouterr().out
    assert '"alarmCode": "9d22e3e5a875a8e6-3"' in shown
    assert 'inquiry <- /api/v1/lifeline/inbound/TARGET\n{\n  "kind": "inquiry",\n  "id": "CG-20260115-0004"' in shown
    assert main(["city", "check", "gb26875"]) == 0
    frames = capsys.readouterr().out
    assert ["heartbeat -> 40400000" in frames, "text: 可燃气体 三塘烧烤" in frames, "3.2 %LEL" in frames] == [True] * 3
    assert "not sent: disposal, hazard, site, device, reply" in frames
    with closing(Wiring(load_settings(Path(config[1]))).records()) as records:
        records.enqueue([Parcel("t", "alarm", "a-1", "j1", "{}", state=ParcelState.DEAD, answer="1001 no")], {})
    assert main(["city", "dead", "t", *config]) == 0
    assert main(["city", "revive", "t", *config]) == 0
    assert capsys.readouterr().out == "alarm/a-1/j1: 1001 no\n1 go once more\n"
    assert [main(["city", *words]) for words in (["check"], ["dead", "x", *config], ["check", "nowhere.toml"])] == [
        1
    ] * 3
    assert main(["city", "schema", str(tmp_path / "schema")]) == 0
    assert (tmp_path / "schema" / "alarm.json").exists()
    capsys.readouterr()
    assert main(["city", "schema", str(tmp_path / "schema" / "alarm.json")]) == 1
    assert "alarm.json: File exists; expected a folder to write into" in capsys.readouterr().err

import io
import logging
from pathlib import Path

import msgspec
import pytest

from app.broker import embedded_broker, free_port
from app.configuration import read_assets
from app.simulate import hear_commands, load_scenario, run_simulate, through_gateway
from domain.asset import Assets, Device, DeviceKind
from domain.errors import ConfigurationError
from domain.frame import Frame
from domain.rulebook import Rulebook
from ingest.decoder import Decoder
from ingest.mqtt import Publisher
from simulator.run import simulate
from simulator.scenario import Scenario
from simulator.timetext import S_NS
from simulator.transport import MemorySink
from simulator.world import World
from tests.app.support import ROOT, START_NS, wait_for

SCENARIO = """\
version: 1
name: {zh: 试, en: trial}
start: "2026-01-15T12:00:00+08:00"
duration: 20s
assets: DALI
events:
  - {id: hose, kind: leak, site: DL-R-0017, hole_mm: 9.5, at: 5s}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    file = tmp_path / "scenario.yaml"
    file.write_text(SCENARIO.replace("DALI", str(ROOT / "examples" / "dali")), encoding="utf-8")
    return file


def read(file: Path) -> list[dict[str, object]]:
    return [msgspec.json.decode(line) for line in file.read_bytes().splitlines()]


def test_writes_each_frame_and_the_truth_as_lines(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frames, truth = tmp_path / "out.ndjson", tmp_path / "truth.ndjson"
    assert run_simulate(scenario, str(frames), truth, "max", seed=7) == 0
    lines = read(frames)
    assert capsys.readouterr().err == f"seed 7\n{len(lines)} frames\n"
    assert set(lines[0]) == {"topic", "received", "payload"}
    assert str(lines[0]["topic"]).startswith("gas/v1/DL-")
    assert [str(line["received"]) for line in lines] == sorted(str(line["received"]) for line in lines)
    run, hose = read(truth)[:2]
    assert (run["record"], run["seed"]) == ("run", 7)
    assert (hose["id"], hose["site"], hose["expected_kind"]) == ("hose", "DL-R-0017", "gas_high")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(scenario: Path, tmp_path: Path) -> None:
    files = [tmp_path / name for name in "abc"]
    for file, seed in zip(files, (7, 7, 8), strict=True):
        run_simulate(scenario, str(file), None, "max", seed)
    first, same, other = (file.read_bytes() for file in files)
    assert first == same != other


def test_without_a_target_frames_are_only_counted(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_simulate(scenario, None, None, "max", None) == 0
    assert capsys.readouterr().err.endswith(" frames\n")


def test_a_speed_is_held(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    shown = Terminal()
    monkeypatch.setattr("sys.stderr", shown)
    assert run_simulate(scenario, None, None, "1000", None) == 0
    assert "  0%|" in shown.getvalue()
    assert "| 0:00:00 of 0:00:20, 0 x real time" in shown.getvalue()
    last = shown.getvalue().rsplit("\r", 1)[-1]
    assert "100%|" in last
    speed = float(last.split("0:00:20 of 0:00:20, ")[1].split(" x real time")[0])
    assert 0 < speed <= 1_000


def test_a_duration_stands_in_for_the_scenarios(scenario: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth"
    assert run_simulate(scenario, None, truth, "max", None, duration_s=3.5) == 0
    assert read(truth)[0]["end"] == "2026-01-15T12:00:03.500+08:00"


def test_a_scenario_without_an_end_runs_ten_minutes_and_says_so(
    scenario: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scenario.write_text(scenario.read_text(encoding="utf-8").replace("duration: 20s\n", ""), encoding="utf-8")
    truth = tmp_path / "truth"
    assert run_simulate(scenario, None, truth, "max", None) == 0
    assert capsys.readouterr().err.startswith(
        "the scenario never ends by itself: runs 10 min; --duration S changes it\n"
    )
    assert read(truth)[0]["end"] == "2026-01-15T12:10:00.000+08:00"


@pytest.mark.parametrize("duration_s", [0.0, -1.0, float("nan"), float("inf")])
def test_a_wrong_duration_is_one_line(scenario: Path, duration_s: float) -> None:
    with pytest.raises(ConfigurationError, match=r"--duration is .*; expected seconds above 0"):
        run_simulate(scenario, None, None, "max", None, duration_s=duration_s)


def test_a_folder_for_pictures_that_cannot_be_made_is_one_line_before_the_run(scenario: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ConfigurationError, match="file: File exists"):
        run_simulate(scenario, None, None, "max", None, plot=tmp_path / "file")


MANY = """\
version: 1
name: {zh: 试, en: trial}
start: "2026-01-15T12:00:00+08:00"
gas: {ethane_share: 0.04}
gateway: {device: DL-GW-0001, batch: 20}
spaces:
  - {id: kitchen, site: DL-R-0017, volume_m3: 40, layers: 2}
  - {id: DL-M-0001, volume_m3: 2.5, soil: {pipe: P1, distance_m: 1.4}}
sensors:
  DL-GD-0017: {at: kitchen.upper}
  DL-MH-0001: {period_s: 5, upload_s: 30}
  DL-PR-0001: {upload_s: 20}
events:
  - {kind: leak, site: DL-R-0017, hole_mm: {from: 1, to: 9, over: 1min}}
  - {kind: leak, pipe: P1, tier: medium_b, hole_mm: 5}
  - {kind: flood, site: DL-M-0001, level: 0.8, at: 20s}
  - {kind: steam, site: DL-R-0001, at: 5s}
  - {kind: calibration, device: DL-GD-0002, at: 5s, for: 20s}
  - {kind: transport, fault: outage, sites: [DL-R-0004], at: 10s, for: 20s}
  - {kind: transport, fault: reorder, sites: [DL-R-0005], at: 10s, for: 20s}
  - {kind: fault, device: DL-GD-0006, what: reboot, at: 10s}
  - {kind: fault, device: DL-GD-0007, what: late, at: 10s, for: 20s}
  - {kind: fault, device: DL-GD-0008, what: expired}
"""


@pytest.mark.parametrize("gateway", [True, False], ids=["gateway", "single"])
def test_what_the_town_says_ingest_understands_to_the_last_value(*, gateway: bool) -> None:
    scenario = Scenario.parse(MANY if gateway else MANY.replace("gateway:", "# gateway:"))
    town = read_assets(ROOT / "examples" / "dali")
    own = Device("DL-GW-0001", DeviceKind.GATEWAY, "DL-R-0001")
    assets = Assets(town.sites, town.zones, {**town.devices, own.id: own})
    world, kept = World(scenario, assets), MemorySink()
    simulate(world, through_gateway(kept, scenario, assets), speed=None, duration_ns=60 * S_NS)
    rulebook = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
    decoder = Decoder(assets, rulebook, scenario.root)
    told: set[str] = set()
    for position, message in enumerate(kept.messages, 1):
        decoded = decoder.decode(Frame(position, message.time_ns, message.topic, message.payload))
        assert not decoded.refusals, decoded.refusals
        told |= {sample.device for sample in decoded.samples}
    assert told == set(assets.devices)
    assert any(message.topic.endswith("/batch") for message in kept.messages) is gateway


def problem(scenario: Path, to: str | None = None, truth: Path | None = None, speed: str = "max") -> str:
    with pytest.raises(ConfigurationError) as caught:
        run_simulate(scenario, to, truth, speed, None)
    (line,) = caught.value.problems
    return line


@pytest.mark.parametrize("speed", ["fast", "0", "-1", "nan", "inf"])
def test_a_wrong_speed_is_one_line_and_makes_no_file(scenario: Path, tmp_path: Path, speed: str) -> None:
    out, truth = tmp_path / "out.ndjson", tmp_path / "truth.ndjson"
    assert problem(scenario, str(out), truth, speed) == f"--speed is {speed!r}; expected a number above 0, or max"
    assert not out.exists()
    assert not truth.exists()


def test_what_cannot_be_written_is_one_line_before_the_run(scenario: Path, tmp_path: Path) -> None:
    assert problem(scenario, str(tmp_path)) == f"{tmp_path}: Is a directory"
    assert problem(scenario, truth=tmp_path / "none" / "t") == f"{tmp_path / 'none' / 't'}: No such file or directory"


def test_a_scenario_that_has_no_town_is_one_line(scenario: Path) -> None:
    text = scenario.read_text(encoding="utf-8")
    scenario.write_text(text.replace("assets: ", "# "), encoding="utf-8")
    assert "assets is missing; expected the folder of the town" in problem(scenario)


def test_a_flood_of_commands_is_dropped_aloud(scenario: Path, caplog: pytest.LogCaptureFixture) -> None:
    world = World(*load_scenario(scenario), start_ns=START_NS)
    hear = hear_commands(world)
    with caplog.at_level(logging.WARNING):
        for _ in range(1_001):
            hear("gas/v1/DL-R-0001/DL-CV-0001/command", b"{}")
    assert caplog.text.count("dropped one to gas/v1/DL-R-0001/DL-CV-0001/command") == 1


# ---------------------------------------------------------------- to a broker


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_broker_that_is_not_there_is_one_line(scenario: Path) -> None:
    port = free_port()
    assert problem(scenario, f"mqtt://127.0.0.1:{port}").startswith(f"MQTT broker 127.0.0.1:{port} cannot be reached")
    assert problem(scenario, "mqtt://127.0.0.1:many").startswith("--to is mqtt://127.0.0.1:many: ")


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_sends_to_a_broker_under_the_root_of_the_url(scenario: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[str] = []
    with embedded_broker() as port:
        listener = Publisher("127.0.0.1", port, "listener")
        listener.start()
        listener.subscribe("sim/gas/v9/#", lambda topic, _payload: heard.append(topic))
        listener.subscribe("ready", lambda topic, _payload: heard.append(topic))
        listener.publish("ready", b"", retain=True)
        wait_for(lambda: heard)
        assert run_simulate(scenario, f"mqtt://127.0.0.1:{port}/sim/gas/v9", None, "max", 1) == 0
        sent = int(capsys.readouterr().err.split()[-2])
        wait_for(lambda: len([topic for topic in heard if topic != "ready"]) >= sent)
        listener.stop()
    assert {topic[:15] for topic in heard if topic != "ready"} == {
        "sim/gas/v9/DL-R",
        "sim/gas/v9/DL-M",
        "sim/gas/v9/DL-P",
        "sim/gas/v9/B-Z0",
    }

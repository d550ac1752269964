import base64
import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from app.backtest import alarm_line, run_backtest
from app.recording import read_recordings
from app.simulate import run_simulate
from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.asset import Assets, Site
from domain.errors import ConfigurationError
from domain.frame import TICK_TOPIC
from domain.location import Location, PipeShare
from domain.record import JournalEntry
from simulator.timetext import instant_text, zone
from tests.app.support import ROOT, START_NS, Entry, Plant, S, Tape, catch_up, configuration, rulebook, write_town

Line = dict[str, object]


def record(entries: Sequence[Entry], file: Path) -> Path:
    """Write what devices said as a recording; the file knows milliseconds."""
    lines = []
    for received_ns, topic, payload in entries:
        try:
            msgspec.json.decode(payload)
            body = f'"payload":{payload.decode()}'
        except (msgspec.MsgspecError, UnicodeDecodeError):
            body = f'"payload_base64":"{base64.b64encode(payload).decode()}"'
        lines.append(f'{{"topic":"{topic}","received":"{instant_text(received_ns, zone(8))}",{body}}}\n')
    file.write_text("".join(lines), encoding="utf-8")
    return file


def trouble() -> list[Entry]:
    tape = Tape()
    for seq in range(1, 60):
        tape.say("G1", seq, gas_pct_lel=seq)
        tape.say("G2", seq, gas_pct_lel=60 if 10 <= seq < 20 else 0, temperature_c="NaN" if seq == 30 else 20)
        tape.put("gas/v1/S1/G1/telemetry", b"\xff no JSON")
        tape.now_ns += 7 * S
    return tape.entries


def backtest(folder: Path, recordings: Sequence[Path]) -> list[Line]:
    write_town(folder / "town")
    out = folder / "alarms.ndjson"
    assert run_backtest(recordings, folder / "town" / "assets", folder / "town" / "rulebook.toml", out) == 0
    return [msgspec.json.decode(line) for line in out.read_bytes().splitlines()]


def with_ticks(entries: Sequence[Entry]) -> list[Entry]:
    first, last = entries[0][0] // S, entries[-1][0] // S
    ticks = [(second * S, TICK_TOPIC, b"") for second in range(first, last + 1)]
    return sorted([*ticks, *entries], key=lambda entry: entry[0])


def test_tells_what_the_live_watch_tells_of_the_same_frames(
    plant: Plant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    entries = trouble()
    plant.log.append(with_ticks(entries))
    catch_up(plant.watch(configuration()))
    journal = plant.records.journal(limit=10_000)
    assert len(journal) > 10
    lines = backtest(tmp_path, [record(entries, tmp_path / "frames.ndjson")])
    kept = ("kind", "device", "site", "priority", "level", "occurrence", "value", "limit")
    assert [{name: line[name] for name in kept} | {"event": line["transition"]} for line in lines] == [
        {name: dataclasses.asdict(entry)[name] for name in kept} | {"event": entry.event} for entry in journal
    ]
    assert [line["time"] for line in lines] == [instant_text(entry.time_ns, zone(8)) for entry in journal]
    said = capsys.readouterr().out
    assert f"{len(entries)} frames" in said
    assert "60 quarantined" in said
    assert "gas_high" in said


def test_lines_are_alarms_as_they_stood(tmp_path: Path) -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=60)
    raised = next(
        line for line in backtest(tmp_path, [record(tape.entries, tmp_path / "f")]) if line["kind"] == "gas_high"
    )
    assert (raised["transition"], raised["state"]) == ("raise", {"letter": "B", "name": "active_unacknowledged"})
    assert raised["text"] == {
        "zh": "古城小厨 G1 可燃气体 60 %LEL > 二级限 50 %LEL",
        "en": "Old Town Kitchen G1 combustible gas 60 %LEL > second limit 50 %LEL",
    }
    assert raised["location"] == {"lon": 100.26, "lat": 25.6}


def test_a_possible_place_stands_in_the_line_or_else_that_of_the_site() -> None:
    assets = Assets({"S1": Site("S1", "一", "One", "point", "Z", "D", 100.2, 25.6)}, {}, {})
    letters = (StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED)
    entry = JournalEntry("a", 1, "raise", *letters, AlarmKind.PIPE_RUPTURE, 2, 1, "P1", "S1", "", 7, 8)
    pipes = (PipeShare("P-1", 0.75),)
    alarm = Alarm("a", AlarmKind.PIPE_RUPTURE, "P1", "P1", "S1", "Z")
    told = {"within_m": 90.0, "pipes": [{"pipe": "P-1", "probability": 0.75}], "elsewhere": 0.1}
    found = replace(alarm, location=Location(100.3, 25.7, 90.0, pipes, 0.1))
    assert alarm_line(found, entry, assets)["location"] == {"lon": 100.3, "lat": 25.7} | told
    bare = replace(alarm, location=Location(None, None, None, pipes, 0.1))
    assert alarm_line(bare, entry, assets)["location"] == {"lon": 100.2, "lat": 25.6} | told | {"within_m": None}


def test_a_slow_clock_is_corrected_and_its_gas_told(tmp_path: Path) -> None:
    tape = Tape()
    for seq in range(1, 40):
        tape.say("G1", seq, gas_pct_lel=60 if seq > 30 else 0, late_s=3_600)
        tape.now_ns += 10 * S
    raised = {line["kind"] for line in backtest(tmp_path, [record(tape.entries, tmp_path / "f")])}
    assert {"gas_high", "clock_wrong"} <= raised


def test_several_recordings_are_read_as_one_in_order_of_arrival(tmp_path: Path) -> None:
    entries = trouble()
    whole = backtest(tmp_path / "a", [record(entries, tmp_path / "whole")])
    halves = [record(entries[start::2], tmp_path / f"half{start}") for start in (1, 0)]
    assert backtest(tmp_path / "b", halves) == whole


def test_a_simulated_leak_raises_its_alarm(tmp_path: Path) -> None:
    scenario = tmp_path / "scenario.yaml"
    scenario.write_text(
        "version: 1\nname: {zh: 试, en: trial}\nstart: '2026-01-15T12:00:00+08:00'\nduration: 60s\n"
        f"assets: {ROOT / 'examples' / 'dali'}\nsites: {{DL-R-0017: {{volume_m3: 24}}}}\n"
        "events:\n  - {id: hose, kind: leak, site: DL-R-0017, hole_mm: 9.5, at: -150s}\n",
        encoding="utf-8",
    )
    frames, out = tmp_path / "frames.ndjson", tmp_path / "alarms.ndjson"
    run_simulate(scenario, str(frames), None, "max", seed=3)
    run_backtest([frames], ROOT / "examples" / "dali", ROOT / "rulebook.toml", out)
    sites = {msgspec.json.decode(line)["site"] for line in out.read_bytes().splitlines()}
    assert sites == {"DL-R-0017"}


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("{", "frames:2"),
        ('{"topic":"t","received":"noon","payload":{}}', "'noon' is no time"),
        ('{"topic":"t","received":"2026-01-15T12:00:00+08:00"}', "one of payload and payload_base64"),
        ('{"topic":"t","received":"2026-01-15T12:00:00+08:00","payload":{},"payload_base64":"e30="}', "one of payload"),
        ('{"topic":"t","received":"2026-01-15T12:00:00+08:00","payload_base64":"!"}', "frames:2"),
        ('{"topic":"t","received":"2026-01-15T12:00:00+08:00","payload":{},"more":1}', "more"),
    ],
)
def test_a_broken_line_is_told_with_its_number(tmp_path: Path, line: str, what: str) -> None:
    file = tmp_path / "frames"
    file.write_text(
        f'{{"topic":"t","received":"2026-01-15T12:00:00+08:00","payload":{{}}}}\n{line}\n', encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match=what):
        list(read_recordings([file]))


def test_a_recording_that_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere.*No such file"):
        list(read_recordings([tmp_path / "nowhere"]))
    (tmp_path / "empty").touch()
    with pytest.raises(ConfigurationError, match="no frame"):
        run_backtest([tmp_path / "empty"], tmp_path, tmp_path, tmp_path / "out")


def test_payloads_come_back_as_they_were(tmp_path: Path) -> None:
    entries = [(START_NS, "a/b/c/telemetry", b'{"x": NaN}'), (START_NS + S, "a/b/c/telemetry", b'{"x":  1.50}')]
    found = list(read_recordings([record(entries, tmp_path / "f")]))
    assert [(frame.received_ns, frame.topic, frame.payload) for frame in found] == entries


def test_tells_what_another_rulebook_would_have_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=23)
    tape.tick(0)
    tape.now_ns += 10 * S
    tape.say("G1", 2, gas_pct_lel=23)
    frames = record(tape.entries, tmp_path / "f")
    write_town(tmp_path / "town")
    old = tmp_path / "old.toml"
    old.write_text(rulebook({"gas_low.limit": 24}), encoding="utf-8")
    town = tmp_path / "town"
    assert run_backtest([frames], town / "assets", town / "rulebook.toml", tmp_path / "out", old) == 0
    said = capsys.readouterr().out
    assert f"against {old}: 1 appear, 0 vanish, 0 move" in said
    assert "appears  2026-01-15T12:00:1" in said
    assert "gas_low G1: 古城小厨 G1 可燃气体 23 %LEL > 一级限 20 %LEL" in said

"""The command about the KPIs."""

import argparse
from pathlib import Path

import msgspec
import pytest

from app.cli import main
from app.clock import now_ns
from app.settings import load_settings
from app.wiring import Wiring
from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.record import JournalEntry
from tests.app.support import write_used_town

S = 1_000_000_000


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A town in which one alarm chattered and was answered after 20 s."""
    found = write_used_town(tmp_path)
    at = now_ns() - 3600 * S
    events = [("raise", at), ("annunciate", at), ("return", at + 5 * S), ("raise", at + 6 * S), ("raise", at + 20 * S)]
    with Wiring(load_settings(found)).records().unit() as unit:
        unit.save(Alarm("a", AlarmKind.GAS_LOW, "G1", "G1", "S1", "Z1"))
        for event, time_ns in [*events, ("acknowledge", at + 20 * S)]:
            b = StateLetter.ACTIVE_UNACKNOWLEDGED
            unit.journal(JournalEntry("a", 1, event, b, b, AlarmKind.GAS_LOW, 3, 1, "G1", "S1", "", 1, time_ns))
    return found


def run(config: Path, *arguments: str) -> int:
    return main(["kpi", *arguments, "--config", str(config)])


def test_prints_numbers_targets_and_bad_actors(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "--language", "en") == 0
    text = capsys.readouterr().out
    rows = {line.split("  ")[0]: line for line in text.splitlines()}
    assert rows["number"].split() == ["number", "value", "target", "met", "formula"]
    assert "100 %" in rows["share of priority 3"]
    assert "NO" in rows["share of priority 3"]
    assert "20 s" in rows["time to acknowledge, priority 3, p95"]
    assert "chattering: a wider reset band" in rows["gas_low"]
    run(config)
    assert "三级占比" in capsys.readouterr().out


def test_the_same_as_json_for_one_site(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "--json", "--days", "31", "--site", "S1") == 0
    found = msgspec.json.decode(capsys.readouterr().out)
    assert found["to_ns"] - found["from_ns"] == 31 * 86_400 * S
    assert found["measures"]["upset"]["value"] == 1
    assert found["bad_actors"][0]["patterns"] == ["chattering", "fleeting"]
    run(config, "--json", "--site", "S2")
    found = msgspec.json.decode(capsys.readouterr().out)
    assert (found["measures"]["upset"]["value"], found["bad_actors"]) == (0, [])


def test_a_mistake_is_one_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(config, "--site", "S9") == 1
    assert "--site S9: no such site" in capsys.readouterr().err
    for wrong in ("0", "32", "x"):
        with pytest.raises((SystemExit, argparse.ArgumentError)):
            run(config, "--days", wrong)
        assert "expected 1 to 31" in capsys.readouterr().err

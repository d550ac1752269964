"""The command about what is hidden."""

from pathlib import Path

import pytest

from alerting.permits import PermitDesk, Wish
from app.cli import main
from app.clock import now_ns
from app.settings import load_settings
from app.wiring import Wiring
from app.working import Working
from domain.alarm import Alarm, AlarmKind, Life, StateLetter
from domain.record import JournalEntry
from tests.app.support import write_used_town

S = 1_000_000_000


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A town in which one alarm is shelved, and one detector under a permit."""
    found = write_used_town(tmp_path)
    wiring, at = Wiring(load_settings(found)), now_ns()
    with wiring.records().unit() as unit:
        unit.save(Alarm("a", AlarmKind.GAS_LOW, "G1", "G1", "S1", "Z1", life=Life(shelf_until_ns=at + 600 * S)))
        b, g = StateLetter.ACTIVE_UNACKNOWLEDGED, StateLetter.SHELVED
        note = f"厨房装修 [until_ns={at}]"
        of = ("a", 1, "shelve", b, g, AlarmKind.GAS_LOW, 3, 1, "G1", "S1", "", 1, at)
        unit.journal(JournalEntry(*of, user="supervisor", note=note))
    configuration = wiring.configuration()
    working = Working(wiring.records(), wiring.log, PermitDesk(configuration.rulebook), now_ns)
    working.begin(configuration.assets.devices["G1"], Wish("WP-17", "supervisor", "便携仪监护", at + 600 * S))
    return found


def test_prints_what_is_hidden_by_whom_until_when_and_why(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["silenced", "--language", "en", "--config", str(config)]) == 0
    head, row, work = capsys.readouterr().out.splitlines()
    assert head.split() == ["state", "by", "since", "until", "why", "alarm"]
    assert row.startswith("shelved  supervisor  20")
    assert "厨房装修  " in row
    assert "G1" in row
    assert work.startswith("permit   supervisor  20")
    assert work.endswith("WP-17 便携仪监护  G1")

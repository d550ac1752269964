"""What role `write` does for charts begins and ends with it, and never holds it up."""

import threading
import time
from pathlib import Path

import pytest

from app.settings import load_settings
from app.showing import showing
from app.stores import Stores
from domain.alarm import Alarm, AlarmKind, Life, StateLetter
from domain.errors import ConfigurationError
from domain.record import JournalEntry
from tests.app.support import write_town
from tests.grafana.stand_in import TOKEN, grafana
from tests.store.influx_server import free_port

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def stores(folder: Path, more: str) -> Stores:
    config = write_town(folder)
    config.write_text(config.read_text(encoding="utf-8") + more, encoding="utf-8")
    return Stores(load_settings(config))


def test_a_grafana_hears_of_alarms_while_the_series_are_away(tmp_path: Path) -> None:
    with grafana() as played:
        (tmp_path / "token").write_text(TOKEN + "\n", encoding="utf-8")
        series = f'[series]\nkind = "influx"\nurl = "http://127.0.0.1:{free_port()}"\n'
        ours = stores(
            tmp_path / "town", f'{series}[grafana]\nurl = "{played.url}"\ntoken_file = "{tmp_path / "token"}"\n'
        )
        with ours.unit() as unit:
            unit.save(Alarm("9d22", AlarmKind.GAS_HIGH, "G1", "G1", "S1", "Z1", Life(level=1), priority=2))
            what = "annunciate", StateLetter.ACTIVE_UNACKNOWLEDGED, StateLetter.ACTIVE_UNACKNOWLEDGED
            unit.journal(JournalEntry("9d22", 1, *what, AlarmKind.GAS_HIGH, 2, 1, "G1", "S1", "", 1, 1_000))
        with showing(ours, threading.Event()):
            deadline = time.monotonic() + 20
            while not played.annotations and time.monotonic() < deadline:
                time.sleep(0.02)
        assert len(played.annotations) == 1


def test_without_influx_and_grafana_there_is_nothing_to_do(tmp_path: Path) -> None:
    with showing(stores(tmp_path, ""), threading.Event()):
        assert not (tmp_path / "data" / "records.db").exists()


def test_a_mistake_in_a_file_of_the_registry_is_told_and_keeps_nothing_from_being_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ours = stores(tmp_path, '[grafana]\nurl = "http://127.0.0.1:1"\n')
    (tmp_path / "assets" / "sites.csv").unlink()
    with showing(ours, threading.Event()):
        deadline = time.monotonic() + 20
        while not caplog.text and time.monotonic() < deadline:
            time.sleep(0.02)
    assert "annotations in Grafana: none until the next start: " in caplog.text
    assert "sites.csv" in caplog.text


def test_a_token_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    ours = stores(tmp_path, '[grafana]\nurl = "http://127.0.0.1:1"\ntoken_file = "none"\n')
    with pytest.raises(ConfigurationError, match="none"), showing(ours, threading.Event()):
        pass

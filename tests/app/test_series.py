"""The role `write` on a real InfluxDB, wired by the settings alone."""

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.roles import write
from app.settings import load_settings
from app.wiring import Wiring
from domain.quantity import Quantity
from store.influx import InfluxSeries
from tests.app.support import Tape, configuration, wait_for, write_town
from tests.store.influx2_server import VERSIONS, running
from tests.store.influx_server import Influxd

pytestmark = [
    pytest.mark.server,
    pytest.mark.allow_hosts(["127.0.0.1"]),
]


@pytest.fixture(params=VERSIONS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Influxd]:
    (tmp_path / "influx").mkdir()
    with running(request.param, tmp_path / "influx") as server:
        server.create("gas")
        yield server


@pytest.fixture
def series(wiring: Wiring) -> Iterator[InfluxSeries]:
    opened = wiring.series()
    assert isinstance(opened, InfluxSeries)
    with closing(opened):
        yield opened


@pytest.fixture
def wiring(tmp_path: Path, server: Influxd) -> Wiring:
    config = write_town(tmp_path / "town")
    config.write_text(config.read_text(encoding="utf-8") + server.settings(), encoding="utf-8")
    return Wiring(load_settings(config))


@contextmanager
def writing(wiring: Wiring) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=wiring.roles(["write"])["write"], args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)


def test_an_influxdb_that_is_away_delays_and_everything_is_there_afterwards(
    wiring: Wiring, series: InfluxSeries, server: Influxd, caplog: pytest.LogCaptureFixture
) -> None:
    tape = Tape()
    tape.configure(configuration())
    for seq in range(50):
        tape.say("G1", seq, gas_pct_lel=seq)
    log = wiring.log()
    log.append(tape.entries[:21])
    with writing(wiring):
        wait_for(lambda: series.cursor() == 21)
        server.stop()
        log.append(tape.entries[21:])
        wait_for(lambda: "trying again" in caplog.text)
        assert series.cursor() == 21
        server.start()
        wait_for(lambda: series.cursor() == 51)
    assert (series.count(), series.frames()) == (50, 50)
    assert series.series("G1", Quantity.GAS_PCT_LEL, 0, 1 << 62, 100).value == list(range(50))


def test_what_influxdb_refuses_is_in_quarantine(wiring: Wiring, series: InfluxSeries, server: Influxd) -> None:
    server.write("gas", "gas_detector,device=X co_ppm=true 1768449600000000000")
    tape = Tape()
    tape.configure(configuration())
    tape.say("G1", 1, gas_pct_lel=1)
    tape.say("G1", 2, co_ppm=2)
    tape.say("G1", 3, gas_pct_lel=3)
    wiring.log().append(tape.entries)
    with writing(wiring):
        wait_for(lambda: series.cursor() == 4)
    (entry,) = wiring.records().quarantine()
    assert (entry.position, entry.reason, entry.device) == (3, "database_refused", "G1")
    assert "field type conflict" in entry.detail
    assert series.frames() == 2
    assert series.series("G1", Quantity.GAS_PCT_LEL, 0, 1 << 62, 100).value == [1, 3]


def test_a_bucket_that_nobody_made_is_told_and_once_it_is_there_everything_is_stored(
    wiring: Wiring, series: InfluxSeries, server: Influxd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write, "_LONGEST_PAUSE_S", 0.2)
    server.drop("gas")
    tape = Tape()
    tape.configure(configuration())
    tape.say("G1", 1, gas_pct_lel=1)
    wiring.log().append(tape.entries)
    with writing(wiring):
        wait_for(lambda: wiring.write_pulse().read().refusing == "settings")
        assert series.cursor() == 0
        server.create("gas")
        wait_for(lambda: series.cursor() == 2)
        wait_for(lambda: wiring.write_pulse().read().refusing == "")
    assert series.count() == 1
    assert wiring.records().quarantine() == []

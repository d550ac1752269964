"""The service starts before its servers: it waits for each of them, and ends when it is told to."""

from pathlib import Path

import pytest

from app.clock import now_ns
from ingest.mqtt import Publisher
from tests.end_to_end.support import MOSQUITTO, Installation, wait_for
from tests.end_to_end.test_readiness import SETTINGS, reasons
from tests.end_to_end.test_shutdown import end
from tests.ingest.conftest import Mosquitto
from tests.store.influx_server import INFLUXD, Influxd
from tests.store.postgres_server import PostgresServer


@pytest.mark.server
@pytest.mark.timeout(150)
@pytest.mark.skipif(MOSQUITTO is None or INFLUXD is None, reason="mosquitto or influxd is not installed")
def test_waits_for_broker_series_and_records_that_are_away_at_the_start(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    assert MOSQUITTO is not None
    mosquitto, influx = Mosquitto(MOSQUITTO, tmp_path, SETTINGS), Influxd(tmp_path)
    town = Installation(tmp_path / "town", mosquitto.port, detectors=3)
    town.use_influx(influx)
    town.use_records(postgres.new_database())
    postgres.stop()
    said = town.folder / ".err"
    try:
        town.start()
        # watch, notify and api wait for the records, ingest for the broker; write meets its database at the first bite
        wait_for(lambda: said.read_text().count("not started yet: the records") >= 3, 30, "those who wait")
        wait_for(lambda: "not receiving yet: broker cannot be reached" in said.read_text(), 30, "ingest")
        end(town, "")
        town.start()
        postgres.start()
        mosquitto.start()
        wait_for(lambda: "receiving gas/v1/#" in said.read_text(), 60, "the subscription")
        publisher = Publisher("127.0.0.1", mosquitto.port, "device")
        publisher.start()
        publisher.publish("gas/v1/S1/G1/telemetry", b'{"time":%d,"values":{"gas_pct_lel":1}}' % (now_ns() // 1_000_000))
        assert publisher.drain(10)
        publisher.stop()
        wait_for(lambda: "series: time series" in said.read_text(), 60, "write")
        influx.start()
        influx.create("gas")
        wait_for(lambda: not reasons(town), 60, "a green readiness")
        assert "Traceback" not in said.read_text()
        assert "a-password" not in said.read_text()
    finally:
        town.stop()
        mosquitto.stop()
        influx.stop()

"""A real InfluxDB with ten minutes of a simulated hamlet, written by our own writer."""

from collections.abc import Iterator

import pytest

from grafana.build.dashboard import Plan
from tests.grafana.filled import Filled, fill, plan
from tests.store.influx_server import INFLUXD, influxd


@pytest.fixture(scope="session")
def hamlet() -> Plan:
    return plan()


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, hamlet: Plan) -> Iterator[Filled]:
    if INFLUXD is None:
        pytest.skip("influxd is not installed")
    folder = tmp_path_factory.mktemp("grafana")
    with influxd(folder) as server:
        server.create("gas")
        server.create("empty")
        yield Filled(server.url, fill(server.url, folder, hamlet))

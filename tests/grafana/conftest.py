"""A real InfluxDB with ten minutes of a simulated hamlet, written by our own writer."""

from collections.abc import Iterator

import pytest

from grafana.build.dashboard import Plan
from store.buckets import open_buckets
from tests.grafana.filled import Filled, fill, plan
from tests.store.influx2_server import VERSIONS, running
from tests.store.influx_server import Influxd


@pytest.fixture(scope="session")
def hamlet() -> Plan:
    return plan()


@pytest.fixture(scope="session", params=VERSIONS)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, hamlet: Plan) -> Iterator[Filled]:
    folder = tmp_path_factory.mktemp("grafana")
    with running(request.param, folder) as server:
        server.create("gas")
        server.create("empty")
        yield Filled(server.url, fill(server, folder, hamlet), reader_of(server))


def reader_of(server: Influxd) -> str:
    """Have a user for Grafana as `influx init` makes him; of 1.x, which asks for none, nobody."""
    if server.api == "v1":
        return ""
    with open_buckets(server.url, api=server.api, token=server.token, org=server.org) as buckets:
        names = [f"{bucket}{end}" for bucket in ("gas", "empty") for end in ("", "_1m", "_1h")]
        buckets.let_read("grafana", "some-word", {name: one.id for name in names if (one := buckets.find(name))})
    return "grafana:some-word"

"""Fixtures of tests that run over every database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.records import Records
from tests.blank import blank_records
from tests.store.influx2_server import VERSIONS, running
from tests.store.influx_server import INFLUXD, NGINX, Influxd, nginx
from tests.store.postgres_server import postgres

__all__ = ["postgres"]

DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=[pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]),
]


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Address of a database, a file or one of a real server: empty, or with all tables for who asks for `records`."""
    upgraded = "records" in request.fixturenames
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres")
        made: str = server.upgraded_database() if upgraded else server.new_database()
        return made
    if upgraded:
        blank_records(tmp_path / "records.db").close()
    return f"sqlite:///{tmp_path / 'records.db'}"


@pytest.fixture
def records(url: str) -> Iterator[Records]:
    made = Records(url)
    yield made
    made.close()


@pytest.fixture(scope="session")
def influx_1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A real InfluxDB 1.x; every test makes a bucket of its own."""
    if INFLUXD is None:
        pytest.skip("influxd is not installed")
    with running("1.x", tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture(scope="session")
def influx_2(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A real InfluxDB 2.x."""
    with running("2.x", tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture(scope="session")
def influx_by_nginx(influx_1: Influxd, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    """A real InfluxDB 1.x that looks like a 2.x to who writes."""
    if NGINX is None:
        pytest.skip("nginx is not installed")
    with nginx(tmp_path_factory.mktemp("nginx"), influx_1) as server:
        yield server


FIXTURES = {"1.x": "influx_1", "2.x": "influx_2", "nginx": "influx_by_nginx"}


@pytest.fixture(params=VERSIONS)
def influx(request: pytest.FixtureRequest) -> Influxd:
    """Each real InfluxDB there is."""
    found: Influxd = request.getfixturevalue(FIXTURES[request.param])
    return found


@pytest.fixture(params=[*VERSIONS, "nginx"])
def influx_as_seen(request: pytest.FixtureRequest) -> Influxd:
    """The same, and the 1.x as a client of 2.x."""
    found: Influxd = request.getfixturevalue(FIXTURES[request.param])
    return found

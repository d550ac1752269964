import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import msgspec
import pytest

from api.passwords import hash_password
from app.broker import free_port
from app.clock import now_ns
from app.pulse import Commits, IngestPulse, NotifyPulse, WritePulse
from app.settings import ApiSettings, load_settings
from app.web import build_services, run_api
from app.wiring import Wiring
from domain.command import Command
from domain.errors import ConfigurationError
from domain.quantity import Quantity
from domain.record import User
from domain.sample import Sample
from tests.app.support import START_NS, Tape, wait_for, write_town

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]


def no_broker(command: Command) -> None:
    raise ConnectionError(command.id)


@pytest.fixture
def wiring(tmp_path: Path) -> Wiring:
    return Wiring(load_settings(write_town(tmp_path)))


@pytest.fixture
def stranger(wiring: Wiring) -> None:
    """A frame in quarantine."""
    tape = Tape(now_ns())
    tape.say("X7", 1, gas_pct_lel=60)
    wiring.log().append(tape.entries)
    stop = threading.Event()
    stop.set()
    wiring.roles(["watch"])["watch"](stop)


@contextmanager
def serving(wiring: Wiring, settings: ApiSettings) -> Iterator[int]:
    """The console on a port of its own."""
    stop = threading.Event()
    thread = threading.Thread(target=run_api, args=(build_services(wiring, no_broker), settings, stop))
    thread.start()
    wait_for(lambda: answers(settings.port))
    yield settings.port
    stop.set()
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def port(wiring: Wiring) -> Iterator[int]:
    """The console on a free port."""
    with serving(wiring, ApiSettings(port=free_port())) as found:
        yield found


def answers(port: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx2.TransportError:
        return False


def test_serves_until_it_is_stopped(port: int) -> None:
    assert "<html" in httpx2.get(f"http://127.0.0.1:{port}/", follow_redirects=True).text


@pytest.mark.parametrize(
    ("behind", "proxies", "believed"),
    [
        pytest.param(True, ["127.0.0.0/8"], True, id="the proxy"),
        pytest.param(True, ["192.0.2.1"], False, id="somebody else"),
        pytest.param(False, ["127.0.0.1"], False, id="no proxy"),
    ],
)
def test_only_the_proxy_is_believed_how_and_from_where_a_visitor_came(
    wiring: Wiring, *, behind: bool, proxies: list[str], believed: bool
) -> None:
    with wiring.records().unit() as unit:
        unit.add_user(User("li", "li", "operator", hash_password("correct horse")))
    settings = ApiSettings.model_validate({"port": free_port(), "behind_proxy": behind, "proxies": proxies})
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
    with serving(wiring, settings) as port:
        body = {"name": "li", "password": "correct horse"}
        answer = httpx2.post(f"http://127.0.0.1:{port}/api/v1/login", json=body, headers=said)
    assert ("Secure" in answer.headers["set-cookie"]) == believed
    assert wiring.records().audit()[0].detail == ("198.51.100.7" if believed else "127.0.0.1")


def test_a_port_that_is_taken_is_told(wiring: Wiring) -> None:
    services = build_services(wiring, no_broker)
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = int(server.getsockname()[1])
        with pytest.raises(ConfigurationError, match=f"could not listen on 127.0.0.1:{taken}"):
            run_api(services, ApiSettings(port=taken), threading.Event())


@pytest.mark.usefixtures("stranger")
def test_services_know_lag_series_and_retries(wiring: Wiring) -> None:
    wiring.series().write(
        [Sample("G1", START_NS, "b", 1, {Quantity.GAS_PCT_LEL: 4.0}, {}, late=False)], cursor=0, frames=1
    )
    services = build_services(wiring, no_broker)
    readers = services.log_status()
    assert (readers["watch"].lag_frames, readers["write"].lag_frames) == (0, 2)
    assert 0 <= readers["watch"].lag_s < 60
    assert services.series.latest("G1")[Quantity.GAS_PCT_LEL].value == 4.0
    assert services.series.series("G1", Quantity.GAS_PCT_LEL, 0, 1 << 62, 10).value == [4.0]
    assert services.retry(1, "wang") == 3
    assert services.log_status()["watch"].lag_frames == 1


@pytest.mark.usefixtures("stranger")
def test_every_thread_of_the_server_has_a_log_of_its_own(wiring: Wiring) -> None:
    services, found = build_services(wiring, no_broker), list[int]()

    def ask() -> None:
        found.extend([services.log_status()["write"].lag_frames] * 2)

    for thread in [threading.Thread(target=ask) for _ in range(3)]:
        thread.start()
        thread.join(10)
    assert found == [2] * 6


def test_what_the_roles_say_holds_while_they_say_it(wiring: Wiring) -> None:
    services = build_services(wiring, no_broker)
    nothing = services.pipeline()
    assert nothing.broker == nothing.log == "ingest has not run yet"
    assert nothing.probe == "the broker's queue was not probed yet"

    commits = Commits((3, 2), 0.5)
    well = IngestPulse(now_ns(), "", "", "", 7, 0, commits)
    wiring.ingest_pulse().write(well)
    wiring.notify_pulse().write(NotifyPulse({"sms": 5, "webhook": 4}))
    wiring.write_pulse().write(WritePulse(1, refused={"line": 2}, forgotten={"bad_json": 1}))
    found = services.pipeline()
    assert (found.log, found.broker, found.probe, found.dropped) == ("", "", "", 7)
    assert (found.refused, found.forgotten) == ({"line": 2}, {"bad_json": 1})
    assert (nothing.turned, found.turned) == ({"ingest": 0}, {"ingest": well.time_ns, "notify": 4})
    wiring.log().append([(1, "t", b"")])
    more = services.pipeline()
    assert (more.frames, more.stored, more.space[0] > 0, more.space[1]) == (1, 0, True, 20 << 30)
    assert (list(found.commits), found.commits_s) == ([(0.001, 3), (0.0025, 2)], 0.5)

    wiring.ingest_pulse().write(msgspec.structs.replace(well, time_ns=now_ns() - 20_000_000_000))
    silent = services.pipeline()
    assert silent.broker == silent.log == "ingest has said nothing for 20 s"
    assert silent.dropped == 7


def test_a_clock_that_was_set_back_over_a_pulse_makes_no_sense_of_it(wiring: Wiring) -> None:
    wiring.ingest_pulse().write(IngestPulse(now_ns() + 3_600_000_000_000, ""))
    assert build_services(wiring, no_broker).pipeline().broker == "ingest spoke last at a time that is to come"

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.clock import now_ns
from app.incoming_check import Shown, incoming
from app.pulse import ListenPulse, PulseFile
from app.settings import Settings, load_settings
from domain.errors import ConfigurationError
from domain.record import User
from tests.app.support import DEVICES, write_town
from tests.blank import blank_records

LOOPBACK = pytest.mark.allow_hosts(["127.0.0.1"])
HEAD, FIRST, *REST = DEVICES.splitlines()
PUSHING = "\n".join([f"{HEAD},push", f"{FIRST},lian/0a1b", *(f"{row}," for row in REST)]) + "\n"
SPEAKING = "\n".join([f"{HEAD},gb26875", f"{FIRST},1001", *(f"{row}," for row in REST)]) + "\n"
SEALED = """name = "own"
transport = "https"
[crypto]
signature = "hmac-sm3"
[answers]
code = "c"
accepted = [0]
[records.alarm]
path = "/a"
fields = {}
"""
CITY = """[city.targets.t]
mapping_file = "own.toml"
url = "https://city.example"
secret_file = "word"
account = "city"
"""


def town(folder: Path, more: str, devices: str = DEVICES) -> Settings:
    config = write_town(folder, devices)
    (folder / "assets" / "products.toml").write_text('[lian]\ngas = "gas_pct_lel"\n')
    (folder / "word").write_text("a-word-that-nobody-guesses")
    (folder / "short").write_text("guess")
    (folder / "own.toml").write_text(SEALED)
    config.write_text(config.read_text() + more)
    return load_settings(config)


def said(settings: Settings) -> dict[str, str]:
    """What each check says, "" where all is well."""
    found = {}
    for name, check in incoming(settings):
        try:
            check()
        except ConfigurationError as error:
            found[name] = str(error)
        else:
            found[name] = ""
    return found


def test_a_mapping_is_tried_with_samples_and_says_of_what(tmp_path: Path) -> None:
    quiet = CITY.replace('account = "city"\n', "")
    (_, check), *_ = incoming(town(tmp_path, quiet))
    assert check() == Shown("own writes samples of alarm")
    coded = SEALED.replace("fields = {}", 'fields = { x = { from = "site", values = { S1 = 1 } } }')
    settings = town(tmp_path / "coded", quiet)
    (tmp_path / "coded" / "own.toml").write_text(coded)
    assert said(settings)["city t"].startswith("city.targets.t: records.alarm.fields.x: no code for 'DL-R-0001'")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_what_is_not_configured_is_not_checked(tmp_path: Path) -> None:
    assert said(town(tmp_path, "")) == {}


@LOOPBACK
def test_a_listener_needs_a_transmitter_and_a_port(tmp_path: Path, taken: int) -> None:
    listening = "[listen]\nenabled = true\nport = {}\n"
    assert said(town(tmp_path / "a", listening.format(0), SPEAKING)) == {"listen": ""}
    assert "no device of devices.csv has gb26875" in said(town(tmp_path / "b", listening.format(0)))["listen"]
    other = town(tmp_path / "c", listening.format(taken), SPEAKING)
    assert f"listen.port {taken}: Address already in use" in said(other)["listen"]
    other.data.mkdir()
    PulseFile(other.data, ListenPulse()).write(ListenPulse({"tcp": now_ns()}))
    assert said(other) == {"listen": ""}  # it is our own role that has it
    absent = town(tmp_path / "d", '[listen]\nenabled = true\nhost = "192.0.2.1"\n', SPEAKING)
    assert "listen.host 192.0.2.1" in said(absent)["listen"]


@pytest.mark.parametrize(
    ("more", "devices", "problem"),
    [
        ('[push]\ntoken_file = "word"\n', PUSHING, ""),
        ("", PUSHING, "push.token_file is missing"),
        ('[push]\ntoken_file = "word"\n', DEVICES, "no device of devices.csv has push"),
        ('[push]\ntoken_file = "short"\n', PUSHING, "can be guessed"),
        ('[push]\ntoken_file = "none"\n', PUSHING, "No such file"),
    ],
)
def test_a_push_needs_a_word_and_a_device(tmp_path: Path, more: str, devices: str, problem: str) -> None:
    found = said(town(tmp_path, more, devices))["push"]
    assert problem in found
    assert bool(problem) == bool(found)


def test_a_platform_that_instructs_needs_an_account_that_may(tmp_path: Path) -> None:
    settings = town(tmp_path, CITY)
    assert "no account 'city'; expected one" in said(settings)["city t"]
    assert not settings.data.exists()  # who checks changes nothing
    settings.data.mkdir()
    records = blank_records(settings.data / "records.db")
    with records.unit() as unit:
        unit.add_user(User("city", "", "operator", ""))
    for change, problem in {
        ("operator", True, False): "",
        ("regulator", True, False): "",
        ("read_only", True, False): "role read_only of 'city' may nothing that is asked for",
        ("operator", False, False): "is disabled",
        ("operator", True, True): "is for emergencies alone",
    }.items():
        role, enabled, break_glass = change
        with records.unit() as unit:
            unit.save_user(User("city", "", role, "", enabled=enabled, break_glass=break_glass))
        found = said(settings)["city t"]
        assert problem in found
        assert bool(problem) == bool(found)
    records.close()

import threading
from pathlib import Path

import pytest

from app.roles.orders import build_closing
from app.settings import ROLES, Settings, load_settings
from app.wiring import Wiring
from domain.command import Command
from domain.errors import ConfigurationError
from tests.app.support import write_town


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_town(tmp_path)


@pytest.fixture
def stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop


def settings(config: Path, more: str = "") -> Settings:
    with config.open("a", encoding="utf-8") as file:
        file.write(more)
    return load_settings(config)


def test_the_stores_are_there_before_any_role_runs(config: Path) -> None:
    wiring = Wiring(settings(config))
    assert wiring.records().cursor("watch") == wiring.series().cursor() == wiring.log().last() == 0
    assert wiring.configuration().assets.devices.keys() == {"G1", "G2", "V1"}
    assert not wiring.ready()
    assert wiring.findings() == 0


@pytest.mark.parametrize("role", [role for role in ROLES if role != "api"])
def test_each_role_starts_and_ends_when_it_is_told(config: Path, stopped: threading.Event, role: str) -> None:
    wiring = Wiring(settings(config, "[canary]\nenabled = false\n"))  # a broker that is away has a test of its own
    roles = wiring.roles([role])
    assert list(roles) == [role]
    roles[role](stopped)


def test_a_watch_leaves_configuration_and_snapshot_behind(config: Path, stopped: threading.Event) -> None:
    wiring = Wiring(settings(config))
    wiring.roles(["watch"])["watch"](stopped)
    assert wiring.log().last() == 1
    newest = wiring.snapshots().newest()
    assert newest is not None
    assert newest[0] == 1


def test_nobody_can_log_in_before_an_account_is_added(config: Path) -> None:
    wiring = Wiring(settings(config))
    assert (wiring.records().users(), wiring.records().tokens(), wiring.oidc()) == ([], [], None)


def test_the_identity_provider_is_registered_with_the_secret_of_its_file(config: Path) -> None:
    (config.parent / "secret").write_text("s3cret\n")
    oidc = """[oidc]
issuer = "https://id.example"
client_id = "console"
client_secret_file = "secret"
redirect_url = "https://gas.example/login/oidc/callback"
role_map = { "gas-duty" = "operator" }
"""
    provider = Wiring(settings(config, oidc)).oidc()
    assert provider is not None
    assert (provider.about.client_secret, provider.about.role_map) == ("s3cret", {"gas-duty": "operator"})
    assert "s3cret" not in repr(provider.about)


def test_notices_have_a_channel_only_where_one_is_configured(config: Path) -> None:
    assert Wiring(settings(config)).channel_names() == []
    assert Wiring(settings(config, '[webhook]\nurl = "http://127.0.0.1:9/"\n')).channel_names() == ["webhook"]


def test_a_webhook_without_a_key_is_refused(config: Path, stopped: threading.Event) -> None:
    wiring = Wiring(settings(config, '[webhook]\nurl = "http://127.0.0.1:9/"\n'))
    with pytest.raises(ConfigurationError, match=r"webhook\.secret_file is missing"):
        wiring.roles(["notify"])["notify"](stopped)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_notify_builds_every_channel_and_ends_while_the_broker_of_the_relay_is_away(
    config: Path, stopped: threading.Event
) -> None:
    (config.parent / "url").write_text("https://robot.example/x")
    more = '[mqtt]\nport = 1\n[relay]\ntopic = "gas/_relay/alarm"\n[channels.wecom_robot]\nurl_file = "url"\n'
    wiring = Wiring(settings(config, more))
    assert wiring.channel_names() == ["wecom_robot", "relay"]
    wiring.roles(["notify"])["notify"](stopped)


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("role", ["audit", "notify", "watch"])
def test_what_watches_the_watchers_ends_while_the_broker_is_away(
    config: Path, stopped: threading.Event, role: str
) -> None:
    sites = config.parent / "assets" / "sites.csv"
    head, *lines = sites.read_text(encoding="utf-8").splitlines()
    sites.write_text("\n".join([f"{head},auto_close", *(f"{line},on" for line in lines)]), encoding="utf-8")
    more = '[mqtt]\nport = 1\n[deadman]\ntopic = "gas/_relay/heart"\nurl = "http://127.0.0.1:9/"\n'
    wiring = Wiring(settings(config, more))
    wiring.roles([role])[role](stopped)
    assert wiring.canary_pulse().read().sent_ns == 0


def test_a_closing_of_the_rule_is_built_for_the_thread_that_uses_it(config: Path) -> None:
    sent: list[Command] = []
    closing = build_closing(Wiring(settings(config)), sent.append)
    assert closing.log() is closing.log()
    assert closing.assets.devices.keys() == {"G1", "G2", "V1"}


@pytest.mark.parametrize(("word", "expected"), [(None, ""), ("a-word-of-some-length", "a-word-of-some-length")])
def test_the_addresses_of_receipts_carry_the_word_of_its_file(config: Path, word: str | None, expected: str) -> None:
    (config.parent / "word").write_text(f"{word}\n")
    more = '[channels]\nreceipts_token_file = "word"\n' if word else ""
    assert Wiring(settings(config, more)).receipts_token() == expected


def test_a_word_that_can_be_guessed_is_refused(config: Path) -> None:
    (config.parent / "word").write_text("word\n")
    wiring = Wiring(settings(config, '[channels]\nreceipts_token_file = "word"\n'))
    with pytest.raises(ConfigurationError, match="4 characters can be guessed; expected at least 16"):
        wiring.receipts_token()


def test_secrets_come_from_files_beside_the_configuration(config: Path, stopped: threading.Event) -> None:
    (config.parent / "key").write_text("s3cret\n")
    more = (
        '[webhook]\nurl = "http://127.0.0.1:9/"\nsecret_file = "key"\n[mqtt]\nusername = "u"\npassword_file = "key"\n'
    )
    roles = Wiring(settings(config, more)).roles(["notify", "ingest"])
    for run in roles.values():
        run(stopped)


def test_a_secret_that_is_not_there_is_one_line(config: Path, stopped: threading.Event) -> None:
    wiring = Wiring(settings(config, '[mqtt]\npassword_file = "none"\n'))
    with pytest.raises(ConfigurationError, match=r"none: .*No such file"):
        wiring.roles(["ingest"])["ingest"](stopped)


def test_the_address_of_the_records_comes_from_its_file_and_stands_nowhere_else(config: Path) -> None:
    (config.parent / "address").write_text("postgresql://li:secret-word@127.0.0.1:1/records\n")
    found = settings(config, '[records]\nurl_file = "address"\n')
    assert found.records_url == "postgresql://li:secret-word@127.0.0.1:1/records"
    assert "secret-word" not in repr(found)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_ingest_starts_while_the_records_are_away_and_the_others_wait(
    config: Path, stopped: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    (config.parent / "address").write_text("postgresql://li:secret-word@127.0.0.1:1/records")
    roles = Wiring(settings(config, '[records]\nurl_file = "address"\n')).roles(ROLES)
    roles["ingest"](stopped)
    for role in ("watch", "notify", "api"):
        roles[role](stopped)
    assert caplog.text.count("not started yet: the records database cannot be used") == 3

"""`gas-lifeline check`: one line for each thing that is well and for each problem, exit 1 when there is one."""

import importlib.metadata
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx2

from alerting.notify.http import Http
from app import channels
from app.broker import reach
from app.clock import now_ns
from app.configuration import ONE_WORD, load_configuration, read_rulebook, read_text
from app.duty_check import check_duties, plan_text
from app.identity import reach_provider
from app.incoming_check import Shown, incoming
from app.roles.ingest import probe_broker, probe_canary
from app.settings import Settings, load_settings
from app.simulate import load_scenario
from app.stores import open_influx
from app.wiring import Wiring
from domain.errors import ConfigurationError, StoreUnavailable
from ingest.topics import canary_topic
from store.records import Records

_PACKAGES = ("alerting", "api", "app", "detectors", "domain", "ingest", "simulator", "store")


def run_check(config: Path | None, rulebook: Path | None, scenario: Path | None) -> int:
    """Check what was named; without a name, the whole installation."""
    checks: list[tuple[str, Callable[[], object]]] = []
    if rulebook:
        checks.append((str(rulebook), partial(read_rulebook, rulebook)))
    if scenario:
        checks.append((str(scenario), lambda: load_scenario(scenario)))
    if not checks:
        settings = load_settings(config)
        checks = [
            ("packages", _no_namesakes),
            *_duties(settings),
            ("configuration", lambda: load_configuration(settings.assets, settings.rulebook, settings.root)),
            *_servers(settings),
            *_channels(settings),
            *incoming(settings),
        ]
    return 1 if sum(_say(name, check) for name, check in checks) else 0


def _servers(settings: Settings) -> list[tuple[str, Callable[[], object]]]:
    """What is not a file of our own."""
    mqtt, series = settings.mqtt, settings.series
    found: list[tuple[str, Callable[[], object]]] = [(f"broker {mqtt.host}:{mqtt.port}", lambda: _try_broker(settings))]
    if series.kind == "influx":
        found.append((f"series {series.url}", lambda: _try_series(settings)))
    if settings.records.url_file is not None:
        found.append(("records", lambda: _try_records(settings)))
    if settings.oidc.issuer:
        found.append(("identity provider", lambda: reach_provider(settings.oidc)))
    return found


def _channels(settings: Settings) -> list[tuple[str, Callable[[], object]]]:
    """Whether secrets are there, with the limits that somebody must hold against the contract; nothing is sent."""
    tools = channels.Tools(Http(httpx2.Client()), now_ns, settings.channels.language)
    token = [("receipts", partial(channels.receipts_token, settings))]
    return [
        *(token if settings.channels.receipts_token_file else []),
        *(
            (f"channel {name} ({_limits(settings, name)})", partial(channels.build, settings, name, tools))
            for name in channels.configured(settings)
            if name != channels.RELAY  # it needs the broker alone
        ),
    ]


def _limits(settings: Settings, name: str) -> str:
    return ", ".join(map(str, channels.limits_of(settings, name))) or "no limit"


def _duties(settings: Settings) -> list[tuple[str, Callable[[], object]]]:
    text = plan_text(settings)
    if text is None:
        return []
    return [("duty plan", lambda: check_duties(text, settings, Wiring(settings).channel_names()))]


def _say(name: str, check: Callable[[], object]) -> int:
    """Print what is wrong, or that nothing is; give the number of problems."""
    problems: tuple[str, ...] = ()
    found: object = None
    try:
        found = check()
    except ConfigurationError as error:
        problems = error.problems
    except StoreUnavailable as error:
        problems = (" ".join(str(error).split()),)
    for line in problems:
        print(line if line.startswith(f"{name}: ") else f"{name}: {line}", file=sys.stderr)  # noqa: T201 - the answer
    if not problems:
        print(f"ok: {name}{f': {found.text}' if isinstance(found, Shown) else ''}")  # noqa: T201 - the command's answer
    return len(problems)


def _try_series(settings: Settings) -> None:
    with closing(open_influx(settings)) as series:
        series.reach()


def _try_records(settings: Settings) -> None:
    with closing(Records(settings.records_url)) as records, records.unit():
        pass


def _try_broker(settings: Settings) -> None:
    mqtt = settings.mqtt
    reach(mqtt.host, mqtt.port)
    if not mqtt.probe:
        return
    password = read_text(mqtt.password_file, ONE_WORD).strip() if mqtt.password_file else None
    try:
        probe_broker(mqtt, password)
        if settings.canary.enabled:
            probe_canary(mqtt, password, canary_topic(settings.root))
    except ConnectionError as error:
        raise ConfigurationError(str(error)) from None


def _no_namesakes() -> None:
    """Refuse a foreign distribution that installed a package of our name over ours: nothing else would tell."""
    owners = importlib.metadata.packages_distributions()
    foreign = [
        f"package {name} also comes from {owner}"
        for name in _PACKAGES
        for owner in owners.get(name, [])
        if owner != "gas-lifeline"
    ]
    if foreign:
        raise ConfigurationError(*foreign)

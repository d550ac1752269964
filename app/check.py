"""`gas-lifeline check`: every problem as one line, exit 1 when there is one."""

import importlib.metadata
import sys
from collections.abc import Callable
from pathlib import Path

from app.broker import reach
from app.configuration import load_configuration, read_text
from app.identity import reach_provider
from app.roles.ingest import probe_broker
from app.settings import MqttSettings, load_settings
from app.simulate import load_scenario
from domain.errors import ConfigurationError
from domain.rulebook import Rulebook

_PACKAGES = ("alerting", "api", "app", "detectors", "domain", "ingest", "simulator", "store")


def run_check(config: Path | None, rulebook: Path | None, scenario: Path | None) -> int:
    """Check what was named; without a name, the whole installation."""
    checks: list[tuple[str, Callable[[], object]]] = []
    if rulebook:
        checks.append((str(rulebook), lambda: Rulebook.parse(read_text(rulebook))))
    if scenario:
        checks.append((str(scenario), lambda: load_scenario(scenario)))
    if not checks:
        settings = load_settings(config)
        checks = [
            ("packages", _no_namesakes),
            ("configuration", lambda: load_configuration(settings.assets, settings.rulebook, settings.root)),
            ("broker", lambda: _try_broker(settings.mqtt)),
        ]
        if settings.oidc.issuer:
            checks.append(("identity provider", lambda: reach_provider(settings.oidc)))
    problems = [f"{name}: {line}" for name, check in checks for line in _problems(check)]
    for line in problems:
        print(line, file=sys.stderr)  # noqa: T201 - the command's answer
    if not problems:
        print("ok: " + ", ".join(name for name, _ in checks))  # noqa: T201 - the command's answer
    return 1 if problems else 0


def _problems(check: Callable[[], object]) -> tuple[str, ...]:
    try:
        check()
    except ConfigurationError as error:
        return error.problems
    return ()


def _try_broker(mqtt: MqttSettings) -> None:
    reach(mqtt.host, mqtt.port)
    if not mqtt.probe:
        return
    password = read_text(mqtt.password_file).strip() if mqtt.password_file else None
    try:
        probe_broker(mqtt, password)
    except ConnectionError as error:
        raise ConfigurationError(f"MQTT broker {mqtt.host}:{mqtt.port}: {error}") from None


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

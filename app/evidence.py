"""Command `gas-lifeline evidence`: the pack of an incident or alarm as a file, and whether such a file is whole."""

import argparse
import sys
from pathlib import Path

from api.evidence import broken, evidence_of, packed
from app.settings import load_settings
from app.web import build_services
from app.wiring import Wiring
from domain.command import Command
from domain.errors import ConfigurationError


def evidence(options: argparse.Namespace) -> int:
    """Export or verify; exit code 1 where the chain is broken."""
    return _verify(Path(options.what)) if options.action == "verify" else _export(options)


def _verify(file: Path) -> int:
    try:
        problem = broken(file.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}; expected a file of `evidence export`") from None
    print(problem or f"ok: {file}", file=sys.stderr if problem else sys.stdout)
    return 1 if problem else 0


def _export(options: argparse.Namespace) -> int:
    services = build_services(Wiring(load_settings(options.config)), _no_broker)
    records, name = services.records, options.what
    incident, alarm = records.incident(name), records.alarm(name)
    if incident is None and alarm is None:
        raise ConfigurationError(f"evidence export: there is neither an incident nor an alarm {name}")
    if alarm is not None:
        incident = records.incident(alarm.incident_id) if alarm.incident_id else None
    alarms = records.members(name) if alarm is None else [alarm]
    file = options.out or Path(f"evidence-{name}.zip")
    file.write_bytes(packed(evidence_of(services, alarms, incident)))
    print(file)  # noqa: T201 - the command's answer
    return 0


def _no_broker(command: Command) -> None:
    raise ConnectionError(f"{command.id}: this command sends nothing")

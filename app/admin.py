"""Small commands of an administrator: the log, quarantine."""

import argparse
import getpass

from app.clock import now_ns
from app.roles.retry import retry
from app.settings import load_settings
from app.wiring import Wiring
from domain.errors import ConfigurationError


def log_status(options: argparse.Namespace) -> int:
    """Print how far each reader is."""
    wiring = Wiring(load_settings(options.config))
    log = wiring.log()
    last, size = log.last(), log.size()
    print(f"frames {log.first()}..{last}, {size.used_bytes / 1e6:.1f} MB of {size.limit_bytes / 1e6:.0f} MB")  # noqa: T201
    for reader, position in {"watch": wiring.records().cursor("watch"), "write": wiring.series().cursor()}.items():
        print(f"{reader:8} at {position:>12}, {last - position} frames behind")  # noqa: T201
    return 0


def quarantine(options: argparse.Namespace) -> int:
    """List what was refused, or append one entry to the log once more."""
    wiring = Wiring(load_settings(options.config))
    records = wiring.records()
    if options.action == "retry":
        if options.id is None:
            raise ConfigurationError("quarantine retry: which entry? Give the id that `quarantine list` prints")
        print(f"appended at position {retry(records, wiring.log(), options.id, getpass.getuser(), now_ns())}")  # noqa: T201
        return 0
    for entry in records.quarantine(limit=options.limit):
        topic = "".join(letter if letter.isprintable() else "?" for letter in entry.topic)  # strangers choose it
        print(f"{entry.id:>6} {entry.reason:<22} {topic} {entry.part}: {entry.detail}")  # noqa: T201
    return 0

"""Small commands of an administrator: the log, quarantine."""

import argparse
import getpass

from app.clock import now_ns
from app.replay import replay
from app.roles.retry import retry
from app.settings import Settings, load_settings
from app.supervisor import only_one
from app.wiring import Wiring
from domain.errors import ConfigurationError


def log(options: argparse.Namespace) -> int:
    """Print how far each reader is, or set one back."""
    settings = load_settings(options.config)
    return _status(Wiring(settings)) if options.action == "status" else _replay(settings, options)


def _replay(settings: Settings, options: argparse.Namespace) -> int:
    reader, start = options.reader, options.start
    if reader is None or start is None:
        raise ConfigurationError("log replay: which reader, from where? Give write or watch, and --from POSITION")
    try:
        lock = only_one(settings.data, reader)
    except ConfigurationError:
        raise ConfigurationError(f"log replay: role {reader} runs on {settings.data}; stop it first") from None
    with lock:
        before = replay(Wiring(settings), reader, start, getpass.getuser(), now_ns())
    print(f"{reader} was at {before} and reads again from {start} on when it starts")  # noqa: T201
    return 0


def _status(wiring: Wiring) -> int:
    log = wiring.log()
    last, size = log.last(), log.size()
    print(f"frames {log.first()}..{last}, {size.used_bytes / 1e6:.1f} MB of {size.limit_bytes / 1e6:.0f} MB")  # noqa: T201
    for reader, position in {"watch": wiring.records().cursor("watch"), "write": wiring.series().cursor()}.items():
        print(f"{reader:8} at {position:>12}, {max(0, last - position)} frames behind")  # noqa: T201
    counts = wiring.records().gap_counts()
    print("gaps     " + (", ".join(f"{reason} {count}" for reason, count in sorted(counts.items())) or "none"))  # noqa: T201
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

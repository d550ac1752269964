"""Small commands of an administrator: users, the log, quarantine."""

import argparse
import dataclasses
import getpass
import sys

from api.passwords import hash_password
from app.clock import now_ns
from app.replay import replay
from app.roles.retry import retry
from app.settings import Settings, load_settings
from app.supervisor import only_one
from app.wiring import Wiring
from domain.errors import ConfigurationError
from domain.record import AuditEntry, User

USER_ROLES = ("operator", "supervisor", "maintenance", "administrator", "read_only", "regulator")
_SHORTEST_PASSWORD = 8


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
        print(f"{reader:8} at {position:>12}, {last - position} frames behind")  # noqa: T201
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


def user(options: argparse.Namespace) -> int:
    """Add, list or disable users."""
    records = Wiring(load_settings(options.config)).records()
    if options.action == "list":
        for known in records.users():
            print(f"{known.name:<20} {known.role:<14} {'' if known.enabled else 'disabled'}")  # noqa: T201
        return 0
    if not options.name:
        raise ConfigurationError(f"user {options.action}: which user? Give a name")
    changed = (_new_user if options.action == "add" else _disabled)(records.user(options.name), options)
    with records.unit() as unit:
        (unit.add_user if options.action == "add" else unit.save_user)(changed)
        unit.audit(AuditEntry(now_ns(), getpass.getuser(), f"user_{options.action}", changed.name, changed.role))
    return 0


def _new_user(known: User | None, options: argparse.Namespace) -> User:
    if known is not None:
        raise ConfigurationError(f"user {options.name} exists already")
    return User(options.name, options.display_name or options.name, options.role, hash_password(_password()))


def _disabled(known: User | None, options: argparse.Namespace) -> User:
    if known is None:
        raise ConfigurationError(f"user {options.name} does not exist")
    return dataclasses.replace(known, enabled=False)


def _password() -> str:
    password = getpass.getpass("password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < _SHORTEST_PASSWORD:
        raise ConfigurationError(
            f"the password is too short; at least {_SHORTEST_PASSWORD} characters (from the keyboard or standard input)"
        )
    return password

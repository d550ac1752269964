"""`gas-lifeline city`: what a mapping makes of sample records, and how the targets stand."""

import argparse
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

import msgspec

from app.clock import now_ns
from app.columns import aligned
from app.connect import mapping_of, tried
from app.settings import load_settings
from app.stores import Stores
from domain.errors import ConfigurationError
from domain.parcel import Backlog, Parcel
from lifeline.collect import cursors
from lifeline.frames import Framer, described
from lifeline.framing import SAID, Framing
from lifeline.hearing import hear, spoken
from lifeline.inbound import NotUnderstood
from lifeline.mapping import CityMapping
from lifeline.places import Component
from lifeline.records import KINDS
from lifeline.samples import DEVICE, INSTRUCTIONS, sample
from lifeline.schema import schemas
from lifeline.times import plain, read
from store.records import Records

WHAT = "the city's platforms: what a mapping makes of sample records, how each target stands, what was refused"
EXAMPLE = "gas-lifeline city check province-rest\n  gas-lifeline city status --config config.toml"
_S = 1_000_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=sorted(_ACTIONS))
    parser.add_argument("what", nargs="?", default="", metavar="MAPPING|TARGET|DIR", help="as the action needs it")
    parser.add_argument("--config", type=Path, metavar="FILE", help="config.toml")


def city(options: argparse.Namespace) -> int:
    """Run one action (ConfigurationError)."""
    return _ACTIONS[options.action](options)


def _check(options: argparse.Namespace) -> int:
    if not options.what:
        raise ConfigurationError("city check: which mapping? Give the name of a shipped one or a file")
    mapping = mapping_of(options.what)
    if mapping.frame is not None:
        _show_frames(mapping, mapping.frame)
        return 0
    for kind, body in tried(mapping, options.what).items():
        print(f"{kind} -> {mapping.records[kind].path}")  # noqa: T201 - the command's answer
        print(msgspec.json.format(body, indent=2).decode())  # noqa: T201 - the command's answer
    for kind, told in INSTRUCTIONS.items():
        print(_inbound(mapping, kind, spoken(mapping.inbound, told)))  # noqa: T201 - the command's answer
    return 0


def _inbound(mapping: CityMapping, kind: str, body: bytes) -> str:
    try:
        hear(mapping.inbound, body)
    except NotUnderstood as error:
        return f"{kind}: the platform has no words for it: {error}"
    return f"{kind} <- /api/v1/lifeline/inbound/TARGET\n{msgspec.json.format(body, indent=2).decode()}"


def _show_frames(mapping: CityMapping, framing: Framing) -> None:
    """Print each sample as the bytes that go out, and taken apart again; as from 1 to 2, and at zone 1, position 7."""
    framer = Framer(framing, 1, 2, {DEVICE: Component(framing.components["gas_detector"], 1, 7)})
    at_ns = read(sample("heartbeat", mapping.crs).time)
    for kind in mapping.records:
        body = msgspec.json.encode(sample(kind, mapping.crs)).decode()
        parcel = Parcel("", kind, "sample", "1", body, made_ns=at_ns, id=1)
        frame = framer.beat(at_ns) if kind == "heartbeat" else framer.frame(parcel)
        print(f"{kind} -> {framer.encode(frame).hex()}")  # noqa: T201 - the command's answer
        for name, value in described(frame):
            print(f"  {name}: {value}")  # noqa: T201
    silent = ", ".join(kind for kind in KINDS if kind not in SAID)
    print(f"no words in GB/T 26875.3, not sent: {silent}")  # noqa: T201


def _status(options: argparse.Namespace) -> int:
    settings = load_settings(options.config)
    if not settings.city.targets:
        raise ConfigurationError("city status: there are no targets; expected [city.targets.NAME] in the settings")
    with closing(Stores(settings).records()) as records:
        heads = ("target", "waiting", "oldest s", "dead", "unread", "last accepted", "trouble")
        rows = [heads, *(_row(name, records) for name in settings.city.targets)]
    print("\n".join(aligned(rows)))  # noqa: T201 - the command's answer
    return 0


def _row(name: str, records: Records) -> tuple[str, ...]:
    found: Backlog = records.backlog(name)
    oldest = f"{(now_ns() - found.oldest_ns) // _S}" if found.oldest_ns else "-"
    unread = records.last_journal() - records.cursor(cursors(name).line)
    accepted = plain(found.accepted_ns) if found.accepted_ns else "-"
    return (name, f"{found.waiting}", oldest, f"{found.dead}", f"{unread}", accepted, found.trouble[:80] or "-")


def _dead(options: argparse.Namespace) -> int:
    with closing(_records_of(options)) as records:
        for parcel in records.dead_parcels(options.what):
            print(f"{parcel.key}: {parcel.answer}")  # noqa: T201 - the command's answer
    return 0


def _revive(options: argparse.Namespace) -> int:
    with closing(_records_of(options)) as records:
        print(f"{records.revive_parcels(options.what)} go once more")  # noqa: T201 - the command's answer
    return 0


def _records_of(options: argparse.Namespace) -> Records:
    settings = load_settings(options.config)
    if options.what not in settings.city.targets:
        known = ", ".join(settings.city.targets) or "none"
        raise ConfigurationError(f"city {options.action}: target {options.what!r}; the settings have {known}")
    return Stores(settings).records()


def _schema(options: argparse.Namespace) -> int:
    folder = Path(options.what or "docs/schema")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, text in schemas().items():
            (folder / f"{kind}.json").write_bytes(text)
    except OSError as error:
        raise ConfigurationError(f"city schema: {folder}: {error.strerror}; expected a folder to write into") from None
    return 0


_ACTIONS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "check": _check,
    "status": _status,
    "dead": _dead,
    "revive": _revive,
    "schema": _schema,
}

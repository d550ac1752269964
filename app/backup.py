"""`gas-lifeline db`: copy an installation while it runs, verify such a copy, put it back; upgrade the records.

A reader is a function of the log, and its cursor says how much of it is done. So whatever holds a cursor is copied
first and the log last: no cursor of the copy lies behind the end of its log, where it would pass over frames that come
later. Put back, the log comes first and the records last, for the same reason at any crash in between.
"""

import argparse
import hashlib
import os
import re
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec

from api.times import rfc3339
from app.clock import now_ns
from app.settings import EVERY_ROLE, Settings, load_settings
from app.supervisor import only_one
from domain.errors import ConfigurationError
from store.available import available
from store.copying import copy_database
from store.cursor import CursorFile
from store.engine import database_file, tools_address
from store.framelog import FrameLog
from store.migrating import newest
from store.records import Records
from store.series import EmbeddedSeries
from store.snapshot import SnapshotStore

MANIFEST = "manifest.json"
_VERSION = 1
_DUMP = "records.dump"
_SERIES, _CURSOR, _RECORDS = "series.db", "series-cursor.db", "records.db"
_PARTS = (r"log/frames-\d+\.db", r"snapshots/snapshot-\d+\.bin", _SERIES, _CURSOR, _RECORDS)
"""Patterns of what a backup holds, in the order in which it is put back."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What belongs to a backup; it is written last, so that a backup without one is not whole.

    Attributes:
        version: of this form.
        made: when.
        positions: the log's last by "log", and how far each reader had come, by the file that says so.
        files: SHA-256 by path.
        seal: SHA-256 of all the rest.
    """

    version: int
    made: str
    positions: dict[str, int]
    files: dict[str, str]
    seal: str = ""


def db(options: argparse.Namespace) -> int:
    """Upgrade, back up, verify or restore."""
    if options.action == "upgrade":
        print(f"ok: records at revision {upgrade(load_settings(options.config))}")  # noqa: T201 - the command's answer
        return 0
    folder: Path | None = options.folder
    if folder is None:
        raise ConfigurationError(f"db {options.action}: which folder? Give that of the copy")
    if options.action == "verify":
        found = verified(folder)
    elif options.action == "backup":
        settings, after = load_settings(options.config), options.after
        found = backup(settings, folder, now_ns(), lambda part: print(f"copied {part}"), after=after)  # noqa: T201
    else:
        found = restore(load_settings(options.config), folder)
    print(f"ok: {folder} of {found.made}, log up to {found.positions['log']}")  # noqa: T201 - the command's answer
    return 0


def upgrade(settings: Settings) -> str:
    """Bring the tables of the records up to date, with every role stopped; give the revision."""
    with _all_stopped(settings, "upgrade"), closing(Records(settings.records_url)) as records:
        records.upgrade()
    return newest()


def backup(
    settings: Settings,
    folder: Path,
    made_ns: int,
    copied: Callable[[str], None] = lambda _part: None,
    *,
    after: Path | None = None,
) -> Manifest:
    """Copy snapshot, series, records and log, in this order, into a new folder.

    Args:
        settings: of the installation, whose roles may run.
        folder: of the copy; missing or empty.
        made_ns: wall clock.
        copied: told of each part that is done.
        after: an older backup; segments of the log that have not changed since become further names of its files.

    Raises:
        ConfigurationError: the records are no file, there is nothing to copy, or the log was trimmed meanwhile.
    """
    dump = shlex.quote(str(folder / _DUMP))
    records = _records_file(settings, f"first pg_dump --format=custom --file={dump}", "then copy")
    if not any((settings.data / "log").glob("frames-*.db")):
        raise ConfigurationError(f"db backup: no frame log in {settings.data}; expected the data of an installation")
    _make_empty(folder)
    with closing(FrameLog(settings.data / "log")) as log:
        begins = log.first(), log.thinned_until()
        if newest := SnapshotStore(settings.data / "snapshots").newest():
            SnapshotStore(folder / "snapshots").put(*newest)
            copied("snapshot")
        for name, source in {_SERIES: None, _CURSOR: None, _RECORDS: records}.items():
            if (source or settings.data / name).exists():
                copy_database(source or settings.data / name, folder / name)
                copied(name)
        same = {} if after is None else _same(log, after, copied)
        for file in log.files():
            name = f"log/{file.name}"
            if after is not None and name in same:
                _link(after / name, folder / name)
            else:
                copy_database(file, folder / name)
        copied(f"log, {len(same)} segments as they are in {after}" if after else "log")
    _refuse_trimmed(folder, begins)
    return _seal(folder, made_ns, same)


def _same(log: FrameLog, after: Path, told: Callable[[str], None]) -> dict[str, str]:
    """Give the SHA-256 of the segments that an older backup has as they are now, and whole."""
    known = _read(after).files
    same: dict[str, str] = {}
    with closing(FrameLog(after / "log")) as older:
        for file in log.files():
            name, mark = f"log/{file.name}", log.mark(file)
            if not mark or name not in known:
                continue
            if not (after / name).exists() or _hash(after / name) != known[name]:
                told(f"{name} anew: in {after} it was changed")
            elif older.mark(file) == mark:
                same[name] = known[name]
    return same


def _link(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError as error:
        raise ConfigurationError(
            f"db backup: {source}: {error.strerror}; expected --after on the same file system, one that has hard links"
        ) from None


def restore(settings: Settings, folder: Path) -> Manifest:
    """Put a backup back where nothing is (ConfigurationError: something is, a role runs, the backup is not whole)."""
    dump = shlex.quote(str(folder / _DUMP))
    records = _records_file(settings, f"pg_restore --clean --if-exists {dump}", "put back")
    manifest = verified(folder)
    with _all_stopped(settings, "restore"):
        _refuse_occupied(settings.data, records)
        for name in sorted(manifest.files, key=lambda name: (_place(name), name)):
            _put_back(folder / name, records if name == _RECORDS else settings.data / name)
    return manifest


def verified(folder: Path) -> Manifest:
    """Read the manifest of a backup and hold every file against it (ConfigurationError: one line for each problem)."""
    with available(f"backup {folder}", lambda: None):
        manifest = _read(folder)
        there, known = set(_files(folder)) - {MANIFEST}, manifest.files
        problems = [f"{name} is missing" for name in sorted(known.keys() - there)]
        problems += [f"{name} does not belong to it" for name in sorted(there - known.keys())]
        same = sorted(there & known.keys())
        problems += [f"{name} was changed" for name in same if known[name] != _hash(folder / name)]
    if problems:
        raise ConfigurationError(*(f"backup {folder}: {problem}" for problem in problems))
    return manifest


def _records_file(settings: Settings, command: str, verb: str) -> Path:
    url = settings.records_url
    file = database_file(url)
    if file is None:
        raise ConfigurationError(
            f"db: the records are in PostgreSQL, whose own tools copy them: {command}"
            f" --dbname={shlex.quote(tools_address(url))}; with every role stopped {verb} {settings.data}"
        )
    return file


@contextmanager
def _all_stopped(settings: Settings, action: str) -> Iterator[None]:
    with ExitStack() as stack:
        for role in EVERY_ROLE:
            try:
                stack.enter_context(only_one(settings.data, role))
            except ConfigurationError:
                raise ConfigurationError(
                    f"db {action}: role {role} runs on {settings.data}; stop every role first"
                ) from None
        yield


def _make_empty(folder: Path) -> None:
    with available(f"backup {folder}", lambda: None):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # it holds what the records hold
        if any(folder.iterdir()):
            raise ConfigurationError(f"db backup: {folder} is not empty; expected a new folder for each backup")
        (folder / "log").mkdir()


def _refuse_trimmed(folder: Path, begins: tuple[int, int]) -> None:
    with closing(FrameLog(folder / "log")) as log:
        if (log.first(), log.thinned_until()) != begins:
            raise ConfigurationError(
                "db backup: the log was trimmed meanwhile, and a reader may lack what went; run it again"
            )


def _seal(folder: Path, made_ns: int, hashes: Mapping[str, str]) -> Manifest:
    positions = dict(_positions(folder))
    behind = [f"{name} at {position}" for name, position in positions.items() if position > positions["log"]]
    if behind:
        raise ConfigurationError(
            f"db backup: behind the end of the log, {positions['log']}: {', '.join(behind)}; who stands there misses"
            " what comes next; expected an installation whose log was never replaced"
        )
    files = {name: hashes.get(name) or _hash(folder / name) for name in _files(folder)}
    manifest = Manifest(_VERSION, rfc3339(made_ns), positions, files)
    manifest = msgspec.structs.replace(manifest, seal=_digest(manifest))
    with available(f"backup {folder}", lambda: None), (folder / MANIFEST).open("wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(manifest)))
        file.flush()
        os.fsync(file.fileno())
    _sync(folder / "log")
    _sync(folder)
    return manifest


def _positions(folder: Path) -> Iterator[tuple[str, int]]:
    with closing(FrameLog(folder / "log")) as log:
        yield "log", log.last()
    if newest := SnapshotStore(folder / "snapshots").newest():
        yield "snapshots", newest[0]
    if (folder / _SERIES).exists():
        with closing(EmbeddedSeries(folder / _SERIES)) as series:
            yield _SERIES, series.cursor()
    if (folder / _CURSOR).exists():
        yield _CURSOR, CursorFile(folder / _CURSOR).read()[0]
    if (folder / _RECORDS).exists():
        with closing(Records(f"sqlite:///{folder / _RECORDS}")) as records:
            yield _RECORDS, records.cursor("watch")


def _read(folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise ConfigurationError(f"backup {folder}: no {MANIFEST}; expected a backup that was finished") from None
    except msgspec.MsgspecError as error:
        raise ConfigurationError(f"backup {folder}: {MANIFEST}: {error}") from None
    if manifest.seal != _digest(msgspec.structs.replace(manifest, seal="")):
        raise ConfigurationError(f"backup {folder}: {MANIFEST} was changed")
    if manifest.version != _VERSION:
        raise ConfigurationError(f"backup {folder}: of version {manifest.version}; expected {_VERSION}")
    strange = [name for name in manifest.files if _place(name) == len(_PARTS)]
    if strange:
        raise ConfigurationError(f"backup {folder}: {', '.join(strange)}: no part of a backup")
    return manifest


def _place(name: str) -> int:
    return next((place for place, part in enumerate(_PARTS) if re.fullmatch(part, name)), len(_PARTS))


def _refuse_occupied(data: Path, records: Path) -> None:
    there = {path for path in data.iterdir() if path.suffix != ".lock"} | set(records.parent.glob(f"{records.name}*"))
    if there:
        raise ConfigurationError(
            f"db restore: {min(there)} is there; expected nothing in {data}: move it away with all beside it"
        )


def _put_back(source: Path, target: Path) -> None:
    """Copy a file: whole or, after a crash, under a name that nobody reads."""
    draft = target.with_name(f"{target.name}.restoring")
    with available(f"restore {target}", lambda: None):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.rename(target)
        _sync(target.parent)


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def _hash(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _digest(manifest: Manifest) -> str:
    return hashlib.sha256(msgspec.json.encode(manifest)).hexdigest()


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

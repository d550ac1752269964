"""A small town as texts, configurations of it, and a tape that records a log without a disk."""

import base64
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec
import pytest

from alerting.autoclose import Wish
from app.configuration import Configuration, unpack_configuration
from app.housekeeping import Housekeeping, Keep, Ledgers
from app.pulse import PulseFile, WritePulse
from app.roles.duty import DutyWatch
from app.roles.health import HealthWatch
from app.roles.refusals import Refusals
from app.roles.watch import Watch
from domain.alarm import Alarm
from domain.finding import Finding
from domain.frame import CONFIGURATION_TOPIC, RETRY_TOPIC, TICK_TOPIC, Frame
from domain.record import JournalEntry, Quarantined
from store.framelog import FrameLog
from store.records import Records
from store.series import EmbeddedSeries
from store.snapshot import SnapshotStore
from tests.blank import blank_records

ROOT = Path(__file__).parents[2]
RULEBOOK = (ROOT / "rulebook.toml").read_text(encoding="utf-8")
S = 1_000_000_000
START_NS = 1_768_449_600 * S
ZONES = "id,name,name_en\nZ1,一区,Zone 1\n"
SITES = """\
id,name,name_en,type,zone,district,lon,lat
S1,古城小厨,Old Town Kitchen,restaurant,Z1,D1,100.26,25.6
S2,下关面馆,Xiaguan Noodles,restaurant,Z1,D1,100.27,25.6
"""
DEVICES = """\
id,kind,site,interval_s
G1,gas_detector,S1,600
G2,gas_detector,S2,600
V1,cutoff_valve,S1,600
"""
KEEP_NOTHING = Keep(0, 0, 0, 0)
Entry = tuple[int, str, bytes]


def texts(zones: str = ZONES, sites: str = SITES, devices: str = DEVICES) -> dict[str, str]:
    return {"zones.csv": zones, "sites.csv": sites, "devices.csv": devices}


def rulebook(numbers: Mapping[str, float]) -> str:
    """The rulebook of the repository with other values."""
    found = RULEBOOK
    for name, value in numbers.items():
        found, count = re.subn(rf"(?m)(^\[{re.escape(name)}\]\nvalue = )\S+", rf"\g<1>{value:g}", found)
        assert count == 1, name
    return found


def configuration(devices: str = DEVICES, numbers: Mapping[str, float] | None = None) -> Configuration:
    parts = {"root": "gas/v1", "rulebook": rulebook(numbers or {}), "assets": texts(devices=devices)}
    return unpack_configuration(msgspec.json.encode(parts))


def write_town(folder: Path, devices: str = DEVICES) -> Path:
    """The same as files; gives the path of its config.toml."""
    (folder / "assets").mkdir(parents=True)
    for name, text in texts(devices=devices).items():
        (folder / "assets" / name).write_text(text, encoding="utf-8")
    (folder / "rulebook.toml").write_text(RULEBOOK, encoding="utf-8")
    config = folder / "config.toml"
    config.write_text('data = "data"\n', encoding="utf-8")
    return config


def write_used_town(folder: Path) -> Path:
    """The same, as a first start left it: its records have their tables."""
    config = write_town(folder)
    (folder / "data").mkdir()
    blank_records(folder / "data" / "records.db").close()
    return config


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ns = START_NS

    def __call__(self) -> int:
        return self.now_ns


class Plant:
    """Real stores on a folder, and watches over them."""

    def __init__(self, folder: Path, records: Records | None = None) -> None:
        self.folder = folder
        self.clock = Clock()
        self.log = FrameLog(folder / "log")
        self.records = records or blank_records(folder / "records.db")
        self.series = EmbeddedSeries(folder / "series.db")
        self.snapshots = SnapshotStore(folder / "snapshots")
        self.write_pulse = PulseFile(folder, WritePulse())
        self.refusals = Refusals(self.write_pulse, self.clock)

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        with self.records.unit() as unit:
            unit.quarantine(entries)

    def housekeeping(
        self,
        *,
        log: FrameLog | None = None,
        cursors: Sequence[Callable[[], int]] = (lambda: 0,),
        unit: Callable[[], AbstractContextManager[Ledgers]] | None = None,
        keep: Keep = KEEP_NOTHING,
    ) -> Housekeeping:
        return Housekeeping(
            log=log or self.log,
            cursors=cursors,
            trim_series=self.series.trim,
            unit=unit or self.records.unit,
            forgot=self.refusals.forgot,
            keep=keep,
        )

    def close(self) -> None:
        self.log.close()
        self.records.close()
        self.series.close()

    def watch(
        self,
        known: Configuration | None = None,
        *,
        log: FrameLog | None = None,
        records: Records | None = None,
        snapshots: SnapshotStore | None = None,
        health: HealthWatch | None = None,
        duty: DutyWatch | None = None,
        committed: Callable[[int, int], None] = lambda _position, _now_ns: None,
        took: Callable[[int], None] = lambda _log_ns: None,
        unrecorded: Callable[[Finding], None] = lambda _finding: None,
        order: Callable[[Wish], None] = lambda _wish: None,
    ) -> Watch:
        return Watch(
            log=log or self.log,
            records=records or self.records,
            snapshots=snapshots or self.snapshots,
            configuration=known or configuration(),
            channels=["webhook"],
            clock_ns=self.clock,
            health=health,
            duty=duty,
            committed=committed,
            took=took,
            unrecorded=unrecorded,
            order=order,
        )

    def story(self) -> tuple[list[Alarm], list[JournalEntry]]:
        return self.records.alarms(limit=1_000), self.records.journal(limit=10_000)


def catch_up(watch: Watch) -> Watch:
    while watch.bite():
        pass
    return watch


def wait_for(condition: Callable[[], object]) -> None:
    done = threading.Event()
    for _ in range(1_000):
        if condition():
            return
        done.wait(0.01)
    pytest.fail("waited 10 s in vain")


class Tape:
    """Entries of a log in order; time goes on by itself, a millisecond for each.

    Attributes:
        now_ns: time of the newest entry.
    """

    def __init__(self, now_ns: int = START_NS) -> None:
        self.now_ns = now_ns
        self.entries: list[Entry] = []

    def __len__(self) -> int:
        return len(self.entries)

    @property
    def frames(self) -> list[Frame]:
        return [Frame(position, *entry) for position, entry in enumerate(self.entries, 1)]

    def put(self, topic: str, payload: bytes) -> Frame:
        self.now_ns += 1_000_000
        self.entries.append((self.now_ns, topic, payload))
        return self.frames[-1]

    def tick(self, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.now_ns += S
            self.put(TICK_TOPIC, b"")

    def configure(self, configuration: Configuration) -> Frame:
        return self.put(CONFIGURATION_TOPIC, configuration.packed)

    def say(self, device: str, seq: int | None, *, site: str = "", late_s: float = 0, **values: float | str) -> Frame:
        """Telemetry of a device, measured `late_s` ago; a value may be raw JSON, such as ``"NaN"``."""
        count = "" if seq is None else f'"boot_id":"b","seq":{seq},'
        inside = ",".join(f'"{name}":{value}' for name, value in values.items())
        time_ms = (self.now_ns - round(late_s * S)) // 1_000_000
        payload = f'{{{count}"time":{time_ms},"values":{{{inside}}}}}'
        return self.put(topic(device, site=site), payload.encode())

    def again(self, frame: Frame) -> Frame:
        return self.put(frame.topic, frame.payload)

    def retry(self, frame: Frame) -> Frame:
        payload = base64.b64encode(frame.payload).decode()
        old = {"position": frame.position, "topic": frame.topic, "received_ns": frame.received_ns, "payload": payload}
        return self.put(RETRY_TOPIC, msgspec.json.encode(old))


def topic(device: str, kind: str = "telemetry", site: str = "") -> str:
    return f"gas/v1/{site or 'S' + device[1:]}/{device}/{kind}"


def bites(frames: Sequence[Frame], size: int) -> list[Sequence[Frame]]:
    return [frames[start : start + size] for start in range(0, len(frames), size)]

"""Hurt the city connector on purpose, and count what its platform got.

    python scripts/chaos_city.py [--records 50000] [--seed 1] [--minutes 30] [--target gb26875] [--clock]

A journal of so many records is written at once, as after days of outage. Then role `connect` sends it to a stand-in
platform that loses answers, fails, is slow, drops connections, asks to come later, and is away altogether for a while;
the role is killed by SIGKILL at random. At the end every record that journal and steps stand for is looked for in what
the platform took: lost, reordered within its record, repeated under one key, and repeated with another content.

With `--target gb26875` the platform is a centre that takes frames: it loses, denies, mistakes and delays answers. With
`--clock` the connector's wall clock jumps all the time, by minutes up to years, forwards and backwards.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.handling import HandlingStep, StepKind
from domain.parcel import ParcelState
from domain.record import Incident, JournalEntry
from lifeline.collect import cursors
from lifeline.mapping import CITIES
from store.records import Records

ROOT = Path(__file__).parents[1]
_ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
S = 1_000_000_000
PER_LIFE = 8
"""New, acknowledged, its disposal, dispatch, handling, cleared, close, closed."""
_OK = "ok," * 9
PER_LIFE_IN_FRAMES = 2
"""It begins, it ends."""
MOODS = ("ok", "ok,ok,ok,ok,ok,lose", f"{_OK}fail,lose", f"{_OK}drop,slow", f"{_OK}{_OK}later")
_LIVES_IN_A_UNIT = 200
FRAME_MOODS = ("ok", "ok,ok,ok,ok,ok,lose", f"{_OK}{_OK}other,drop", f"{_OK}{_OK}{_OK}deny,slow")
_HOUR_S, _YEAR_S = 3_600, 31_536_000


class Kind(NamedTuple):
    """What the platform is."""

    name: str
    per_life: int
    stand_in: str
    moods: tuple[str, ...]
    jumps_s: tuple[int, ...]


REST = Kind("province-rest", PER_LIFE, "stand_in", MOODS, (30, 200, 250, _HOUR_S))
"""Its signature bears a clock that is wrong by less than five minutes."""
FRAMES = Kind("gb26875", PER_LIFE_IN_FRAMES, "centre", FRAME_MOODS, (30, 250, _HOUR_S, _YEAR_S))
KINDS = {kind.name: kind for kind in (REST, FRAMES)}


class Clock:
    """The connector's wall clock, in a file.

    Args:
        file: how wrong it is.
        jumps_s: by how much; nothing: never.
        dice: when, and which.
    """

    def __init__(self, file: Path, jumps_s: tuple[int, ...], dice: random.Random) -> None:
        self._file, self._jumps_s, self.dice, self.jumps = file, jumps_s, dice, 0
        self._set(0)

    def jump(self) -> None:
        if self._jumps_s and self.dice.random() < 0.2:
            self._set(self.dice.choice((1, -1)) * self.dice.choice(self._jumps_s) * S)
            self.jumps += 1

    def _set(self, wrong_ns: int) -> None:
        fresh = self._file.with_suffix(".fresh")
        fresh.write_text(str(wrong_ns))
        fresh.replace(self._file)


class Counts(NamedTuple):
    """What the platform got, held against what it should have got."""

    expected: int
    lost: int
    reordered: int
    repeated: int
    different: int

    def well(self) -> bool:
        return not (self.lost or self.reordered or self.different)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--target", choices=sorted(KINDS), default=REST.name)
    parser.add_argument("--clock", action="store_true")
    options = parser.parse_args()
    kind, dice = KINDS[options.target], random.Random(options.seed)  # noqa: S311 - it plays
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clock = Clock(folder / "clock", kind.jumps_s if options.clock else (), dice)
        return run(folder, kind, options.records // kind.per_life, clock, options.minutes * 60)


def run(folder: Path, kind: Kind, lives: int, clock: Clock, most_s: float) -> int:
    config, port, dice = write_town(folder, kind, lives), 0, clock.dice
    records = Records(f"sqlite:///{folder / 'data' / 'records.db'}")
    records.upgrade()
    began = time.monotonic()
    fill(records, lives)
    print(f"{lives * kind.per_life} records of {lives} alarms written in {time.monotonic() - began:.0f} s")
    began, kills, outages = time.monotonic(), 0, 0
    expected = lives * kind.per_life
    while not over(records) and time.monotonic() - began < most_s:
        with platform(folder, kind, dice, port) as port, connector(folder, kind, config, port) as role:
            wait_for_more(folder / "received", dice.randrange(200, max(201, expected // 12)), clock)
            role.kill()
            kills += 1
        if dice.random() < 0.3:  # the platform is away, the connector is not
            outages += 1
            with connector(folder, kind, config, port) as role:
                clock.jump()
                time.sleep(dice.uniform(2, 6))
                role.kill()
    took_s = time.monotonic() - began
    found = count(folder / "received", lives) if kind is REST else count_frames(folder / "received", lives)
    backlog = records.backlog("city")
    print(f"{took_s:.0f} s, {kills + outages} kills, {outages} outages, {clock.jumps} jumps of the clock")
    print(f"waiting {backlog.waiting}, dead {backlog.dead}")
    print(", ".join(f"{name} {value}" for name, value in found._asdict().items()))
    return 0 if found.well() and not backlog.waiting and not backlog.dead else 1


def wait_for_more(file: Path, lines: int, clock: Clock) -> None:
    """Wait until the platform took so many records more, or a minute: a kill must hit work on a slow machine too."""
    before, until_s = taken(file), time.monotonic() + 60
    while taken(file) < before + lines and time.monotonic() < until_s:
        clock.jump()
        time.sleep(0.2)


def taken(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def write_town(folder: Path, kind: Kind, lives: int) -> Path:
    (folder / "data").mkdir()
    shutil.copytree(ROOT / "examples" / "dali", folder / "assets")
    shutil.copy(ROOT / "rulebook.toml", folder)
    for name in ("token", "secret"):
        (folder / name).write_text(name)
    mapping = (CITIES / f"{kind.name}.toml").read_text(encoding="utf-8").replace("per_s = ", "per_s = 10")
    (folder / "city.toml").write_text(mapping.replace("timeout_s = 5", "timeout_s = 0.3"), encoding="utf-8")
    if kind is FRAMES:
        add_devices(folder / "assets" / "devices.csv", lives)
    return folder / "config.toml"


def add_devices(file: Path, lives: int) -> None:
    """Give each life a detector of its own, with a place."""
    head, *rows = file.read_text(encoding="utf-8").splitlines()
    rows = [*(f"{row}," for row in rows), "T889,gateway,DL-R-0001,natural,mains,direct,60,,,,,889"]
    rows += [f"L{number},gas_detector,DL-R-0001,natural,mains,direct,5,,,,,889/1/{number}" for number in range(lives)]
    file.write_text("\n".join([f"{head},gb26875", *rows, ""]), encoding="utf-8")


def write_config(config: Path, kind: Kind, port: int) -> None:
    text = 'data = "data"\n[city.targets.city]\nmapping_file = "city.toml"\nheartbeat_s = 5\n'
    if kind is FRAMES:
        text += f'[city.targets.city.tcp]\nhost = "127.0.0.1"\nport = {port}\nsource = 889\ndestination = 1\n'
    else:
        text += f'url = "http://127.0.0.1:{port}"\ntoken_file = "token"\nsecret_file = "secret"\n'
        text += 'records = ["alarm", "disposal"]\n'
    config.write_text(text)


@contextmanager
def platform(folder: Path, kind: Kind, dice: random.Random, port: int) -> Iterator[int]:
    """Run the stand-in in one of its tempers; give its port, the same at every start."""
    command = [sys.executable, "-m", f"tests.lifeline.{kind.stand_in}", "--out", str(folder / "received")]
    command += ["--moods", dice.choice(kind.moods), "--port", str(port), "--seed", str(dice.randrange(1_000_000))]
    command += ["--token", "token", "--secret", "secret"] if kind is REST else []
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as process:  # noqa: S603 - our own command
        try:
            yield int(process.stdout.readline() if process.stdout else b"")
        finally:
            process.kill()


@contextmanager
def connector(folder: Path, kind: Kind, config: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    write_config(config, kind, port)
    command = [sys.executable, str(ROOT / "scripts" / "wrong_clock.py"), str(folder / "clock")]
    command += ["serve", "--config", str(config), "--role", "connect"]
    with (
        (folder / "connect.err").open("ab") as errors,
        subprocess.Popen(command, stdout=errors, stderr=errors, env=_ENVIRONMENT) as process,  # noqa: S603 - our own command
    ):
        try:
            yield process
        finally:
            process.kill()


def fill(records: Records, lives: int) -> None:
    """Write the journal and the steps of so many alarms, one after the other in time, ten at once."""
    for start in range(0, lives, _LIVES_IN_A_UNIT):
        with records.unit() as unit:
            names = [f"alarm{number}" for number in range(start, min(start + _LIVES_IN_A_UNIT, lives))]
            for number, name in enumerate(names, start):
                device = f"L{name.removeprefix('alarm')}"
                unit.save(Alarm(name, AlarmKind.GAS_HIGH, name, device, "DL-R-0001", "Z01", incident_id=name))
                unit.save_incident(Incident(name, "DL-R-0001", "Z01", 2, at(number, 0)))
            for event, before, after, second in (
                ("raise", "A", "B", 0),
                ("acknowledge", "B", "C", 2),
                ("return", "C", "A", 6),
            ):
                for number, name in enumerate(names, start):
                    unit.journal(line(name, event, before, after, at(number, second)))
            for kind, second, result in ((StepKind.DISPATCH, 4, ""), (StepKind.CLOSE, 8, "leak")):
                for number, name in enumerate(names, start):
                    unit.add_step(HandlingStep(name, kind, "wang", at(number, second), "", result))


def at(number: int, second: int) -> int:
    """Time of a life's second; those of one unit lie in the same ten seconds, so that their records mix."""
    return (1_768_449_600 + number // _LIVES_IN_A_UNIT * 10 + second) * S


def line(name: str, event: str, before: str, after: str, time_ns: int) -> JournalEntry:
    letters = StateLetter(before), StateLetter(after)
    kind, device, site = AlarmKind.GAS_HIGH, f"L{name.removeprefix('alarm')}", "DL-R-0001"
    return JournalEntry(name, 1, event, *letters, kind, 2, 1, device, site, name, 1, time_ns, 52.0, 50.0, user="li")


def over(records: Records) -> bool:
    """Tell whether all was read and nothing waits; what was accepted is no measure, a clock far ahead forgets it."""
    names = cursors("city")
    read = records.cursor(names.line) == records.last_journal() and not records.steps_after(
        records.cursor(names.step), 1
    )
    return read and not records.count_parcels("city", ParcelState.WAITING)


def count(file: Path, lives: int) -> Counts:
    """Hold the platform's file against the lives that were written, not against the outbox."""
    received = [msgspec.json.decode(text) for text in file.read_bytes().splitlines()]
    bodies: dict[str, dict[str, object]] = {}
    order: dict[str, list[tuple[str, str]]] = defaultdict(list)
    repeated = different = 0
    for record in received:
        key = str(record["msgId"])
        if key in bodies:
            repeated += 1
            different += record != bodies[key]
            continue
        bodies[key] = record
        if not key.startswith(("alarm/", "disposal/")):
            continue
        order[str(record["alarmCode"])].append(
            (key.partition("/")[0], str(record.get("status", record.get("handleStep"))))
        )
    wanted = [("alarm", "0"), ("alarm", "1"), ("disposal", "01"), ("disposal", "02"), ("alarm", "2"), ("alarm", "3")]
    wanted += [("disposal", "09"), ("alarm", "4")]
    names = [f"alarm{number}-1" for number in range(lives)]
    lost = sum(len(set(wanted) - set(order[name])) for name in names)
    reordered = sum(order[name] != [one for one in wanted if one in order[name]] for name in names)
    return Counts(lives * PER_LIFE, lost, reordered, repeated, different)


def count_frames(file: Path, lives: int) -> Counts:
    """The same of frames: each detector's state says alarm, then not; a receiver knows repeats by their mark."""
    bodies: dict[str, dict[str, object]] = {}
    order: dict[int, list[int]] = defaultdict(list)
    repeated = different = 0
    for text in file.read_bytes().splitlines():
        frame = msgspec.json.decode(text)
        if frame["kind"] != 2:
            continue
        if frame["key"] in bodies:
            repeated += 1
            different += frame != bodies[frame["key"]]
            continue
        bodies[frame["key"]] = frame
        order[frame["position"]].append(frame["state"])
    wanted = [0b11, 0b01]
    lost = sum(len(set(wanted) - set(order[number])) for number in range(lives))
    reordered = sum(order[number] != [one for one in wanted if one in order[number]] for number in range(lives))
    return Counts(lives * PER_LIFE_IN_FRAMES, lost, reordered, repeated, different)


if __name__ == "__main__":
    sys.exit(main())

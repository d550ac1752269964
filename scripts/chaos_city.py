"""Hurt the city connector on purpose, and count what its platform got.

    python scripts/chaos_city.py [--records 50000] [--seed 1] [--minutes 30]

A journal of so many records is written at once, as after days of outage. Then role `connect` sends it to a stand-in
platform that loses answers, fails, is slow, drops connections, asks to come later, and is away altogether for a while;
the role is killed by SIGKILL at random. At the end every record that journal and steps stand for is looked for in what
the platform took: lost, reordered within its record, repeated under one key, and repeated with another content.
"""

import argparse
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
from lifeline.mapping import CITIES
from store.records import Records

ROOT = Path(__file__).parents[1]
S = 1_000_000_000
PER_LIFE = 8
"""New, acknowledged, its disposal, dispatch, handling, cleared, close, closed."""
_OK = "ok," * 9
MOODS = ("ok", "ok,ok,ok,ok,ok,lose", f"{_OK}fail,lose", f"{_OK}drop,slow", f"{_OK}{_OK}later")
_LIVES_IN_A_UNIT = 200


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
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return run(Path(folder), options.records // PER_LIFE, random.Random(options.seed), options.minutes * 60)  # noqa: S311 - it plays


def run(folder: Path, lives: int, dice: random.Random, most_s: float) -> int:
    config, port = write_town(folder), 0
    records = Records(f"sqlite:///{folder / 'data' / 'records.db'}")
    records.upgrade()
    began = time.monotonic()
    fill(records, lives)
    print(f"{lives * PER_LIFE} records of {lives} alarms written in {time.monotonic() - began:.0f} s")
    began, kills, outages = time.monotonic(), 0, 0
    while not over(records, lives) and time.monotonic() - began < most_s:
        with platform(folder, dice, port) as port, connector(folder, config, port) as role:
            wait_for_more(folder / "received", dice.randrange(200, 4_000))
            role.kill()
            kills += 1
        if dice.random() < 0.3:  # the platform is away, the connector is not
            outages += 1
            with connector(folder, config, port) as role:
                time.sleep(dice.uniform(2, 6))
                role.kill()
    took_s = time.monotonic() - began
    found = count(folder / "received", lives)
    backlog = records.backlog("city")
    print(f"{took_s:.0f} s, {kills + outages} kills, {outages} outages; waiting {backlog.waiting}, dead {backlog.dead}")
    print(", ".join(f"{name} {value}" for name, value in found._asdict().items()))
    return 0 if found.well() and not backlog.waiting and not backlog.dead else 1


def wait_for_more(file: Path, lines: int) -> None:
    """Wait until the platform took so many records more, or a minute: a kill must hit work on a slow machine too."""
    before, until_s = taken(file), time.monotonic() + 60
    while taken(file) < before + lines and time.monotonic() < until_s:
        time.sleep(0.2)


def taken(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0


def write_town(folder: Path) -> Path:
    (folder / "data").mkdir()
    shutil.copytree(ROOT / "examples" / "dali", folder / "assets")
    shutil.copy(ROOT / "rulebook.toml", folder)
    for name in ("token", "secret"):
        (folder / name).write_text(name)
    mapping = (CITIES / "province-rest.toml").read_text(encoding="utf-8").replace("per_s = 10", "per_s = 100")
    (folder / "city.toml").write_text(mapping, encoding="utf-8")
    return folder / "config.toml"


def write_config(config: Path, port: int) -> None:
    config.write_text(
        f'data = "data"\n[city.targets.city]\nmapping_file = "city.toml"\nurl = "http://127.0.0.1:{port}"\n'
        'token_file = "token"\nsecret_file = "secret"\nheartbeat_s = 5\nrecords = ["alarm", "disposal"]\n'
    )


@contextmanager
def platform(folder: Path, dice: random.Random, port: int) -> Iterator[int]:
    """Run the stand-in in one of its tempers; give its port, the same at every start."""
    command = [sys.executable, str(ROOT / "tests" / "lifeline" / "stand_in.py"), "--out", str(folder / "received")]
    command += ["--token", "token", "--secret", "secret", "--moods", dice.choice(MOODS), "--port", str(port)]
    command += ["--seed", str(dice.randrange(1_000_000))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own command
        try:
            yield int(process.stdout.readline() if process.stdout else b"")
        finally:
            process.kill()


@contextmanager
def connector(folder: Path, config: Path, port: int) -> Iterator["subprocess.Popen[bytes]"]:
    write_config(config, port)
    command = [str(Path(sys.executable).parent / "gas-lifeline"), "serve", "--config", str(config), "--role", "connect"]
    with (
        (folder / "connect.err").open("ab") as errors,
        subprocess.Popen(command, stdout=errors, stderr=errors) as process,  # noqa: S603 - our own command
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
                unit.save(Alarm(name, AlarmKind.GAS_HIGH, name, "DL-GD-0001", "DL-R-0001", "Z01", incident_id=name))
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
    kind, device, site = AlarmKind.GAS_HIGH, "DL-GD-0001", "DL-R-0001"
    return JournalEntry(name, 1, event, *letters, kind, 2, 1, device, site, name, 1, time_ns, 52.0, 50.0, user="li")


def over(records: Records, lives: int) -> bool:
    settled = sum(records.count_parcels("city", state) for state in (ParcelState.ACCEPTED, ParcelState.DEAD))
    return settled >= lives * PER_LIFE


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


if __name__ == "__main__":
    sys.exit(main())

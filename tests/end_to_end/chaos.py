"""Incidents, providers that fail in every way, and kill -9 of the watch and the senders, on a clock of its own."""

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import msgspec

from alerting.answers import Answers
from alerting.desk import Desk
from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.notify.outbox import Sender
from app.configuration import Configuration
from app.roles.watch import Watch, desk_for
from domain.alarm import Alarm
from domain.duty import StoredPlan, StoredReceipt
from domain.frame import TICK_TOPIC
from domain.record import Notice
from store.framelog import FrameLog
from store.records import Records
from store.snapshot import SnapshotStore
from tests.app.support import START_NS, S, configuration, topic
from tests.end_to_end.ledger import Attempt, Ledger, settle

START_S = START_NS // S
STEP_S = 2
ROLES = {
    "first": "yang",
    "second": "bai",
    "leader": "zhao",
    "manager": "li",
    "dispatch": "he",
    "owner": "wang",
    "safety_officer": "chen",
}
CHANNELS = ("relay", "chat", "sms_a", "sms_b", "voice_a", "voice_b")
PLAN = """
[media.siren]
channels = ["relay"]
[media.im]
channels = ["chat"]
address = "phone"
[media.sms]
channels = ["sms_a", "sms_b"]
address = "phone"
receipt_s = 60
[media.voice]
channels = ["voice_a", "voice_b"]
address = "phone"
receipt_s = 45
[[team]]
id = "duty"
""" + "".join(
    f"""
[[person]]
id = "{person}"
name = "{person}"
addresses = {{ phone = "{number}" }}
[[rotation]]
team = "duty"
role = "{role}"
people = ["{person}"]
begins = 1970-01-01
"""
    for number, (role, person) in enumerate(ROLES.items())
)


def town(incidents: int) -> Configuration:
    """Two sites, with as many detectors as there are incidents; a third of them with a valve that is stuck open."""
    lines = [f"G{n},gas_detector,S{1 + n % 2},600" for n in range(incidents)]
    return configuration("\n".join(["id,kind,site,interval_s", *lines, "V1,cutoff_valve,S1,600", ""]))


# ---------------------------------------------------------------- processes that are killed


def watch_worker(pipe: Connection, folder: Path, incidents: int, seed: int) -> None:
    """Tick and watch at each time that the pipe says."""
    del seed
    now = [START_NS]
    log, records = FrameLog(folder / "log"), Records(f"sqlite:///{folder / 'records.db'}")
    watch = Watch(
        log=log,
        records=records,
        snapshots=SnapshotStore(folder / "snapshots"),
        configuration=town(incidents),
        channels=CHANNELS,
        clock_ns=lambda: now[0],
    )
    for count in _times(pipe, now):
        log.append([(now[0], TICK_TOPIC, b"")])
        while watch.bite():
            pass
        if count % 60 == 0:
            watch.save_snapshot()


def notify_worker(pipe: Connection, folder: Path, incidents: int, seed: int) -> None:
    """Send at each time that the pipe says."""
    del incidents
    now = [START_NS]
    records = Records(f"sqlite:///{folder / 'records.db'}")
    sender = Sender(records, {n: Provider(n, folder, seed, now) for n in CHANNELS}, lambda: now[0])
    for _ in _times(pipe, now):
        while sender.work(now[0]) + records.hand_over(now[0]):
            pass


def _times(pipe: Connection, now: list[int]) -> Iterator[int]:
    count = 0
    while True:
        now[0] = pipe.recv() * S
        count += 1
        yield count
        pipe.send("done")


class Line(NamedTuple):
    """What a provider writes down of a call."""

    attempt: Attempt
    provider_id: str


class Key(msgspec.Struct):
    """Of a notice."""

    key: str


class Carried(msgspec.Struct):
    """Whose notices a message carries; none: its own alone."""

    bundle: tuple[Key, ...] = ()


class Provider:
    """Plays every way to fail; keeps its own record, which no kill can take back."""

    def __init__(self, name: str, folder: Path, seed: int, now: list[int]) -> None:
        self._name, self._seed, self._now = name, seed, now
        self._file = os.open(folder / "providers", os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def send(self, notice: Notice) -> Accepted | Refused:
        """Answer as the dice say, the same for the same attempt."""
        dice = random.Random(f"{self._seed}/{notice.key}/{notice.attempts}")  # noqa: S311 - a game
        play = dice.random()
        yes = Accepted(f"{self._name}-{notice.id}")
        if play < 0.55:
            return self._note(notice, yes, accepted=True)
        if play < 0.60:  # the answer is lost on its way back
            self._note(notice, yes, accepted=True)
            raise ChannelUnavailable("reset after the request was read")
        if play < 0.70:
            self._note(notice, yes, accepted=False)
            raise ChannelUnavailable("no answer within 10 s")
        if play < 0.75 and self._name.endswith("_a"):
            return self._note(notice, Refused("quota", "5 in an hour", retryable=False), accepted=False)
        codes = ["310000 in the body of a 200", "500", "429", "an HTML page"]
        return self._note(notice, Refused(dice.choice(codes), "", retryable=True), accepted=False)

    def _note(self, notice: Notice, answer: Accepted | Refused, *, accepted: bool) -> Accepted | Refused:
        carried = msgspec.json.decode(notice.body, type=Carried).bundle
        for key in [one.key for one in carried] or [notice.key]:
            line = Line(Attempt(self._now[0] // S, key, accepted), f"{self._name}-{notice.id}")
            os.write(self._file, msgspec.json.encode(line) + b"\n")
        return answer


class Worker:
    """A process that may be killed at any moment and is started anew."""

    def __init__(self, run: Callable[..., None], *arguments: object) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.end_to_end.chaos"])
        self._run, self._arguments, self.kills = run, arguments, 0
        self._start()

    def _start(self) -> None:
        self._pipe, other = self._context.Pipe()
        self._process = self._context.Process(target=self._run, args=(other, *self._arguments), daemon=True)
        self._process.start()
        other.close()

    def go(self, time_s: int, kill_after_s: float | None) -> None:
        """Let it work at a time; where it is killed on the way its successor does it all again."""
        self._pipe.send(time_s)
        if kill_after_s is not None:
            time.sleep(kill_after_s)  # a random moment of its work is the point
            self.kill()
            self._start()
            self.kills += 1
            self._pipe.send(time_s)
        if not self._pipe.poll(30) or self._pipe.recv() != "done":
            raise AssertionError(f"{self._run.__name__} stands still at {time_s}")

    def kill(self) -> None:
        assert self._process.pid is not None
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.join(10)
        self._pipe.close()


# ---------------------------------------------------------------- the run


class Incident(NamedTuple):
    """Gas at a detector from one second to another."""

    detector: int
    from_s: int
    to_s: int
    value: float


class Chaos:
    """One run.

    Attributes:
        silent: moments at which an alarm asked for an answer and nobody looked for one.
        kills: of processes.
    """

    def __init__(self, folder: Path, incidents: int, seed: int, *, until_s: int = 1_000, kill: float = 0.02) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - a game
        self._folder, self._until_s, self._kill = folder, START_S + until_s, kill
        found = town(incidents)
        self._records = Records(f"sqlite:///{folder / 'records.db'}")
        self._records.upgrade()
        with self._records.unit() as unit:
            unit.add_plan(StoredPlan(PLAN, "chaos", START_NS))
        self._desk: Desk = desk_for(found, CHANNELS)
        self._log = FrameLog(folder / "log")
        self._workers = [Worker(run, folder, incidents, seed) for run in (watch_worker, notify_worker)]
        self._todo = [self._incident(n, until_s) for n in range(incidents)]
        self._answer_at: dict[tuple[str, int], int] = {}
        self._read = 0
        self.silent: list[tuple[int, str]] = []

    @property
    def kills(self) -> int:
        return sum(worker.kills for worker in self._workers)

    def _incident(self, detector: int, until_s: int) -> Incident:
        start = START_S + self._dice.randrange(10, until_s // 2)
        return Incident(detector, start, start + self._dice.randrange(30, until_s), self._dice.choice([25.0, 60.0]))

    def run(self) -> Ledger:
        """Live until the end; give the ledger."""
        try:
            for now_s in range(START_S, self._until_s, STEP_S):
                self._measure(now_s)
                for worker in self._workers:
                    dies = self._dice.random() < self._kill
                    worker.go(now_s, self._dice.random() * 0.03 if dies else None)
                self._send_receipts(now_s)
                self._look(now_s)
        finally:
            for worker in self._workers:
                worker.kill()
        journal = self._records.journal(limit=1_000_000)
        ledger = settle(
            journal,
            [line.attempt for line in self._lines()],
            ROLES,
            {"S1": "restaurant", "S2": "restaurant"},
            self._until_s,
        )
        self._records.close()
        self._log.close()
        return ledger

    def _measure(self, now_s: int) -> None:
        """Let detectors report every ten seconds while there is gas, and once when there is none any more."""
        entries = []
        for incident in self._todo if now_s % 10 < STEP_S else ():
            over = incident.to_s <= now_s < incident.to_s + 400
            if incident.from_s <= now_s < incident.to_s or over:
                body = {"time": now_s * 1000, "values": {"gas_pct_lel": 0.0 if over else incident.value}}
                name = topic(f"G{incident.detector}", site=f"S{1 + incident.detector % 2}")
                entries.append((now_s * S, name, msgspec.json.encode(body)))
        self._log.append(entries)

    def _send_receipts(self, now_s: int) -> None:
        """Most messages have a receipt, some say no, some are lost."""
        for line in self._lines()[self._read :]:
            self._read += 1
            channel, fate = line.attempt.key.rpartition("/")[2], self._dice.random()
            if line.attempt.accepted and channel.startswith(("sms", "voice")) and fate < 0.8:
                found = StoredReceipt(channel, line.provider_id, fate < 0.7, "told", now_s * S)
                self._records.add_receipt(found)

    def _look(self, now_s: int) -> None:
        """Answer some alarms after a while, in every way; note those for which nobody is looked for."""
        asking = [a for a in self._records.alarms(standing=True, limit=1_000) if a.life.annunciated and a.priority < 4]
        with self._records.duties() as duties:
            running = {alarm.id: duties.escalation(alarm.id, alarm.life.occurrence) for alarm in asking}
        for alarm in asking:
            found = running[alarm.id]
            if found is None or (found.ended_ns is not None and found.why != "returned"):
                self.silent.append((now_s, alarm.id))
            patience_s = self._dice.choice([20, 70, 200, 330, 700])
            due = self._answer_at.setdefault((alarm.id, alarm.life.occurrence), now_s + patience_s)
            if now_s >= due:
                self._answer(alarm, now_s)

    def _answer(self, alarm: Alarm, now_s: int) -> None:
        with self._records.unit() as unit:
            codes = [c for p in ROLES.values() if (c := unit.answer(alarm.id, alarm.life.occurrence, p)) is not None]
            if codes and self._dice.random() < 0.5:
                Answers(self._desk).by_link(unit, self._dice.choice(codes).token, now_s * S)
            elif alarm.life.annunciated:
                self._desk.acknowledge(unit, alarm.id, alarm.life.occurrence, "li", "", now_s * S)

    def _lines(self) -> list[Line]:
        with contextlib.suppress(FileNotFoundError):
            return [
                msgspec.json.decode(line, type=Line) for line in (self._folder / "providers").read_bytes().splitlines()
            ]
        return []

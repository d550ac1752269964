"""kill -9 of ingest, watch and write at random, with a checker that counts lost, unexpected and different."""

import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from app.clock import now_ns
from app.configuration import load_configuration
from app.roles.watch import Watch
from domain.alarm import Alarm
from domain.quantity import Quantity
from domain.record import JournalEntry
from ingest.topics import canary_topic
from store.framelog import FrameLog
from store.records import Records
from store.series import EmbeddedSeries
from store.snapshot import SnapshotStore
from tests.end_to_end.support import Installation, wait_for

RATE_PER_S, DEVICES = 700, 100
AHEAD = 2_000  # readings without their PUBACK: a busy machine slows the load down instead of piling it up
BAD_EVERY = 400  # frames whose temperature is no number beside a good gas value
Identity = tuple[str, int]


class Storm(NamedTuple):
    """How much happens, and where the records are."""

    database: str
    readings: int
    kills: int


class Sent(NamedTuple):
    """What the publisher knows: every attempt before it was made, every acknowledgement after it came."""

    attempted: dict[Identity, float]
    acknowledged: set[Identity]


def concentration(device: int, seq: int) -> float:
    """Most stay near zero; each tenth device crosses both limits once, and falls back."""
    if device % 10 == 0 and 80 <= seq < 120:
        return 15.0 + seq - 80 + device / 100
    return 1.0 + (seq + device) % 3


def payload(device: int, seq: int, value: float) -> bytes:
    extra = b',"temperature_c":NaN' if (seq * DEVICES + device) % BAD_EVERY == 0 else b""
    head = b'{"boot_id":"b1","seq":%d,"time":%d,' % (seq, now_ns() // 1_000_000)
    return head + b'"values":{"gas_pct_lel":' + str(value).encode() + extra + b"}}"


def publish(port: int, sent: Sent, numbers: Iterable[int]) -> None:
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "publisher")
    client.max_inflight_messages_set(1_000)
    mids: dict[int, Identity] = {}
    acknowledged: list[int] = []
    client.on_publish = lambda _client, _data, mid, *_: acknowledged.append(mid)  # no lock here: paho holds its own
    client.connect("127.0.0.1", port)
    client.loop_start()
    start_s = time.monotonic()
    for number in numbers:
        seq, device = divmod(number, DEVICES)
        value = concentration(device, seq)
        sent.attempted[f"G{device}", seq] = value
        info = client.publish(f"gas/v1/S{device}/G{device}/telemetry", payload(device, seq, value), qos=1)
        mids[info.mid] = (f"G{device}", seq)
        while len(sent.attempted) - len(acknowledged) > AHEAD:
            time.sleep(0.01)
        ahead_s = number / RATE_PER_S - (time.monotonic() - start_s)
        if ahead_s > 0:
            time.sleep(ahead_s)
    wait_for(lambda: len(acknowledged) == len(sent.attempted), 60, "every PUBACK")
    sent.acknowledged.update(mids[mid] for mid in acknowledged)
    client.disconnect()
    client.loop_stop()


def logged(log: FrameLog) -> Iterator[Identity]:
    position = 0
    while frames := log.read(position):
        position = frames[-1].position
        for frame in frames:
            if frame.topic.endswith("/telemetry") and frame.topic != canary_topic("gas/v1"):
                seq = msgspec.json.decode(frame.payload.replace(b"NaN", b"null"))["seq"]
                yield frame.topic.split("/")[3], seq


def stored(series: EmbeddedSeries) -> Counter[Identity]:
    found: Counter[Identity] = Counter()
    for device in range(DEVICES):
        trend = series.series(f"G{device}", Quantity.GAS_PCT_LEL, 0, 1 << 62, 1 << 30)
        found.update((f"G{device}", time_ns % 1_000_000) for time_ns in trend.time_ns)
    return found


def replay(folder: Path, copy: Path, installation: Installation) -> Records:
    """The same log, read once from its beginning by a watch that nobody disturbs."""
    shutil.copytree(folder / "log", copy / "log")
    records = Records(f"sqlite:///{copy / 'records.db'}")
    records.upgrade()
    watch = Watch(
        log=FrameLog(copy / "log"),
        records=records,
        snapshots=SnapshotStore(copy / "snapshots"),
        configuration=load_configuration(
            installation.folder / "assets", installation.folder / "rulebook.toml", "gas/v1"
        ),
        channels=[],
        clock_ns=now_ns,
    )
    while watch.bite():
        pass
    return records


def story(records: Records) -> tuple[list[Alarm], list[JournalEntry]]:
    return records.alarms(limit=10_000), records.journal(limit=100_000)


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "storm", [Storm("sqlite", 20_000, 24), Storm("postgresql", 13_000, 8)], ids=lambda storm: str(storm.database)
)
def test_kill_9_loses_nothing_and_the_alarms_equal_an_undisturbed_replay(
    installation: Installation, broker: int, tmp_path: Path, request: pytest.FixtureRequest, storm: Storm
) -> None:
    url = f"sqlite:///{installation.folder / 'data' / 'records.db'}"
    if storm.database == "postgresql":
        url = installation.use_records(request.getfixturevalue("postgres").new_database())
    dice = random.Random(20261125)  # noqa: S311 - it chooses a victim, not a secret
    victims = ["ingest", "watch", "write"]
    for role in victims:
        installation.start(role)
    data = installation.folder / "data"
    wait_for(lambda: b"receiving" in (installation.folder / "ingest.err").read_bytes(), 60, "the subscription")

    sent = Sent({}, set())
    publisher = threading.Thread(target=publish, args=(broker, sent, range(storm.readings)), daemon=True)
    publisher.start()
    kills: Counter[str] = Counter()
    while publisher.is_alive() or kills.total() < storm.kills:
        victim = dice.choice(victims)
        time.sleep(dice.uniform(0.5, 1.5))  # the storm's own pace, not a wait for something
        installation.kill(victim)
        kills[victim] += 1
        time.sleep(0.15)
        installation.start(victim)

    log, records, series = (
        FrameLog(data / "log"),
        Records(url),
        EmbeddedSeries(data / "series.db"),
    )
    wait_for(lambda: set(logged(log)) >= sent.acknowledged, 60, "the broker to hand over what it kept")
    last = log.last()
    wait_for(lambda: records.cursor("watch") >= last and series.cursor() >= last, 60, "the readers")
    installation.stop()

    found = Counter(logged(log))
    assert kills.total() >= storm.kills
    assert set(kills) == set(victims)
    assert sent.acknowledged - set(found) == set()  # lost
    assert set(found) - set(sent.attempted) == set()  # unexpected
    points = stored(series)
    assert set(points) == set(sent.attempted)  # lost or unexpected in the series
    assert max(points.values()) == 1  # duplicated
    bad = sum((seq * DEVICES + int(device[1:])) % BAD_EVERY == 0 for device, seq in sent.attempted)
    assert {e.part for e in records.quarantine(limit=10_000)} == {"values.temperature_c"}
    assert (
        len(
            {
                (e.device, msgspec.json.decode(e.payload.replace(b"NaN", b"null"))["seq"])
                for e in records.quarantine(limit=10_000)
            }
        )
        == bad
    )
    assert records.gaps() == []

    undisturbed = replay(data, tmp_path / "replay", installation)
    assert len([a for a in records.alarms(limit=10_000) if a.kind == "gas_high"]) == DEVICES // 10
    assert story(records) == story(undisturbed)
    records.close()

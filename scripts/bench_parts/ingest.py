"""Receiving: a bare paho loop against ours."""

import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import paho.mqtt.client as mqtt
from bench_parts.load import broker, itself
from bench_parts.table import Row
from paho.mqtt.enums import CallbackAPIVersion

from app.clock import now_ns
from ingest.mqtt import Intake
from store.framelog import FrameLog


def receive_frames(kind: str, port: str, count: str, folder: str) -> None:
    """Receive `count` frames with a bare paho loop, or with ours; print wall and CPU seconds."""
    receive = _bare if kind == "bare" else _ours
    wall_s, cpu_s = receive(int(port), int(count), Path(folder))
    print(msgspec.json.encode({"wall_s": wall_s, "cpu_s": cpu_s}).decode())


def _bare(port: int, count: int, _folder: Path) -> tuple[float, float]:
    seen, times = 0, []

    def on_message(*_: object) -> None:
        nonlocal seen
        seen += 1
        if seen in {1, count}:
            times.append(time.perf_counter())

    client = mqtt.Client(CallbackAPIVersion.VERSION2, "bare", clean_session=False)
    client.on_message = on_message
    client.connect("127.0.0.1", port)
    client.subscribe("gas/v1/#", 1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    cpu_s = None
    while seen < count:
        client.loop(0.05)
        if seen and cpu_s is None:
            cpu_s = time.process_time()
    return times[1] - times[0], time.process_time() - (cpu_s or 0.0)


def _ours(port: int, count: int, folder: Path) -> tuple[float, float]:
    log, stop, seen, times, cpu = FrameLog(folder), threading.Event(), 0, [], []

    def append(entries: Sequence[tuple[int, str, bytes]]) -> int:
        nonlocal seen
        if not seen:
            times.append(time.perf_counter())
            cpu.append(time.process_time())
        position = log.append(entries)
        seen += len(entries)
        if seen >= count:
            times.append(time.perf_counter())
            cpu.append(time.process_time())
            stop.set()
        return position

    intake = Intake(
        host="127.0.0.1", port=port, client_id="ours", root="gas/v1", append=append, clock_ns=now_ns, protocol=311
    )
    threading.Thread(target=_announce, args=(intake,), daemon=True).start()
    intake.run(stop)
    return times[1] - times[0], cpu[1] - cpu[0]


def _announce(intake: Intake) -> None:
    while not intake.health().connected:
        time.sleep(0.01)
    print("ready", flush=True)


def _race(kind: str, count: int, records: int) -> tuple[float, float]:
    """Give frames/s and CPU µs per frame."""
    with broker() as port, tempfile.TemporaryDirectory() as folder:
        receiver = itself("_receive", kind, str(port), str(count), folder)
        assert receiver.stdout is not None  # noqa: S101
        receiver.stdout.readline()
        publisher = itself("_publish", str(port), str(count), str(records))
        answer = msgspec.json.decode(receiver.stdout.readline())
        publisher.wait()
        receiver.wait()
    return count / answer["wall_s"], 1e6 * answer["cpu_s"] / count


def ingest() -> list[Row]:
    runs = [(_race("bare", 60_000, 1), _race("ours", 60_000, 1)) for _ in range(3)]
    bare, ours = ([float(np.median([run[k][j] for run in runs])) for j in (0, 1)] for k in (0, 1))
    batch = float(np.median([_race("ours", 5_000, 100)[0] * 100 for _ in range(3)]))
    return [
        Row("bare paho loop, nothing kept", bare[0], "frames/s", "", None),
        Row("ingest: logged durably", ours[0], "frames/s", "at least half of bare", ours[0] >= bare[0] / 2),
        Row("bare paho loop, CPU", bare[1], "µs/frame", "", None),
        Row("ingest, CPU", ours[1], "µs/frame", "at most twice bare", ours[1] <= 2 * bare[1]),
        Row("ingest from batch frames of 100", batch, "readings/s", "200,000", batch >= 200_000),
    ]

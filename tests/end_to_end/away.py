"""A town under load whose InfluxDB leaves and comes back: what the test demands and the bench prints."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

from app.clock import now_ns
from ingest.mqtt import Publisher
from store.framelog import FrameLog
from store.influxql import read_answer
from store.records import Records
from tests.end_to_end.support import Installation, wait_for
from tests.store.influx_server import Influxd

DEVICES = 200
BROKEN_EVERY = 97  # frames that nobody can read, one in so many
CATCH_UP_S = 120


class Plan(NamedTuple):
    """How fast, and how long: in all, before the server leaves, and while it is away."""

    rate_per_s: float
    all_s: float
    before_s: float
    away_s: float

    def onset_s(self, device: int) -> float:
        """When a device crosses the limit: a third of them before, a third meanwhile, a third after."""
        phase, place = divmod(3 * device / DEVICES, 1)
        starts = (0.0, self.before_s, self.before_s + self.away_s, self.all_s)
        first, last = starts[int(phase)], starts[int(phase) + 1]
        return first + (last - first) * place


class Figures(NamedTuple):
    """What came of it.

    Attributes:
        before_ms: latencies of alarms, from the publish of the deciding frame to the sight of the committed row.
        away_ms: the same while the server was away.
        before_mib: resident memory of `write` before.
        most_mib: and the most of it from there on.
        catch_up_s: from the server's return until everything was stored.
        published: frames.
        logged: device frames in the log.
        quarantined: frames that could not be read.
        stored: frames that `write` counted as stored.
        points: values that the server counts.
        misplaced: points whose number does not follow that of the point before, of all devices.
    """

    before_ms: list[float]
    away_ms: list[float]
    before_mib: float
    most_mib: float
    catch_up_s: float
    published: int
    logged: int
    quarantined: int
    stored: int
    points: int
    misplaced: int


class Load:
    """Publishes at a rate on a thread; the devices cross the second limit one after the other."""

    def __init__(self, port: int, plan: Plan) -> None:
        self._plan = plan
        self._publisher = Publisher("127.0.0.1", port, "town")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.deciding_ns: dict[str, int] = {}
        self.published = 0

    def start(self) -> None:
        self._publisher.start()
        self._thread.start()

    def join(self) -> None:
        self._thread.join()
        assert self._publisher.drain(30)
        self._publisher.stop()

    def _run(self) -> None:
        start_s = time.monotonic()
        while (elapsed_s := time.monotonic() - start_s) < self._plan.all_s:
            seq, device = divmod(self.published, DEVICES)
            high = elapsed_s >= self._plan.onset_s(device) and seq > 0
            sent_ns = now_ns()
            if high:
                self.deciding_ns.setdefault(f"G{device}", sent_ns)
            body = b'{"boot_id":"b","seq":%d,"time":%d,"values":{"gas_pct_lel":%d}}' % (
                *(seq, sent_ns // 1_000_000),
                60 if high else 1,
            )
            self._publisher.publish(f"gas/v1/S{device}/G{device}/telemetry", body)
            self.published += 1
            if self.published % BROKEN_EVERY == 0:
                self._publisher.publish(f"gas/v1/S{device}/G{device}/telemetry", b"{broken %d" % self.published)
            time.sleep(max(0.0, self.published / self._plan.rate_per_s - (time.monotonic() - start_s)))


@contextmanager
def repeating(work: Callable[[], None], every_s: float) -> Iterator[None]:
    """Do it again and again beside the block."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(every_s):
            work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


class Raised:
    """When each device's alarm was first seen."""

    def __init__(self, records: Records) -> None:
        self._records, self._seen = records, 0
        self.seen_ns: dict[str, int] = {}

    def look(self) -> None:
        for entry in self._records.journal(after=self._seen):
            self._seen = entry.seq
            if (entry.event, entry.kind) == ("raise", "gas_high"):
                self.seen_ns.setdefault(entry.device, now_ns())


def resident_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1_024


def run_away(town: Installation, port: int, influx: Influxd, plan: Plan) -> Figures:
    """Run the plan; `influx` is up, has the bucket, and is the town's."""
    for role in ("ingest", "watch", "write"):
        town.start(role)
    wait_for(lambda: b"receiving" in (town.folder / "ingest.err").read_bytes(), 60, "the subscription")
    data, write = town.folder / "data", town.processes["write"].pid
    records, log, load = Records(f"sqlite:///{data / 'records.db'}"), FrameLog(data / "log"), Load(port, plan)
    records.upgrade()  # whoever comes first makes the tables
    series = influx.open("gas", data / "series-cursor.db")
    raised, resident = Raised(records), list[float]()
    with closing(series), closing(records), repeating(raised.look, 0.005):
        load.start()
        time.sleep(plan.before_s)  # the plan's own pace
        before_mib, left_ns = resident_mib(write), now_ns()
        with repeating(lambda: resident.append(resident_mib(write)), 0.2):
            influx.stop()
            time.sleep(plan.away_s)
            influx.start()
            back_s, back_ns, last = time.monotonic(), now_ns(), log.last()
            wait_for(lambda: series.cursor() >= last, CATCH_UP_S, "the series to catch up")
            caught_up_s = time.monotonic() - back_s
            load.join()
            last = log.last()
            wait_for(lambda: series.cursor() >= last, CATCH_UP_S, "the rest")
            wait_for(lambda: raised.seen_ns.keys() >= load.deciding_ns.keys(), 30, "every alarm")
        latency_ms = {device: (raised.seen_ns[device] - sent) / 1e6 for device, sent in load.deciding_ns.items()}
        return Figures(
            before_ms=[latency_ms[device] for device, sent in load.deciding_ns.items() if sent < left_ns],
            away_ms=[latency_ms[device] for device, sent in load.deciding_ns.items() if left_ns <= sent < back_ns],
            before_mib=before_mib,
            most_mib=max(resident),
            catch_up_s=caught_up_s,
            published=load.published + load.published // BROKEN_EVERY,
            logged=_device_frames(log),
            quarantined=records.quarantined_frames(),
            stored=series.frames(),
            points=series.count(),
            misplaced=sum(_misplaced(influx, f"G{device}") for device in range(DEVICES)),
        )


def _misplaced(influx: Influxd, device: str) -> int:
    """Count the points of a device, in order of time, whose number is not the next one."""
    query = f"""SELECT "seq" FROM "gas_detector" WHERE "device" = '{device}'"""  # noqa: S608 - a name of ours
    tables, _ = read_answer(influx.ask("gas", query))
    numbers = [row[1] for table in tables for row in table.values]
    return sum(number != place for place, number in enumerate(numbers))


def _device_frames(log: FrameLog) -> int:
    position = count = 0
    while frames := log.read(position, 5_000):
        position = frames[-1].position
        count += sum(frame.topic.startswith("gas/v1/") for frame in frames)
    return count

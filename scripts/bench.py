"""Speed and memory on this machine, side by side in one run; prints a table, writes bench/results.json."""

import argparse
import contextlib
import os
import platform
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import numpy as np
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from app.clock import now_ns
from app.configuration import load_configuration
from app.roles.engine import ROWS
from detectors.catalogue import CATALOGUE
from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.batch import Batch
from domain.channels import Channels
from domain.frame import Frame
from domain.quantity import Quantity
from domain.sample import Sample
from ingest.batching import BatchBuilder
from ingest.decoder import Decoder
from ingest.mqtt import Intake
from store.framelog import FrameLog
from store.records import Records
from store.series import EmbeddedSeries

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "examples" / "dali"
RULEBOOK = ROOT / "rulebook.toml"
WINDOW = 2_000


class Row(NamedTuple):
    """One line of the table."""

    what: str
    measured: float
    unit: str
    target: str
    holds: bool | None


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("part", nargs="?", default="all")
    options.add_argument("rest", nargs="*")
    chosen = options.parse_args()
    inner: dict[str, Callable[..., None]] = {"_publish": _publish, "_receive": _receive, "_pace": _pace}
    if chosen.part in inner:
        inner[chosen.part](*chosen.rest)
        return 0
    rows: list[Row] = []
    for name, part in PARTS.items():
        if chosen.part in {"all", name}:
            rows += part()
    _print(rows)
    return 0


def _print(rows: list[Row]) -> None:
    print(f"\n{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(f"{'':56} {'measured':>12} {'':<14} target")
    for row in rows:
        mark = {True: "ok", False: "MISSED", None: ""}[row.holds]
        print(f"{row.what:<56} {row.measured:>12,.1f} {row.unit:<14} {row.target:<28} {mark}")
    results = ROOT / "bench" / "results.json"
    results.parent.mkdir(exist_ok=True)
    results.write_bytes(msgspec.json.format(msgspec.json.encode([row._asdict() for row in rows]), indent=2))


# ---------------------------------------------------------------- broker and publisher
@contextlib.contextmanager
def broker() -> Iterator[int]:
    binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if binary is None:
        raise SystemExit("the bench needs mosquitto on the path")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "mosquitto.conf"
        lines = [
            f"listener {port} 127.0.0.1",
            "allow_anonymous true",
            "max_queued_messages 0",
            "max_inflight_messages 1000",
        ]
        config.write_text("\n".join(lines) + "\n")
        with subprocess.Popen([binary, "-c", str(config)], stderr=subprocess.DEVNULL) as process:  # noqa: S603
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
                    break
                time.sleep(0.02)
            yield port
            process.terminate()


def _self(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, __file__, *arguments], stdout=subprocess.PIPE)  # noqa: S603 - ourselves


def packet(topic: str, payload: bytes, mid: int) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic.encode() + mid.to_bytes(2, "big") + payload
    length, size = b"", len(body)
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | 128 if size else digit])
        if not size:
            return b"\x32" + length + body


def _connect(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05bench")
    link.recv(4)
    return link


def _publish(port: str, count: str, records: str) -> None:
    """Flat out by a raw socket, so that the publisher is never the bottleneck."""
    link, total = _connect(int(port)), int(count)
    packets = []
    for n in range(total):
        topic, payload = single(n) if records == "1" else batched(n, int(records))
        packets.append(packet(topic, payload, n % 60_000 + 1))
    acknowledged = sent = 0
    while acknowledged < 4 * total:
        while sent < total and sent - acknowledged // 4 < WINDOW:
            stop = min(sent + 200, total)
            link.sendall(b"".join(packets[sent:stop]))
            sent = stop
        acknowledged += len(link.recv(65_536))


def single(n: int) -> tuple[str, bytes]:
    device = n % 64 + 1
    head = b'{"boot_id":"7f3a","seq":%d,"time":%d,"values":' % (n // 64 + 1, 1_768_449_600_000 + n)
    return f"gas/v1/DL-R-{device:04}/DL-GD-{device:04}/telemetry", head + b'{"gas_pct_lel":3.2,"temperature_c":21.4}}'


def batched(n: int, records: int) -> tuple[str, bytes]:
    parts = [
        b'{"device":"DL-GD-%04d","boot_id":"7f3a","seq":%d,"time":%d,"values":{"gas_pct_lel":%.1f}}'
        % (i % 64 + 1, n * 2 + i // 64, 1_768_449_600_000 + n * 1_000 + i, 1 + i % 7)
        for i in range(records)
    ]
    return "gas/v1/DL-R-0001/DL-GD-0001/batch", b'{"records":[' + b",".join(parts) + b"]}"


# ---------------------------------------------------------------- ingest
def _receive(kind: str, port: str, count: str, folder: str) -> None:
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
        receiver = _self("_receive", kind, str(port), str(count), folder)
        assert receiver.stdout is not None  # noqa: S101
        receiver.stdout.readline()
        publisher = _self("_publish", str(port), str(count), str(records))
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


# ---------------------------------------------------------------- decode, detectors, series
def _best(work: Callable[[], int], rounds: int = 9) -> float:
    rates = []
    work()  # the first round pays for what is loaded late
    for _ in range(rounds):
        start = time.process_time()
        done = work()
        rates.append(done / (time.process_time() - start))
    return float(np.median(rates))


def decode() -> list[Row]:
    configuration = load_configuration(ASSETS, RULEBOOK, "gas/v1")
    decoder = Decoder(configuration.assets, configuration.rulebook, "gas/v1")
    channels = Channels(configuration.assets)
    received = 1_768_449_601_000_000_000
    batches = [Frame(n + 1, received + n * 10**9, *batched(n, 100)) for n in range(400)]
    singles = [
        Frame(n + 1, received + n * 10**6, topic, payload.replace(b',"temperature_c":21.4', b""))
        for n in range(30_000)
        for topic, payload in [single(n)]
    ]

    def run(frames: list[Frame]) -> int:
        builder, rows = BatchBuilder(channels), 0
        for frame in frames:
            for sample in decoder.decode(frame).samples:
                builder.add(frame.position, frame.received_ns, sample)
            if len(builder) >= ROWS:
                rows += len(builder.take())
        return rows + len(builder.take())

    many, one = _best(lambda: run(batches)), _best(lambda: run(singles))
    return [
        Row("decode to batch, from batch frames", many, "readings/s", "400,000", many >= 400_000),
        Row("decode to batch, from single frames", one, "readings/s", "150,000", one >= 150_000),
    ]


def _town(devices: int) -> Channels:
    known = {f"G{n}": Device(f"G{n}", DeviceKind.GAS_DETECTOR, f"S{n}") for n in range(devices)}
    sites = {d.site: Site(d.site, d.site, d.site, "restaurant", "Z", "D", 100.0, 25.0) for d in known.values()}
    return Channels(Assets(sites=sites, zones={"Z": Zone("Z", "Z", "Z")}, devices=known))


def _stream(channel: "np.ndarray[tuple[int], np.dtype[np.int32]]", step: int) -> Batch:
    rows = len(channel)
    dice = np.random.default_rng(step)
    time_ns = np.int64(1_768_449_600_000_000_000) + step * np.int64(10**9) + np.arange(rows) * 1_000_000
    return Batch(
        channel=channel,
        time_ns=time_ns,
        received_ns=time_ns + 50_000_000,
        value=np.round(dice.normal(1.5, 0.3, rows), 1),
        quality=np.zeros(rows, np.int8),
        late=np.zeros(rows, np.bool_),
        position=np.arange(rows, dtype=np.int64) + step * rows,
    )


def detectors() -> list[Row]:
    from domain.rulebook import Rulebook  # noqa: PLC0415

    channels, rulebook = _town(100_000), Rulebook.parse(RULEBOOK.read_text(encoding="utf-8"))
    gas = np.array([c for c, (_, q) in enumerate(channels.keys) if q is Quantity.GAS_PCT_LEL], np.int32)
    built = [build(channels, rulebook) for build in CATALOGUE.values()]
    dice = np.random.default_rng(1)
    uniform = [_stream(dice.choice(gas, ROWS).astype(np.int32), step) for step in range(40)]
    uploads = [_stream(_hard(dice, gas), step) for step in range(40, 60)]

    def run(batches: list[Batch]) -> int:
        for batch in batches:
            for detector in built:
                detector.update(batch)
        return sum(len(batch) for batch in batches)

    run(uniform)
    even, hard = _best(lambda: run(uniform)), _best(lambda: run(uploads))
    size = sum(len(detector.snapshot()) for detector in built) / len(channels)
    return [
        Row("all detectors, uniform over 100,000 channels", even, "readings/s", "1,000,000", even >= 1_000_000),
        Row("all detectors, uploads of 600 and one hot channel", hard, "readings/s", "200,000", hard >= 200_000),
        Row("their state", size, "bytes/channel", "at most 500", size <= 500),
    ]


def _hard(
    dice: np.random.Generator, gas: "np.ndarray[tuple[int], np.dtype[np.int32]]"
) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    uploads = np.repeat(dice.choice(gas, 4, replace=False), 600)
    rest = np.where(np.arange(ROWS - len(uploads)) % 2, dice.choice(gas, ROWS - len(uploads)), gas[0])
    return np.concatenate([uploads, rest]).astype(np.int32)


def series() -> list[Row]:
    day_ns, step_ns, devices, points = 86_400 * 10**9, 10 * 10**9, 100, 5_000_000
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddedSeries(Path(folder) / "series.db")
        start = time.perf_counter()
        for position, first in enumerate(range(0, points // devices, 100)):
            samples = [
                Sample(f"G{d}", (first + k) * step_ns, None, None, {Quantity.GAS_PCT_LEL: float(k)}, {}, late=False)
                for k in range(100)
                for d in range(devices)
            ]
            store.write(samples, cursor=position, frames=0)
        rate = points / (time.perf_counter() - start)
        times = []
        for device in range(20):
            start = time.perf_counter()
            store.series(f"G{device}", Quantity.GAS_PCT_LEL, 2 * day_ns, 3 * day_ns, 1_000)
            times.append(1e3 * (time.perf_counter() - start))
        day_ms = float(np.median(times))
        store.close()
    return [
        Row("series: points written, building the samples included", rate, "points/s", "50,000", rate >= 50_000),
        Row("series: one day of one device among 5 million", day_ms, "ms", "at most 20", day_ms <= 20),
    ]


def influx() -> list[Row]:
    from influxdb_client.client.influxdb_client import InfluxDBClient  # noqa: PLC0415
    from influxdb_client.client.write.point import Point  # noqa: PLC0415
    from influxdb_client.client.write_api import SYNCHRONOUS  # noqa: PLC0415

    from store.influx import InfluxSeries  # noqa: PLC0415
    from tests.store.influx_server import INFLUXD, NGINX, influxd, nginx  # noqa: PLC0415

    if INFLUXD is None or NGINX is None:
        print("left out: influx (no influxd or no nginx)")
        return []
    channels = _town(1_000)
    devices = list(channels.devices)
    rounds, size = 20, 5_000
    samples = [_sample(devices[n % len(devices)].id, n) for n in range((rounds + 1) * size)]
    batches = [samples[start : start + size] for start in range(0, len(samples), size)]
    with (
        tempfile.TemporaryDirectory() as first,
        tempfile.TemporaryDirectory() as second,
        influxd(Path(first)) as server,
        nginx(Path(second), server) as url,
    ):

        def ours(api: Literal["v1", "v2"]) -> tuple[float, float]:
            server.create(api)
            address = server.url if api == "v1" else url
            store = InfluxSeries(address, api=api, token="", org="o", bucket=api, cursor_file=Path(first) / f"{api}.db")
            store.configure(channels.assets)
            cost = _cost(lambda n: store.write(batches[n], cursor=n, frames=0), rounds, size)
            stored = store.count() // 2
            store.close()
            if stored != len(samples):
                raise SystemExit(f"influx {api}: {stored} points stored of {len(samples)}")
            return cost

        def theirs(number: int) -> None:
            points = [
                Point("gas_detector")
                .tag("device", s.device)
                .tag("site", "S")
                .tag("zone", "Z")
                .tag("district", "D")
                .field("gas_pct_lel", s.values[Quantity.GAS_PCT_LEL])
                .field("temperature_c", s.values[Quantity.TEMPERATURE_C])
                .field("quality", 0)
                .field("seq", s.seq)
                .field("late", s.late)
                .time(s.point_ns)
                for s in batches[number]
            ]
            writer.write("points", record=points)

        v1_us, v1_rate = ours("v1")
        v2_us, v2_rate = ours("v2")
        server.create("points")
        with InfluxDBClient(url, "", org="o") as client:
            writer = client.write_api(write_options=SYNCHRONOUS)
            point_us, point_rate = _cost(theirs, rounds, size)
    return [
        Row("influx: encode and write, v1, CPU", v1_us, "us/point", "at most 5", v1_us <= 5),
        Row("influx: into InfluxDB 1.x, v1", v1_rate, "points/s", "50,000", v1_rate >= 50_000),
        Row("influx: encode and write, v2, CPU", v2_us, "us/point", "at most 5", v2_us <= 5),
        Row("influx: into InfluxDB 1.x through nginx, v2", v2_rate, "points/s", "", None),
        Row("influx: the client's Point instead, CPU", point_us, "us/point", "", None),
        Row("influx: the client's Point instead", point_rate, "points/s", "", None),
    ]


def _sample(device: str, number: int) -> Sample:
    values = {Quantity.GAS_PCT_LEL: number % 500 / 10, Quantity.TEMPERATURE_C: 20 + number % 73 / 10}
    return Sample(device, 1_768_449_600 * 10**9 + number // 1_000 * 10**9, "b", number, values, {}, late=False)


def _cost(write: Callable[[int], object], rounds: int, points: int) -> tuple[float, float]:
    """Give CPU microseconds for each point and points for each second."""
    write(0)  # connections and series are made
    cpu, wall = time.process_time(), time.perf_counter()
    for number in range(1, rounds + 1):
        write(number)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return 1e6 * cpu / (rounds * points), rounds * points / wall


# ---------------------------------------------------------------- latency
def _pace(port: str, rate: str, seconds: str) -> None:
    """Publish at a rate; now and then a device crosses the second limit. Print its publish times."""
    link, count = _connect(int(port)), int(float(rate) * float(seconds))
    threading.Thread(target=_swallow, args=(link,), daemon=True).start()
    deciding: dict[str, int] = {}
    start = time.monotonic()
    for n in range(count):
        round_, device = divmod(n, 1_000)
        high = round_ > 4 and device % 40 == round_ % 40
        now = now_ns()
        payload = b'{"boot_id":"b","seq":%d,"time":%d,"values":{"gas_pct_lel":%d}}' % (
            round_ + 1,
            now // 10**6,
            60 if high else 1,
        )
        if high:
            deciding.setdefault(f"G{device}", now)
        link.sendall(packet(f"gas/v1/S{device}/G{device}/telemetry", payload, n % 60_000 + 1))
        ahead = n / float(rate) - (time.monotonic() - start)
        if ahead > 0.002:
            time.sleep(ahead)
    time.sleep(1)
    print(msgspec.json.encode(deciding).decode(), flush=True)


def _swallow(link: socket.socket) -> None:
    while link.recv(65_536):
        pass


def latency() -> list[Row]:
    with broker() as port, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = _installation(folder, port)
        command = [str(Path(sys.executable).parent / "gas-lifeline"), "serve", "--config", str(config)]
        roles = ("ingest", "watch", "write", "notify", "api")
        processes = [subprocess.Popen([*command, "--role", role], stderr=subprocess.DEVNULL) for role in roles]  # noqa: S603
        try:
            committed = _committed(folder, port)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()
    p50, p99 = (float(p) for p in np.percentile(committed, [50, 99]))
    return [
        Row(f"publish to committed alarm, 2,000 frames/s, p50 of {len(committed)}", p50, "ms", "", None),
        Row("publish to committed alarm, 2,000 frames/s, p99", p99, "ms", "at most 250", p99 <= 250),
    ]


def _installation(folder: Path, port: int) -> Path:
    assets = folder / "assets"
    assets.mkdir()
    (assets / "zones.csv").write_text("id,name,name_en\nZ,Z,Z\n")
    sites = [f"S{n},S,S,restaurant,Z,D,100,25" for n in range(1_000)]
    (assets / "sites.csv").write_text("id,name,name_en,type,zone,district,lon,lat\n" + "\n".join(sites) + "\n")
    devices = [f"G{n},gas_detector,S{n},60" for n in range(1_000)]
    (assets / "devices.csv").write_text("id,kind,site,interval_s\n" + "\n".join(devices) + "\n")
    shutil.copy(RULEBOOK, folder)
    config = folder / "config.toml"
    config.write_text(f'data = "data"\n[mqtt]\nport = {port}\n[api]\nport = 0\n')
    return config


def _committed(folder: Path, port: int) -> list[float]:
    records_file = folder / "data" / "records.db"
    while not records_file.exists():
        time.sleep(0.1)
    time.sleep(5)  # every role has started
    records = Records(f"sqlite:///{records_file}")
    publisher = _self("_pace", str(port), "2000", "25")
    seen: dict[str, int] = {}
    position, deciding = 0, None
    assert publisher.stdout is not None  # noqa: S101
    os.set_blocking(publisher.stdout.fileno(), False)
    text = b""
    while deciding is None:
        entries = records.journal(after=position)
        now = now_ns()
        for entry in entries:
            position = entry.seq
            if entry.event == "raise" and entry.kind == "gas_high":
                seen.setdefault(entry.device, now)
        text += publisher.stdout.read() or b""
        if text.endswith(b"\n"):
            deciding = msgspec.json.decode(text, type=dict[str, int])
        time.sleep(0.004)
    publisher.wait()
    missing = set(deciding) - set(seen)
    if missing:
        raise SystemExit(f"no alarm for {sorted(missing)[:5]} and {len(missing)} in all")
    return [(seen[device] - start) / 1e6 for device, start in deciding.items()]


PARTS: dict[str, Callable[[], list[Row]]] = {
    "decode": decode,
    "detectors": detectors,
    "ingest": ingest,
    "series": series,
    "influx": influx,
    "latency": latency,
}

if __name__ == "__main__":
    sys.exit(main())

"""From the publish of the deciding frame to the committed alarm, with every role in a process of its own."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
from bench_parts.load import broker, connect, itself, packet
from bench_parts.table import ROOT, Row

from app.clock import now_ns
from store.records import Records

ROLES = ("ingest", "watch", "write", "notify", "api")


def pace(port: str, rate: str, seconds: str) -> None:
    """Publish at a rate; now and then a device crosses the second limit. Print its publish times."""
    link, count = connect(int(port)), int(float(rate) * float(seconds))
    threading.Thread(target=swallow, args=(link,), daemon=True).start()
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


def swallow(link: socket.socket) -> None:
    while link.recv(65_536):
        pass


def latency() -> list[Row]:
    with broker() as port, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        config = installation(folder, port)
        with serving(config):
            committed = committed_ms(folder, port)
    p50, p99 = (float(p) for p in np.percentile(committed, [50, 99]))
    return [
        Row(f"publish to committed alarm, 2,000 frames/s, p50 of {len(committed)}", p50, "ms", "", None),
        Row("publish to committed alarm, 2,000 frames/s, p99", p99, "ms", "at most 250", p99 <= 250),
    ]


@contextlib.contextmanager
def serving(config: Path, roles: Sequence[str] = ROLES) -> Iterator[None]:
    command = [str(Path(sys.executable).parent / "gas-lifeline"), "serve", "--config", str(config)]
    processes = [subprocess.Popen([*command, "--role", role], stderr=subprocess.DEVNULL) for role in roles]  # noqa: S603
    try:
        yield
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def installation(folder: Path, port: int) -> Path:
    assets = folder / "assets"
    assets.mkdir()
    (assets / "zones.csv").write_text("id,name,name_en\nZ,Z,Z\n")
    sites = [f"S{n},S,S,restaurant,Z,D,100,25" for n in range(1_000)]
    (assets / "sites.csv").write_text("id,name,name_en,type,zone,district,lon,lat\n" + "\n".join(sites) + "\n")
    devices = [f"G{n},gas_detector,S{n},60" for n in range(1_000)]
    (assets / "devices.csv").write_text("id,kind,site,interval_s\n" + "\n".join(devices) + "\n")
    shutil.copy(ROOT / "rulebook.toml", folder)
    config = folder / "config.toml"
    config.write_text(f'data = "data"\n[mqtt]\nport = {port}\n[api]\nport = 0\n')
    return config


def committed_ms(folder: Path, port: int) -> list[float]:
    records_file = folder / "data" / "records.db"
    while not records_file.exists():
        time.sleep(0.1)
    time.sleep(5)  # every role has started
    records = Records(f"sqlite:///{records_file}")
    publisher = itself("_pace", str(port), "2000", "25")
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

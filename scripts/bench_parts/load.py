"""A broker of its own, and publishers that are never the bottleneck."""

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench_parts.table import ROOT

WINDOW = 2_000


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
            try:
                yield port
            finally:
                process.terminate()


def itself(*arguments: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, str(ROOT / "scripts" / "bench.py"), *arguments], stdout=subprocess.PIPE)  # noqa: S603 - ourselves


def packet(topic: str, payload: bytes, mid: int) -> bytes:
    body = len(topic).to_bytes(2, "big") + topic.encode() + mid.to_bytes(2, "big") + payload
    length, size = b"", len(body)
    while True:
        size, digit = divmod(size, 128)
        length += bytes([digit | 128 if size else digit])
        if not size:
            return b"\x32" + length + body


def connect(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port))
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    link.sendall(b"\x10\x11\x00\x04MQTT\x04\x02\x00\x3c\x00\x05bench")
    link.recv(4)
    return link


def publish(port: str, count: str, records: str) -> None:
    """Flat out by a raw socket, so that the publisher is never the bottleneck."""
    link, total = connect(int(port)), int(count)
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
    return "gas/v1/DL-R-0001/DL-GW-0001/batch", b'{"records":[' + b",".join(parts) + b"]}"

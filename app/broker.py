"""The embedded MQTT broker of the demo and of the tests; a production site runs its own."""

import contextlib
import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from domain.errors import ConfigurationError

_MOSQUITTO = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 0
max_queued_bytes 1073741824
max_inflight_messages 1000
max_packet_size 131072
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def reach(host: str, port: int) -> None:
    """Demand that something listens there (ConfigurationError)."""
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError as error:
        raise ConfigurationError(f"MQTT broker {host}:{port} cannot be reached: {error}") from None


@contextlib.contextmanager
def embedded_broker() -> Iterator[int]:
    """Run a broker on loopback and give its port: iotcore where it has a wheel, else a mosquitto found on the path."""
    port = free_port()
    if importlib.util.find_spec("iotcore") is not None:
        from iotcore import Broker  # noqa: PLC0415 - an extra that not every machine has

        # Its defaults would listen on every address and drop frames above 20 KiB.
        with Broker(port, "127.0.0.1", max_payload_size=131_072):
            yield port
    elif (mosquitto := _find_mosquitto()) is not None:
        with tempfile.TemporaryDirectory() as folder, _mosquitto(mosquitto, Path(folder), port):
            yield port
    else:
        raise ConfigurationError(
            "no MQTT broker here: install Debian's package mosquitto, or the Python package iotcore"
        )


def _find_mosquitto() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/local/sbin:/usr/sbin")


@contextlib.contextmanager
def _mosquitto(binary: str, folder: Path, port: int) -> Iterator[None]:
    config = folder / "mosquitto.conf"
    config.write_text(_MOSQUITTO.format(port=port), encoding="utf-8")
    with subprocess.Popen([binary, "-c", str(config)], stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own command
        try:
            _wait_for(port, process)
            yield
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", timeout_s: float = 10.0) -> None:
    deadline = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise ConfigurationError("the MQTT broker did not start")

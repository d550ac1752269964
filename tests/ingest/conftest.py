"""A small registry, and a real broker for whoever wants one."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from domain.asset import Assets, Device, DeviceKind, Gas, Power, Tier, Uplink
from domain.product import Meaning
from domain.quantity import Quantity
from domain.rulebook import Rulebook
from ingest.decoder import Decoder
from ingest.fleet import Fleet

ROOT = Path(__file__).parents[2]
BINARY = shutil.which("mosquitto", path="/usr/local/sbin:/usr/sbin:/usr/local/bin:/usr/bin")
DEVICES = (
    Device("DL-GD-0001", DeviceKind.GAS_DETECTOR, "R001"),
    Device("DL-GD-0002", DeviceKind.GAS_DETECTOR, "R002", gas=Gas.LPG),
    Device("DL-GW-0001", DeviceKind.GATEWAY, "R001"),
    Device(
        "DL-MH-0001", DeviceKind.MANHOLE, "M001", power=Power.BATTERY, uplink=Uplink.STORE_FORWARD, interval_s=600.0
    ),
    Device("DL-PS-0001", DeviceKind.PRESSURE_SENSOR, "P001", uplink=Uplink.STORE_FORWARD, tier=Tier.LOW_NATURAL),
    Device("DL-CV-0001", DeviceKind.CUTOFF_VALVE, "R001"),
    Device("DL-GD-0003", DeviceKind.GAS_DETECTOR, "R001", push="lian/0a1b"),
)
LIAN = {
    "gas_value": Meaning(Quantity.GAS_PCT_LEL),
    "gas_raw": Meaning(Quantity.GAS_PCT_LEL, 0.1),
    "battery_voltage": Meaning(Quantity.BATTERY_V),
    "gas_sensor_state": Meaning(Quantity.DEVICE_ALARM, codes={"1": 0.0, "2": 1.0}),
}


@pytest.fixture(scope="session")
def assets() -> Assets:
    return Assets(sites={}, zones={}, devices={device.id: device for device in DEVICES}, products={"lian": LIAN})


@pytest.fixture(scope="session")
def rulebook() -> Rulebook:
    return Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def fleet(assets: Assets, rulebook: Rulebook) -> Fleet:
    return Fleet(assets, rulebook)


@pytest.fixture
def decoder(assets: Assets, rulebook: Rulebook) -> Decoder:
    return Decoder(assets, rulebook)


PLAIN = """\
LISTENER
allow_anonymous true
persistence false
max_queued_messages 0
max_inflight_messages 1000
max_packet_size 131072
"""


class Mosquitto:
    """A broker of its own in a folder of its own; it forgets everything when it stops.

    Attributes:
        port: on 127.0.0.1, the same after every start.
    """

    def __init__(self, binary: str, folder: Path, settings: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        config = folder / "mosquitto.conf"
        text = settings.replace("LISTENER", f"listener {self.port} 127.0.0.1")
        config.write_text(text + "user root\n", encoding="utf-8")  # where root runs the tests: the folder is root's
        self._command = [binary, "-c", str(config)]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run it and wait until it listens."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 0.2):
                return
            if time.monotonic() > deadline or self._process.poll() is not None:
                pytest.fail("mosquitto did not start")
            time.sleep(0.01)

    def signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self) -> None:
        """Kill it, as a power loss would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture
def start_mosquitto(tmp_path: Path) -> Iterator[Callable[[str], Mosquitto]]:
    """Runs one with the settings given; the test needs the marks `server` and `allow_hosts(["127.0.0.1"])`."""
    with contextlib.ExitStack() as stack:

        def start(settings: str) -> Mosquitto:
            if BINARY is None:
                pytest.skip("mosquitto is not installed (Debian package mosquitto)")
            broker = Mosquitto(BINARY, tmp_path, settings)
            stack.callback(broker.stop)
            broker.start()
            return broker

        yield start


@pytest.fixture
def mosquitto(start_mosquitto: Callable[[str], Mosquitto]) -> Mosquitto:
    """One that refuses nobody."""
    return start_mosquitto(PLAIN)

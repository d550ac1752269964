"""What end-to-end tests share: ports, waiting, and an installation with its processes."""

import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.store.influx_server import Influxd

ROOT = Path(__file__).parents[2]
COMMAND = [str(Path(sys.executable).parent / "gas-lifeline")]
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], object], timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s in vain for {what}")
        time.sleep(0.05)


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
        return True
    return False


def hears_sigterm(process: subprocess.Popen[bytes]) -> bool:
    """Whether a SIGTERM would reach its handler: before that, Python dies of one."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught, 16) >> (signal.SIGTERM - 1) & 1)


class Installation:
    """A folder with a small town, a configuration, and the processes of its service."""

    def __init__(self, folder: Path, mqtt_port: int, detectors: int) -> None:
        self.folder, self.config = folder, folder / "config.toml"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        assets = folder / "assets"
        assets.mkdir(parents=True)
        (assets / "zones.csv").write_text("id,name,name_en\nZ1,一区,Zone 1\n")
        sites = [f"S{n},店{n},Shop {n},restaurant,Z1,D1,100.26,25.6" for n in range(detectors)]
        (assets / "sites.csv").write_text("id,name,name_en,type,zone,district,lon,lat\n" + "\n".join(sites) + "\n")
        gas = [f"G{n},gas_detector,S{n},600" for n in range(detectors)]
        (assets / "devices.csv").write_text("id,kind,site,interval_s\n" + "\n".join(gas) + "\n")
        shutil.copy(ROOT / "rulebook.toml", folder)
        self.console = free_port()
        self.config.write_text(
            f'data = "data"\nassets = "assets"\n[mqtt]\nport = {mqtt_port}\n[api]\nport = {self.console}\n'
        )

    def use_records(self, url: str) -> str:
        """Keep the records there; the address goes into a file of its own."""
        (self.folder / "records-url").write_text(url)
        with self.config.open("a") as config:
            config.write('[records]\nurl_file = "records-url"\n')
        return url

    def use_influx(self, server: Influxd) -> None:
        """Keep the series in an InfluxDB."""
        with self.config.open("a") as config:
            config.write(server.settings())

    def start(self, role: str = "") -> None:
        """Start one role, or all of them in one process."""
        command = [*COMMAND, "serve", "--config", str(self.config), *(["--role", role] if role else [])]
        errors = (self.folder / f"{role}.err").open("ab")
        self.processes[role] = subprocess.Popen(command, stderr=errors, stdout=errors)
        errors.close()

    def kill(self, role: str) -> None:
        self.processes[role].kill()
        self.processes[role].wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)
            if process.poll() is None:
                process.kill()
                process.wait()

"""A real InfluxDB 1.x, and nginx before it that rewrites what a 2.x client says; on free ports."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import httpx2

from store.influx import InfluxSeries
from store.influxql import read_answer

_PATHS = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"
INFLUXD = shutil.which(os.environ.get("GAS_LIFELINE_INFLUXD", "influxd")) or shutil.which("influxd", path=_PATHS)
NGINX = shutil.which("nginx") or shutil.which("nginx", path=_PATHS)
_INFLUX = """\
reporting-enabled = false
bind-address = "127.0.0.1:{rpc}"
[meta]
dir = "{folder}/meta"
[data]
dir = "{folder}/data"
wal-dir = "{folder}/wal"
index-version = "tsi1"
max-series-per-database = 0
max-values-per-tag = 0
[http]
bind-address = "127.0.0.1:{port}"
log-enabled = false
[monitor]
store-enabled = false
"""
_NGINX = """\
pid {folder}/nginx.pid; error_log {folder}/nginx.log; daemon off; worker_processes 1;
events {{ worker_connections 128; }}
http {{
  access_log off; client_max_body_size 25m; client_body_buffer_size 25m; proxy_max_temp_file_size 0;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  map $arg_precision $unit {{ default n; ns n; us u; ms ms; s s; }}
  server {{
    listen 127.0.0.1:{port};
    location = /api/v2/write {{
      rewrite ^ /write?db=$arg_bucket&precision=$unit? break; proxy_pass http://127.0.0.1:{influx};
    }}
    location / {{ proxy_pass http://127.0.0.1:{influx}; }}
  }}
}}
"""


class Influxd:
    """The server, which may be stopped and started again on its port and data.

    Attributes:
        api: of the settings; and `token` and `org`, whatever that takes.
    """

    api: Literal["v1", "v2"] = "v1"
    token = org = ""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self._config = _INFLUX.format(folder=folder, port=self.port, rpc=free_port())
        self._process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        assert INFLUXD is not None
        (self.folder / "influx.conf").write_text(self._config, encoding="utf-8")
        return [INFLUXD, "-config", str(self.folder / "influx.conf")]

    def start(self) -> None:
        self._process = subprocess.Popen(self.command(), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_for_ping(self.url)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def kill(self) -> None:
        """Stop it by SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def cpu_s(self) -> float:
        """Processor time that it took so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def open(
        self, bucket: str, cursor_file: Path, *, token: str = "", kind: type[InfluxSeries] = InfluxSeries
    ) -> InfluxSeries:
        word = token or self.token
        return kind(self.url, api=self.api, token=word, org=self.org, bucket=bucket, cursor_file=cursor_file)

    def settings(self, bucket: str = "gas") -> str:
        """Give what a configuration says of it."""
        return f'[series]\nkind = "influx"\nurl = "{self.url}"\napi = "{self.api}"\nbucket = "{bucket}"\n'

    def create(self, bucket: str, days: int = 0) -> None:
        """Make a bucket that keeps so many days, 0 for ever; and those of its roll-ups."""
        kept = f"{days}d" if days else "INF"
        databases = {bucket: kept, f"{bucket}_1m": "INF", f"{bucket}_1h": "INF"}
        query = ";".join(f'CREATE DATABASE "{name}" WITH DURATION {kept}' for name, kept in databases.items())
        httpx2.post(f"{self.url}/query", params={"q": query}).raise_for_status()

    def drop(self, bucket: str) -> None:
        httpx2.post(f"{self.url}/query", params={"q": f'DROP DATABASE "{bucket}"'}).raise_for_status()

    def write(self, bucket: str, line: str) -> None:
        httpx2.post(f"{self.url}/write", params={"db": bucket}, content=line).raise_for_status()

    def lose(self, bucket: str, device: str, from_ns: int, to_ns: int, kind: str = "gas_detector") -> None:
        """Drop the points of a device, or of a kind of its roll-ups, within a time."""
        where = f"device = '{device}' AND time >= {from_ns} AND time < {to_ns}"
        query = f"DELETE FROM {kind} WHERE {where}"  # noqa: S608 - ours
        httpx2.post(f"{self.url}/query", params={"db": bucket, "q": query}).raise_for_status()

    def readable(self, user: str) -> set[str]:
        """Give the buckets that a user may read and no more."""
        (table,), _ = read_answer(self.ask("", f'SHOW GRANTS FOR "{user}"'))
        return {name for name, grant in table.values if grant == "READ"}

    def ask(self, bucket: str, query: str) -> str:
        """Ask in InfluxQL."""
        headers = {"Authorization": f"Token {self.token}"} if self.token else {}
        parameters = {"db": bucket, "epoch": "ns", "q": query}
        return httpx2.get(f"{self.url}/query", params=parameters, headers=headers).raise_for_status().text


@contextlib.contextmanager
def influxd(folder: Path, kind: type[Influxd] = Influxd) -> Iterator[Influxd]:
    server = kind(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Fronted(Influxd):
    """Another server as a client of 2.x finds it by nginx."""

    api = "v2"

    def __init__(self, server: Influxd, url: str) -> None:
        super().__init__(server.folder)
        self.port, self.url = server.port, url


@contextlib.contextmanager
def nginx(folder: Path, influx: Influxd) -> Iterator[Influxd]:
    """Give the server as a client of 2.x finds it."""
    assert NGINX is not None
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, influx=influx.port), encoding="utf-8")
    with subprocess.Popen([NGINX, "-c", str(config), "-e", str(folder / "nginx.log")]) as process:
        try:
            wait_for_ping(f"http://127.0.0.1:{port}")
            yield Fronted(influx, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()


def wait_for_ping(url: str) -> None:
    deadline = time.monotonic() + 20
    while True:
        with contextlib.suppress(httpx2.HTTPError):
            if httpx2.get(f"{url}/ping").status_code == httpx2.codes.NO_CONTENT:
                return
        assert time.monotonic() < deadline, f"{url} does not answer"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

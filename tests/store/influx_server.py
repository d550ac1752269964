"""A real InfluxDB 1.x, and nginx before it that rewrites what a 2.x client says; on free ports."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2

_PATHS = "/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin"
INFLUXD = shutil.which("influxd") or shutil.which("influxd", path=_PATHS)
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
    """The server, which may be stopped and started again on its port and data."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._config = folder / "influx.conf"
        self._config.write_text(_INFLUX.format(folder=folder, port=self.port, rpc=free_port()), encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        assert INFLUXD is not None
        command = [INFLUXD, "-config", str(self._config)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        wait_for_ping(self.url)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()

    def cpu_s(self) -> float:
        """Processor time that it took so far."""
        assert self._process is not None
        fields = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def create(self, bucket: str, duration: str = "INF") -> None:
        """Make a bucket, and those of its roll-ups."""
        databases = {bucket: duration, f"{bucket}_1m": "INF", f"{bucket}_1h": "INF"}
        query = ";".join(f'CREATE DATABASE "{name}" WITH DURATION {kept}' for name, kept in databases.items())
        httpx2.post(f"{self.url}/query", params={"q": query}).raise_for_status()

    def drop(self, bucket: str) -> None:
        httpx2.post(f"{self.url}/query", params={"q": f'DROP DATABASE "{bucket}"'}).raise_for_status()

    def write(self, bucket: str, line: str) -> None:
        httpx2.post(f"{self.url}/write", params={"db": bucket}, content=line).raise_for_status()


@contextlib.contextmanager
def influxd(folder: Path) -> Iterator[Influxd]:
    server = Influxd(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def nginx(folder: Path, influx: Influxd) -> Iterator[str]:
    """Give the address where a 2.x client finds the server."""
    assert NGINX is not None
    port, config = free_port(), folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, port=port, influx=influx.port), encoding="utf-8")
    with subprocess.Popen([NGINX, "-c", str(config), "-e", str(folder / "nginx.log")]) as process:
        try:
            wait_for_ping(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
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

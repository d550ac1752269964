"""A real InfluxDB 2.x, set up as its container sets itself up at the first start; and 1.x and 2.x by their names."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.store.influx_server import INFLUXD, Influxd, influxd

VARIABLE = "GAS_LIFELINE_INFLUXD_2"
INFLUXD_2 = shutil.which(os.environ.get(VARIABLE, ""))
TOKEN, ORG = "a-token-of-all-rights", "city"

_HEADERS = {"Authorization": f"Token {TOKEN}"}
_HOW = f"no InfluxDB 2.x: {VARIABLE} must name its influxd, see docs/operations.md"
WITH_2 = pytest.mark.skipif(INFLUXD_2 is None, reason=_HOW)
VERSIONS = [
    pytest.param("1.x", marks=pytest.mark.skipif(INFLUXD is None, reason="influxd is not installed")),
    *(() if INFLUXD_2 is None else ("2.x",)),
]
"""What every test of a real server runs on."""


class Influxd2(Influxd):
    """The server; what tests do to it goes by its own API, of which ours knows little."""

    api = "v2"
    token, org = TOKEN, ORG
    _org_id = ""

    def command(self) -> list[str]:
        assert INFLUXD_2 is not None
        places = [f"--{option}-path={self.folder / option}" for option in ("bolt", "sqlite", "engine")]
        return [INFLUXD_2, *places, f"--http-bind-address=127.0.0.1:{self.port}", "--reporting-disabled"]

    def start(self) -> None:
        super().start()
        if not self._org_id:
            first = {"username": "admin", "password": "a-password", "org": ORG, "bucket": "first", "token": TOKEN}
            said = httpx2.post(f"{self.url}/api/v2/setup", json=first).raise_for_status()
            self._org_id = said.json()["org"]["id"]

    def settings(self, bucket: str = "gas") -> str:
        file = self.folder / "token"
        file.write_text(f"{TOKEN}\n", encoding="utf-8")
        return super().settings(bucket) + f'org = "{ORG}"\ntoken_file = "{file}"\n'

    def create(self, bucket: str, days: int = 0) -> None:
        known = {
            one["name"] for one in self._call("GET", "buckets", params={"org": ORG, "limit": "100"}).json()["buckets"]
        }
        for name, kept in ((bucket, days), (f"{bucket}_1m", 0), (f"{bucket}_1h", 0)):
            if name in known:
                continue
            rules = [{"type": "expire", "everySeconds": kept * 86_400}]
            self._call("POST", "buckets", json={"orgID": self._org_id, "name": name, "retentionRules": rules})

    def drop(self, bucket: str) -> None:
        (found,) = self._call("GET", "buckets", params={"org": ORG, "name": bucket}).json()["buckets"]
        self._call("DELETE", f"buckets/{found['id']}")

    def write(self, bucket: str, line: str) -> None:
        self._call("POST", "write", params={"org": ORG, "bucket": bucket}, content=line.encode())

    def lose(self, bucket: str, device: str, from_ns: int, to_ns: int, kind: str = "gas_detector") -> None:
        what = {
            "start": _written(from_ns),
            "stop": _written(to_ns - 1),
            "predicate": f'_measurement="{kind}" AND device="{device}"',
        }
        self._call("POST", "delete", params={"org": ORG, "bucket": bucket}, json=what)

    def readable(self, user: str) -> set[str]:
        found = httpx2.get(f"{self.url}/private/legacy/authorizations", headers=_HEADERS).raise_for_status().json()
        given = [one for auth in found["authorizations"] if auth["token"] == user for one in auth["permissions"]]
        assert {one["action"] for one in given} == {"read"}
        return {one["resource"]["name"] for one in given}

    def _call(self, method: str, what: str, **request: Any) -> httpx2.Response:  # noqa: ANN401 - as httpx has it
        return httpx2.request(method, f"{self.url}/api/v2/{what}", headers=_HEADERS, **request).raise_for_status()


def _written(time_ns: int) -> str:
    seconds, rest_ns = divmod(time_ns, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns:09d}Z"


@contextlib.contextmanager
def running(version: str, folder: Path) -> Iterator[Influxd]:
    """Run one of `VERSIONS`."""
    with influxd(folder, Influxd if version == "1.x" else Influxd2) as server:
        yield server

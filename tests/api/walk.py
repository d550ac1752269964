"""Every operation that the API describes, ready to be called; what it does not know how to call fails a test."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import httpx2
from fastapi.testclient import TestClient

from domain.alarm import AlarmKind, alarm_id

OPEN = {
    *("/healthz", "/readyz", "/metrics", "/api/v1/healthz", "/api/v1/readyz", "/api/v1/metrics", "/api/v1/login"),
    *("/api/v1/receipts/{channel}", "/api/v1/push/ctwing/{product}", "/api/v1/push/onenet/{product}"),
    "/api/v1/lifeline/inbound/{target}",
}
"""Told to everybody: no site, no person; receipts, pushes and instructions have proofs of their own."""
VALUES: dict[str, Any] = {
    "occurrence": 1,
    "comment": "x",
    "until": "2026-01-15T12:30:00+08:00",
    "permit_no": "7",
    "name": "newcomer",
    "role": "operator",
    "old": "correct horse",
    "password": "battery staple",
    "townships": [],
    "sites": ["S1"],
    "step": "dispatch",
    "result": "leak",
    "text": "x",
    "reason": "x",
    "alarm_id": alarm_id("G2", AlarmKind.GAS_LOW),
    "team": "duty",
    "person": "zhao",
    "from_time": "2026-01-15T13:00:00+08:00",
    "to_time": "2026-01-15T14:00:00+08:00",
    "site": "S2",
    "rule": "R04",
    "evidence": "3 m",
    "responsible": "x",
    "version": 1,
    "facts": {"tee": False},
    "founded": False,
    "yuan": 500,
    "alerts": [{"status": "firing", "labels": {"deadman": "samples"}, "fingerprint": "f"}],
    "content": "JVBERi0xLjc=",
    "csv": "rule,site,found_by,found,evidence,responsible\nR04,S2,x,2026-01-01,3 m,x\n",
}
"""What a body must hold, by property."""


class Operation(NamedTuple):
    """One method of one path.

    Attributes:
        named: required parameters of path and query, and where each stands.
        body: required properties of the body.
    """

    method: str
    path: str
    named: dict[str, str]
    body: tuple[str, ...]

    def call(self, client: TestClient, names: Mapping[str, str]) -> httpx2.Response:
        """Call it on the things of these names, a name for each parameter (KeyError: a parameter that is new)."""
        path = self.path.format(**{name: names[name] for name, place in self.named.items() if place == "path"})
        query = {name: names[name] for name, place in self.named.items() if place == "query"}
        values = VALUES | ({"role": "first"} if "team" in self.body else {})
        body = {name: values[name] for name in self.body} if self.method == "post" else None
        answer: httpx2.Response = client.request(self.method, path, params=query, json=body)
        return answer


def operations(client: TestClient) -> Iterator[Operation]:
    """Give all that may be called by whoever is logged in."""
    described = client.get("/api/openapi.json").json()
    for path, methods in described["paths"].items():
        for method, about in methods.items():
            if path not in OPEN:
                named = {p["name"]: p["in"] for p in about.get("parameters", ()) if p["required"]}
                yield Operation(method, path, named, _required(described, about))


def _required(described: dict[str, Any], about: dict[str, Any]) -> tuple[str, ...]:
    if "requestBody" not in about:
        return ()
    schema = about["requestBody"]["content"]["application/json"]["schema"]
    name = schema.get("anyOf", [schema])[0]["$ref"].rpartition("/")[2]  # of several forms the first
    return tuple(described["components"]["schemas"][name].get("required", ()))

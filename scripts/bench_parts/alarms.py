"""A thousand alarms in a minute: how soon a person is told of priority 1, and how soon an answer is taken meanwhile.

Each of a thousand detectors sees gas once. Nine hundred stand alone at their site; the others stand in pairs, and the
second of a pair makes `gas_several`, priority 1. The provider is a stand-in on loopback that takes a tenth of a second,
as one on the internet does. Each role has a process of its own.
"""

import http.server
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx2
import msgspec
import numpy as np
from bench_parts.browsers import answers, log_in
from bench_parts.latency import installation, serving, swallow
from bench_parts.load import broker, connect, packet
from bench_parts.table import Row

from app.broker import free_port
from app.clock import now_ns
from domain.alarm import AlarmKind
from domain.duty import StoredPlan
from store.records import Records

ALONE, PAIRS, SPREAD_S = 900, 50, 60.0
ANSWER_S = 0.1
_ROLES = ("ingest", "watch", "write", "notify", "api", "audit")
_SETTINGS = """
[channels.wecom_app]
corp_id = "bench"
agent_id = 1
secret_file = "secret"
endpoint = "http://127.0.0.1:{port}"
limits = []
"""
_PLAN = """
[media.im]
channels = ["wecom_app"]
address = "wecom"
[[person]]
id = "yang"
name = "杨"
addresses = { wecom = "yang" }
[[person]]
id = "bai"
name = "白"
addresses = { wecom = "bai" }
[[team]]
id = "duty"
""" + "".join(
    f'[[rotation]]\nteam = "duty"\nrole = "{role}"\npeople = ["{person}"]\nbegins = 2020-01-01\n'
    for role, person in (("first", "yang"), ("second", "bai"), ("leader", "bai"), ("manager", "bai"))
)
_OF_PAIR = re.compile(r"^P(\d+) ")
"""Where a message of priority 1 says that it is: a pair's site; priority 1 is never bundled."""


class _Provider(http.server.BaseHTTPRequestHandler):
    """Takes on whatever comes and notes when; the first message of priority 1 about each pair counts."""

    protocol_version = "HTTP/1.1"
    told: dict[int, int]
    calls: "Counter[str]"

    def do_GET(self) -> None:
        self._say({"errcode": 0, "access_token": "t", "expires_in": 7_200})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        text = msgspec.json.decode(body)["text"]["content"]
        time.sleep(ANSWER_S)
        self.calls["一级" if "\n一级" in text else "其余"] += 1
        found = _OF_PAIR.match(text)
        if found and "\n一级" in text:
            self.told.setdefault(int(found[1]), now_ns())
        self._say({"errcode": 0, "msgid": str(time.monotonic_ns())})

    def _say(self, answer: dict[str, object]) -> None:
        body = msgspec.json.encode(answer)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Storm(NamedTuple):
    begun_ns: dict[int, int]
    answered_s: list[float]
    refused: list[int]


def alarms() -> list[Row]:
    told: dict[int, int] = {}
    calls: Counter[str] = Counter()
    with broker() as port, tempfile.TemporaryDirectory() as name, _provider(told, calls) as provider:
        folder, web = Path(name), free_port()
        config = installation(folder, port)
        _more(folder, config, web, provider)
        with serving(config, _ROLES):
            while not answers(web):
                time.sleep(0.1)
            records = Records(f"sqlite:///{folder / 'data' / 'records.db'}")
            with records.unit() as unit:
                unit.add_plan(StoredPlan(_PLAN, "bench", now_ns()))
            with log_in(records, web) as http_:
                storm = _storm(port, http_)
            _await(lambda: len(told) == PAIRS, 120)
            raised = sum(entry.event == "annunciate" for entry in records.journal(limit=100_000))
            faults = len(records.alarms(kind=AlarmKind.ESCALATION_FAULT, priority=1))
    return _rows(storm, told, calls, raised, faults)


def _rows(storm: _Storm, told: dict[int, int], calls: "Counter[str]", raised: int, faults: int) -> list[Row]:
    if len(told) < PAIRS:
        raise SystemExit(f"priority 1 told of {len(told)} pairs of {PAIRS}")
    waited = [(told[pair] - at_ns) / 1e9 for pair, at_ns in storm.begun_ns.items()]
    p50, p99 = (float(p) for p in np.percentile(waited, [50, 99]))
    worst_s = max(storm.answered_s)
    return [
        Row(f"alarms annunciated, {ALONE + 2 * PAIRS} detectors within {SPREAD_S:g} s", raised, "", "", None),
        Row(f"publish to provider's yes, priority 1, p50 of {PAIRS}", p50, "s", "", None),
        Row("publish to provider's yes, priority 1, p99", p99, "s", "at most 5", p99 <= 5),
        Row("messages of priority 1", calls["一级"], "", "", None),
        Row("messages of priority 2 to 4", calls["其余"], "", "", None),
        Row(f"acknowledge by the API meanwhile, p50 of {len(storm.answered_s)}", _median(storm), "s", "", None),
        Row("acknowledge by the API meanwhile, longest", worst_s, "s", "below 1", worst_s < 1),
        Row("of them refused", len(storm.refused), "", "0", not storm.refused),
        Row("alarms of the auditor", faults, "", "0", faults == 0),
    ]


def _median(storm: _Storm) -> float:
    return float(np.median(storm.answered_s))


@contextmanager
def _provider(told: dict[int, int], calls: "Counter[str]") -> Iterator[int]:
    handler = type("Provider", (_Provider,), {"told": told, "calls": calls})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


def _more(folder: Path, config: Path, web: int, provider: int) -> None:
    """Add the pairs, the console's port and the channel."""
    with (folder / "assets" / "sites.csv").open("a") as sites:
        sites.writelines(f"P{n},P{n},P{n},restaurant,Z,D,100,25\n" for n in range(PAIRS))
    with (folder / "assets" / "devices.csv").open("a") as devices:
        devices.writelines(f"P{n}-{m},gas_detector,P{n},60\n" for n in range(PAIRS) for m in range(2))
    (folder / "secret").write_text("bench secret of the stand-in\n")
    config.write_text(config.read_text().replace("port = 0", f"port = {web}") + _SETTINGS.format(port=provider))


def _storm(port: int, http_: httpx2.Client) -> _Storm:
    """Let all detectors see gas, spread over the time and mixed; answer for an alarm every half second."""
    link, storm, over = connect(port), _Storm({}, [], []), threading.Event()
    threading.Thread(target=swallow, args=(link,), daemon=True).start()
    person = threading.Thread(target=_answer, args=(http_, storm, over), daemon=True)
    person.start()
    alone = [(f"S{n}", f"G{n}") for n in range(ALONE)]
    paired = [(f"P{n}", f"P{n}-{m}") for n in range(PAIRS) for m in range(2)]
    order, start = [*alone, *paired], time.monotonic()
    places = np.random.default_rng(1).permutation(len(order))
    seen: set[str] = set()
    for number, place in enumerate(places):
        site, device = order[int(place)]
        time.sleep(max(0.0, start + number * SPREAD_S / len(order) - time.monotonic()))
        at_ns = now_ns()
        payload = b'{"boot_id":"b","seq":1,"time":%d,"values":{"gas_pct_lel":60}}' % (at_ns // 10**6)
        link.sendall(packet(f"gas/v1/{site}/{device}/telemetry", payload, number + 1))
        if site.startswith("P") and site in seen:
            storm.begun_ns[int(site[1:])] = at_ns
        seen.add(site)
    over.set()
    person.join()
    return storm


def _answer(http_: httpx2.Client, storm: _Storm, over: threading.Event) -> None:
    while not over.wait(0.5):
        page = http_.get("/alarms", params={"state": "B", "priority": 2, "limit": 1}).raise_for_status().json()
        for alarm in page["items"]:
            start = time.monotonic()
            body = {"occurrence": alarm["occurrence"], "comment": "bench"}
            status = http_.post(f"/alarms/{alarm['id']}/ack", json=body).status_code
            storm.answered_s.append(time.monotonic() - start)
            storm.refused.extend([status] if status != 200 else [])


def _await(condition: Callable[[], bool], timeout_s: float) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.1)

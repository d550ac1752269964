"""A small town with real stores on a temporary folder, and the API over them."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import pytest
import uvicorn
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, expect, sync_playwright

from alerting.desk import Desk
from alerting.permits import PermitDesk
from alerting.valves import ValveDesk
from api import hub
from api.application import create_app
from api.provider import Provider
from api.services import Pipeline, Reader, Services
from api.sessions import COOKIE, begin
from app.clock import now_ns
from app.closing import Closing
from app.frames import frames_between
from app.roles.deadman import DeadMan
from app.working import Working
from domain.alarm import Alarm, AlarmKind, alarm_id
from domain.asset import Assets, Device, DeviceKind, Site, Tier, Zone
from domain.command import Command
from domain.finding import Finding, Transition
from domain.location import Location
from domain.network import Network
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import AuditEntry, DeviceState, User
from domain.rulebook import Rulebook
from domain.sample import Sample
from ledger.reports.shelf import Shelf
from store.framelog import FrameLog
from store.series import EmbeddedSeries
from tests.blank import blank_records

ROOT = Path(__file__).parents[2]
S = 1_000_000_000
PASSWORD = "correct horse"  # noqa: S105 - of the test's own users
HASH = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)  # cheap: hundreds of tests log in
XSS = '<img src=x onerror="window.hacked=1">'
TOWNSHIP = "古城镇"
"""Of S1 alone."""
NAMES = ("古城小厨", "下关第一餐厅", "苍山脚下", "人民路面馆", "洱海渔村", "龙龛饭店", "银桥食府", XSS)


def town() -> Assets:
    sites, devices = {}, {}
    for n, name in enumerate(NAMES, 1):
        site = f"S{n}"
        district = TOWNSHIP if n == 1 else "D1"
        person = "店主" if n == 2 else ""
        sites[site] = Site(site, name, f"Shop {n}", "restaurant", "Z1", district, 100 + n / 4, 25.6, responsible=person)
        for device in (
            Device(f"G{n}", DeviceKind.GAS_DETECTOR, site, interval_s=10.0),
            Device(f"V{n}", DeviceKind.CUTOFF_VALVE, site, interval_s=10.0),
        ):
            devices[device.id] = device
    sites["S9"] = Site("S9", "中压点", "Medium pressure", "pressure_point", "Z1", "D1", 100.3, 25.6)
    devices["P9"] = Device("P9", DeviceKind.PRESSURE_SENSOR, "S9", interval_s=10.0, tier=Tier.MEDIUM_A)
    return Assets(sites, {"Z1": Zone("Z1", "一区", "Zone 1")}, devices)


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now_ns = 1_768_449_600 * S

    def __call__(self) -> int:
        return self.now_ns


class Plant:
    """The stores, and what would fill them."""

    def __init__(self, folder: Path, clock_ns: Callable[[], int], assets: Assets | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.clock_ns = clock_ns
        self.assets = assets or town()
        self.rulebook = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
        self.records = blank_records(folder / "records.db")
        self.series = EmbeddedSeries(folder / "series.db")
        self.desk = Desk(definitions=self.rulebook.definitions(), assets=self.assets, configuration="test")
        self.network: Network | None = None
        self.position = 0
        self.readers = {"watch": Reader(0, 0.4), "write": Reader(2, 0.6)}
        self.pipeline = Pipeline("", "", "", None, {}, {}, (), 0.0)
        self.retried: list[tuple[int, str]] = []
        self.glass: list[str] = []
        self.oidc: Provider | None = None
        self.folder = folder
        self.sent: list[Command] = []
        self.broker = True
        with self.records.unit() as unit:
            for role in ("operator", "supervisor", "read_only"):
                unit.add_user(User(role, f"{role} Wang", role, HASH))
            unit.add_user(User("root", "管理员", "administrator", HASH))
            unit.add_user(User("local", "古城管理员", "administrator", HASH, townships=(TOWNSHIP,)))
            unit.add_user(User("lost", "无处", "administrator", HASH, townships=("nowhere",)))

    def services(self) -> Services:
        return Services(
            records=self.records,
            series=self.series,
            desk=self.desk,
            assets=self.assets,
            rulebook=self.rulebook,
            clock_ns=self.clock_ns,
            log_status=lambda: self.readers,
            pipeline=lambda: self.pipeline,
            retry=self.retry,
            break_glass=self.break_glass,
            closing=self.closing(),
            working=Working(self.records, self.frame_log, PermitDesk(self.rulebook), self.clock_ns),
            frames=lambda devices, from_ns, to_ns: frames_between(self.frame_log(), devices, from_ns, to_ns),
            shelf=Shelf(self.folder / "reports"),
            oidc=self.oidc,
            dead_man=DeadMan(self.records, self.frame_log, self.clock_ns),
            version="0.0-test",
            root="gas/v1",
            network=self.network,
        )

    def retry(self, entry_id: int, user: str) -> int:
        self.retried.append((entry_id, user))
        with self.records.unit() as unit:
            unit.retried(entry_id, 77)
            unit.audit(AuditEntry(self.clock_ns(), user, "quarantine_retry", str(entry_id)))
        return 77

    def frame_log(self) -> FrameLog:
        return FrameLog(self.folder / "log")

    def closing(self) -> Closing:
        desk = ValveDesk(self.rulebook)
        return Closing(self.records, lambda: FrameLog(self.folder / "log"), desk, self.assets, self.send, self.clock_ns)

    def send(self, command: Command) -> None:
        if not self.broker:
            raise ConnectionError("no broker")
        self.sent.append(command)

    def break_glass(self, name: str) -> int:
        self.glass.append(name)
        return 5

    def find(
        self,
        kind: AlarmKind,
        device: str,
        transition: Transition = Transition.ONSET,
        *,
        level: int = 1,
        value: float | None = None,
        limit: float | None = None,
        reason: str = "",
        taken: tuple[str, float] | None = None,
        location: Location | None = None,
    ) -> Alarm:
        """Let a finding go through the desk, as the watch does."""
        self.position += 1
        known = self.assets.devices.get(device)
        at = self.clock_ns()
        site = known.site if known else ""
        told = (value, limit, reason)
        finding = Finding("test", kind, device, site, transition, level, self.position, at, at, *told)
        finding = replace(finding, location=location)
        if taken:
            finding = replace(finding, classification=taken[0], confidence=taken[1])
        with self.records.unit() as unit:
            self.desk.apply(unit, [finding], at)
        return self.alarm(device, kind)

    def end(self, kind: AlarmKind, device: str) -> Alarm:
        return self.find(kind, device, Transition.END, level=0)

    def leak(self, device: str = "G1", value: float = 31.0) -> Alarm:
        return self.find(AlarmKind.GAS_LOW, device, value=value, limit=20.0)

    def alarm(self, device: str, kind: AlarmKind) -> Alarm:
        found = self.records.alarm(alarm_id(device, kind))
        assert found is not None
        return found

    def measure(self, device: str, values: dict[Quantity, float], *, at_ns: int | None = None, **bad: Quality) -> None:
        self.position += 1
        quality = {Quantity(name): flag for name, flag in bad.items()}
        at_ns = self.clock_ns() if at_ns is None else at_ns
        sample = Sample(device, at_ns, None, None, values, quality, late=False)
        self.series.write([sample], cursor=self.position, frames=1)

    def hear(self, device: str, **changes: object) -> None:
        state = DeviceState(device, newest_ns=self.clock_ns(), interval_s=10.0)
        values = {name: getattr(state, name) for name in state.__slots__} | changes
        with self.records.unit() as unit:
            unit.devices([DeviceState(**values)])

    def close(self) -> None:
        self.records.close()
        self.series.close()


class Server:
    """A real server on a port of its own, in a thread; it can go away and come back."""

    def __init__(self, app: Callable[[], FastAPI]) -> None:
        self._app = app
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        config = uvicorn.Config(
            self._app(), host="127.0.0.1", port=self.port, log_level="critical", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        wait_for(lambda: self._server.started, 10, "the server")

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive()


def wait_for(condition: Callable[[], object], timeout_s: float, what: str) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {timeout_s:g} s in vain for {what}")
        time.sleep(0.01)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def plant(tmp_path: Path, clock: Clock) -> Iterator[Plant]:
    made = Plant(tmp_path, clock)
    yield made
    made.close()


@pytest.fixture
def live_plant(tmp_path: Path) -> Iterator[Plant]:
    """With the machine's own clock."""
    made = Plant(tmp_path, now_ns)
    yield made
    made.close()


@pytest.fixture
def server(live_plant: Plant, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(hub, "_HEALTH_S", 1.0)  # five times as often: tests wait for it
    made = Server(lambda: create_app(live_plant.services()))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def client(plant: Plant) -> Iterator[TestClient]:
    with TestClient(create_app(plant.services())) as made:
        yield made


def login(client: TestClient, name: str = "operator") -> TestClient:
    answer = client.post("/api/v1/login", json={"name": name, "password": PASSWORD})
    assert answer.status_code == 200, answer.text
    client.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return client


@pytest.fixture
def operator(client: TestClient) -> TestClient:
    return login(client)


# ---------------------------------------------------------------- a real browser
CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
BROWSER = [
    pytest.mark.browser,
    pytest.mark.server,
    pytest.mark.untraced,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the console is not tested"),
]
LIVE_MS = 2_000
_PATIENCE_S = 20
"""Before a page that does not show what it should is wrong: other tests share the processors."""
TRUSTED = "body:has(#counts):not(.untrusted)"


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """Of one module: its event loop must not outlive the tests that want none."""
    expect.set_options(timeout=_PATIENCE_S * 1000)
    with sync_playwright() as made:
        yield made


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
    yield browser
    browser.close()


class Opener(Protocol):
    """Opens the console as somebody who is logged in."""

    def __call__(self, name: str = "operator", at: str = "", *, language: str = "", theme: str = "") -> Page: ...


@pytest.fixture
def opened(chromium: Browser, server: Server, live_plant: Plant) -> Iterator[Opener]:
    """Open logged-in pages; afterwards no foreign host was asked, no rule broken, no exception left over."""
    pages: list[Page] = []
    faults: list[str] = []

    def foreign(request: Request) -> None:
        if not request.url.startswith((server.url, f"blob:{server.url}")):
            faults.append(request.url)

    def broken_rule(line: ConsoleMessage) -> None:
        if "Content Security Policy" in line.text:
            faults.append(line.text)

    def open_page(name: str = "operator", at: str = "", *, language: str = "", theme: str = "") -> Page:
        context = chromium.new_context(
            viewport={"width": 1366, "height": 768}, timezone_id="Europe/London", locale="en-GB"
        )
        with live_plant.records.unit() as unit:
            token, _ = begin(unit, User(name, "", "", ""), live_plant.clock_ns())
        context.add_cookies([{"name": COOKIE, "value": token, "url": server.url}])
        for key, value in (("language", language), ("theme", theme)):
            if value:
                context.add_init_script(f"localStorage.setItem('gas-lifeline.{key}', '{value}')")
        page = context.new_page()
        page.on("request", foreign)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", broken_rule)
        pages.append(page)
        page.goto(f"{server.url}/{at}")
        page.wait_for_selector(TRUSTED)
        return page

    yield open_page
    for page in pages:
        page.context.close()
    assert faults == []

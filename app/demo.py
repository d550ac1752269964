"""`gas-lifeline demo`: broker, town, every role and the console in one process; nothing of it outlives the run."""

import dataclasses
import logging
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import msgspec

from api.passwords import hash_password
from app.broker import embedded_broker, free_port
from app.calling import PLAN, build_phones, calling, write_secrets
from app.clock import now_ns
from app.configuration import read_text
from app.latency import Latency
from app.phones import ringing
from app.readers import WATCH
from app.settings import ROLES, ApiSettings, LogSettings, MqttSettings, Settings
from app.simulate import create, hear_commands, load_scenario
from app.storyteller import Storyteller, occurrences
from app.supervisor import Run, supervise
from app.tally import Tally, tally
from app.wiring import Wiring
from domain.duty import StoredPlan
from domain.errors import ConfigurationError
from domain.record import User
from ingest.mqtt import Publisher
from simulator.run import simulate
from simulator.scenario import Scenario
from simulator.transport import MqttSink
from simulator.world import World

ROOT = Path(__file__).parents[1]
DEMO_SCENARIO = ROOT / "examples" / "scenarios" / "demo.yaml"
_USER, _PASSWORD = "demo", "gas-lifeline-demo"
_RELIEF = "relief"
"""The second person: a hand-over and the end of an incident need one."""
_PORT = 8000
_EMBEDDED_COMMIT_FRAMES = 50  # the embedded broker hands out at most 100 unacknowledged messages
_START_S, _DRAIN_S = 30.0, 60.0


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line says."""

    scenario: Path = DEMO_SCENARIO
    port: int | None = None
    duration_s: float | None = None
    headless: bool = False
    json: Path | None = None
    seed: int | None = None


class _Recorder:
    """A publisher that remembers when each frame was handed over."""

    def __init__(self, publisher: Publisher, latency: Latency) -> None:
        self._publisher, self._latency = publisher, latency

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self._latency.published(topic, payload, now_ns())
        self._publisher.publish(topic, payload, retain=retain)


def run_demo(options: DemoOptions) -> int:
    """Run the demo to its end; give the exit code."""
    logging.getLogger().setLevel(logging.WARNING)
    logging.getLogger("ingest.mqtt").setLevel(logging.ERROR)  # the town leaves at the end; that is no news
    scenario, assets = load_scenario(options.scenario)
    if options.json is not None:
        create(options.json).close()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: stop.set())
    with tempfile.TemporaryDirectory(prefix="gas-lifeline-demo-") as name, embedded_broker() as mqtt_port:
        latency, folder = Latency(), Path(name)
        settings = _settings(options, scenario, folder, mqtt_port)
        with _telephones(settings, folder, options) as phones_url:
            called = calling(settings, folder / "secrets", phones_url) if phones_url else settings
            wiring = Wiring(called, latency.committed)
            _add_people(wiring)
            world = World(scenario, assets, start_ns=now_ns(), seed=options.seed)
            return _Demo(options, wiring, world, latency, mqtt_port).run(stop)


@contextmanager
def _telephones(settings: Settings, folder: Path, options: DemoOptions) -> Iterator[str]:
    """Give the address of the telephones; "" where the town has no duty plan, or nobody could look at them."""
    plan = settings.assets / PLAN
    if options.headless or not plan.exists():
        yield ""
        return
    write_secrets(folder / "secrets")
    with httpx2.Client() as client, ringing(build_phones(settings, folder / "secrets", client)) as url:
        yield url


def _settings(options: DemoOptions, scenario: Scenario, folder: Path, mqtt_port: int) -> Settings:
    return Settings.model_construct(  # without the environment: it may name the live installation
        data=folder,
        assets=options.scenario.parent / str(scenario.assets),
        rulebook=ROOT / "rulebook.toml",
        root=scenario.root,
        mqtt=MqttSettings(port=mqtt_port, protocol="3.1.1"),
        log=LogSettings(commit_frames=_EMBEDDED_COMMIT_FRAMES),
        api=ApiSettings(port=(port := _console_port(options.port)), public_url=f"http://127.0.0.1:{port}"),
    )


def _console_port(wanted: int | None) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted or _PORT))
        except OSError:
            if wanted:
                raise ConfigurationError(f"port {wanted} is taken; choose another with --port") from None
            return free_port()
    return wanted or _PORT


def _add_people(wiring: Wiring) -> None:
    plan = wiring.settings.assets / PLAN
    records, password_hash = wiring.records(), hash_password(_PASSWORD)
    with records.unit() as unit:
        unit.add_user(User(_USER, "Demo", "supervisor", password_hash))
        unit.add_user(User(_RELIEF, "Relief", "supervisor", password_hash))
        if wiring.settings.webhook.url.get_secret_value():
            unit.add_plan(StoredPlan(read_text(plan), _USER, now_ns()))
    records.close()


class _Demo:
    """The running demo: service, town and storyteller, and the count at the end."""

    def __init__(self, options: DemoOptions, wiring: Wiring, world: World, latency: Latency, mqtt_port: int) -> None:
        self._options, self._wiring, self._world, self._latency = options, wiring, world, latency
        self._publisher = Publisher(host="127.0.0.1", port=mqtt_port, client_id="gas-lifeline-town")
        self._sink = MqttSink(_Recorder(self._publisher, latency), keep=options.json is not None)
        self._town_stop = threading.Event()
        self._log, self._series, self._records = wiring.log(), wiring.series(), wiring.records()

    def run(self, stop: threading.Event) -> int:
        """Start the service, let the town live, drain, count."""
        service_stop = threading.Event()
        names = [name for name in ROLES if not (name == "api" and self._options.headless)]
        ended: list[bool] = []
        service = threading.Thread(target=lambda: ended.append(supervise(self._roles(names), service_stop)))
        service.start()
        try:
            self._wait(lambda: self._ready() or service_stop.is_set(), _START_S, "the service to start")
            self._say_where()
            self._live(stop, service_stop)
            if self._options.json is not None and not service_stop.is_set():
                self._drain()
        finally:
            service_stop.set()
            service.join()
        if self._options.json is not None:
            self._options.json.write_bytes(msgspec.json.format(msgspec.json.encode(self._result()), indent=2) + b"\n")
        return 0 if ended == [True] else 1

    def _ready(self) -> bool:
        """Tell whether the service receives and watches, and whoever opens the console finds it there."""
        return self._wiring.ready() and (self._options.headless or _listens(self._wiring.settings.api))

    def _roles(self, names: Sequence[str]) -> Mapping[str, Run]:
        storyteller = Storyteller(self._wiring.records(), self._wiring.configuration().assets, sys.stdout)
        return {**self._wiring.roles(names), "storyteller": storyteller.run}

    def _say_where(self) -> None:
        if not self._options.headless:
            api = self._wiring.settings.api
            print(f"console: http://{api.host}:{api.port}/   user {_USER}, password {_PASSWORD}", flush=True)  # noqa: T201
            print(f"second person: user {_RELIEF}, the same password", flush=True)  # noqa: T201
        if group := self._wiring.settings.webhook.url.get_secret_value():
            print(f"telephones, what people receive: {group.removesuffix('group')}", flush=True)  # noqa: T201

    def _live(self, stop: threading.Event, service_stop: threading.Event) -> None:
        """Let the town live until its time is over, somebody stops it, or the service ends."""
        self._publisher.start()
        self._publisher.subscribe(f"{self._world.scenario.root}/+/+/command", hear_commands(self._world))
        duration_ns = None if self._options.duration_s is None else round(self._options.duration_s * 1e9)
        town = threading.Thread(
            target=simulate,
            args=(self._world, self._sink),
            kwargs={"duration_ns": duration_ns, "stop": self._town_stop},
        )
        town.start()
        while town.is_alive() and not stop.is_set() and not service_stop.is_set():
            town.join(0.1)
        self._town_stop.set()
        town.join()
        self._publisher.drain(_DRAIN_S)
        self._publisher.stop()

    def _drain(self) -> None:
        """Wait until the log has everything that was published, and its readers have read it."""
        published = len(set(self._sink.published))
        self._wait(lambda: self._tally().logged >= published, _DRAIN_S, "the log to take every frame")
        last = self._log.last()
        self._wait(lambda: self._records.cursor(WATCH) >= last, _DRAIN_S, "watch to read the log")
        self._wait(lambda: self._series.cursor() >= last, _DRAIN_S, "write to read the log")

    @staticmethod
    def _wait(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                raise ConfigurationError(f"waited {timeout_s:g} s in vain for {what}")
            time.sleep(0.05)

    def _tally(self) -> Tally:
        root = self._wiring.settings.root
        return tally(self._sink.published, self._log, self._series, self._records, root)

    def _result(self) -> dict[str, object]:
        counts = self._tally()._asdict()
        return {
            **counts,
            "findings": self._wiring.findings(),
            "alarms": occurrences(self._records),
            "truth_events": [dataclasses.asdict(event) for event in self._world.truth.events],
            "alarm_latency_ms": self._latency.percentiles(self._records.journal(limit=100_000), self._log),
        }


def _listens(api: ApiSettings) -> bool:
    try:
        with socket.create_connection((api.host, api.port), timeout=1.0):
            return True
    except OSError:
        return False

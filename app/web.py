"""Role `api`: the console and the HTTP interface, built from stores of their own for each thread."""

import importlib.metadata
import socket
import threading
from collections.abc import Callable, Mapping
from math import inf
from typing import Generic, Protocol, TypeVar

import uvicorn

from alerting.permits import PermitDesk
from alerting.valves import ValveDesk
from api.application import create_app
from api.provider import Provider
from api.services import Pipeline, Platform, Push, Reader, Services
from app.clock import now_ns
from app.closing import Closing
from app.configuration import Configuration
from app.frames import frames_between
from app.histogram import BOUNDS_S
from app.pulse import CanaryPulse, IngestPulse, NotifyPulse, PulseFile, TurnPulse, WritePulse, is_silent
from app.pushed import PushLog
from app.readers import WATCH, WRITE
from app.roles.deadman import DeadMan
from app.roles.glass import break_glass
from app.roles.retry import retry
from app.roles.watch import desk_for
from app.series import SeriesReader
from app.settings import ApiSettings
from app.working import Working
from domain.command import Command
from domain.errors import ConfigurationError
from domain.quantity import Quantity
from ledger.reports.shelf import Shelf
from store.framelog import FrameLog
from store.records import Records
from store.series import Latest, Trend

_GRACE_S = 3  # an open live stream never ends by itself
_NEVER_S = 1e6  # an empty log: nobody has ever read
Store = TypeVar("Store")


class Stores(Protocol):
    """Whoever opens the stores of an installation: `app.wiring.Wiring`."""

    def channel_names(self) -> list[str]: ...
    def public_url(self) -> str: ...
    def configuration(self) -> Configuration: ...
    def records(self) -> Records: ...
    def series(self) -> SeriesReader: ...
    def log(self) -> FrameLog: ...
    def ingest_pulse(self) -> PulseFile[IngestPulse]: ...
    def write_pulse(self) -> PulseFile[WritePulse]: ...
    def canary_pulse(self) -> PulseFile[CanaryPulse]: ...
    def notify_pulse(self) -> PulseFile[NotifyPulse]: ...
    def optional(self) -> Mapping[str, Callable[[], TurnPulse]]: ...
    def oidc(self) -> Provider | None: ...
    def receipts_token(self) -> str: ...
    def push_token(self) -> str: ...
    def shelf(self) -> Shelf: ...
    def platforms(self) -> Mapping[str, Platform]: ...
    def city_targets(self) -> tuple[str, ...]: ...


class _PerThread(Generic[Store]):
    """One store for each thread of the server: SQLite connections stay where they were made."""

    def __init__(self, build: Callable[[], Store]) -> None:
        self._build = build
        self._local = threading.local()

    def __call__(self) -> Store:
        if not hasattr(self._local, "store"):
            self._local.store = self._build()
        store: Store = self._local.store
        return store


class _Series:
    """The time series, whichever thread asks."""

    def __init__(self, of_thread: Callable[[], SeriesReader]) -> None:
        self._of_thread = of_thread

    def series(self, device: str, quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend:
        return self._of_thread().series(device, quantity, from_ns, to_ns, points)

    def latest(self, device: str) -> Mapping[Quantity, Latest]:
        return self._of_thread().latest(device)


def build_services(stores: Stores, send: Callable[[Command], None]) -> Services:
    """Open everything that the API reads and writes; `send` hands a command to the broker (ConnectionError)."""
    configuration, records = stores.configuration(), stores.records()
    log, series = _PerThread(stores.log), _PerThread(stores.series)
    optional = stores.optional()

    def pipeline() -> Pipeline:
        ingest, notify, size = stores.ingest_pulse().read(), stores.notify_pulse().read(), log().size()
        turned = {name: read().oldest_ns for name, read in optional.items()} | {"ingest": ingest.time_ns}
        said = _pipeline(ingest, stores.write_pulse().read(), stores.canary_pulse().read(), now_ns())
        return said._replace(
            turned=turned | ({"notify": notify.oldest_ns} if notify.turned else {}),
            channels=stores.channel_names(),
            frames=log().last(),
            stored=series().frames(),
            space=(size.used_bytes, size.limit_bytes, size.disk_free_bytes),
        )

    return Services(
        records=records,
        series=_Series(series),
        desk=desk_for(configuration, stores.channel_names(), stores.public_url()),
        assets=configuration.assets,
        rulebook=configuration.rulebook,
        clock_ns=now_ns,
        log_status=lambda: {
            WATCH: _reader(log(), records.cursor(WATCH)),
            WRITE: _reader(log(), series().cursor()),
        },
        closing=Closing(records, log, ValveDesk(configuration.rulebook), configuration.assets, send, now_ns),
        working=Working(records, log, PermitDesk(configuration.rulebook), now_ns),
        frames=lambda devices, from_ns, to_ns: frames_between(log(), devices, from_ns, to_ns),
        shelf=stores.shelf(),
        oidc=stores.oidc(),
        break_glass=lambda name: break_glass(log(), name, now_ns()),
        pipeline=pipeline,
        retry=lambda entry_id, user: retry(records, log(), entry_id, user, now_ns()),
        dead_man=DeadMan(records, log, now_ns),
        version=importlib.metadata.version("gas-lifeline"),
        root=configuration.root,
        network=configuration.assets.network,
        receipts_token=stores.receipts_token(),
        push=Push(token, PushLog(log, configuration.assets, configuration.root, now_ns))
        if (token := stores.push_token())
        else None,
        platforms=stores.platforms(),
        targets=stores.city_targets(),
    )


def _reader(log: FrameLog, position: int) -> Reader:
    """Age of the newest frame that it has done: `watch` ticks once a second, so one that has stopped grows old too."""
    done = log.frame(position) or log.frame(log.first())
    lag_s = (now_ns() - done.received_ns) / 1e9 if done else _NEVER_S
    return Reader(lag_frames=max(0, log.last() - position), lag_s=lag_s)


def _silence(ingest: IngestPulse, now_ns: int) -> str:
    """Say that `ingest` says nothing; "" while it does."""
    if not is_silent(ingest.time_ns, now_ns):
        return ""
    if not ingest.time_ns:
        return ingest.broker
    if ingest.time_ns > now_ns:
        return "ingest spoke last at a time that is to come"
    return f"ingest has said nothing for {(now_ns - ingest.time_ns) / 1e9:.0f} s"


def _pipeline(ingest: IngestPulse, write: WritePulse, canary: CanaryPulse, now_ns: int) -> Pipeline:
    """Judge what the roles said last; one that was killed says nothing any more."""
    away = _silence(ingest, now_ns)
    return Pipeline(
        log=away or ingest.log,
        broker=away or ingest.broker,
        probe="the broker's queue was not probed yet" if ingest.probe is None else ingest.probe,
        dropped=ingest.dropped,
        refused=write.refused,
        forgotten=write.forgotten,
        commits=tuple(zip((*BOUNDS_S, inf), ingest.commits.counts, strict=False)),
        commits_s=ingest.commits.total_s,
        canary=(canary.sent_ns, canary.arrived_ns) if canary.sent_ns else None,
    )


def run_api(services: Services, settings: ApiSettings, stop: threading.Event) -> None:
    """Serve until `stop` (ConfigurationError: somebody else has the port)."""
    listening = _listen(settings)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(services),
            log_level="warning",
            timeout_graceful_shutdown=_GRACE_S,
            proxy_headers=settings.behind_proxy,  # else a visitor could say that he came by TLS, and from where
            forwarded_allow_ips=[str(proxy) for proxy in settings.proxies],
        )
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while thread.is_alive() and not stop.wait(0.2):
        pass
    server.should_exit = True
    thread.join(timeout=2 * _GRACE_S)
    if not stop.is_set():
        raise RuntimeError("the console ended by itself")


def _listen(settings: ApiSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        raise ConfigurationError(
            f"the console could not listen on {settings.host}:{settings.port}: {error.strerror}"
        ) from None

"""The one place where the parts meet: settings in, roles out. Read it to see the pipeline."""

import logging
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpx2

from alerting.autoclose import Wish
from alerting.desk import BIRD
from alerting.notify.channel import Channel
from alerting.notify.heartbeat import MonitorBeat, RelayBeat
from alerting.notify.http import Http
from alerting.notify.relay import Relay
from app import channels
from app.awaiting import await_stores
from app.beside import beside, spared
from app.clock import now_ns
from app.closing import Sender as CommandSender
from app.heap import settle
from app.housekeeping import Housekeeping
from app.roles.audit import Auditor, Beside, Late, Patience, Ways, run_auditor
from app.roles.beat import Beat
from app.roles.canary import Canary, CanaryEnd, run_canary, singing
from app.roles.canary import Numbers as CanaryNumbers
from app.roles.delay import Delay
from app.roles.duty import DutyWatch
from app.roles.emergency import Emergency, Everywhere
from app.roles.health import HealthWatch
from app.roles.heart import Heart, Limits, Moved
from app.roles.heart import Way as HeartWay
from app.roles.ingest import GuardedAppend, Prober, build_intake, build_publisher, probe_broker
from app.roles.ledger import run_keeper
from app.roles.listen import build_listener
from app.roles.notify import run_notify
from app.roles.orders import Orders, build_closing
from app.roles.refusals import Refusals
from app.roles.write import Write
from app.series import SeriesStore
from app.settings import MqttSettings, Settings
from app.showing import showing
from app.space import Space
from app.stores import Stores, secret
from app.supervisor import Run
from domain.asset import AutoClose
from domain.command import Command
from domain.errors import ConfigurationError
from domain.finding import Finding
from ingest.gb26875.directory import Directory
from ingest.mqtt import Intake, Publisher
from ingest.topics import canary_topic
from ledger.keeper import Keeper, Times
from ledger.telemetry import Spans, Telemetry

if TYPE_CHECKING:
    from api.provider import Provider
    from api.services import Platform
    from app.roles.watch import Watch

_LOGGER = logging.getLogger(__name__)
_LATE_IDLE_S = 5.0


class Wiring(Stores):
    """Builds each role of one installation.

    Args:
        settings: of the installation.
        committed: told (position, wall clock) after each commit of alarm transitions.
    """

    def __init__(
        self, settings: Settings, committed: Callable[[int, int], None] = lambda _position, _now_ns: None
    ) -> None:
        super().__init__(settings)
        self._committed = committed
        self._intake: Intake | None = None
        self._watcher: Watch | None = None

    def roles(self, names: Sequence[str]) -> Mapping[str, Run]:
        builders: dict[str, Callable[[threading.Event], None]] = {
            "ingest": self._ingest,
            "watch": self._watch,
            "write": self._write,
            "notify": self._notify,
            "api": self._api,
            "audit": self._audit,
            "connect": self._connect,
            "listen": self._listen,
        }
        return {name: builders[name] for name in names}

    def _ingest(self, stop: threading.Event) -> None:
        mqtt = self.settings.mqtt
        password = secret(mqtt.password_file)
        logs = await_stores(lambda: (self.log(), self.log()), stop)
        if logs is None:
            return
        append, prober = GuardedAppend(logs[0]), Prober(lambda: probe_broker(mqtt, password))
        self._intake = intake = build_intake(self.settings, append, password, now_ns)
        beat = Beat(
            self.ingest_pulse(),
            health=intake.health,
            log=logs[1],
            commits=append.commits.read,
            prober=prober,
            clock_ns=now_ns,
        )
        with beside(beat.run, "beat", stop):
            if mqtt.probe:
                prober.first(stop)
                threading.Thread(target=prober.run, args=(stop,), name="prober", daemon=True).start()
            else:
                prober.verdict = ""  # nobody knows; the owner of the broker answers for it
            intake.run(stop)

    def _listen(self, stop: threading.Event) -> None:
        if not self.settings.listen.enabled:
            raise ConfigurationError("role listen is asked for and listen.enabled is not set; expected true")
        devices, root = self.configuration().assets.devices.values(), self.settings.root
        log = await_stores(self.log, stop)
        if log is not None:
            append, pulse = GuardedAppend(log), self.listen_pulse()
            build_listener(self.settings.listen, Directory(devices, root), append, pulse, now_ns).run(stop)

    def _watch(self, stop: threading.Event) -> None:
        with self._emergency("relay") as unrecorded, self._orders() as order:
            self._watcher = await_stores(lambda: self._build_watch(unrecorded, order), stop)
            if self._watcher is not None:
                settle()
                with beside(self._keep_space, "space", stop):
                    self._watcher.run(stop)

    def _keep_space(self, stop: threading.Event) -> None:
        space = await_stores(self._space, stop)
        if space is not None:
            space.run(now_ns, stop)

    def _space(self) -> Space:
        snapshots, series = self.snapshots(), self.series()
        return Space(
            log=self.log(),
            records=self.records(),
            rulebook=self.configuration().rulebook,
            keep_ns=self.keep().log_ns,
            watch_position=lambda: (snapshots.newest() or (0, b""))[0],
            write_cursor=series.cursor,
        )

    def ready(self) -> bool:
        """Tell whether this process receives from the broker and watches the log."""
        return self._intake is not None and self._intake.health().connected and self._watcher is not None

    def findings(self) -> int:
        return 0 if self._watcher is None else self._watcher.findings

    @contextmanager
    def _orders(self) -> Iterator[Callable[[Wish], None]]:
        """Give what carries out the closing rule; where no site has it, nothing connects."""
        configuration = self.configuration()
        if not any(site.auto_close is AutoClose.ON for site in configuration.assets.sites.values()):
            yield lambda _wish: None
            return
        with self.command_sender() as send:
            yield Orders(partial(build_closing, self, send), configuration.rulebook.ns("valve_command.answer"), now_ns)

    def _build_watch(self, unrecorded: Callable[[Finding], None], order: Callable[[Wish], None]) -> "Watch":
        from app.roles.watch import Watch  # detectors and their solvers

        configuration = self.configuration()
        log, series = self.log(), self.series()
        return Watch(
            log=log,
            records=self.records(),
            snapshots=self.snapshots(),
            configuration=configuration,
            channels=self.channel_names(),
            url=self.public_url(),
            clock_ns=now_ns,
            health=HealthWatch(
                self.log(),
                configuration.rulebook,
                series.cursor,
                self.ingest_pulse().read,
                self.write_pulse().read,
                others=self.optional(),
            ),
            duty=DutyWatch(self.records(), configuration.rulebook),
            committed=self._committed,
            took=Delay(self.watch_pulse(), now_ns).recorded,
            unrecorded=unrecorded,
            order=order,
        )

    @contextmanager
    def _emergency(self, name: str) -> Iterator[Callable[[Finding], None]]:
        """Give what tells of priority 1 past the outbox; each way has a thread of its own, each role its own name."""
        assets = self.configuration().assets
        with ExitStack() as stack:
            ways = channels.at_once(self.settings, self._tools(stack))
            if self.settings.relay.topic:
                ways.append(self._relay(stack, name))
            yield Everywhere([Emergency(way.send, assets) for way in ways])

    def _write(self, stop: threading.Event) -> None:
        with closing(self.series()) as series, showing(self, stop):
            writer = await_stores(lambda: self._build_write(series), stop)
            if writer is not None:
                settle()
                writer.run(stop)

    def _build_write(self, series: SeriesStore) -> Write:
        log, snapshots, refusals = self.log(), self.snapshots(), Refusals(self.write_pulse(), now_ns)
        housekeeping = Housekeeping(
            log=log,
            cursors=[series.cursor, lambda: (snapshots.newest() or (0, b""))[0]],
            trim_series=series.trim,
            unit=self.unit,
            forgot=refusals.forgot,
            keep=self.keep(),
        )
        return Write(log=log, series=series, quarantine=self.quarantine, refusals=refusals, housekeeping=housekeeping)

    def channel_names(self) -> list[str]:
        return channels.configured(self.settings)

    def public_url(self) -> str:
        return self.settings.api.public_url

    def _audit(self, stop: threading.Event) -> None:
        with self._emergency("auditor") as tell, ExitStack() as stack:
            lame = list[str]()
            built = await_stores(lambda: (self._build_auditor(tell, lame), self._heart(stack)), stop)
            if built is not None:
                runs = {"late_notices": self._send_late, "ledger": self._keep_ledger}
                if self.settings.canary.enabled:
                    runs["canary"] = partial(self._sing, tell)
                if self.settings.reports.enabled:
                    from app.roles.reports import run_scheduled  # of role `audit` alone

                    runs["reports"] = partial(run_scheduled, self, lame)
                for name, run in runs.items():  # their failure is told, and never keeps the auditor from looking
                    stack.enter_context(beside(spared(run, name, lame), name, stop))
                run_auditor(built[0], built[1].beat, now_ns, stop)

    def _sing(self, tell: Callable[[Finding], None], stop: threading.Event) -> None:
        rules, topic = self.configuration().rulebook, canary_topic(self.settings.root)
        with ExitStack() as stack:
            sing = singing(self._publisher(stack, "canary"), topic)
            log = await_stores(self.log, stop)
            if log is not None:
                numbers = CanaryNumbers(rules.ns("canary.every"), rules.ns("canary.late"))
                run_canary(Canary(sing, self.canary_pulse().read, numbers, log.append, tell), now_ns, stop)

    def _heart(self, stack: ExitStack) -> Heart:
        moved = Moved(self.log(), self.records().cursor, self.notify_pulse().read)
        deadman, rules = self.settings.deadman, self.configuration().rulebook
        ways: list[HeartWay] = []
        if deadman.topic:
            ways.append(RelayBeat(self._publisher(stack, "heart"), deadman.topic))
        if url := deadman.url.get_secret_value():
            ways.append(MonitorBeat(url, self._tools(stack).http))
        return Heart(moved, ways, Limits(rules.ns("deadman.stale"), rules.ns("deadman.silence")))

    def _send_late(self, stop: threading.Event) -> None:
        """Send what role `notify` leaves lying; a mistake in the settings must not keep the auditor from looking."""
        after_s = self.configuration().rulebook["escalation_fault.after"]
        try:
            with self.ways(self.channel_names(), "auditor-late") as ways:
                records = await_stores(self.records, stop)
                if records is not None:
                    metered = channels.metered(ways, self.settings, records, now_ns)
                    run_notify(Late(records, after_s), metered, None, now_ns, stop, idle_s=_LATE_IDLE_S)
        except ConfigurationError as error:
            _LOGGER.error("audit: sends nothing itself: %s", error)  # noqa: TRY400 - the line says it all

    def _build_auditor(self, tell: Callable[[Finding], None], lame: Sequence[str]) -> Auditor:
        configuration, pulse = self.configuration(), self.notify_pulse()
        rules, ways = configuration.rulebook, Ways(tuple(self.channel_names()), self.public_url())
        patience = Patience(rules.ns("escalation_fault.after"), rules.ns("escalation_fault.queue"))
        others, append = Beside(lambda: pulse.read().turned, lame), self.log().append
        return Auditor(self.records(), configuration.assets, patience, append, tell, ways=ways, beside=others)

    def _notify(self, stop: threading.Event) -> None:
        with self.ways(self.channel_names(), "notify") as ways:
            records = await_stores(self.records, stop)
            if records is not None:
                metered = dict(channels.metered(ways, self.settings, records, now_ns))
                if self.settings.canary.enabled:
                    metered[BIRD] = CanaryEnd(self.canary_pulse(), now_ns)
                run_notify(records, metered, self.notify_pulse(), now_ns, stop)

    def _keep_ledger(self, stop: threading.Event) -> None:
        """Keep the hazard ledger, beside the role that already reads what others did and tells what is missing."""
        records, configuration = await_stores(self.records, stop), self.configuration()
        if records is not None:
            with closing(self.series()) as series:
                assets, rules = configuration.assets, configuration.rulebook
                telemetry = Telemetry(series, assets, Spans.of(rules))
                gross = self.settings.ledger.cylinder_weight == "gross"
                run_keeper(Keeper(records, assets, Times.of(rules), telemetry, gross=gross), now_ns, stop)

    @contextmanager
    def ways(self, names: Sequence[str], whose: str) -> Iterator[dict[str, Channel]]:
        """Build some of the channels that have settings; the relay's connects to the broker under a name of its own."""
        with ExitStack() as stack:
            tools = self._tools(stack)
            relays = {name: self._relay(stack, whose) for name in names if name == channels.RELAY}
            yield {name: relays.get(name) or channels.build(self.settings, name, tools) for name in names}

    def _tools(self, stack: ExitStack) -> channels.Tools:
        client = stack.enter_context(httpx2.Client())
        return channels.Tools(Http(client), now_ns, self.settings.channels.language)

    def _relay(self, stack: ExitStack, whose: str) -> Relay:
        return Relay(self._publisher(stack, whose), self.settings.relay.topic)

    def _publisher(self, stack: ExitStack, whose: str) -> Publisher:
        mqtt = self.settings.mqtt
        return self._publisher_at(stack, mqtt, f"{mqtt.client_id}-{whose}")

    def _connect(self, stop: threading.Event) -> None:
        from app.connect import run_connect  # of role `connect` alone

        run_connect(self, self._publisher_at, stop)

    def _publisher_at(self, stack: ExitStack, mqtt: MqttSettings, name: str) -> Publisher:
        publisher = build_publisher(mqtt, secret(mqtt.password_file), name)
        stack.callback(publisher.stop)
        publisher.start()
        return publisher

    def oidc(self) -> "Provider | None":
        from app.identity import build_provider  # of role `api` alone

        return build_provider(self.settings.oidc)

    def receipts_token(self) -> str:
        return channels.receipts_token(self.settings)

    def push_token(self) -> str:
        return channels.push_token(self.settings)

    def platforms(self) -> "Mapping[str, Platform]":
        from app.connect import platforms  # of role `api` alone

        return platforms(self.settings.city)

    def city_targets(self) -> tuple[str, ...]:
        return tuple(self.settings.city.targets)

    def _api(self, stop: threading.Event) -> None:
        from app.web import build_services, run_api  # the web framework

        with self.command_sender() as send:
            services = await_stores(lambda: build_services(self, send), stop)
            if services is not None:
                run_api(services, self.settings.api, stop)

    @contextmanager
    def command_sender(self) -> Iterator[Callable[[Command], None]]:
        """Give what hands a close command to the broker (ConnectionError: it did not leave)."""
        mqtt = self.settings.mqtt
        name = f"{mqtt.client_id}-command-{secrets.token_hex(4)}"  # two of one name would throw each other out
        publisher = build_publisher(mqtt, secret(mqtt.password_file), name)
        publisher.start()
        try:
            yield CommandSender(publisher, self.settings.root)
        finally:
            publisher.stop()

"""The one place where the parts meet: settings in, roles out. Read it to see the pipeline."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import httpx2

from alerting.notify.outbox import Sender
from alerting.notify.webhook import WebhookChannel
from api.provider import Provider
from app.clock import now_ns
from app.configuration import Configuration, load_configuration, read_text
from app.housekeeping import Housekeeping
from app.identity import build_provider
from app.roles.emergency import Emergency
from app.roles.health import HealthWatch
from app.roles.ingest import await_broker, build_intake, probe_broker
from app.roles.notify import run_sender
from app.roles.watch import Watch
from app.roles.write import Write
from app.series import SeriesStore
from app.settings import Settings
from app.supervisor import Run, make_folder
from app.web import run_api
from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.finding import Finding
from domain.record import Quarantined
from ingest.mqtt import Intake
from store.framelog import FrameLog
from store.records import Records
from store.series import EmbeddedSeries
from store.snapshot import SnapshotStore


class Wiring:
    """Builds each role of one installation. Every role opens stores of its own: they share files, never objects.

    Args:
        settings: of the installation.
        committed: told (position, wall clock) after each commit of alarm transitions.
    """

    def __init__(
        self, settings: Settings, committed: Callable[[int, int], None] = lambda _position, _now_ns: None
    ) -> None:
        self.settings = settings
        self._committed = committed
        self._intake: Intake | None = None
        self._watcher: Watch | None = None
        self._upgrading, self._upgraded = threading.Lock(), False
        make_folder(settings.data)

    def configuration(self) -> Configuration:
        return load_configuration(self.settings.assets, self.settings.rulebook, self.settings.root)

    def log(self) -> FrameLog:
        log = self.settings.log
        return FrameLog(self.settings.data / "log", segment_bytes=log.segment_bytes, limit_bytes=log.limit_bytes)

    def series(self) -> SeriesStore:
        """Open the time series. One at a time writes."""
        chosen = self.settings.series
        if chosen.kind == "embedded":
            return EmbeddedSeries(self.settings.data / "series.db")
        from store.influx import InfluxSeries  # noqa: PLC0415 - its client takes half a second to import

        return InfluxSeries(
            chosen.url,
            api=chosen.api,
            token=_secret(chosen.token_file) or "",
            org=chosen.org,
            bucket=chosen.bucket,
            cursor_file=self.settings.data / "series-cursor.db",
        )

    def records(self) -> Records:
        """Open the records; their tables are brought up to date before the first use, and `ingest` uses none."""
        records = Records(self.settings.records_url)
        with self._upgrading:
            if not self._upgraded:
                records.upgrade()
            self._upgraded = True
        return records

    def snapshots(self) -> SnapshotStore:
        return SnapshotStore(self.settings.data / "snapshots")

    def roles(self, names: Sequence[str]) -> Mapping[str, Run]:
        builders: dict[str, Callable[[threading.Event], None]] = {
            "ingest": self._ingest,
            "watch": self._watch,
            "write": self._write,
            "notify": self._notify,
            "api": self._api,
        }
        return {name: builders[name] for name in names}

    def _ingest(self, stop: threading.Event) -> None:
        mqtt = self.settings.mqtt
        password = _secret(mqtt.password_file)
        self._intake = build_intake(self.settings, self.log(), password, now_ns)
        if mqtt.probe:
            await_broker(lambda: probe_broker(mqtt, password), stop)
        self._intake.run(stop)

    def _watch(self, stop: threading.Event) -> None:
        self._watcher = self._build_watch()
        self._watcher.run(stop)

    def ready(self) -> bool:
        """Tell whether this process receives from the broker and watches the log."""
        return self._intake is not None and self._intake.health().connected and self._watcher is not None

    def findings(self) -> int:
        return 0 if self._watcher is None else self._watcher.findings

    def _build_watch(self) -> Watch:
        configuration = self.configuration()
        log, series = self.log(), self.series()
        return Watch(
            log=log,
            records=self.records(),
            snapshots=self.snapshots(),
            configuration=configuration,
            channels=self.channel_names(),
            clock_ns=now_ns,
            health=HealthWatch(self.log(), configuration.rulebook, series.cursor),
            committed=self._committed,
            unrecorded=self._emergency(configuration.assets),
        )

    def _emergency(self, assets: Assets) -> Callable[[Finding], None]:
        secret = _secret(self.settings.webhook.secret_file)
        if not (self.settings.webhook.emergency and self.channel_names() and secret):
            return lambda _finding: None
        return Emergency(self._webhook(httpx2.Client(), secret).send, assets)

    def _write(self, stop: threading.Event) -> None:
        log, snapshots = self.log(), self.snapshots()
        with closing(self.series()) as series:
            housekeeping = Housekeeping(
                log=log,
                keep_ns=round(self.settings.log.keep_h * 3_600e9),
                cursors=[series.cursor, lambda: (snapshots.newest() or (0, b""))[0]],
            )
            Write(log=log, series=series, quarantine=self._quarantine, housekeeping=housekeeping).run(stop)

    def _quarantine(self, entries: Sequence[Quarantined]) -> None:
        """Keep what the series refused; opens the records for that alone, so that `write` runs without them."""
        with closing(self.records()) as records, records.unit() as unit:
            unit.quarantine(entries)

    def channel_names(self) -> list[str]:
        return ["webhook"] if self.settings.webhook.url.get_secret_value() else []

    def _notify(self, stop: threading.Event) -> None:
        webhook = self.settings.webhook
        secret = _secret(webhook.secret_file) or ""
        if self.channel_names() and not secret:
            raise ConfigurationError(
                "webhook.secret_file is missing: notices are signed, and an empty key signs nothing"
            )
        with httpx2.Client() as client:
            channels = {name: self._webhook(client, secret) for name in self.channel_names()}
            run_sender(Sender(self.records(), channels, now_ns), now_ns, stop)

    def _webhook(self, client: httpx2.Client, secret: str) -> WebhookChannel:
        url = self.settings.webhook.url.get_secret_value()
        return WebhookChannel(url=url, secret=secret, client=client, clock_ns=now_ns)

    def oidc(self) -> Provider | None:
        return build_provider(self.settings.oidc)

    def _api(self, stop: threading.Event) -> None:
        run_api(self, self.settings.api, stop)


def _secret(path: Path | None) -> str | None:
    return read_text(path).strip() if path else None

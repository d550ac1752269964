"""The stores of one installation: where each lies, and how it is opened."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app.configuration import ONE_WORD, Configuration, load_configuration, read_text
from app.housekeeping import Keep
from app.pulse import (
    CanaryPulse,
    ConnectPulse,
    IngestPulse,
    ListenPulse,
    NotifyPulse,
    PulseFile,
    TurnPulse,
    WatchPulse,
    WritePulse,
)
from app.series import SeriesStore
from app.settings import Settings
from app.supervisor import make_folder
from domain.record import Quarantined
from ledger.reports.shelf import Shelf
from store.framelog import FrameLog
from store.records import Records
from store.series import EmbeddedSeries
from store.snapshot import SnapshotStore
from store.unit import Unit

if TYPE_CHECKING:
    from store.influx import InfluxSeries

_HOUR_NS, _DAY_NS = 3_600_000_000_000, 86_400_000_000_000
_GAPS_KEEP_D = 400  # a year and a month: the statutory reports of a year still find them


class Stores:
    """Opens the stores. Every role opens its own: they share files, never objects.

    Args:
        settings: of the installation.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._upgrading, self._upgraded = threading.Lock(), False
        make_folder(settings.data)

    def configuration(self) -> Configuration:
        return load_configuration(self.settings.assets, self.settings.rulebook, self.settings.root)

    def log(self) -> FrameLog:
        log = self.settings.log
        return FrameLog(self.settings.data / "log", segment_bytes=log.segment_bytes, limit_bytes=log.limit_bytes)

    def series(self) -> SeriesStore:
        """Open the time series. One at a time writes."""
        if self.settings.series.kind == "embedded":
            return EmbeddedSeries(self.settings.data / "series.db")
        return open_influx(self.settings)

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

    def shelf(self) -> Shelf:
        return Shelf(self.settings.reports.folder or self.settings.data / "reports")

    def ingest_pulse(self) -> PulseFile[IngestPulse]:
        return PulseFile(self.settings.data, IngestPulse())

    def write_pulse(self) -> PulseFile[WritePulse]:
        return PulseFile(self.settings.data, WritePulse())

    def watch_pulse(self) -> PulseFile[WatchPulse]:
        return PulseFile(self.settings.data, WatchPulse())

    def canary_pulse(self) -> PulseFile[CanaryPulse]:
        return PulseFile(self.settings.data, CanaryPulse())

    def notify_pulse(self) -> PulseFile[NotifyPulse]:
        return PulseFile(self.settings.data, NotifyPulse())

    def connect_pulse(self) -> PulseFile[ConnectPulse]:
        return PulseFile(self.settings.data, ConnectPulse())

    def listen_pulse(self) -> PulseFile[ListenPulse]:
        return PulseFile(self.settings.data, ListenPulse())

    def optional(self) -> Mapping[str, Callable[[], TurnPulse]]:
        """Give the pulses of the roles that run because they are configured, and of no other."""
        pulses = {"connect": self.connect_pulse().read, "listen": self.listen_pulse().read}
        return {name: read for name, read in pulses.items() if name in self.settings.roles}

    def keep(self) -> Keep:
        settings = self.settings
        return Keep(
            log_ns=round(settings.log.keep_h * _HOUR_NS),
            series_ns=round(settings.series.keep_d * _DAY_NS),
            quarantine_ns=round(settings.records.quarantine_keep_d * _DAY_NS),
            gaps_ns=_GAPS_KEEP_D * _DAY_NS,
            minutes_ns=round(settings.series.minutes_keep_d * _DAY_NS),
            hours_ns=round(settings.series.hours_keep_d * _DAY_NS),
            notices_ns=round(settings.records.notices_keep_d * _DAY_NS),
            instructions_ns=round(settings.records.instructions_keep_d * _DAY_NS),
        )

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """Open the records for one transaction alone, so that `write` runs without them."""
        with closing(self.records()) as records, records.unit() as unit:
            yield unit

    def quarantine(self, entries: Sequence[Quarantined]) -> None:
        """Keep what the series refused."""
        with self.unit() as unit:
            unit.quarantine(entries)


def open_influx(settings: Settings) -> "InfluxSeries":
    from store.influx import InfluxSeries  # its client takes half a second

    chosen = settings.series
    return InfluxSeries(
        chosen.url,
        api=chosen.api,
        token=secret(chosen.token_file) or "",
        org=chosen.org,
        bucket=chosen.bucket,
        cursor_file=settings.data / "series-cursor.db",
    )


def secret(path: Path | None) -> str | None:
    return read_text(path, ONE_WORD).strip() if path else None

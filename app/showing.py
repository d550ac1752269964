"""What role `write` does for charts, on threads of its own: no sample, and no alarm, ever waits for it."""

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from typing import NamedTuple

import httpx2

from app.awaiting import await_stores
from app.beside import beside, spared
from app.channels import configured
from app.clock import now_ns
from app.paced import paced
from app.pulse import CanaryPulse, PulseFile, WatchPulse
from app.roles.annotate import Annotate
from app.roles.mirror import EVERY_NS, Mirror
from app.stores import Stores, open_influx, secret
from domain.errors import ConfigurationError
from grafana.publisher import TIMEOUT_S, Grafana
from store.framelog import FrameLog
from store.outbox import Waiting
from store.records import Records

_LOGGER = logging.getLogger(__name__)
_NOTICE_LATE_NS = 60_000_000_000


@contextmanager
def showing(stores: Stores, stop: threading.Event) -> Iterator[None]:
    """Copy alarms into InfluxDB and into a Grafana, where there is one, until the block ends."""
    settings = stores.settings.grafana
    with ExitStack() as stack:
        if stores.settings.series.kind == "influx":
            stack.enter_context(beside(spared(partial(_mirror, stores), "mirror", []), "mirror", stop))
        if settings.url:
            client = stack.enter_context(httpx2.Client(timeout=TIMEOUT_S))
            grafana = Grafana(client, settings.url, secret(settings.token_file) or "")
            annotate = spared(partial(_annotate, stores, grafana), "annotations", [])
            stack.enter_context(beside(annotate, "annotations", stop))
        yield


def _mirror(stores: Stores, stop: threading.Event) -> None:
    with closing(open_influx(stores.settings)) as points:

        def build() -> Callable[[], bool]:
            log, records, settings = stores.log(), stores.records(), stores.settings
            delays = Delays(stores.watch_pulse(), stores.canary_pulse())
            return Mirror(
                records,
                points,
                assets=stores.configuration().assets,
                health=health_of(log, records, points.cursor, now_ns, delays),
                clock_ns=now_ns,
                keep_ns=stores.keep().series_ns,
                outboxes=outboxes_of(records, configured(settings), list(settings.city.targets), now_ns),
            ).step

        _follow(build, "mirror of alarms", stop)


def _annotate(stores: Stores, grafana: Grafana, stop: threading.Event) -> None:
    def build() -> Callable[[], bool]:
        return Annotate(stores.records(), grafana, stores.configuration().assets).step

    _follow(build, "annotations in Grafana", stop)


def _follow(build: Callable[[], Callable[[], bool]], what: str, stop: threading.Event) -> None:
    """Take steps; a mistake in a file must not keep the role from storing samples, which asks for none of them."""
    try:
        step = await_stores(build, stop)
    except ConfigurationError as error:
        _LOGGER.error("%s: none until the next start: %s", what, error)  # noqa: TRY400 - the line says it all
        return
    if step is not None:
        paced(step, what, stop)


class Delays(NamedTuple):
    """Who says how long alarms take: `watch` of real ones, `notify` of the test alarm."""

    watch: PulseFile[WatchPulse]
    canary: PulseFile[CanaryPulse]

    def read(self, now: int) -> Mapping[str, float]:
        """Give what there is to say of the time since the last look."""
        watch, canary = self.watch.read(), self.canary.read()
        found = {"detect_s": watch.took_s} if 0 <= now - watch.time_ns < EVERY_NS else {}
        if canary.sent_ns:
            found["canary_s"] = (canary.arrived_ns - canary.sent_ns) / 1e9
            found["canary_age_s"] = (now - canary.arrived_ns) / 1e9
        return found


def health_of(
    log: FrameLog, records: Records, write_cursor: Callable[[], int], clock_ns: Callable[[], int], delays: Delays
) -> Callable[[], Mapping[str, Mapping[str, float]]]:
    """Give what measures the readers of the log, and the ledgers of what came."""

    def measure() -> Mapping[str, Mapping[str, float]]:
        now = clock_ns()
        positions = {"watch": records.cursor("watch"), "write": write_cursor()}
        return {name: _behind(log, position, now) for name, position in positions.items()} | {"all": _ledger(now)}

    def _ledger(now: int) -> Mapping[str, float]:
        states = records.device_states().values()
        return {
            "admitted": float(sum(state.frames for state in states)),
            "duplicates": float(sum(state.duplicates for state in states)),
            "missing": float(sum(state.missing for state in states)),
            "quarantined": float(sum(records.quarantine_counts().values())),
            "notices_late": float(records.overdue(now - _NOTICE_LATE_NS, now - _NOTICE_LATE_NS)),
            **delays.read(now),
        }

    return measure


def outboxes_of(
    records: Records, channels: Sequence[str], targets: Sequence[str], clock_ns: Callable[[], int]
) -> Callable[[], Mapping[tuple[str, str], Mapping[str, float]]]:
    """Give what measures the outboxes of notices and of a city's platforms; an empty one is nought."""

    def measure() -> Mapping[tuple[str, str], Mapping[str, float]]:
        now, notices = clock_ns(), records.waiting()

        def age_s(since_ns: int) -> float:
            return max(0.0, (now - since_ns) / 1e9) if since_ns else 0.0

        found: dict[tuple[str, str], Mapping[str, float]] = {}
        for name in sorted({*channels, *notices}):
            waiting = notices.get(name, Waiting())
            numbers = {"waiting": float(waiting.number), "failing": float(waiting.tried)}
            found["notice", name] = numbers | {"oldest_s": age_s(waiting.oldest_ns)}
        for name in targets:
            parcels = records.backlog(name)
            numbers = {"waiting": float(parcels.waiting), "failing": float(parcels.dead)}
            found["city", name] = numbers | {"oldest_s": age_s(parcels.oldest_ns)}
        return found

    return measure


def _behind(log: FrameLog, position: int, now: int) -> Mapping[str, float]:
    done = log.frame(position) or log.frame(log.first())
    age_s = {"lag_s": (now - done.received_ns) / 1e9} if done else {}
    return {"unread": float(max(0, log.last() - position)), **age_s}

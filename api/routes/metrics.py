"""Our own health for Prometheus, read anew at each scrape: every process of the API says the same."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from api.people import Here
from api.services import Pipeline, Services, Waits
from domain.parcel import Backlog
from domain.record import DeviceState
from domain.sample import RefusalReason

router = APIRouter(tags=["health"])
_NAMED_DEVICES = 100
"""Devices that a scrape names at most: what is wrong everywhere needs no list."""
_SERIES_REFUSALS = ("line", "settings", "request", "busy", "unavailable")


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(here: Here) -> Response:
    """Answer in the text format of Prometheus; it names no person, site or reading."""
    registry = CollectorRegistry()
    registry.register(_Health(here.services))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _Health(Collector):
    """Everything that the records and the log say of ourselves."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        yield from self._readers()
        yield from _pipeline(pipeline := self._services.pipeline())
        yield from _canary(pipeline.canary, self._services.clock_ns())
        yield _ages(pipeline.turned, self._services.clock_ns())
        yield from _amounts(pipeline)
        yield from _notices(pipeline.channels, self._services.records.waiting(), self._services.clock_ns())
        states = self._services.records.device_states().values()
        yield from _ledgers(states)
        # no counter: filled and old ones leave the ledger, and of a counter that falls Prometheus takes all for new
        yield GaugeMetricFamily("ingest_gaps", "gaps in the ledger", value=self._services.records.count_gaps())
        yield from _skew(states)
        refused = CounterMetricFamily(
            "quarantine", "refused parts of frames, those included that left by age", labels=["reason"]
        )
        total = Counter(self._services.records.quarantine_counts()) + Counter(pipeline.forgotten)
        for reason, count in sorted(_from_zero(RefusalReason, total).items()):
            refused.add_metric([reason], count)
        yield refused
        yield self._alarms()
        yield from _city(self._services.records.backlogs(), self._services.clock_ns())

    def _readers(self) -> Iterator[Metric]:
        unread = GaugeMetricFamily("log_unread_frames", "frames that a reader has still to read", labels=["reader"])
        lag = GaugeMetricFamily("log_lag_seconds", "age of the last frame that a reader has done", labels=["reader"])
        for name, reader in self._services.log_status().items():
            unread.add_metric([name], reader.lag_frames)
            lag.add_metric([name], reader.lag_s)
        yield unread
        yield lag

    def _alarms(self) -> Metric:
        standing = GaugeMetricFamily("alarms_standing", "alarms that are not normal", labels=["priority", "answered"])
        found = Counter(
            (a.priority, a.life.acknowledged) for a in self._services.records.alarms(standing=True, limit=2_000)
        )
        for priority in (1, 2, 3, 4):  # zeros too: a missing series must never look like a quiet night
            for answered in (False, True):
                standing.add_metric([str(priority), str(answered).lower()], found[priority, answered])
        return standing


def _from_zero(reasons: Iterable[str], counts: Mapping[str, int]) -> dict[str, int]:
    """Add the reasons that never occurred: of a series that begins at 500, Prometheus' `increase` is 0."""
    return {**dict.fromkeys(reasons, 0), **counts}


def _city(backlogs: Mapping[str, Backlog], now_ns: int) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("city_waiting", "records that wait for a city's platform", labels=["target"])
    dead = GaugeMetricFamily("city_dead", "records that it refused for good", labels=["target"])
    oldest = GaugeMetricFamily("city_oldest_seconds", "age of the oldest that waits", labels=["target"])
    for name, found in backlogs.items():
        waiting.add_metric([name], found.waiting)
        dead.add_metric([name], found.dead)
        oldest.add_metric([name], (now_ns - found.oldest_ns) / 1e9 if found.oldest_ns else 0.0)
    yield from (waiting, dead, oldest)


def _ledgers(states: Iterable[DeviceState]) -> Iterator[Metric]:
    states = list(states)
    yield CounterMetricFamily("ingest_frames", "messages admitted", value=sum(state.frames for state in states))
    yield CounterMetricFamily(
        "ingest_duplicates", "messages dropped as repeats", value=sum(s.duplicates for s in states)
    )
    yield GaugeMetricFamily("ingest_gap_messages", "messages known to be missing", value=sum(s.missing for s in states))


def _pipeline(pipeline: Pipeline) -> Iterator[Metric]:
    if pipeline.dropped is not None:
        yield CounterMetricFamily("broker_dropped", "messages that the broker dropped", value=pipeline.dropped)
    refused = CounterMetricFamily(
        "series_write_refused", "lines and attempts that the time series refused", labels=["reason"]
    )
    for reason, count in sorted(_from_zero(_SERIES_REFUSALS, pipeline.refused).items()):
        refused.add_metric([reason], count)
    yield refused
    commits = HistogramMetricFamily("log_commit_seconds", "how long commits of the frame log took")
    if pipeline.commits:
        bounds, counts = zip(*pipeline.commits, strict=True)
        commits.add_metric(
            [], list(zip(map(floatToGoString, bounds), accumulate(counts), strict=True)), pipeline.commits_s
        )
    yield commits


def _canary(canary: tuple[int, int] | None, now_ns: int) -> Iterator[Metric]:
    if canary is not None:
        sent_ns, arrived_ns = canary
        took_s, age_s = (arrived_ns - sent_ns) / 1e9, (now_ns - arrived_ns) / 1e9
        yield GaugeMetricFamily("canary_latency_seconds", "how long the newest test alarm took", value=took_s)
        yield GaugeMetricFamily("canary_age_seconds", "since the newest test alarm came through", value=age_s)


def _ages(turned: Mapping[str, int], now_ns: int) -> Metric:
    age = GaugeMetricFamily("role_age_seconds", "since a role last turned over", labels=["role"])
    for name, turned_ns in turned.items():
        age.add_metric([name], (now_ns - turned_ns) / 1e9)
    return age


def _amounts(pipeline: Pipeline) -> Iterator[Metric]:
    yield CounterMetricFamily("log_frames", "frames that the log was given", value=pipeline.frames)
    yield CounterMetricFamily("series_frames", "frames of devices that the series have whole", value=pipeline.stored)
    used, limit, free = pipeline.space
    yield GaugeMetricFamily("log_bytes", "what the log takes", value=used)
    yield GaugeMetricFamily("log_limit_bytes", "what it should stay below", value=limit)
    yield GaugeMetricFamily("log_disk_free_bytes", "what is free of its disk", value=free)


def _notices(channels: Iterable[str], waits: Mapping[str, Waits], now_ns: int) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("notice_waiting", "notices that wait, also for later steps", labels=["channel"])
    failing = GaugeMetricFamily("notice_failing", "those that were tried in vain so far", labels=["channel"])
    oldest = GaugeMetricFamily("notice_oldest_seconds", "since the oldest of them was due", labels=["channel"])
    for name in sorted({*channels, *waits}):  # zeros too
        found = waits.get(name)
        waiting.add_metric([name], found.number if found else 0)
        failing.add_metric([name], found.tried if found else 0)
        oldest.add_metric([name], max(0.0, (now_ns - found.oldest_ns) / 1e9) if found else 0.0)
    yield from (waiting, failing, oldest)


def _skew(states: Iterable[DeviceState]) -> Iterator[Metric]:
    """Tell the worst clocks by name, and the worst of all: a city whose gateway is wrong is not a thousand series."""
    worst = sorted((state for state in states if state.shift_ns), key=lambda state: -abs(state.shift_ns))
    skew = GaugeMetricFamily("device_clock_skew_seconds", "how far a wrong clock was moved back", labels=["device"])
    for state in worst[:_NAMED_DEVICES]:
        skew.add_metric([state.device], state.shift_ns / 1e9)
    yield skew
    most = abs(worst[0].shift_ns) / 1e9 if worst else 0.0
    yield GaugeMetricFamily("device_clock_skew_max_seconds", "largest amount of them", value=most)

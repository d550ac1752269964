from pathlib import Path

import pytest

from app.pulse import ConnectPulse, IngestPulse, ListenPulse, WritePulse
from app.roles.health import HealthWatch
from domain.frame import Frame
from domain.rulebook import Rulebook
from store.framelog import FrameLog, LogSize
from tests.app.support import RULEBOOK, START_NS, S

GB = 10**9
ROOMY = LogSize(used_bytes=1, limit_bytes=100, disk_free_bytes=500 * GB, disk_total_bytes=1_000 * GB)
WATCH, WRITE = 70, 30


class Gauge(FrameLog):
    """A log whose size and backlog a test sets; the age of the oldest unread frame, by the reader's position."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.now_ns = START_NS
        self.measured = ROOMY
        self.behind_s: dict[int, float] = {}
        self.ingest, self.write = IngestPulse(), WritePulse()

    def size(self) -> LogSize:
        return self.measured

    def read(self, after: int, limit: int = 1000) -> list[Frame]:
        behind_s = self.behind_s.get(after)
        frame = Frame(after + 1, self.now_ns - round((behind_s or 0) * S), "", b"")
        return [] if behind_s is None else [frame][:limit]


@pytest.fixture
def gauge(tmp_path: Path) -> Gauge:
    return Gauge(tmp_path / "log")


@pytest.fixture
def watch(gauge: Gauge) -> HealthWatch:
    return HealthWatch(gauge, Rulebook.parse(RULEBOOK), lambda: WRITE, lambda: gauge.ingest, lambda: gauge.write)


def measure(watch: HealthWatch, gauge: Gauge) -> dict[str, tuple[int, str]]:
    gauge.now_ns += 6 * S
    return {health.kind: (health.level, health.reason) for health in watch.changes(gauge.now_ns, WATCH)}


def test_says_after_a_start_how_it_stands_and_then_only_what_changes(watch: HealthWatch, gauge: Gauge) -> None:
    assert measure(watch, gauge) == {
        "log_space": (0, "log_used"),
        "reader_lag": (0, ""),
        "broker_dropped": (0, "dropped"),
        "series_refused": (0, ""),
        "role_silent": (0, ""),
    }
    assert measure(watch, gauge) == {}
    gauge.measured = ROOMY._replace(used_bytes=85)
    assert measure(watch, gauge) == {"log_space": (1, "log_used")}
    assert measure(watch, gauge) == {}
    gauge.measured = ROOMY
    assert measure(watch, gauge) == {"log_space": (0, "log_used")}


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (ROOMY._replace(used_bytes=79), (0, "log_used")),
        (ROOMY._replace(used_bytes=80), (1, "log_used")),
        (ROOMY._replace(used_bytes=95), (2, "log_used")),
        (ROOMY._replace(disk_free_bytes=99 * GB), (1, "disk_free")),
        (ROOMY._replace(disk_free_bytes=2 * GB, disk_total_bytes=4 * GB), (1, "disk_free")),
        (ROOMY._replace(disk_free_bytes=99 * GB, used_bytes=96), (2, "log_used")),
    ],
)
def test_the_space_of_the_log_has_two_levels_and_the_disk_counts_too(
    watch: HealthWatch, gauge: Gauge, size: LogSize, expected: tuple[int, str]
) -> None:
    gauge.measured = size
    assert measure(watch, gauge)["log_space"] == expected


def test_values_and_limits_of_space_are_percent(watch: HealthWatch, gauge: Gauge) -> None:
    gauge.measured = ROOMY._replace(used_bytes=85)
    space = watch.changes(START_NS, WATCH)[0]
    assert [space.value, space.limit] == pytest.approx([85, 80])


@pytest.mark.parametrize(
    ("behind_s", "expected"),
    [
        ({}, (0, "")),
        ({WATCH: 14, WRITE: 59}, (0, "")),
        ({WRITE: 60}, (1, "write")),
        ({WRITE: 600}, (2, "write")),
        ({WATCH: 15}, (3, "watch")),
        ({WATCH: 15, WRITE: 9_999}, (3, "watch")),
    ],
)
def test_the_lag_is_that_of_the_reader_which_matters_most(
    watch: HealthWatch, gauge: Gauge, behind_s: dict[int, float], expected: tuple[int, str]
) -> None:
    gauge.behind_s = behind_s
    assert measure(watch, gauge)["reader_lag"] == expected


def test_measures_every_few_seconds_and_goes_on_when_the_clock_is_set_back(watch: HealthWatch, gauge: Gauge) -> None:
    assert watch.changes(START_NS, WATCH)
    gauge.measured = ROOMY._replace(used_bytes=85)
    assert watch.changes(START_NS + 4 * S, WATCH) == []
    assert watch.changes(START_NS - 3_600 * S, WATCH)


def test_what_the_broker_dropped_is_told_until_it_dropped_nothing_for_a_while(watch: HealthWatch, gauge: Gauge) -> None:
    measure(watch, gauge)
    gauge.ingest = IngestPulse(dropped=20, dropped_ns=gauge.now_ns)
    (health,) = watch.changes(gauge.now_ns + 6 * S, WATCH)
    assert (health.kind, health.level, health.value, health.reason) == ("broker_dropped", 1, 20, "dropped")
    assert watch.changes(gauge.now_ns + 599 * S, WATCH) == []
    assert [health.level for health in watch.changes(gauge.now_ns + 606 * S, WATCH)] == [0]


def test_a_broker_that_would_drop_is_told_like_one_that_did(watch: HealthWatch, gauge: Gauge) -> None:
    measure(watch, gauge)
    gauge.ingest = IngestPulse(probe="broker keeps only 7 queued messages")
    assert measure(watch, gauge) == {"broker_dropped": (1, "probe")}
    gauge.ingest = IngestPulse(probe="")
    assert measure(watch, gauge) == {"broker_dropped": (0, "dropped")}


def test_series_that_refuse_until_somebody_corrects_something_are_told(watch: HealthWatch, gauge: Gauge) -> None:
    measure(watch, gauge)
    gauge.write = WritePulse(refusing="settings")
    assert measure(watch, gauge) == {"series_refused": (1, "settings")}
    gauge.write = WritePulse()
    assert measure(watch, gauge) == {"series_refused": (0, "")}


def test_a_role_that_is_configured_and_says_nothing_is_told_after_a_minute(gauge: Gauge) -> None:
    turned = {"connect": 0, "listen": 0}
    others = {
        "connect": lambda: ConnectPulse({"a": turned["connect"], "b": START_NS + 3_600 * S}),
        "listen": lambda: ListenPulse({"tcp": turned["listen"]}),
    }
    rulebook = Rulebook.parse(RULEBOOK)
    watch = HealthWatch(gauge, rulebook, lambda: WRITE, lambda: gauge.ingest, lambda: gauge.write, others=others)

    def said(after_s: int) -> list[tuple[int, str, float]]:
        found = watch.changes(START_NS + after_s * S, WATCH)
        return [(one.level, one.reason, one.limit) for one in found if one.kind == "role_silent"]

    assert said(0) == said(60) == []  # they may be starting as we do
    assert said(66) == [(2, "listen", 60)]
    turned["listen"] = START_NS + 70 * S
    assert said(72) == [(1, "connect", 60)]
    turned["connect"] = START_NS + 72 * S
    assert said(78) == [(0, "", 60)]
    assert said(131) == [(2, "listen", 60)]

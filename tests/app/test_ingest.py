import threading
from pathlib import Path

import pytest

from app.roles import ingest
from app.roles.ingest import GuardedAppend, Prober, build_intake, probe_canary
from app.settings import LogSettings, MqttSettings, Settings
from domain.errors import ConfigurationError, StoreUnavailable
from store.framelog import FrameLog
from tests.app.support import START_NS, Plant

ENTRY = [(START_NS, "t", b"x" * 100)]


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure the log at each append."""
    monkeypatch.setattr(ingest, "_SIZE_EVERY_S", 0.0)


def test_appends_while_there_is_room(plant: Plant) -> None:
    append = GuardedAppend(plant.log)
    assert [append(ENTRY), append(ENTRY)] == [1, 2]


@pytest.mark.usefixtures("impatient")
def test_a_full_log_takes_nothing_until_there_is_room_again(plant: Plant) -> None:
    log = FrameLog(plant.folder / "small", segment_bytes=1, limit_bytes=200_000)  # a segment of its own for each frame
    append = GuardedAppend(log)
    while log.size().used_bytes < 200_000:
        append(ENTRY)
    last = log.last()
    with pytest.raises(StoreUnavailable, match="the frame log has reached its limit"):
        append(ENTRY)
    assert log.last() == last > 1
    assert log.trim(last, START_NS + 1)
    assert append(ENTRY) == last + 1
    log.close()


def test_the_size_is_not_measured_at_every_append(plant: Plant) -> None:
    log = FrameLog(plant.folder / "small", limit_bytes=1)
    append = GuardedAppend(log)
    append._due_s = float("inf")  # noqa: SLF001 - as if it had just been measured
    assert append(ENTRY) == 1
    log.close()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_an_intake_is_built_from_the_settings_and_connects_to_nothing_yet(plant: Plant, protocol: str) -> None:
    mqtt = MqttSettings.model_validate({"port": 1884, "protocol": protocol, "username": "ingest"})
    settings = Settings(mqtt=mqtt, log=LogSettings(commit_frames=50))
    health = build_intake(settings, GuardedAppend(plant.log), "secret", lambda: START_NS).health()
    assert (health.connected, health.frames, health.text) == (False, 0, "not connected yet")


def test_an_intake_is_built_with_the_certificates_of_the_settings(plant: Plant) -> None:
    mqtt = MqttSettings(tls_ca_file=Path("none.pem"))
    with pytest.raises(ConfigurationError, match=r"TLS authority none\.pem: No such file"):
        build_intake(Settings(mqtt=mqtt), GuardedAppend(plant.log), None, lambda: START_NS)


class Probe:
    """Answers one failure after the other, then succeeds."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.calls = 0

    def __call__(self) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)


def test_a_broker_that_is_away_is_waited_for_and_told_of_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ingest, "_PROBE_SOON_S", 0.0)
    probe = Probe(ConnectionError("nobody there"), ConnectionError("nobody there"), ConnectionError("too slow"))
    prober = Prober(probe)
    prober.first(threading.Event())
    assert (probe.calls, prober.waiting, prober.verdict) == (4, "", "")
    assert caplog.messages == ["not receiving yet: nobody there", "not receiving yet: too slow"]


def test_a_broker_that_loses_messages_is_an_error() -> None:
    probe = Probe(ConfigurationError("broker keeps only 1000 queued messages; set max_queued_messages 0"))
    with pytest.raises(ConfigurationError, match="keeps only 1000"):
        Prober(probe).first(threading.Event())


def test_whoever_is_told_to_stop_does_not_wait_for_a_broker() -> None:
    stop = threading.Event()
    stop.set()
    probe = Probe()
    prober = Prober(probe)
    prober.first(stop)
    assert (probe.calls, prober.verdict) == (0, None)


def test_a_later_probe_that_fails_is_a_verdict_and_a_broker_that_is_away_is_none() -> None:
    probe = Probe()
    prober = Prober(probe)
    verdicts = []
    failures = (None, ConfigurationError("keeps only 7"), ConnectionError("away"), None, ConnectionError("away"))
    for failure in failures:
        probe.failures = [failure] if failure else []
        prober.again()
        verdicts.append(prober.verdict)
    assert verdicts == ["", "keeps only 7", "keeps only 7", "", ""]


def test_a_broker_that_keeps_the_test_alarm_from_us_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    handed_back = {"gas/v1/_canary/_canary/telemetry": True}
    monkeypatch.setattr(ingest, "comes_back", lambda _connect, topic: handed_back.get(topic, False))
    probe_canary(MqttSettings(), None, "gas/v1/_canary/_canary/telemetry")
    with pytest.raises(ConfigurationError, match=r"expected the right to write town/_canary/_canary/telemetry "):
        probe_canary(MqttSettings(), None, "town/_canary/_canary/telemetry")


def test_the_queue_is_probed_once_a_day_and_sooner_after_a_failure() -> None:
    probe, waited = Probe(ConfigurationError("keeps only 7")), list[float | None]()

    class Days(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            return len(waited) == 4

    prober = Prober(probe)
    prober.verdict = ""
    prober.run(Days())
    assert waited == [86_400, 600, 86_400, 86_400]


def test_every_commit_is_measured(plant: Plant) -> None:
    append = GuardedAppend(plant.log)
    append(ENTRY)
    append(ENTRY)
    commits = append.commits.read()
    assert sum(commits.counts) == 2
    assert 0 < commits.total_s < 10

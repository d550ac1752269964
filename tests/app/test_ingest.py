import pytest

from app.roles import ingest
from app.roles.ingest import GuardedAppend, build_intake
from app.settings import LogSettings, MqttSettings, Settings
from domain.errors import StoreUnavailable
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
    health = build_intake(settings, plant.log, "secret", lambda: START_NS).health()
    assert (health.connected, health.frames, health.text) == (False, 0, "not connected yet")

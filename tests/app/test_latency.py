import pytest

from app.latency import Latency
from domain.alarm import AlarmKind, StateLetter
from domain.frame import TICK_TOPIC
from domain.record import JournalEntry
from tests.app.support import START_NS, Plant, S

MS = 1_000_000


def entry(position: int, event: str = "raise") -> JournalEntry:
    letters = StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED
    return JournalEntry("a", 1, event, *letters, AlarmKind.GAS_HIGH, 2, 1, "G1", "S1", "i", position, START_NS)


def test_of_a_frame_counts_from_its_publish_and_of_a_tick_from_its_append(plant: Plant) -> None:
    plant.log.append([(START_NS + S, "t", b"1"), (START_NS + 2 * S, TICK_TOPIC, b"")])
    latency = Latency()
    latency.published("t", b"1", START_NS)
    latency.published("t", b"1", START_NS + 99 * S)  # sent again: the first time counts
    latency.committed(1, START_NS + 1_500 * MS)
    latency.committed(2, START_NS + 2_100 * MS)
    assert latency.percentiles([entry(1)], plant.log) == {"p50": 1_500.0, "p99": 1_500.0}
    assert latency.percentiles([entry(2)], plant.log) == {"p50": 100.0, "p99": 100.0}
    both = latency.percentiles([entry(1), entry(2, "worsen")], plant.log)
    assert both == {"p50": 800.0, "p99": pytest.approx(1_486.0)}


def test_the_commit_is_the_first_that_holds_the_position(plant: Plant) -> None:
    plant.log.append([(START_NS, "t", b"1"), (START_NS, "t", b"2")])
    latency = Latency()
    latency.published("t", b"1", START_NS)
    for position, ms in ((0, 1), (2, 20), (9, 90)):
        latency.committed(position, START_NS + ms * MS)
    assert latency.percentiles([entry(1)], plant.log)["p50"] == 20.0


@pytest.mark.parametrize(
    "found", [entry(1, "acknowledge"), entry(2), entry(3), entry(4)], ids=["no raise", "unsent", "open", "trimmed"]
)
def test_what_cannot_be_timed_is_left_out(plant: Plant, found: JournalEntry) -> None:
    plant.log.append([(START_NS, "t", b"1"), (START_NS, "t", b"2"), (START_NS, "t", b"3")])
    latency = Latency()
    for payload in (b"1", b"3"):
        latency.published("t", payload, START_NS)
    latency.committed(2, START_NS + MS)
    assert latency.percentiles([found], plant.log) == {"p50": None, "p99": None}

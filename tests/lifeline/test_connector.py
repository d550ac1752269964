import threading
from collections.abc import Sequence
from pathlib import Path

from alerting.notify.channel import Accepted, Refused
from domain.parcel import Parcel
from lifeline.collect import Collector
from lifeline.connector import Connector, Habits, Target
from lifeline.records import Record
from lifeline.sender import Pace, Sender
from lifeline.shape import NoCode
from tests.blank import blank_records
from tests.lifeline.support import START_NS, canon


class Speechless:
    """Has no words for anything."""

    def deliver(self, parcels: Sequence[Parcel]) -> Accepted | Refused:
        raise NoCode(parcels[0].kind)

    def beat(self, heartbeat: Record) -> Accepted | Refused:
        raise NoCode(heartbeat.source_system)


def test_a_mapping_without_words_kills_records_and_never_the_role(tmp_path: Path) -> None:
    records, stop, courier = blank_records(tmp_path / "records.db"), threading.Event(), Speechless()
    collector = Collector(records, "t", canon(), kinds=["site"], most=9, clock_ns=lambda: START_NS)
    sender = Sender(records, "t", courier, limits={"site": 1}, pace=Pace(), clock_ns=lambda: START_NS, dice=lambda: 1.0)
    target = Target("t", collector, sender, courier, canon())
    Connector(records, target, Habits(1, 1), lambda: START_NS, turned=stop.set).run(stop)
    assert [(parcel.key.split("/")[0], parcel.answer) for parcel in records.dead_parcels("t")] == [
        ("site", "mapping site")
    ]

"""When an alarm's time on the charts begins and ends, also after crashes and repetitions."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from domain.alarm import CANARY, AlarmKind, StateLetter
from domain.record import JournalEntry
from grafana.annotations import annotate, matters
from grafana.publisher import Annotation

MS = 1_000_000
NORMAL, ACTIVE, LATCHED = StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED, StateLetter.LATCHED_ACKNOWLEDGED


class Kept:
    """Annotations in memory."""

    def __init__(self) -> None:
        self.all: list[Annotation] = []

    def find(self, *tags: str) -> Sequence[Annotation]:
        return [one for one in self.all if set(tags) <= set(one.tags)]

    def open(self, time_ms: int, text: str, tags: Sequence[str]) -> int:
        self.all.append(Annotation(len(self.all), time_ms, time_ms, text, list(tags)))
        return len(self.all) - 1

    def change(self, annotation_id: int, changes: Mapping[str, Any]) -> None:
        fields = {"time_end" if name == "timeEnd" else name: value for name, value in changes.items()}
        self.all[annotation_id] = msgspec.structs.replace(self.all[annotation_id], **fields)


def entry(seq: int, event: str, before: StateLetter, after: StateLetter, device: str = "G1") -> JournalEntry:
    what = event, before, after, AlarmKind.GAS_HIGH, 2, 1
    return JournalEntry(f"a-{device}", 1, *what, device, "S1", "", seq, seq * 1_000 * MS, seq=seq)


RAISED, AGAIN = entry(1, "annunciate", NORMAL, ACTIVE), entry(3, "annunciate", LATCHED, ACTIVE)
OVER = entry(5, "reset", LATCHED, NORMAL)


def test_an_alarm_is_one_time_from_its_first_call_until_it_is_normal() -> None:
    kept = Kept()
    for one in (RAISED, AGAIN, OVER):
        annotate(kept, one, f"text {one.seq}")
    (found,) = kept.all
    assert (found.time, found.time_end, found.text) == (1_000, 5_000, "text 3")
    assert "open" not in found.tags


def test_every_entry_may_come_again_in_any_batch() -> None:
    once, often = Kept(), Kept()
    entries = [RAISED, AGAIN, OVER, entry(7, "annunciate", NORMAL, ACTIVE)]
    for one in entries:
        annotate(once, one, "text")
    for end in (1, 3, 4, 4):  # a crash after each, before the cursor moved
        for one in entries[:end]:
            annotate(often, one, "text")
    assert often.all == once.all
    assert [(one.time, "open" in one.tags) for one in once.all] == [(1_000, False), (7_000, True)]


def test_the_tags_stay_short_however_often_it_calls() -> None:
    kept = Kept()
    for seq in range(1, 40):
        annotate(kept, entry(seq, "annunciate", LATCHED, ACTIVE), "text")
        assert len(msgspec.json.encode(["gas-lifeline", *kept.all[0].tags])) < 200  # Grafana takes 500
    annotate(kept, entry(41, "reset", LATCHED, NORMAL), "")
    annotate(kept, entry(3, "annunciate", LATCHED, ACTIVE), "again")
    (found,) = kept.all
    assert (found.time_end, "open" in found.tags, found.text) == (41_000, False, "text")


def test_records_that_were_restored_count_on_from_an_older_number() -> None:
    kept = Kept()
    for one in (RAISED, OVER, dataclasses.replace(RAISED, time_ns=60_000 * MS)):
        annotate(kept, one, "text")
    assert [one.time for one in kept.all] == [1_000, 60_000]


def test_the_end_of_what_never_called_anybody_is_nothing() -> None:
    kept = Kept()
    annotate(kept, OVER, "text")
    assert kept.all == []


def test_alarms_of_two_devices_are_two_times() -> None:
    kept = Kept()
    annotate(kept, RAISED, "甲")
    annotate(kept, entry(2, "annunciate", NORMAL, ACTIVE, "G2"), "乙")
    annotate(kept, OVER, "")
    assert [(one.text, "open" in one.tags) for one in kept.all] == [("甲", False), ("乙", True)]


def test_what_calls_nobody_and_ends_nothing_does_not_matter_and_test_alarms_never_do() -> None:
    assert [matters(one) for one in (RAISED, OVER, entry(2, "latch", ACTIVE, LATCHED))] == [True, True, False]
    assert not matters(entry(4, "pending", NORMAL, NORMAL))
    assert not matters(entry(6, "annunciate", NORMAL, ACTIVE, CANARY))

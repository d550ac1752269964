from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.alarm import CANARY
from domain.handling import HandlingStep, StepKind
from domain.parcel import Parcel, ParcelState
from domain.record import Incident, JournalEntry
from lifeline import collect
from lifeline.canon import Canon
from lifeline.collect import Collector, cursors
from store.records import Records
from tests.blank import blank_records
from tests.lifeline.support import ASSETS, ROW, START_NS, canon, line, step

KINDS = ("alarm", "disposal", "site", "device")
LIFE: list[JournalEntry | HandlingStep] = [
    line("pending", "A", -1),
    line("raise", "B", 0),
    line("acknowledge", "C", 10),
    step(StepKind.DISPATCH, 20),
    line("comment", "C", 25),
    line("return", "A", 30),
    step(StepKind.CLOSE, 40, "leak"),
    line("raise", "B", 50, occurrence=2),
]
TOLD = [
    ("a1-1", "new"),
    ("a1-1", "ack"),
    ("a1-1", "ack"),
    ("a1-1", "dispatch"),
    ("a1-1", "handling"),
    ("a1-1", "cleared"),
    ("a1-1", "close"),
    ("a1-1", "closed"),
    ("a1-2", "new"),
]


def write(records: Records, entries: Sequence[JournalEntry | HandlingStep]) -> None:
    with records.unit() as unit:
        for name in {entry.alarm_id for entry in entries if isinstance(entry, JournalEntry)}:
            if unit.alarm(name) is None:
                unit.save(replace(ROW, id=name, incident_id="i1"))
        if unit.incident("i1") is None:
            unit.save_incident(Incident("i1", "S1", "Z1", 2, START_NS))
        for entry in entries:
            if isinstance(entry, JournalEntry):
                unit.journal(entry)
            else:
                unit.add_step(entry)


def collector(records: Records, *, most: int = 1_000, writer: Canon | None = None) -> Collector:
    return Collector(records, "t", writer or canon(), kinds=KINDS, most=most, clock_ns=lambda: START_NS)


def waiting(records: Records, *kinds: str) -> list[Parcel]:
    found: list[Parcel] = []
    while leased := records.lease_parcels("t", START_NS, 1, dict.fromkeys(kinds, 1)):
        records.settle_parcels([replace(parcel, state=ParcelState.ACCEPTED) for parcel in leased])
        found += leased
    return found


def told(parcels: Sequence[Parcel]) -> list[tuple[str, str]]:
    bodies = (msgspec.json.decode(parcel.body, type=dict[str, Any]) for parcel in parcels)
    return [(body["alarm_id"], body.get("state") or body["step"]) for body in bodies]


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return blank_records(tmp_path / "records.db")


def test_a_life_is_told_from_raise_to_close_and_the_next_one_apart(records: Records) -> None:
    write(records, LIFE)
    assert collector(records).work() == len(LIFE)
    parcels = waiting(records, "alarm", "disposal")
    assert told(parcels) == TOLD
    assert [parcel.key for parcel in parcels][:2] == ["alarm/a1-1/j2", "alarm/a1-1/j3"]


def test_whatever_the_rounds_and_restarts_the_same_records_come(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collect, "_ROUND", 1)
    write(records, LIFE)
    for _ in range(20):
        collector(records).work()
    assert told(waiting(records, "alarm", "disposal")) == TOLD
    assert [records.cursor(name) for name in cursors("t")] == [6, 2]


def test_while_too_much_waits_the_rest_stays_in_the_journal(records: Records) -> None:
    write(records, LIFE)
    full = collector(records, most=1)
    assert [full.work(), full.work()] == [0, 0]  # sites and devices wait already
    waiting(records, "site", "device")
    assert full.work() == len(LIFE)


def test_an_alarm_that_is_about_ourselves_stays_here(records: Records) -> None:
    write(records, [replace(line("raise", "B", 0), device=CANARY), replace(line("raise", "B", 0), site="system")])
    assert collector(records).work() == 2
    assert waiting(records, "alarm") == []


def test_only_changed_sites_and_devices_are_sent_again(records: Records) -> None:
    collector(records).work()
    assert [parcel.record for parcel in waiting(records, "site", "device")] == ["S1", "G1", "V1"]
    moved = replace(ASSETS, devices=dict(ASSETS.devices) | {"G1": replace(ASSETS.devices["G1"], gas_low_pct_lel=10)})
    collector(records, writer=replace(canon(), assets=moved)).work()
    assert [parcel.record for parcel in waiting(records, "site", "device")] == ["G1"]


def test_a_failed_round_is_read_again_from_where_the_cursors_stand(records: Records) -> None:
    class Failing(Records):
        """Cannot write once."""

        failures = 1

        def enqueue(self, parcels: Sequence[Parcel], cursors: Any) -> None:  # noqa: ANN401 - as its base
            if cursors and self.failures:
                self.failures -= 1
                raise OSError("disk")
            super().enqueue(parcels, cursors)

    failing = Failing(str(records._engine.url))  # noqa: SLF001 - the same file
    write(records, LIFE)
    once = collector(failing)
    with pytest.raises(OSError, match="disk"):
        once.work()
    once.work()
    assert told(waiting(records, "alarm", "disposal")) == TOLD
    failing.close()

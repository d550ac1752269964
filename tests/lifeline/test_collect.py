from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.alarm import CANARY, AlarmKind, Condition
from domain.asset import Gas
from domain.cylinder import Cylinder
from domain.delivery import Delivery
from domain.handling import HandlingStep, StepKind
from domain.hazard import Grade, Hazard, HazardEvent, HazardState, HazardStep, Origin
from domain.instruction import Reply
from domain.parcel import Parcel, ParcelState
from domain.record import Incident, JournalEntry
from lifeline import collect
from lifeline.canon import Canon
from lifeline.collect import Collector, cursors
from store.records import Records
from tests.blank import blank_records
from tests.lifeline.support import ASSETS, ROW, START_NS, S, canon, line, step

KINDS = ("alarm", "disposal", "hazard", "site", "device", "reply")
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
    for _ in range(9):
        collector(records).work()
    assert told(waiting(records, "alarm", "disposal")) == TOLD
    assert [records.cursor(name) for name in cursors("t")] == [6, 2, 0, 0]


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


def test_a_hazard_is_told_as_it_stands_after_something_was_done(records: Records) -> None:
    hazard = Hazard(
        "h1", "R07", "S1", "古城小厨", "", "城北街道", Grade.GENERAL, Origin.TELEMETRY, "", START_NS, "离线", "zhang",
        START_NS + 1, "消防",
    )  # fmt: skip
    event = HazardEvent("h1", HazardStep.REGISTER, HazardState.REGISTERED, HazardState.REGISTERED, "", START_NS)
    with records.unit() as unit:
        unit.save_hazard(hazard)
        unit.add_hazard_event(event)
        unit.add_hazard_event(replace(event, step=HazardStep.COMMENT))
    told = [collector(records).work() for _ in range(2)]
    with records.unit() as unit:
        unit.save_hazard(replace(hazard, version=1, state=HazardState.CLOSED, closed_ns=START_NS))
        unit.add_hazard_event(replace(event, step=HazardStep.PASS))
    late = Collector(records, "t", canon(), kinds=KINDS, most=99, clock_ns=lambda: START_NS + 9)
    assert [*told, late.work()] == [2, 0, 1]
    found = [(parcel.version, msgspec.json.decode(parcel.body)) for parcel in waiting(records, "hazard")]
    assert [(version, body["state"], body["township_code"]) for version, body in found] == [
        ("h2", "registered", "532901003"),
        ("h3", "closed", "532901003"),
    ]
    assert canon().hazard(hazard, START_NS + 9).state == "overdue"
    assert canon().hazard(replace(hazard, reopened=1), START_NS).state == "reopened"


def test_a_site_is_told_with_its_cylinders_and_anew_an_hour_later_at_most_where_they_moved(records: Records) -> None:
    cylinders = {"a": Cylinder("a", 14.5, 16.5, "S1")}
    site = replace(ASSETS.sites["S1"], gas=Gas.LPG)
    writer = replace(canon(), assets=replace(ASSETS, sites={"S1": site}, cylinders=cylinders))
    at = [START_NS]
    told = Collector(records, "t", writer, kinds=KINDS, most=99, clock_ns=lambda: at[0])
    told.work()
    for hours, delivery in ((0, "1"), (1, ""), (2, ""), (3, "2")):
        with records.unit() as unit:
            move = Delivery(delivery, "T", "V", "", "li", "S1", START_NS, 0, (f"c{delivery}",), ("a",), inspected=True)
            unit.add_deliveries([move] if delivery else [])
        at[0] = START_NS + hours * 3_600 * S
        told.work()
    found = [msgspec.json.decode(parcel.body) for parcel in waiting(records, "site")]
    assert [one["cylinders"] for one in found] == [["a"], ["c1"], ["c1", "c2"]]
    assert {one["gas_source"] for one in found} == {"LPG_cylinder"}
    assert canon().site(site, START_NS).gas_source == ""


def test_a_device_is_offline_while_it_is_silent_and_told_anew_an_hour_later(records: Records) -> None:
    at = [START_NS]
    told = Collector(records, "t", canon(), kinds=KINDS, most=99, clock_ns=lambda: at[0])
    found = []
    for hours, condition in enumerate((Condition.NORMAL, Condition.PENDING_ON, Condition.ACTIVE, Condition.NORMAL)):
        silent = replace(ROW, id="s1", kind=AlarmKind.DEVICE_SILENT, life=replace(ROW.life, condition=condition))
        with records.unit() as unit:
            unit.save(replace(silent, version=hours))
        at[0] = START_NS + hours * 3_600 * S
        told.work()
        bodies = (msgspec.json.decode(parcel.body) for parcel in waiting(records, "device"))
        found += [(body["device_code"], body["status"]) for body in bodies]
    assert found == [("G1", "online"), ("V1", "online"), ("G1", "offline"), ("G1", "online")]


def test_an_answer_to_an_inquiry_goes_out_once_to_who_asked(records: Records) -> None:
    with records.unit() as unit:
        for target in ("t", "other"):
            unit.add_reply(Reply(target, "q-1", "wang", "在岗", START_NS, START_NS + 9, START_NS + 10))
    assert [collector(records).work(), collector(records).work()] == [1, 0]
    (parcel,) = waiting(records, "reply")
    body = msgspec.json.decode(parcel.body, type=dict[str, Any])
    assert (parcel.key, body["inquiry_id"], body["person"], body["in_time"]) == ("reply/q-1/r1", "q-1", "wang", False)


STATES: list[JournalEntry | HandlingStep] = [
    line("raise", "B", 0),
    replace(line("raise", "B", 5, alarm="b1"), kind=AlarmKind.DEVICE_FAULT),
    line("acknowledge", "C", 10),
    line("worsen", "B", 15, occurrence=2),
    step(StepKind.DISPATCH, 20),
    line("return", "A", 30, occurrence=2),
    step(StepKind.CLOSE, 40, "leak"),
    replace(line("return", "A", 50, alarm="b1"), kind=AlarmKind.DEVICE_FAULT),
]


@pytest.mark.parametrize("rounds", [1, 500])
def test_who_hears_of_states_alone_hears_what_begins_worsens_and_ends_and_what_else_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rounds: int
) -> None:
    monkeypatch.setattr(collect, "_ROUND", rounds)
    records = blank_records(tmp_path / "records.db")
    write(records, STATES)
    for _ in range(2 * len(STATES) // rounds + 1):  # each time as after a restart
        Collector(records, "t", canon(), kinds=["alarm"], most=99, clock_ns=lambda: START_NS, states=True).work()
    told = [msgspec.json.decode(parcel.body) for parcel in waiting(records, "alarm")]
    assert [(one["alarm_id"], one["standing"]) for one in sorted(told, key=lambda one: one["last_time"])] == [
        ("a1-1", ["gas_high"]),
        ("b1-1", ["device_fault", "gas_high"]),
        ("a1-1", ["device_fault", "gas_high"]),
        ("a1-1", ["device_fault"]),
        ("b1-1", []),
    ]

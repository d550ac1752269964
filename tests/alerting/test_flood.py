"""Floods and chattering alarms: who is told at once, who waits for a shared message, and what the journal says."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest

from alerting.desk import Desk
from alerting.flood import HOLD_NS
from domain.alarm import AlarmKind, alarm_id
from domain.duty import StoredPlan
from domain.record import Notice
from store.records import Records
from tests.alerting.plans import CHANNELS, TEXT
from tests.alerting.test_desk import DEVICE, Room, end, onset

S = 1_000_000_000
BEGIN_S = 5
P1, HIGH = AlarmKind.LINKAGE_FAILED, AlarmKind.GAS_HIGH


class Flooded(Room):
    """Nine alarms at as many sites, within nine moments of one another; one more and it is a flood."""

    def nine(self) -> None:
        for number in range(9):
            self.raise_at(BEGIN_S, f"G{number}", f"S-{number}")

    def raise_at(self, at_s: int, device: str, site: str, kind: AlarmKind = AlarmKind.GAS_LOW) -> None:
        self.hear(onset(at_s, device=device, site=site, kind=kind))

    def notice(self, device: str, kind: AlarmKind = AlarmKind.GAS_LOW, step: int = 0) -> Notice:
        found = self.records.notices(alarm_id=alarm_id(device, kind))
        return next(notice for notice in found if notice.step == step)

    def floods(self) -> list[tuple[str, int]]:
        return [(e.event, e.time_ns // S) for e in self.records.journal() if e.event.startswith("flood")]


@pytest.fixture
def room(records: Records, desk: Desk) -> Flooded:
    room = Flooded(records, desk)
    room.nine()
    return room


def test_ten_within_ten_minutes_begin_a_flood_and_time_ends_it_also_after_a_restart(
    room: Flooded, records: Records, build_desk: Callable[..., Desk]
) -> None:
    assert room.floods() == []
    room.raise_at(6, "G9", "S-9", P1)
    again = Flooded(records, build_desk("webhook"))
    again.raise_at(7, "G10", "S-9")
    again.tick(604)
    assert again.floods() == [("flood_begins", 6)]
    again.tick(605)  # those of 5 s are ten minutes old: two are left
    again.tick(606)
    assert again.floods() == [("flood_begins", 6), ("flood_ends", 605)]
    again.raise_at(700, "G11", "S-11")
    assert again.notice("G11").bundle == ""


def test_a_tick_that_was_missed_changes_no_flood(room: Flooded) -> None:
    room.raise_at(6, "G9", "S-9")
    for number in range(4):
        room.raise_at(600 + number, f"H{number}", "T")
    room.raise_at(700, "H9", "T")
    assert room.floods() == [("flood_begins", 6), ("flood_ends", 700)]


def test_in_a_flood_the_first_of_a_site_goes_ahead_and_the_others_wait_for_their_incident(room: Flooded) -> None:
    room.raise_at(6, "first", "S-new")
    room.raise_at(7, "second", "S-new", HIGH)
    first, second = room.notice("first"), room.notice("second", HIGH)
    incident = room.records.alarms(site="S-new")[0].incident_id
    assert (first.bundle, first.ahead, first.due_ns) == (f"incident/{incident}", True, 6 * S)
    assert (second.bundle, second.ahead, second.due_ns) == (first.bundle, False, HOLD_NS)
    assert second.next_ns is None


def test_priority_one_is_neither_bundled_nor_delayed(room: Flooded) -> None:
    room.raise_at(6, "first", "S-new")
    room.raise_at(7, "worst", "S-new", P1)
    worst = room.notice("worst", P1)
    assert (worst.bundle, worst.ahead, worst.due_ns) == ("", False, 7 * S)


def test_an_alarm_that_chatters_waits_for_its_own_message_that_says_how_often(records: Records, desk: Desk) -> None:
    room = Flooded(records, desk)
    for at_s in (41, 43, 45):
        room.hear(onset(at_s), end(at_s + 1))
    third, second, first = (n for n in records.notices() if n.channel == "wall")
    assert (first.bundle, second.bundle, third.bundle) == ("", "", f"alarm/{alarm_id(DEVICE, AlarmKind.GAS_LOW)}")
    assert (second.due_ns, third.due_ns) == (43 * S, 3 * HOLD_NS)
    body = msgspec.json.decode(third.body)
    assert body["times"] == 3
    assert body["text"]["zh"].endswith("（1 分钟内 3 次）")
    assert body["parts"]["en"]["numbers"].endswith("(3 times within a minute)")
    room.hear(onset(150))
    assert room.notice(DEVICE).bundle == ""


def test_a_later_step_of_a_flood_waits_for_nothing(records: Records, build_desk: Callable[..., Desk]) -> None:
    with records.unit() as unit:
        unit.add_plan(StoredPlan(TEXT, "li", 0))
    room = Flooded(records, build_desk(*CHANNELS))
    room.nine()
    room.raise_at(6, DEVICE, "S1")
    for second in range(10, 311, 5):
        room.tick(second)
    calls = [n for n in records.notices(alarm_id=alarm_id(DEVICE, AlarmKind.GAS_LOW)) if n.person == "bai"]
    assert {(n.due_ns // S, n.bundle != "") for n in calls} == {(310, True)}


def test_what_nobody_acknowledged_is_held_no_longer_than_its_stretch(room: Flooded) -> None:
    room.raise_at(6, "first", "S-new")
    for number, at_s in enumerate(range(7, 19)):
        room.raise_at(at_s, f"N{number}", "S-new")
    held = {room.notice(f"N{number}").due_ns for number in range(12)}
    assert held == {HOLD_NS}
    assert replace(room.notice("N0"), id=0).carrier == ""

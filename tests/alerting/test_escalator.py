"""Escalations as they end up in the records: who is told, when, by which way, and what ends it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from alerting.codes import VALID_NS
from alerting.desk import Desk
from domain.alarm import SYSTEM, AlarmKind, alarm_id
from domain.duty import Override, StoredPlan
from domain.finding import Finding, Transition
from domain.record import Notice, NoticeState, Way
from store.records import Records
from tests.alerting.plans import CHANNELS, TEXT
from tests.alerting.test_desk import DEVICE, Room, end, found, onset

S = 1_000_000_000
HIGH, LOW, P1 = AlarmKind.GAS_HIGH, AlarmKind.GAS_LOW, AlarmKind.LINKAGE_FAILED


class Duty(Room):
    """A room with a duty plan; at 1970-01-01T08:00 in Shanghai, which is zero, yang comes on duty."""

    def told_to(self, kind: AlarmKind = LOW, step: int | None = None) -> list[tuple[int, str, str]]:
        return [
            (n.step, n.person, n.channel)
            for n in reversed(self.records.notices(alarm_id=alarm_id(DEVICE, kind)))
            if step is None or n.step == step
        ]

    def escalation(self, kind: AlarmKind = LOW, occurrence: int = 1) -> tuple[int, int | None, str]:
        with self.records.duties() as duties:
            known = duties.escalation(alarm_id(DEVICE, kind), occurrence)
        assert known is not None
        return known.step, known.due_ns if known.due_ns is None else known.due_ns // S, known.why

    def live(self, until_s: int, from_s: int = 0) -> None:
        for second in range(from_s, until_s + 1, 5):
            self.tick(second)


def import_plan(records: Records, text: str = TEXT) -> None:
    with records.unit() as unit:
        unit.add_plan(StoredPlan(text, "li", 0))


@pytest.fixture
def duty(records: Records, build_desk: Callable[..., Desk]) -> Duty:
    import_plan(records)
    return Duty(records, build_desk(*CHANNELS))


def test_gas_in_a_restaurant_reaches_owner_and_first_at_once_and_the_second_after_five_minutes(duty: Duty) -> None:
    duty.hear(onset(1))
    assert duty.told_to() == [(0, "wang", "sms_a"), (0, "yang", "chat"), (0, "yang", "sms_a")]
    duty.live(300)
    assert {(person, channel) for step, person, channel in duty.told_to() if step == 1} == {
        ("wang", "voice_a"),
        ("yang", "voice_a"),
    }
    assert not {person for _, person, _ in duty.told_to()} & {"bai"}
    duty.tick(301)
    assert {person for step, person, _ in duty.told_to() if step == 2} == {"wang", "yang", "bai"}


def test_priority_one_is_repeated_every_five_minutes_without_end(duty: Duty) -> None:
    duty.hear(onset(0, kind=P1))
    duty.live(3_000)
    assert max(step for step, _, _ in duty.told_to(P1)) == 12
    last = {person for step, person, _ in duty.told_to(P1) if step == 12}
    assert last == {"wang", "yang", "bai", "zhao"}


def test_a_siren_sounds_once_for_everybody(duty: Duty) -> None:
    duty.hear(onset(0, kind=P1))
    assert [told for told in duty.told_to(P1) if told[2] == "relay"] == [(0, "", "relay")]


def test_a_group_is_told_once_by_each_of_its_channels(records: Records, build_desk: Callable[..., Desk]) -> None:
    import_plan(records, TEXT + '[media.group]\nchannels = ["robot", "webhook"]\n')
    duty = Duty(records, build_desk(*CHANNELS, "robot", "webhook"))
    duty.hear(onset(0))
    duty.live(305)
    assert [told for told in duty.told_to() if not told[1]] == [(0, "", "robot"), (0, "", "webhook")]


def test_a_notice_carries_its_address_its_code_and_the_ways_that_follow(
    records: Records,
    build_desk: Callable[..., Desk],
    assets: Any,  # noqa: ANN401 - the fixture's
) -> None:
    import_plan(records)
    desk = Desk(
        definitions=build_desk()._definitions,  # noqa: SLF001 - those of the other tests
        assets=assets,
        configuration="v1",
        channels=CHANNELS,
        url="https://gas.example",
    )
    Duty(records, desk).hear(onset(2))
    notice = next(n for n in records.notices() if n.person == "yang" and n.channel == "sms_a")
    assert (notice.address, notice.priority, notice.receipt_s, notice.next_ns) == ("1", 3, 60, 17 * S)
    assert notice.then == (
        Way("sms_b", "1", 60),
        Way("voice_a", "1", 45),
        Way("voice_b", "1", 45),
    )
    answer = msgspec.json.decode(notice.body)["answer"]
    assert len(answer["code"]) == 6
    assert answer["url"].startswith("https://gas.example/answer/")
    codes = {n.person: msgspec.json.decode(n.body)["answer"]["code"] for n in records.notices()}
    assert len(set(codes.values())) == 2


def test_a_later_notice_carries_the_same_code_for_longer(duty: Duty) -> None:
    duty.hear(onset(0))
    duty.live(305)
    with duty.records.unit() as unit:
        codes = unit.codes("yang", 0)
    assert [code.expires_ns for code in codes] == [300 * S + VALID_NS]


def test_an_answer_ends_it_and_calls_back_what_waits(duty: Duty) -> None:
    duty.hear(onset(0))
    duty.act("acknowledge", at_s=10)
    assert duty.escalation()[1:] == (None, "acknowledged")
    assert {state for _, state in duty.notices()} == {NoticeState.CANCELLED}
    duty.live(1_000)
    assert {step for step, _, _ in duty.told_to()} == {0}


def test_a_return_ends_it_below_priority_one(duty: Duty) -> None:
    duty.hear(onset(0), end(5))
    assert duty.escalation()[1:] == (None, "returned")
    duty.live(400)
    assert {step for step, _, _ in duty.told_to()} == {0}


@pytest.mark.parametrize("kind", [HIGH, P1])
def test_a_return_does_not_end_what_is_critical_or_latched(duty: Duty, kind: AlarmKind) -> None:
    duty.hear(onset(0, kind=kind), end(5, kind=kind))
    assert duty.escalation(kind)[2] == ""
    duty.live(305)
    assert {step for step, _, _ in duty.told_to(kind)} >= {0, 1, 2}


def test_worsening_begins_the_table_of_the_new_priority_and_calls_the_old_notices_back(duty: Duty) -> None:
    kind = AlarmKind.PRESSURE_LOW
    duty.hear(onset(0, kind=kind, level=2))
    duty.live(20)
    assert duty.escalation(kind)[2] == ""
    duty.hear(found(Transition.ESCALATE, 21, kind=kind, level=3))
    assert duty.escalation(kind)[2] == "superseded"
    with duty.records.duties() as duties:
        fresh = duties.escalation(alarm_id(DEVICE, kind), 2)
    assert fresh is not None
    assert (fresh.table, fresh.began_ns) == ("priority-1", 21 * S)
    old = {n.state for n in duty.records.notices(occurrence=1)}
    assert old == {NoticeState.CANCELLED}


def test_asking_again_starts_for_the_new_occurrence(duty: Duty) -> None:
    duty.hear(onset(0, kind=P1))
    duty.act("acknowledge", at_s=10, kind=P1)
    duty.live(910)
    assert duty.escalation(P1, occurrence=2)[2] == ""
    assert any(n.occurrence == 2 for n in duty.records.notices())


def test_hidden_it_stands_still_and_back_it_goes_on_at_the_stored_step(duty: Duty) -> None:
    duty.hear(onset(0))
    duty.act("shelve", at_s=100, until_ns=1_000 * S)
    assert duty.escalation()[1:] == (None, "hidden")
    duty.live(995)
    assert {step for step, _, _ in duty.told_to()} == {0}
    duty.tick(1_000)
    assert {step for step, _, _ in duty.told_to()} >= {0, 1}
    assert duty.escalation()[2] == ""


def test_an_answer_for_another_occurrence_ends_nothing(duty: Duty) -> None:
    duty.hear(onset(0))
    with pytest.raises(Exception, match="告警已变化"):
        duty.act("acknowledge", at_s=5, occurrence=2)
    assert duty.escalation()[2] == ""


def test_a_restart_goes_on_at_the_stored_step(duty: Duty, build_desk: Callable[..., Desk]) -> None:
    duty.hear(onset(0))
    duty.live(185)
    before = duty.told_to()
    again = Duty(duty.records, build_desk(*CHANNELS))
    again.live(295, from_s=190)
    assert again.told_to() == before
    again.tick(300)
    assert {step for step, _, _ in again.told_to()} == {0, 1, 2}


def test_the_turn_that_holds_at_the_step_decides_who_is_called(duty: Duty) -> None:
    with duty.records.unit() as unit:
        unit.add_override(Override("duty", "first", "zhao", 100 * S, 200 * S, "li", 0))
    duty.hear(onset(0))
    duty.live(185)
    assert {person for _, person, _ in duty.told_to(step=1)} == {"zhao", "wang"}


def test_nobody_on_call_begins_the_next_step_at_once(records: Records, build_desk: Callable[..., Desk]) -> None:
    import_plan(records, TEXT.replace('role = "first"', 'role = "fourth"'))
    duty = Duty(records, build_desk(*CHANNELS))
    duty.hear(onset(0, kind=AlarmKind.PRESSURE_LOW, level=2))
    duty.live(15)
    assert duty.told_to(AlarmKind.PRESSURE_LOW) != []
    with records.duties() as duties:
        assert duties.unreached() == 1


def test_what_found_nobody_is_over_with_its_answer(records: Records, build_desk: Callable[..., Desk]) -> None:
    import_plan(records, TEXT.replace('role = "first"', 'role = "fourth"'))
    duty = Duty(records, build_desk(*CHANNELS))
    kind = AlarmKind.LOG_SPACE
    duty.hear(onset(0, kind=kind, device=SYSTEM, site=""))
    with records.duties() as duties:
        assert duties.unreached() == 1
    with records.unit() as unit:
        duty.desk.acknowledge(unit, alarm_id(SYSTEM, kind), 1, "li", "", 5 * S)
    with records.duties() as duties:
        assert duties.unreached() == 0


def test_a_plan_imported_meanwhile_is_followed_from_the_next_step_on(duty: Duty) -> None:
    duty.hear(onset(0))
    import_plan(duty.records, TEXT.replace('sites = ["S1"]', 'sites = ["S2"]'))
    duty.live(185)
    assert {person for _, person, _ in duty.told_to(step=1)} == {"yang"}


def test_a_plan_that_this_release_cannot_read_tells_every_channel(
    records: Records, build_desk: Callable[..., Desk]
) -> None:
    import_plan(records, "tables = 3")
    Duty(records, build_desk("webhook")).hear(onset(0))
    assert [n.channel for n in records.notices()] == ["webhook"]


def test_a_person_without_a_phone_is_reached_by_what_there_is(
    records: Records, build_desk: Callable[..., Desk]
) -> None:
    import_plan(records, TEXT.replace('phone = "1", ', ""))
    duty = Duty(records, build_desk(*CHANNELS))
    duty.hear(onset(0))
    duty.live(185)
    assert {(step, channel) for step, person, channel in duty.told_to() if person == "yang"} == {
        (0, "chat"),
        (1, "chat"),
    }


def test_a_drill_is_marked_for_everybody(duty: Duty) -> None:
    duty.hear(onset(0))
    with duty.records.unit() as unit:
        alarm = unit.alarm(alarm_id(DEVICE, LOW))
        assert alarm is not None
        unit.save(replace(alarm, drill=True))
    duty.live(305)
    texts = [msgspec.json.decode(n.body)["text"]["zh"] for n in duty.records.notices() if n.step]
    assert texts
    assert all(text.startswith("【演练】") for text in texts)


def test_priority_four_waits_for_the_digest(records: Records, build_desk: Callable[..., Desk], assets: Any) -> None:  # noqa: ANN401
    from domain.alarm import Definition  # noqa: PLC0415 - this test alone

    del build_desk
    import_plan(records)
    kind = AlarmKind.DEVICE_FAULT
    desk = Desk(definitions={kind: Definition(kind, (4,), (0,))}, assets=assets, configuration="v1", channels=CHANNELS)
    Duty(records, desk).hear(onset(0, kind=kind))
    assert records.notices() == []


def test_the_same_finding_twice_tells_once(duty: Duty) -> None:
    first: Finding = onset(1)
    duty.hear(first)
    before: list[Notice] = duty.records.notices()
    duty.hear(first)
    duty.tick(1)
    assert duty.records.notices() == before


def test_after_a_return_no_further_way_begins_for_want_of_a_receipt(duty: Duty) -> None:
    duty.hear(onset(0))
    for leased in duty.records.lease_notices(S, 12 * S, 50, ["sms_a"]):
        duty.records.settle_notice(replace(leased, state=NoticeState.ACCEPTED, next_ns=61 * S))
    duty.hear(end(5))
    waits = {n.channel: n.next_ns for n in duty.records.notices()}
    assert waits == {"sms_a": None, "chat": 15 * S}

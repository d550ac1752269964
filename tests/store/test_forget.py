"""What people were told is dropped by its age, and never while it matters."""

from dataclasses import replace

from domain.alarm import Alarm, AlarmKind, Condition, Life, StateLetter, alarm_id
from domain.duty import AnswerCode, Escalation, StoredReceipt
from domain.record import Incident, JournalEntry, Notice, NoticeState
from store.records import Records

OLD, YOUNG = 10, 1_000
NORMAL = Life(occurrence=1)
STANDING = Life(condition=Condition.ACTIVE, level=1, acknowledged=True, occurrence=1)


def told(records: Records, name: str, at_ns: int = OLD, life: Life = NORMAL, carrier: str = "") -> Alarm:
    """An alarm, its escalation, a notice of it with its receipt, and an answer code; all have the alarm's name."""
    kind = AlarmKind.GAS_LOW
    row = Alarm(alarm_id(name, kind), kind, name, name, "S1", "Z1", life=life)
    sent = Notice(name, row.id, 1, "sms", "yang", "{}", due_ns=at_ns, state=NoticeState.ACCEPTED, provider_id=name)
    with records.unit() as unit:
        unit.save(row)
        unit.notice(replace(sent, carrier=carrier))
        unit.save_escalation(Escalation(row.id, 1, "t", 2, began_ns=at_ns, ended_ns=at_ns))
        unit.save_answer(AnswerCode(row.id, 1, "yang", "123456", f"token of {name}", at_ns))
    records.add_receipt(StoredReceipt("sms", name, delivered=True, text="", time_ns=at_ns))
    return row


def part_of_incident(records: Records, row: Alarm, closed_ns: int | None) -> None:
    """The alarm was in an incident, and its row no longer says so."""
    name = f"incident of {row.subject}"
    raised = (StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED, row.kind)
    with records.unit() as unit:
        unit.save_incident(Incident(name, "S1", "Z1", 2, opened_ns=5, closed_ns=closed_ns))
        unit.journal(JournalEntry(row.id, 1, "raise", *raised, 3, 1, "D", "S1", name, 1, 5))


def test_what_is_old_goes_in_steps_with_its_answers_escalations_and_receipts(records: Records) -> None:
    for n in range(3):
        told(records, f"old{n}")
    told(records, "young", YOUNG)
    records.add_receipt(StoredReceipt("sms", "of nobody", delivered=True, text="", time_ns=OLD))
    gone = []
    for _ in range(3):
        with records.unit() as unit:
            gone.append(unit.forget_told(100, limit=2))
    assert gone == [8, 5, 0]
    assert [notice.key for notice in records.notices()] == ["young"]


def test_what_still_matters_stays_whole(records: Records) -> None:
    told(records, "normal")
    told(records, "standing", life=STANDING, carrier="carrier")
    told(records, "carrier")
    told(records, "shelved", life=Life(shelf_until_ns=5, occurrence=1))
    part_of_incident(records, told(records, "in an open incident"), None)
    part_of_incident(records, told(records, "in a closed incident"), 20)
    waiting = told(records, "waiting")
    with records.unit() as unit:
        unit.notice(Notice("waits for its sender", waiting.id, 1, "chat", "yang", "{}", due_ns=OLD))
        unit.save_escalation(Escalation(waiting.id, 2, "t", 2, began_ns=OLD))  # which still runs
        assert unit.forget_told(100, limit=99) == 3 + 4 + 4 + 3  # notices, answer codes, escalations, receipts
    whole = {"standing", "shelved", "in an open incident"}
    assert {notice.key for notice in records.notices()} == {*whole, "carrier", "waits for its sender"}
    with records.unit() as unit:
        assert {row.subject for row in records.alarms() if unit.answer(row.id, 1, "yang")} == whole
        assert {row.subject for row in records.alarms() if unit.escalation(row.id, 1)} == whole
        assert unit.escalation(waiting.id, 2) is not None

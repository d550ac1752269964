"""Lists that go on below the last row that was seen, in both databases; times are real ones, beyond 32 bits."""

from dataclasses import replace

from domain.alarm import Alarm, AlarmKind, StateLetter, alarm_id
from domain.record import AuditEntry, Gap, Incident, JournalEntry
from store.records import Records

NOW_NS = 1_768_449_600_000_000_000


def alarm(subject: str, last_ns: int) -> Alarm:
    kind = AlarmKind.GAS_LOW
    return Alarm(alarm_id(subject, kind), kind, subject, subject, "S1", "Z1", last_ns=last_ns)


def line(row: Alarm, time_ns: int) -> JournalEntry:
    normal = StateLetter.NORMAL
    return JournalEntry(row.id, 1, "raise", normal, normal, row.kind, 3, 1, row.device, row.site, "", 1, time_ns)


def test_alarms_go_on_newest_first(records: Records) -> None:
    rows = [alarm(f"D{n}", NOW_NS + n // 2) for n in range(5)]
    with records.unit() as unit:
        for row in rows:
            unit.save(row)
    newest = sorted(rows, key=lambda row: (row.last_ns, row.id), reverse=True)
    first = records.alarms(newest=(2**63 - 1, ""), limit=2)
    rest = records.alarms(newest=(first[-1].last_ns, first[-1].id), limit=9)
    assert [row.id for row in first + rest] == [row.id for row in newest]


def test_alarms_are_found_by_the_time_of_any_change(records: Records) -> None:
    row = alarm("D1", NOW_NS)
    with records.unit() as unit:
        unit.save(row)
        unit.journal(line(row, NOW_NS))
        unit.journal(line(row, NOW_NS + 10))
    spans = {(0, 0): 0, (0, 1): 1, (1, 10): 0, (1, 11): 1, (10, 11): 1, (11, 99): 0}
    found = {span: len(records.alarms(within_ns=(NOW_NS + span[0], NOW_NS + span[1]))) for span in spans}
    assert found == spans


def test_incidents_go_on_newest_first(records: Records) -> None:
    rows = [Incident(f"i{n}", f"S{n}", "Z1", 3, NOW_NS + n // 2) for n in range(4)]
    with records.unit() as unit:
        for row in rows:
            unit.save_incident(row)
    first = records.incidents(limit=3)
    rest = records.incidents(below=(first[-1].opened_ns, first[-1].id))
    assert [row.id for row in first + rest] == ["i3", "i2", "i1", "i0"]


def test_gaps_go_on_newest_first_and_open_ones_alone(records: Records) -> None:
    rows = [Gap("D1", "b", n, n, NOW_NS + n // 2) for n in range(4)]
    with records.unit() as unit:
        for row in rows:
            unit.gap(row)
        unit.gap(replace(rows[2], closed_ns=NOW_NS))
    first = records.gaps(limit=3)
    last = first[-1]
    rest = records.gaps(below=(last.opened_ns, last.device, last.from_seq, last.boot_id))
    assert [row.from_seq for row in first + rest] == [3, 2, 1, 0]
    assert [row.from_seq for row in records.gaps(open_only=True)] == [3, 1, 0]


def test_the_latest_line_of_each_event_of_some_alarms(records: Records) -> None:
    ours, other = alarm("D1", NOW_NS), alarm("D2", NOW_NS)
    lines = [
        line(ours, NOW_NS),
        line(ours, NOW_NS + 1),
        replace(line(ours, NOW_NS + 2), event="shelve"),
        line(other, NOW_NS),
    ]
    with records.unit() as unit:
        unit.save(ours)
        unit.save(other)
        for entry in lines:
            unit.journal(entry)
    found = records.latest_lines([ours.id], ["raise", "shelve", "reset"])
    assert [(entry.event, entry.time_ns) for entry in found] == [("raise", NOW_NS + 1), ("shelve", NOW_NS + 2)]
    assert records.latest_lines([], ["raise"]) == []


def test_the_audit_is_read_by_action_inside_a_transaction_and_outside(records: Records) -> None:
    with records.unit() as unit:
        for action in ("login", "handover", "login", "handover"):
            unit.audit(AuditEntry(NOW_NS, "li", action, "x"))
        assert [entry.seq for entry in unit.audited(9, ["handover"])] == [4, 2]
    assert [entry.seq for entry in records.audit(1, actions=["handover"])] == [4]
    assert [entry.seq for entry in records.audit(9, 3)] == [2, 1]

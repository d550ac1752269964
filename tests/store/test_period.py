"""What the records tell of some days."""

from dataclasses import replace

from domain.alarm import Alarm, AlarmKind, Condition, Life, StateLetter, alarm_id
from domain.handling import HandlingStep, StepKind
from domain.period import LOOKBACK_NS, Handled
from domain.record import Incident, JournalEntry, Notice, NoticeState
from store.records import Records

DAY = 86_400_000_000_000
FROM, TO = 100 * DAY, 101 * DAY


def alarm(subject: str, site: str = "S1", *, drill: bool = False) -> Alarm:
    life = Life(Condition.ACTIVE, level=1, acknowledged=False, occurrence=1)
    name = alarm_id(subject, AlarmKind.GAS_LOW)
    return Alarm(name, AlarmKind.GAS_LOW, subject, subject, site, "Z1", life, incident_id=f"i-{subject}", drill=drill)


def fill(records: Records, row: Alarm, *times_ns: int, event: str = "annunciate") -> None:
    with records.unit() as unit:
        if unit.alarm(row.id) is None:
            unit.save(row)
            unit.save_incident(Incident(row.incident_id, row.site, "Z1", 2, FROM + 5))
        for n, time_ns in enumerate(times_ns, 1):
            b = StateLetter.ACTIVE_UNACKNOWLEDGED
            unit.journal(
                JournalEntry(row.id, n, event, b, b, row.kind, 3, 1, row.device, row.site, row.incident_id, n, time_ns)
            )


def test_lines_are_those_of_the_time_and_a_day_before_in_order(records: Records) -> None:
    fill(records, alarm("G1"), FROM + 9, FROM - LOOKBACK_NS, TO - 1, TO, FROM - LOOKBACK_NS - 1)
    fill(records, alarm("G1"), FROM, event="pending")
    found = records.period(FROM, TO)
    assert [line.time_ns for line in found.lines] == [FROM - LOOKBACK_NS, FROM + 9, TO - 1]
    assert found.lines[0].kind is AlarmKind.GAS_LOW
    assert (found.from_ns, found.to_ns) == (FROM, TO)


def test_a_notice_belongs_to_the_time_of_its_first_attempt(records: Records) -> None:
    fill(records, alarm("G1"))
    times = {"a": (TO + 5, FROM), "b": (FROM, 0), "c": (FROM, FROM - 1), "d": (TO, 0)}
    with records.unit() as unit:
        for name, (due_ns, first_ns) in times.items():
            notice = Notice(name, alarm("G1").id, 1, "webhook", name, "{}", due_ns, NoticeState.FAILED)
            unit.notice(replace(notice, first_ns=first_ns))
    found = records.period(FROM, TO).notices
    assert [(sent.person, sent.state) for sent in found] == [("a", NoticeState.FAILED), ("b", NoticeState.FAILED)]


def test_incidents_are_those_opened_or_closed_meanwhile_with_the_first_arrival(records: Records) -> None:
    with records.unit() as unit:
        for name, opened_ns, closed_ns in (
            ("open", FROM, None), ("closed", FROM - 9, FROM + 9), ("before", 5, 9), ("after", TO, None),
        ):  # fmt: skip
            unit.save_incident(Incident(name, "S1", "Z1", 2, opened_ns, closed_ns, result="leak"))
        for at in (FROM + 8, FROM + 4):
            unit.add_step(HandlingStep("open", StepKind.ARRIVE, "li", at))
    assert list(records.period(FROM, TO).incidents) == [
        Handled("closed", 2, FROM - 9, FROM + 9, "leak"),
        Handled("open", 2, FROM, None, "leak", FROM + 4),
    ]


def test_drills_and_other_sites_are_left_out(records: Records) -> None:
    for row in (alarm("G1"), alarm("G2", "S2"), alarm("G3", drill=True)):
        fill(records, row, FROM)
        with records.unit() as unit:
            unit.notice(Notice(row.id, row.id, 1, "webhook", "", "{}", FROM))

    def subjects(found_sites: set[str] | None) -> list[list[str]]:
        found = records.period(FROM, TO, found_sites)
        names = {alarm(subject).id: subject for subject in ("G1", "G2", "G3")}
        return [
            [line.device for line in found.lines],
            [names[sent.alarm_id] for sent in found.notices],
            [one.id.removeprefix("i-") for one in found.incidents],
            sorted(row.device for row in found.standing),
        ]

    assert subjects(None) == [["G1", "G2"]] * 4
    assert subjects({"S2", "S3"}) == [["G2"]] * 4
    assert subjects(set()) == [[]] * 4

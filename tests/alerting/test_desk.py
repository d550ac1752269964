"""Findings, time and people's acts, as they end up in the records."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from alerting.desk import Desk
from alerting.events import Reason
from alerting.lifecycle import Refused
from domain.alarm import SYSTEM, Alarm, AlarmKind, Condition, alarm_id
from domain.errors import Conflict
from domain.finding import Finding, Transition
from domain.location import Location, PipeShare
from domain.record import NoticeState
from store.records import Records

S = 1_000_000_000
HOUR = 3600 * S
DEVICE = "DL-GD-0001"


def found(transition: Transition, position: int, **changes: Any) -> Finding:  # noqa: ANN401 - attributes
    level = 0 if transition is Transition.END else 1
    finding = Finding(
        "gas_threshold",
        AlarmKind.GAS_LOW,
        DEVICE,
        "S1",
        transition,
        level,
        position,
        time_ns=position * S,
        onset_ns=position * S,
        value=31.0,
        limit=20.0,
    )
    return replace(finding, **changes)


def onset(position: int, **changes: Any) -> Finding:  # noqa: ANN401 - attributes
    return found(Transition.ONSET, position, **changes)


def end(position: int, **changes: Any) -> Finding:  # noqa: ANN401 - attributes
    return found(Transition.END, position, **changes)


class Room:
    """A desk at its records; log time in seconds is the position."""

    def __init__(self, records: Records, desk: Desk) -> None:
        self.records, self.desk = records, desk

    def hear(self, *findings: Finding) -> int:
        with self.records.unit() as unit:
            return sum(self.desk.apply(unit, [finding], finding.position * S) for finding in findings)

    def tick(self, position: int) -> int:
        with self.records.unit() as unit:
            return self.desk.advance(unit, position * S, position)

    def act(
        self,
        name: str,
        *,
        at_s: int,
        occurrence: int = 1,
        kind: AlarmKind = AlarmKind.GAS_LOW,
        **more: Any,  # noqa: ANN401
    ) -> Alarm:
        with self.records.unit() as unit:
            act: Callable[..., Alarm] = getattr(self.desk, name)
            return act(unit, alarm_id(DEVICE, kind), occurrence, "li", more.pop("comment", "看过"), at_s * S, **more)

    def alarm(self, kind: AlarmKind = AlarmKind.GAS_LOW) -> Alarm:
        alarm = self.records.alarm(alarm_id(DEVICE, kind))
        assert alarm is not None
        return alarm

    def told(self) -> list[tuple[str, str, str]]:
        return [(entry.event, entry.before, entry.after) for entry in self.records.journal()]

    def notices(self) -> list[tuple[str, NoticeState]]:
        return [(notice.key.partition("/")[2], notice.state) for notice in reversed(self.records.notices())]


@pytest.fixture
def room(records: Records, desk: Desk) -> Room:
    return Room(records, desk)


# ---------------------------------------------------------------- findings


def test_an_onset_raises_an_alarm_with_all_that_a_person_needs(room: Room) -> None:
    assert room.hear(onset(7, onset_ns=5 * S, reason="r")) == 1
    alarm = room.alarm()
    assert (alarm.life.letter, alarm.life.level, alarm.life.occurrence, alarm.priority) == ("B", 1, 1, 3)
    assert (alarm.subject, alarm.device, alarm.site, alarm.zone) == (DEVICE, DEVICE, "S1", "Z1")
    assert (alarm.value, alarm.limit, alarm.reason) == (31.0, 20.0, "r")
    assert (alarm.first_ns, alarm.raised_ns, alarm.last_ns, alarm.position) == (5 * S, 7 * S, 7 * S, 7)
    assert room.told() == [("raise", "A", "B"), ("annunciate", "B", "B")]
    entry = room.records.journal()[0]
    assert (entry.incident_id, entry.position, entry.note, entry.user) == (alarm.incident_id, 7, "r", "")


def test_the_alarm_tells_where_the_network_may_leak_until_it_is_raised_anew(room: Room) -> None:
    place = Location(100.26, 25.61, 120.0, (PipeShare("P-1", 0.75),), 0.05)
    room.hear(onset(7, location=place))
    room.hear(end(8))
    assert room.alarm().location == place
    room.tick(1_000)
    room.hear(onset(1_001))
    assert room.alarm().location is None


def test_the_same_finding_twice_is_the_same_as_once(room: Room) -> None:
    room.hear(onset(7))
    before = room.alarm()
    assert room.hear(onset(7)) == 0
    assert room.hear(onset(6, onset_ns=7 * S)) == 0
    assert room.hear(end(6)) == 0  # from before the row's last input: only a replay says that
    assert room.alarm() == before
    assert room.records.last_journal() == 2


def test_a_finding_that_changes_nothing_leaves_no_trace(room: Room) -> None:
    assert room.hear(end(3)) == 0
    assert room.hear(found(Transition.UNUSABLE, 4)) == 0
    assert room.records.alarms() == []
    room.hear(onset(7))
    before = room.alarm()
    assert room.hear(found(Transition.ESCALATE, 8, value=99.0)) == 0
    assert room.alarm() == before


def test_nothing_found_costs_no_statement(desk: Desk) -> None:
    assert desk.apply(object(), [], 5) == 0  # type: ignore[arg-type]  # any use of the unit would fail


def test_worsening_is_a_new_occurrence_with_its_own_evidence(room: Room) -> None:
    pressure = {"kind": AlarmKind.PRESSURE_LOW}
    room.hear(onset(7, **pressure, value=1.4, limit=1.5))
    assert room.tick(22) == 1
    room.act("acknowledge", at_s=23, kind=AlarmKind.PRESSURE_LOW)
    room.hear(found(Transition.ESCALATE, 30, **pressure, level=2, onset_ns=7 * S, value=0.9, limit=1.0))
    alarm = room.alarm(AlarmKind.PRESSURE_LOW)
    assert (alarm.life.letter, alarm.life.level, alarm.life.occurrence, alarm.priority) == ("B", 2, 2, 2)
    assert (alarm.value, alarm.limit, alarm.first_ns, alarm.raised_ns) == (0.9, 1.0, 30 * S, 30 * S)
    assert (alarm.acknowledged_by, alarm.acknowledged_ns) == ("", None)


def test_the_numbers_that_raised_it_stay_when_it_holds_and_returns(room: Room) -> None:
    room.hear(onset(7), end(9, value=3.0, limit=12.0))
    alarm = room.alarm()
    assert (alarm.life.letter, alarm.value, alarm.limit, alarm.priority, alarm.last_ns) == ("D", 31.0, 20.0, 3, 9 * S)
    assert room.told()[-1] == ("return", "B", "D")


def test_unusable_data_hold_a_returning_alarm(room: Room) -> None:
    pressure = {"kind": AlarmKind.PRESSURE_LOW}
    room.hear(onset(1, **pressure), end(30, **pressure), found(Transition.UNUSABLE, 40, **pressure))
    assert room.alarm(AlarmKind.PRESSURE_LOW).life.condition is Condition.ACTIVE
    assert [event for event, *_ in room.told()] == ["pending", "raise", "annunciate", "returning", "hold"]


def test_a_deadline_fires_before_a_later_finding_even_without_a_tick(room: Room) -> None:
    pressure = {"kind": AlarmKind.PRESSURE_LOW}
    assert room.hear(onset(1, **pressure), end(30, **pressure)) == 3
    assert room.hear(onset(50, **pressure, value=None)) == 2  # it had returned at 45
    alarm = room.alarm(AlarmKind.PRESSURE_LOW)
    assert (alarm.life.condition, alarm.life.letter) == (Condition.PENDING_ON, "D")


def test_the_site_of_an_unplaced_finding_is_that_of_its_device(room: Room) -> None:
    room.hear(onset(1, site=""), onset(1, device="stranger", site=""), onset(1, device="other", site="S9"))
    placed = {alarm.device: (alarm.site, alarm.zone) for alarm in room.records.alarms()}
    assert placed == {DEVICE: ("S1", "Z1"), "stranger": ("", ""), "other": ("S9", "")}


def test_one_late_tick_that_asks_again_and_returns_keeps_the_priority(room: Room) -> None:
    kind = AlarmKind.PRESSURE_LOW
    room.hear(onset(1, kind=kind, level=3))
    room.tick(16)
    room.act("acknowledge", at_s=16, kind=kind)
    room.hear(end(70, kind=kind))
    room.tick(200)
    alarm = room.alarm(kind)
    assert (alarm.life.letter, alarm.life.occurrence, alarm.priority) == ("D", 2, 1)
    assert [event for event, *_ in room.told()[-3:]] == ["realarm", "return", "annunciate"]


def test_identities_differ_between_rulebooks(records: Records, desk: Desk, build_desk: Callable[..., Desk]) -> None:
    del desk
    first = build_desk()
    with records.unit() as unit:
        first.apply(unit, [onset(7)], 7 * S)
    alarm = records.alarm(alarm_id(DEVICE, AlarmKind.GAS_LOW))
    assert alarm is not None
    assert alarm.finding == onset(7).identity("v1")
    assert alarm.finding != onset(7).identity("v2")


# ---------------------------------------------------------------- notices


def test_an_annunciation_is_told_to_every_channel(room: Room) -> None:
    room.hear(onset(7))
    assert room.notices() == [("1/0//webhook", NoticeState.PENDING), ("1/0//wall", NoticeState.PENDING)]
    notice = room.records.notices()[0]
    body = msgspec.json.decode(notice.body)
    assert notice.due_ns == 7 * S
    assert body["text"]["zh"] == "老街小厨 DL-GD-0001 可燃气体 31 %LEL > 一级限 20 %LEL"
    assert body["incident_id"] == room.alarm().incident_id
    assert (body["priority"], body["state"], body["unit"], body["occurrence"]) == (3, "B", "%LEL", 1)
    assert body["what_to_do"]["zh"]


def test_a_return_is_told_to_nobody_and_calls_nothing_back(room: Room) -> None:
    room.hear(onset(7), end(9))
    assert [state for _, state in room.notices()] == [NoticeState.PENDING] * 2


def test_an_answer_calls_the_notices_back(room: Room) -> None:
    room.hear(onset(7))
    room.act("acknowledge", at_s=8)
    assert {(n.state, n.answer) for n in room.records.notices()} == {(NoticeState.CANCELLED, "acknowledged")}


def test_a_worse_occurrence_calls_the_older_notices_back(room: Room) -> None:
    room.hear(onset(1, kind=AlarmKind.LOG_SPACE), found(Transition.ESCALATE, 2, kind=AlarmKind.LOG_SPACE, level=2))
    states = {(n.occurrence, n.state, n.answer) for n in room.records.notices()}
    assert states == {(1, NoticeState.CANCELLED, "superseded"), (2, NoticeState.PENDING, "")}


def test_a_hidden_raise_is_told_when_it_comes_out_of_hiding_and_so_is_an_unanswered_one(room: Room) -> None:
    room.hear(onset(1))
    room.act("shelve", at_s=2, until_ns=60 * S)
    room.tick(60)
    keys = [key for key, _ in room.notices()]
    assert keys == ["1/0//webhook", "1/0//wall", f"1/0@{60 * S}//webhook", f"1/0@{60 * S}//wall"]


# ---------------------------------------------------------------- people


def test_a_person_takes_an_alarm_through_all_its_states(room: Room) -> None:
    high = AlarmKind.GAS_HIGH
    room.hear(onset(1, kind=high))
    alarm = room.act("acknowledge", at_s=2, kind=high)
    assert (alarm.life.letter, alarm.acknowledged_by, alarm.acknowledged_ns) == ("C", "li", 2 * S)
    assert alarm == room.alarm(high)
    room.hear(end(9, kind=high))
    assert room.act("reset", at_s=10, kind=high).life.letter == "A"
    assert [(e.action, e.user, e.target, e.detail) for e in reversed(room.records.audit())] == [
        ("acknowledge", "li", f"{alarm.id}/1", "看过"),
        ("reset", "li", f"{alarm.id}/1", "看过"),
    ]
    assert room.records.broken_audit() is None


def test_hiding_and_showing_is_written_down_with_its_end_and_permit(room: Room) -> None:
    room.hear(onset(1))
    assert room.act("shelve", at_s=2, until_ns=HOUR).life.letter == "G"
    assert room.act("unshelve", at_s=3).life.letter == "B"
    assert room.act("out_of_service", at_s=4, until_ns=HOUR, permit_no="7").life.letter == "I"
    assert room.act("in_service", at_s=5).life.letter == "B"
    notes = [(e.event, e.note) for e in room.records.journal() if e.user]
    assert notes[0] == ("shelve", f"看过 [until_ns={HOUR}]")
    assert ("out_of_service", f"看过 [until_ns={HOUR} permit_no=7]") in notes
    assert [e.action for e in room.records.audit()] == ["in_service", "out_of_service", "unshelve", "shelve"]
    assert room.alarm().position == 1  # a person's act is no input of the log


def test_a_comment_changes_nothing_but_the_journal(room: Room) -> None:
    room.hear(onset(1))
    before = room.alarm()
    assert room.act("comment", at_s=2, comment="已派人") == before
    assert room.alarm() == before
    assert room.told()[-1] == ("comment", "B", "B")
    assert room.records.audit()[0].detail == "已派人"


@pytest.mark.parametrize("name", ["acknowledge", "reset", "unshelve", "in_service", "comment"])
def test_an_act_for_a_stale_occurrence_changes_nothing(room: Room, name: str) -> None:
    room.hear(onset(1))
    before, seq = room.alarm(), room.records.last_journal()
    with pytest.raises(Conflict, match="告警已变化 / the alarm has changed"):
        room.act(name, at_s=2, occurrence=0)
    assert (room.alarm(), room.records.last_journal(), room.records.audit()) == (before, seq, [])


def test_an_answer_that_nobody_asked_for_is_a_conflict(room: Room) -> None:
    room.hear(onset(1))
    room.act("acknowledge", at_s=2)
    with pytest.raises(Conflict, match="告警已变化"):
        room.act("acknowledge", at_s=3)


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [
        pytest.param("reset", {}, Reason.NOT_LATCHED, id="nothing is latched"),
        pytest.param("unshelve", {}, Reason.NOT_SHELVED, id="not shelved"),
        pytest.param("in_service", {}, Reason.IN_SERVICE, id="in service"),
        pytest.param("shelve", {"until_ns": 9 * HOUR}, Reason.TOO_LONG, id="too long"),
        pytest.param("shelve", {"until_ns": HOUR, "comment": " "}, Reason.NO_REASON, id="no reason"),
        pytest.param("comment", {"comment": ""}, Reason.NO_REASON, id="nothing said"),
        pytest.param("out_of_service", {"until_ns": HOUR, "permit_no": ""}, Reason.NO_PERMIT, id="no permit"),
        pytest.param("acknowledge", {"kind": AlarmKind.GAS_HIGH}, Reason.UNKNOWN, id="no such alarm"),
    ],
)
def test_what_the_rules_forbid_is_refused_with_the_reason(
    room: Room, name: str, more: dict[str, Any], reason: Reason
) -> None:
    room.hear(onset(1))
    before, seq = room.alarm(), room.records.last_journal()
    with pytest.raises(Refused) as caught:
        room.act(name, at_s=2, **more)
    assert caught.value.reason is reason
    assert (room.alarm(), room.records.last_journal(), room.records.audit()) == (before, seq, [])


def test_of_two_operators_who_answer_at_once_one_wins(room: Room) -> None:
    """The other one looked at the alarm in the same state, through another connection."""
    room.hear(onset(1))
    other = Records(str(room.records._engine.url))  # noqa: SLF001 - the same file
    room.act("acknowledge", at_s=2)
    with pytest.raises(Conflict, match="告警已变化"):
        Room(other, room.desk).act("acknowledge", at_s=2)
    other.close()
    assert [e.event for e in room.records.journal()].count("acknowledge") == 1


def test_a_row_that_moved_under_an_act_is_a_conflict(room: Room) -> None:
    """As on a database whose units do not exclude each other."""
    room.hear(onset(1))
    stale = room.alarm()
    room.act("acknowledge", at_s=2)

    class Late:
        def __init__(self, unit: Any) -> None:  # noqa: ANN401 - whatever a unit is
            self._unit = unit

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401
            return (lambda _id: stale) if name == "alarm" else getattr(self._unit, name)

    with pytest.raises(Conflict, match="changed by somebody else"), room.records.unit() as unit:
        room.desk.acknowledge(Late(unit), stale.id, 1, "wang", "", 2 * S)
    assert room.alarm().acknowledged_by == "li"


# ---------------------------------------------------------------- incidents


def test_alarms_of_a_site_are_one_incident_of_the_worst_priority(room: Room) -> None:
    room.hear(onset(1), onset(2, kind=AlarmKind.GAS_HIGH), onset(3, kind=AlarmKind.LINKAGE_FAILED, device="V1"))
    [incident] = room.records.incidents()
    assert (incident.site, incident.zone, incident.priority, incident.opened_ns) == ("S1", "Z1", 1, S)
    assert {alarm.incident_id for alarm in room.records.alarms()} == {incident.id}
    assert len(room.records.journal(incident_id=incident.id)) == 6


def test_an_incident_closes_when_its_last_member_is_normal(room: Room) -> None:
    room.hear(onset(1), onset(2, device="D2"), end(3), end(4, device="D2"))
    room.act("acknowledge", at_s=5)
    [incident] = room.records.incidents(open_only=True)
    with room.records.unit() as unit:
        room.desk.acknowledge(unit, alarm_id("D2", AlarmKind.GAS_LOW), 1, "li", "", 6 * S)
    closed = room.records.incident(incident.id)
    assert closed is not None
    assert closed.closed_ns == 6 * S


def test_a_raise_after_the_close_opens_the_next_incident(room: Room) -> None:
    room.hear(onset(1), end(2))
    room.act("acknowledge", at_s=3)
    room.hear(onset(4))
    newest, oldest = room.records.incidents()
    assert (newest.closed_ns, oldest.closed_ns) == (None, 3 * S)
    assert room.alarm().incident_id == newest.id != oldest.id
    assert room.alarm().life.occurrence == 2


def test_a_pending_condition_opens_no_incident(room: Room) -> None:
    room.hear(onset(1, kind=AlarmKind.PRESSURE_LOW))
    assert room.records.incidents() == []


def test_what_is_only_pending_belongs_to_no_incident(room: Room) -> None:
    kind = AlarmKind.PRESSURE_LOW
    room.hear(onset(1, kind=kind), end(30, kind=kind))
    room.tick(50)
    room.act("acknowledge", at_s=51, kind=kind)
    room.hear(onset(60, kind=kind), end(61, kind=kind))
    ids = {entry.event: entry.incident_id for entry in room.records.journal()}
    assert ids["pending"] == ids["fleeting"] == ""
    assert ids["acknowledge"] == ids["raise"] == room.alarm(kind).incident_id


def test_showing_a_normal_alarm_again_closes_no_incident_of_others(room: Room) -> None:
    room.hear(onset(1), end(2))
    room.act("acknowledge", at_s=3)
    room.act("shelve", at_s=4, until_ns=HOUR)
    room.hear(onset(5, device="D2"))
    room.act("unshelve", at_s=6)
    assert len(room.records.incidents(open_only=True)) == 1


def test_our_own_alarms_are_an_incident_of_their_own(room: Room) -> None:
    room.hear(onset(1), onset(2, kind=AlarmKind.LOG_SPACE, device=SYSTEM, site=""))
    assert {incident.site for incident in room.records.incidents()} == {"S1", ""}


def test_two_runs_name_the_same_alarms_and_incidents(room: Room, tmp_path: Any, desk: Desk) -> None:  # noqa: ANN401
    second = Records(f"sqlite:///{tmp_path / 'second.db'}")
    second.upgrade()
    for one in (room, Room(second, desk)):
        one.hear(onset(1), onset(2, kind=AlarmKind.GAS_HIGH), end(3))
    assert second.alarms() == room.records.alarms()
    assert second.incidents() == room.records.incidents()
    assert second.journal() == room.records.journal()
    assert second.notices() == room.records.notices()
    second.close()


def test_late_evidence_makes_a_row_that_stays_normal_and_an_entry_of_its_own_numbers(room: Room) -> None:
    late = found(Transition.LATE, 7, time_ns=3 * S)
    assert room.hear(late) == 1
    assert room.hear(late) == 0
    alarm = room.alarm()
    assert (alarm.life.letter, alarm.life.occurrence, alarm.incident_id, alarm.position) == ("A", 0, "", 7)
    (entry,) = room.records.journal()
    assert (entry.event, entry.value, entry.limit, entry.note) == (
        "late_evidence",
        31.0,
        20.0,
        "[measured_ns=3000000000]",
    )
    assert (room.records.notices(), room.records.incidents()) == ([], [])


def test_late_evidence_leaves_an_alarm_as_it_is_and_its_later_transitions_too(room: Room) -> None:
    room.hear(onset(7))
    before = room.alarm()
    room.hear(found(Transition.LATE, 8, value=99.0))
    after = room.alarm()
    assert replace(after, finding=before.finding, position=7, version=before.version) == before
    room.hear(end(9))
    assert room.alarm().life.letter == "D"

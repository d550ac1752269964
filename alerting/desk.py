"""Applies findings, time and people's acts to the alarm rows; row, journal, outbox and audit change together.

Nothing is kept in memory between two calls: whoever meets a conflict or an absent database does the whole unit again.
"""
# ruff: noqa: PLR0917 - which alarm, who, why and when belong to every act of a person, in this order

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from alerting import incidents
from alerting.escalator import Escalator, Telling
from alerting.events import (
    Acknowledge,
    CauseOff,
    CauseOn,
    Effect,
    Elapsed,
    Event,
    Observed,
    PutBack,
    Reason,
    Refusal,
    Reset,
    Shelve,
    TakeOut,
    Unshelve,
)
from alerting.fusion import USUAL, Fusion, Numbers, is_explainable, is_in_force
from alerting.lifecycle import REFUSALS, Effects, Outcome, Refused, next_due_ns, step
from alerting.ports import Unit
from domain.alarm import CANARY, Alarm, AlarmKind, Condition, Definition, Life, StateLetter, alarm_id
from domain.asset import Assets
from domain.errors import Conflict
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.record import AuditEntry, JournalEntry, Notice

_CHANGED = frozenset({Reason.STALE, Reason.NOT_ANNUNCIATED})
_COMMENT = "comment"
_LATE = "late_evidence"
BIRD = "canary"
"""Channel at the end of a test alarm's way: `app.roles.canary.CanaryEnd`."""


class Stamp(NamedTuple):
    """Who or what caused a transition, and when."""

    now_ns: int
    position: int = 0
    user: str = ""
    note: str = ""


class Desk:
    """The alarm desk.

    Args:
        definitions: how alarms of each kind behave.
        assets: for the zone of a site and the names in notices.
        configuration: version of the rulebook; part of a finding's identity.
        channels: names of the channels that can be used.
        url: of the console as people reach it from outside; "" where notices carry no link.
        numbers: what belongs together.
    """

    def __init__(
        self,
        *,
        definitions: Mapping[AlarmKind, Definition],
        assets: Assets,
        configuration: str,
        channels: Sequence[str] = (),
        url: str = "",
        numbers: Numbers = USUAL,
    ) -> None:
        self._definitions = definitions
        self._assets = assets
        self._configuration = configuration
        self._escalator = Escalator(definitions, assets, Telling(tuple(channels), url))
        self._fusion = Fusion(assets, numbers)
        self._grouping = incidents.Grouping(assets, self._fusion.places)

    # ------------------------------------------------------------ the log

    def apply(self, unit: Unit, findings: Sequence[Finding], log_ns: int) -> int:
        """Apply findings in log order; give the number of transitions.

        A finding that the row has already seen, by its identity or since it lies before the row's last input, changes
        nothing.

        Args:
            unit: transaction.
            findings: of one position, or of several with the same log time.
            log_ns: log time at them. Deadlines before it fire first, so that a missing tick changes no outcome.
        """
        return sum(self._hear(unit, finding, log_ns) for finding in findings)

    def advance(self, unit: Unit, log_ns: int, position: int) -> int:
        """Fire the deadlines and call the people that are due at a tick; give the number of transitions."""
        stamp = Stamp(log_ns, position)
        due = [alarm.id for alarm in unit.due(log_ns)]  # read anew: one that fires may have changed another
        alarms = (alarm for name in due if (alarm := unit.alarm(name)) is not None)
        transitions = sum(self._step(unit, alarm, Elapsed(log_ns), stamp)[1] for alarm in alarms)
        self._escalator.advance(unit, log_ns, position)
        return transitions

    def _hear(self, unit: Unit, finding: Finding, log_ns: int) -> int:
        alarm = unit.alarm(alarm_id(finding.device, finding.kind)) or self._new(finding)
        identity = finding.identity(self._configuration)
        if identity == alarm.finding or finding.position < alarm.position:
            return 0
        if finding.device == CANARY:
            return _sing(unit, alarm, identity, finding, log_ns)
        stamp = Stamp(log_ns, finding.position, note=finding.reason)
        due_ns, overdue = next_due_ns(alarm.life), 0
        if due_ns is not None and due_ns <= log_ns:
            alarm, overdue = self._step(unit, alarm, Elapsed(log_ns), stamp)
        if finding.transition is Transition.LATE:
            return overdue + _note(unit, replace(alarm, finding=identity, position=finding.position), finding, stamp)
        life, effects = self._observe(unit, alarm, finding, log_ns)
        if life == alarm.life or (alarm.version == 0 and not effects):
            return overdue
        after = replace(_with_evidence(alarm, life, finding), finding=identity)
        self._record(unit, alarm, after, _done(effects), stamp)
        return overdue + 1

    def _observe(self, unit: Unit, alarm: Alarm, finding: Finding, log_ns: int) -> Outcome:
        """Take in a finding; what explains it comes into force before it raises, so that nobody is called first."""
        definition, life = self._definitions[alarm.kind], alarm.life
        effects: Effects = ()
        if finding.transition is Transition.ONSET and not life.active and is_explainable(alarm.kind):
            begun = replace(alarm, reason=finding.reason, raised_ns=log_ns)
            for cause in sorted(self._fusion.causes_of(unit, begun, finding.level)):
                life, more = step(definition, life, CauseOn(cause, log_ns))
                effects += more
        after, more = step(definition, life, _observed(finding, log_ns))
        return after, effects + more

    def _new(self, finding: Finding) -> Alarm:
        device = self._assets.devices.get(finding.device)
        place = finding.site or (device.site if device else "")
        site = self._assets.sites.get(place)
        return Alarm(
            id=alarm_id(finding.device, finding.kind),
            kind=finding.kind,
            subject=finding.device,
            device=finding.device,
            site=place,
            zone=site.zone if site else "",
        )

    def _step(self, unit: Unit, alarm: Alarm, event: Event, stamp: Stamp) -> tuple[Alarm, int]:
        life, effects = step(self._definitions[alarm.kind], alarm.life, event)
        return self._record(unit, alarm, replace(alarm, life=life), _done(effects), stamp), 1

    # ------------------------------------------------------------ people

    def acknowledge(self, unit: Unit, alarm_id: str, occurrence: int, user: str, comment: str, now_ns: int) -> Alarm:
        """Answer for one occurrence (Conflict: there is a newer one, or nobody was asked)."""
        return self._act(unit, alarm_id, Acknowledge(occurrence, now_ns), occurrence, Stamp(now_ns, 0, user, comment))

    def reset(self, unit: Unit, alarm_id: str, occurrence: int, user: str, comment: str, now_ns: int) -> Alarm:
        """Take back the latch of a returned, acknowledged alarm (Conflict, Refused)."""
        return self._act(unit, alarm_id, Reset(now_ns), occurrence, Stamp(now_ns, 0, user, comment))

    def shelve(
        self, unit: Unit, alarm_id: str, occurrence: int, user: str, comment: str, now_ns: int, until_ns: int
    ) -> Alarm:
        """Hide it until then, with a reason (Conflict, Refused)."""
        _demand_reason(comment)
        stamp = Stamp(now_ns, 0, user, f"{comment} [until_ns={until_ns}]")
        return self._act(unit, alarm_id, Shelve(until_ns, now_ns), occurrence, stamp)

    def unshelve(self, unit: Unit, alarm_id: str, occurrence: int, user: str, comment: str, now_ns: int) -> Alarm:
        """Show it again (Conflict, Refused)."""
        return self._act(unit, alarm_id, Unshelve(now_ns), occurrence, Stamp(now_ns, 0, user, comment))

    def out_of_service(
        self,
        unit: Unit,
        alarm_id: str,
        occurrence: int,
        user: str,
        comment: str,
        now_ns: int,
        until_ns: int,
        permit_no: str,
    ) -> Alarm:
        """Hide it under a work permit; the comment names the compensating measure (Conflict, Refused)."""
        _demand_reason(comment)
        stamp = Stamp(now_ns, 0, user, f"{comment} [until_ns={until_ns} permit_no={permit_no}]")
        return self._act(unit, alarm_id, TakeOut(until_ns, permit_no, now_ns), occurrence, stamp)

    def in_service(self, unit: Unit, alarm_id: str, occurrence: int, user: str, comment: str, now_ns: int) -> Alarm:
        """End the permit (Conflict, Refused)."""
        return self._act(unit, alarm_id, PutBack(now_ns), occurrence, Stamp(now_ns, 0, user, comment))

    def comment(self, unit: Unit, alarm_id: str, occurrence: int, user: str, comment: str, now_ns: int) -> Alarm:
        """Write a remark into the journal (Conflict, Refused)."""
        _demand_reason(comment)
        alarm = _current(unit, alarm_id, occurrence)
        stamp = Stamp(now_ns, 0, user, comment)
        unit.journal(_entry(alarm, _COMMENT, alarm.life.letter, stamp))
        unit.audit(_audit(alarm, _COMMENT, stamp))
        return alarm

    def _act(self, unit: Unit, alarm_id: str, event: Event, occurrence: int, stamp: Stamp) -> Alarm:
        alarm = _current(unit, alarm_id, occurrence)
        if isinstance(event, Shelve | TakeOut) and alarm.kind is AlarmKind.PROTECTION_MISSING:
            raise _refused(Reason.SAFETY_CRITICAL)  # it stands for the alarms that nobody would get
        life, effects = step(self._definitions[alarm.kind], alarm.life, event)
        for effect in effects:
            if isinstance(effect, Refusal):
                raise _refused(effect.reason)
        done = _done(effects)
        after = self._record(unit, alarm, replace(alarm, life=life), done, stamp)
        unit.audit(_audit(after, done[0], stamp))
        return after

    # ------------------------------------------------------------ recording

    def _record(self, unit: Unit, before: Alarm, after: Alarm, effects: Sequence[Effect], stamp: Stamp) -> Alarm:
        """Write a transition: incident, row, journal, outbox."""
        fresh = after.life.occurrence != before.life.occurrence
        if stamp.position:
            after = replace(after, position=stamp.position)
        if effects:
            after = replace(after, last_ns=stamp.now_ns)
        if fresh:
            after = self._begin(unit, before, after, stamp)
        if Effect.ACKNOWLEDGED in effects:
            after = replace(after, acknowledged_by=stamp.user, acknowledged_ns=stamp.now_ns)
        unit.save(after)
        shown = before.life.letter
        for effect in effects:
            unit.journal(_entry(after, effect, shown, stamp))
            shown = after.life.letter
        self._escalator.changed(unit, before, after, effects, stamp.now_ns)
        if after.life.letter is StateLetter.NORMAL and before.life.letter is not StateLetter.NORMAL:
            incidents.leave(unit, after, stamp.now_ns)
        saved = replace(after, version=after.version + 1)
        return self._follow(unit, before, saved, stamp) if _weight(before) != _weight(saved) else saved

    def _follow(self, unit: Unit, before: Alarm, alarm: Alarm, stamp: Stamp) -> Alarm:
        """Do what follows from a change: alarms that it adds up to, and what it explains or no longer does."""
        for finding in self._fusion.derived(unit, alarm, stamp.now_ns, stamp.position) if stamp.position else ():
            self._hear(unit, finding, stamp.now_ns)
        touched = self._fusion.effects_of(unit, alarm) if is_in_force(before) != is_in_force(alarm) else []
        for other in dict.fromkeys([alarm.id, *(effect.id for effect in touched)]):
            self._explain(unit, other, stamp)
        return unit.alarm(alarm.id) or alarm

    def _explain(self, unit: Unit, alarm_id: str, stamp: Stamp) -> None:
        alarm = unit.alarm(alarm_id)
        if alarm is None or not is_explainable(alarm.kind):
            return
        life = alarm.life
        there = life.condition is not Condition.NORMAL
        causes = self._fusion.causes_of(unit, alarm, max(life.level, life.candidate)) if there else {}
        known = {cause.name for cause in life.causes}
        events: list[Event] = [CauseOff(name, stamp.now_ns) for name in sorted(known - causes.keys())]
        events += [CauseOn(name, stamp.now_ns) for name in sorted(causes.keys() - known)]
        for event in events:
            life, effects = step(self._definitions[alarm.kind], alarm.life, event)
            if life != alarm.life:
                note = causes.get(event.name, "") if isinstance(event, CauseOn) else ""
                alarm = self._record(unit, alarm, replace(alarm, life=life), _done(effects), stamp._replace(note=note))

    def _begin(self, unit: Unit, before: Alarm, alarm: Alarm, stamp: Stamp) -> Alarm:
        """Begin an occurrence: nobody has answered for it yet."""
        level = alarm.life.level  # 0 where one late tick both asked again and returned
        begun = replace(
            alarm,
            priority=self._definitions[alarm.kind].priority(level) if level else alarm.priority,
            raised_ns=stamp.now_ns,
            acknowledged_by="",
            acknowledged_ns=None,
        )
        return replace(begun, incident_id=self._grouping.join(unit, before, begun, stamp.now_ns))


def _sing(unit: Unit, alarm: Alarm, identity: str, song: Finding, log_ns: int) -> int:
    """Send a canary on: in the transaction of real alarms, but one row and one notice that no list of people shows."""
    life = replace(alarm.life, occurrence=alarm.life.occurrence + 1)
    unit.save(
        replace(
            alarm, life=life, finding=identity, drill=True, position=song.position, last_ns=log_ns, raised_ns=log_ns
        )
    )
    unit.forget_notices(alarm.id)
    key = f"{alarm.id}/{life.occurrence}/0//{BIRD}"
    unit.notice(Notice(key, alarm.id, life.occurrence, BIRD, "", str(song.onset_ns), due_ns=log_ns, priority=1))
    return 0


def _weight(alarm: Alarm) -> tuple[bool, bool, int, bool]:
    """What other alarms depend on."""
    life = alarm.life
    return life.condition is Condition.NORMAL, life.active, life.level, life.suppressed


def _note(unit: Unit, alarm: Alarm, finding: Finding, stamp: Stamp) -> int:
    """Write late evidence into the journal; the alarm's state, incident and notices stay as they are."""
    unit.save(alarm)
    entry = _entry(alarm, _LATE, alarm.life.letter, stamp._replace(note=f"[measured_ns={finding.time_ns}]"))
    unit.journal(replace(entry, value=finding.value, limit=finding.limit))
    return 1


def _observed(finding: Finding, log_ns: int) -> Observed:
    if finding.transition is Transition.UNUSABLE:
        return Observed(finding.level, Quality.BAD, log_ns)
    return Observed(0 if finding.transition is Transition.END else finding.level, Quality.GOOD, log_ns)


def _with_evidence(alarm: Alarm, life: Life, finding: Finding) -> Alarm:
    """Keep the numbers that raise or worsen; those that only hold or clear it are in the series."""
    holds = alarm.life.active and life.level == alarm.life.level
    if holds or finding.transition in {Transition.END, Transition.UNUSABLE}:
        return replace(alarm, life=life)
    return replace(
        alarm,
        life=life,
        value=finding.value,
        limit=finding.limit,
        reason=finding.reason,
        classification=finding.classification,
        confidence=finding.confidence,
        location=finding.location,
        first_ns=finding.time_ns if alarm.life.active else finding.onset_ns,
    )


def _current(unit: Unit, alarm_id: str, occurrence: int) -> Alarm:
    alarm = unit.alarm(alarm_id)
    if alarm is None:
        raise Refused(Reason.UNKNOWN)
    if alarm.life.occurrence != occurrence:
        raise _refused(Reason.STALE)
    return alarm


def _refused(reason: Reason) -> Conflict | Refused:
    return Conflict(" / ".join(REFUSALS[reason])) if reason in _CHANGED else Refused(reason)


def _demand_reason(comment: str) -> None:
    if not comment.strip():
        raise Refused(Reason.NO_REASON)


def _done(effects: Sequence[Effect | Refusal]) -> list[Effect]:
    return [effect for effect in effects if isinstance(effect, Effect)]


def _entry(alarm: Alarm, event: str, before: StateLetter, stamp: Stamp) -> JournalEntry:
    stood = {before, alarm.life.letter} != {StateLetter.NORMAL}
    return JournalEntry(
        alarm_id=alarm.id,
        occurrence=alarm.life.occurrence,
        event=event,
        before=before,
        after=alarm.life.letter,
        kind=alarm.kind,
        priority=alarm.priority,
        level=alarm.life.level,
        device=alarm.device,
        site=alarm.site,
        incident_id=alarm.incident_id if stood else "",  # what is only pending belongs to none
        position=stamp.position,
        time_ns=stamp.now_ns,
        value=alarm.value,
        limit=alarm.limit,
        user=stamp.user,
        note=stamp.note,
    )


def _audit(alarm: Alarm, action: str, stamp: Stamp) -> AuditEntry:
    return AuditEntry(stamp.now_ns, stamp.user, action, f"{alarm.id}/{alarm.life.occurrence}", stamp.note)

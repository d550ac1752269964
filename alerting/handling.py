"""What people do to an incident: steps, joining and splitting, and the close that demands proof."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from alerting.standdown import Missing, Point, Valve, missing, needs_proof
from domain.alarm import Alarm
from domain.errors import Conflict, GasLifelineError
from domain.handling import HandlingStep, Result, StepKind
from domain.record import AuditEntry, Incident


class NotProven(GasLifelineError):  # noqa: N818 - the answer to a person, not a fault
    """The incident is not closed.

    Attributes:
        missing: what is.
    """

    def __init__(self, missing: Sequence[Missing]) -> None:
        self.missing = tuple(missing)
        super().__init__("; ".join(one.text for one in missing))


class Unit(Protocol):
    """What is needed of a transaction: `store.unit.Unit`."""

    def incident(self, incident_id: str) -> Incident | None: ...
    def save_incident(self, incident: Incident) -> None: ...
    def members(self, incident_id: str) -> list[Alarm]: ...
    def alarm(self, alarm_id: str) -> Alarm | None: ...
    def save(self, alarm: Alarm) -> None: ...
    def steps(self, incident_id: str) -> list[HandlingStep]: ...
    def add_step(self, step: HandlingStep) -> None: ...
    def audit(self, entry: AuditEntry) -> None: ...


class Proof(NamedTuple):
    """What the instruments say: valves and gas points of the incident's sites."""

    valves: Sequence[Valve]
    points: Sequence[Point]


def take_step(unit: Unit, step: HandlingStep) -> None:
    """Write a step down (Conflict: the incident is closed, or there is none)."""
    _open(unit, step.incident_id)
    unit.add_step(step)
    unit.audit(AuditEntry(step.time_ns, step.user, f"incident {step.kind}", step.incident_id, step.text))


def close(unit: Unit, step: HandlingStep, proof: Proof) -> Incident:
    """Stand an incident down (NotProven: with all that is missing; Conflict: it is closed)."""
    incident = _open(unit, step.incident_id)
    members = unit.members(incident.id)
    lacks = missing(members, proof.valves, proof.points, unit.steps(incident.id), step.user)
    if not needs_proof(incident):
        lacks = [lack for lack in lacks if lack.lack == "standing"]
    if lacks:
        raise NotProven(lacks)
    closed = replace(incident, closed_ns=step.time_ns, result=Result(step.result), closed_by=step.user)
    unit.save_incident(closed)
    unit.add_step(replace(step, kind=StepKind.CLOSE))
    unit.audit(AuditEntry(step.time_ns, step.user, "incident close", incident.id, f"{step.result}: {step.text}"))
    return closed


def join(unit: Unit, incident_id: str, alarm_id: str, user: str, now_ns: int) -> Incident:
    """Take an alarm into an incident by hand (Conflict: closed, or there is no such alarm)."""
    incident, alarm = _open(unit, incident_id), _alarm(unit, alarm_id)
    unit.save(replace(alarm, incident_id=incident.id))
    worse = replace(incident, priority=min(incident.priority, alarm.priority), joined_ns=now_ns)
    unit.save_incident(worse)
    unit.audit(AuditEntry(now_ns, user, "incident join", incident.id, f"{alarm.id} from {alarm.incident_id}"))
    return worse


def split(unit: Unit, incident_id: str, alarm_id: str, user: str, now_ns: int) -> Incident:
    """Give an alarm an incident of its own (Conflict: it is no member, or the only one)."""
    incident, alarm = _open(unit, incident_id), _alarm(unit, alarm_id)
    if alarm.incident_id != incident.id or len(unit.members(incident.id)) == 1:
        raise Conflict("该告警不在此事件中，或是唯一一条 / the alarm is not in this incident, or the only one")
    name = hashlib.sha256(f"split\n{alarm.id}\n{alarm.life.occurrence}\n{now_ns}".encode()).hexdigest()[:16]
    own = Incident(name, alarm.site, alarm.zone, alarm.priority, now_ns, joined_ns=now_ns)
    unit.save_incident(own)
    unit.save(replace(alarm, incident_id=own.id))
    unit.audit(AuditEntry(now_ns, user, "incident split", incident.id, f"{alarm.id} to {own.id}"))
    return own


def _open(unit: Unit, incident_id: str) -> Incident:
    incident = unit.incident(incident_id)
    if incident is None or incident.closed_ns is not None:
        raise Conflict("事件已结束 / the incident is closed")
    return incident


def _alarm(unit: Unit, alarm_id: str) -> Alarm:
    alarm = unit.alarm(alarm_id)
    if alarm is None:
        raise Conflict("没有该告警 / there is no such alarm")
    return alarm

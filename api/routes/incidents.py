"""Alarms that belong together, and what people do about them until they are stood down."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from alerting import handling
from alerting.standdown import Missing, needs_proof
from alerting.standdown import missing as lacks
from api import incident_out, models
from api.evidence import evidence_of, zipped
from api.people import Desks, Here, Person, Seen, may
from api.problems import missing
from api.proof import proof_of
from api.rights import Right
from api.routes.paging import After, Limit, cursor, key_of, page
from api.scope import Sight
from domain.handling import HandlingStep, Result, StepKind
from domain.record import Incident

router = APIRouter(tags=["incidents"])
Handler = Annotated[Person, Depends(may(Right.HANDLE))]
Closer = Annotated[Person, Depends(may(Right.STAND_DOWN))]


class StepAct(BaseModel):
    """One step of handling; `close` has a route of its own."""

    model_config = ConfigDict(strict=True, extra="forbid")

    step: Literal["acknowledge", "dispatch", "arrive", "isolate", "evacuate", "measure", "repair", "recheck"]
    text: str = Field("", max_length=1000)


class CloseAct(BaseModel):
    """Stand down: what it was, and in words."""

    model_config = ConfigDict(strict=True, extra="forbid")

    result: Literal["leak", "biogas", "false_alarm", "test", "device_fault"]
    text: str = Field(min_length=1, max_length=1000)


class MemberAct(BaseModel):
    """Which alarm joins, or gets an incident of its own."""

    model_config = ConfigDict(strict=True, extra="forbid")

    alarm_id: str = Field(max_length=64)


@router.get("/incidents")
def incidents(
    here: Here, seen: Seen, *, after: After = "", limit: Limit = 200, open_only: bool = False
) -> models.Page[incident_out.IncidentOut]:
    """Give incidents, the newest first."""
    below = key_of(after, tuple[int, str])
    rows = here.services.records.incidents(open_only=open_only, below=below, limit=limit + 1, sites=seen.sites)
    return page(rows, limit, lambda incident: cursor(incident.opened_ns, incident.id), here.views.incident)


@router.get("/incidents/{incident_id}")
def incident(incident_id: str, here: Here, seen: Seen) -> incident_out.IncidentDetail:
    """Give an incident with its alarms, what was done, and what a stand-down still lacks."""
    return _detail(here, _visible(here, incident_id, seen), seen, "")


@router.post("/incidents/{incident_id}/step")
def step(incident_id: str, act: StepAct, here: Here, person: Handler) -> incident_out.IncidentDetail:
    """Write down that something was done (Problem 409: the incident is closed)."""
    found = _visible(here, incident_id, person.sight)
    taken = HandlingStep(found.id, StepKind(act.step), person.user.name, here.services.clock_ns(), act.text)
    with here.services.records.unit() as unit:
        handling.take_step(unit, taken)
    return _detail(here, found, person.sight, person.user.name)


@router.post("/incidents/{incident_id}/close")
def close(incident_id: str, act: CloseAct, here: Here, person: Closer) -> incident_out.IncidentDetail:
    """Stand down; with gas of priority 1 or 2 only with proof (Problem 409 `not-proven` names what is missing)."""
    found, services = _visible(here, incident_id, person.sight), here.services
    proof = proof_of(services, here.board, services.records.members(found.id))
    result = Result(act.result)
    final = HandlingStep(found.id, StepKind.CLOSE, person.user.name, services.clock_ns(), act.text, result)
    with services.records.unit() as unit:
        handling.close(unit, final, proof)
    return _detail(here, _visible(here, incident_id, person.sight), person.sight, "")


@router.post("/incidents/{incident_id}/join")
def join(incident_id: str, act: MemberAct, here: Here, person: Handler) -> incident_out.IncidentDetail:
    """Take an alarm into this incident by hand."""
    found, now_ns = _visible(here, incident_id, person.sight), here.services.clock_ns()
    _alarm_visible(here, act.alarm_id, person.sight)
    with here.services.records.unit() as unit:
        handling.join(unit, found.id, act.alarm_id, person.user.name, now_ns)
    return _detail(here, _visible(here, incident_id, person.sight), person.sight, person.user.name)


@router.post("/incidents/{incident_id}/split")
def split(incident_id: str, act: MemberAct, here: Here, person: Handler) -> incident_out.IncidentDetail:
    """Give an alarm of this incident one of its own, which is answered."""
    found, now_ns = _visible(here, incident_id, person.sight), here.services.clock_ns()
    _alarm_visible(here, act.alarm_id, person.sight)
    with here.services.records.unit() as unit:
        own = handling.split(unit, found.id, act.alarm_id, person.user.name, now_ns)
    return _detail(here, _visible(here, own.id, person.sight), person.sight, person.user.name)


@router.get("/incidents/{incident_id}/evidence", response_class=Response)
def evidence(incident_id: str, here: Here, seen: Seen) -> Response:
    """Give everything about an incident as one zip whose parts are chained by hashes."""
    found = _visible(here, incident_id, seen)
    alarms = [alarm for alarm in here.services.records.members(found.id) if seen.sees(alarm.site)]
    return zipped(f"incident-{found.id}", evidence_of(here.services, alarms, found))


@router.get("/alarms/{alarm_id}/evidence", response_class=Response)
def alarm_evidence(alarm_id: str, here: Here, seen: Seen) -> Response:
    """Give everything about one alarm, and the incident that it belongs to, as one zip."""
    found = here.services.records.alarm(alarm_id)
    if found is None or not seen.sees(found.site):
        raise missing("alarm", alarm_id)
    belongs = here.services.records.incident(found.incident_id) if found.incident_id else None
    return zipped(f"alarm-{found.id}", evidence_of(here.services, [found], belongs))


def _visible(here: Desks, incident_id: str, sight: Sight) -> Incident:
    found = here.services.records.incident(incident_id)
    if found is None or not sight.sees(found.site):
        raise missing("incident", incident_id)
    return found


def _alarm_visible(here: Desks, alarm_id: str, sight: Sight) -> None:
    found = here.services.records.alarm(alarm_id)
    if found is None or not sight.sees(found.site):
        raise missing("alarm", alarm_id)


def _detail(here: Desks, found: Incident, sight: Sight, user: str) -> incident_out.IncidentDetail:
    records = here.services.records
    members, steps = records.members(found.id), records.steps(found.id)
    lacking: list[Missing] = []
    if found.closed_ns is None and needs_proof(found):
        proof = proof_of(here.services, here.board, members)
        lacking = lacks(members, proof.valves, proof.points, steps, user)
    return here.views.incident_detail(
        found,
        [alarm for alarm in members if sight.sees(alarm.site)],
        [entry for entry in records.journal(incident_id=found.id) if sight.sees(entry.site)],
        steps,
        lacking,
    )

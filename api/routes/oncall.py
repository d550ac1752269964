"""Who is on duty, and who stands in for whom."""

from dataclasses import replace
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field, model_validator

from alerting.oncall import calendar, gaps
from alerting.plan import Plan
from api import duty_out
from api.people import Here, Planner, whole
from api.problems import Problem
from api.routes.paging import MOST
from api.times import Moment, rfc3339, to_ns
from domain.duty import Override
from domain.record import AuditEntry

router = APIRouter(tags=["oncall"])
_DAY_NS = 86_400_000_000_000
_WEEK, _AHEAD = 7, 14
_LONGEST_NS = 62 * _DAY_NS
_NO_PLAN = duty_out.OncallOut(
    configured=False, now=[], week=[], gaps=[], overrides=[], unreached=[], people=[], teams=[]
)
Name = Annotated[str, Field(min_length=1, max_length=64)]
Number = Annotated[int, Path(ge=1, le=MOST)]


class NewOverride(BaseModel):
    """A person takes a duty for some time."""

    model_config = ConfigDict(extra="forbid")

    team: Name
    role: Name
    person: Name
    from_time: Moment
    to_time: Moment

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        span_ns = to_ns(self.to_time) - to_ns(self.from_time)
        if not 0 < span_ns <= _LONGEST_NS:
            raise ValueError("to_time: expected a later time than from_time, at most 62 days")
        return self


@router.get("/oncall", dependencies=[Depends(whole)])
def oncall(here: Here) -> duty_out.OncallOut:
    """Give who is on duty now and for seven days, the gaps of fourteen, and who answered nothing for 35."""
    now_ns = here.services.clock_ns()
    with here.services.records.duties() as duties:
        plan = here.plans.plan(duties)
        if plan is None:
            return _NO_PLAN
        overrides = duties.overrides(now_ns, now_ns + _AHEAD * _DAY_NS)
        answered = duties.answered(plan.people.keys())
    week = calendar(plan, overrides, now_ns, now_ns + _WEEK * _DAY_NS)
    ahead = gaps(plan, overrides, now_ns, now_ns + _AHEAD * _DAY_NS)
    return duty_out.OncallOut(
        configured=True,
        now=[duty_out.watch(plan, watch) for watch in week if watch.from_ns <= now_ns],
        week=[duty_out.watch(plan, watch) for watch in week],
        gaps=[duty_out.watch(plan, watch) for watch in ahead],
        overrides=[duty_out.override(plan, override) for override in overrides],
        unreached=duty_out.unreached(plan, answered, now_ns),
        people=[duty_out.person(person, person.id) for person in plan.person],
        teams=duty_out.teams(plan),
    )


@router.post("/oncall/overrides", status_code=201)
def add_override(body: NewOverride, here: Here, person: Planner) -> duty_out.OverrideOut:
    """Let a person take a duty for some time; of several the last made wins (Problem 422: unknown names)."""
    user, now_ns = person.user.name, here.services.clock_ns()
    span = (to_ns(body.from_time), to_ns(body.to_time))
    made = Override(body.team, body.role, body.person, *span, user=user, made_ns=now_ns)
    with here.services.records.unit() as unit:
        plan = _known(here.plans.plan(unit), made)
        made = replace(made, id=unit.add_override(made))
        unit.audit(AuditEntry(now_ns, user, "oncall_override", f"{made.team}/{made.role}", _told(made)))
    return duty_out.override(plan, made)


def _known(plan: Plan | None, made: Override) -> Plan:
    if plan is None:
        raise Problem(422, "rules", "no duty plan was imported: gas-lifeline oncall import FILE")
    if (made.team, made.role) not in plan.roles():
        raise Problem(422, "rules", f"team {made.team} has no role {made.role}")
    if made.person not in plan.people:
        raise Problem(422, "rules", f"person {made.person} is not in the duty plan")
    return plan


def _told(made: Override) -> str:
    return f"{made.id}: {made.person} {rfc3339(made.from_ns)} – {rfc3339(made.to_ns)}"


@router.post("/oncall/overrides/{override_id}/drop")
def drop_override(override_id: Number, here: Here, person: Planner) -> duty_out.OncallOut:
    """Take an override back; the duties then are those of before (Problem 409: there is none that holds)."""
    user, now_ns = person.user.name, here.services.clock_ns()
    with here.services.records.unit() as unit:
        unit.drop_override(override_id, user, now_ns)
        unit.audit(AuditEntry(now_ns, user, "oncall_override_drop", str(override_id)))
    return oncall(here)

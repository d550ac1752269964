"""Answers about who is on duty and who was told."""

from collections.abc import Mapping

from alerting import reach
from alerting.oncall import Watch
from alerting.plan import Person, Plan
from api.models import Out, Text
from api.times import rfc3339, rfc3339_or_none
from domain.duty import Escalation, Override
from domain.record import Notice


class PersonOut(Out):
    """Somebody who can be on duty; nothing of his addresses."""

    id: str
    name: str
    name_en: str


class TeamOut(Out):
    """People who answer for some places; for all where none is named."""

    id: str
    name: Text
    roles: list[str]


class WatchOut(Out):
    """A stretch of time with one person on duty; without one in a gap."""

    team: str
    role: str
    from_time: str
    to_time: str
    person: PersonOut | None
    source: str | None


class OverrideOut(Out):
    """A person takes a duty for some time."""

    id: int
    team: str
    role: str
    person: PersonOut
    from_time: str
    to_time: str
    user: str
    made_time: str


class UnreachedOut(Out):
    """Somebody who answered nothing for 35 days; `answered_time` is null where never."""

    person: PersonOut
    answered_time: str | None


class OncallOut(Out):
    """The duties from now on; `configured` is false where no plan was imported."""

    configured: bool
    now: list[WatchOut]
    week: list[WatchOut]
    gaps: list[WatchOut]
    overrides: list[OverrideOut]
    unreached: list[UnreachedOut]
    people: list[PersonOut]
    teams: list[TeamOut]


class NoticeOut(Out):
    """A message about an alarm, and how it went."""

    id: int
    occurrence: int
    step: int
    person: PersonOut | None
    channel: str
    state: str
    due_time: str | None
    first_time: str | None
    accepted_time: str | None
    attempts: int
    answer: str | None
    carried_by: str | None


class EscalationOut(Out):
    """How far the search for somebody who answers has come."""

    table: str
    step: int
    next_time: str | None
    nobody: int
    ended_time: str | None
    why: str | None


class ToldOut(Out):
    """Who was told of an alarm, the newest first."""

    escalation: EscalationOut | None
    notices: list[NoticeOut]


def person(found: Person | None, name: str) -> PersonOut:
    """Show a person; one who left the plan by the name that is known."""
    if found is None:
        return PersonOut(id=name, name=name, name_en=name)
    return PersonOut(id=found.id, name=found.name, name_en=found.name_en or found.name)


def watch(plan: Plan, found: Watch) -> WatchOut:
    duty = found.duty
    return WatchOut(
        team=found.team,
        role=found.role,
        from_time=rfc3339(found.from_ns),
        to_time=rfc3339(found.to_ns),
        person=person(plan.people.get(duty.person), duty.person) if duty else None,
        source=duty.source if duty else None,
    )


def override(plan: Plan, found: Override) -> OverrideOut:
    return OverrideOut(
        id=found.id,
        team=found.team,
        role=found.role,
        person=person(plan.people.get(found.person), found.person),
        from_time=rfc3339(found.from_ns),
        to_time=rfc3339(found.to_ns),
        user=found.user,
        made_time=rfc3339(found.made_ns),
    )


def unreached(plan: Plan, answered: Mapping[str, int], now_ns: int) -> list[UnreachedOut]:
    return [
        UnreachedOut(person=person(one, one.id), answered_time=rfc3339_or_none(answered.get(one.id)))
        for one in reach.unreached(plan, answered, now_ns)
    ]


def teams(plan: Plan) -> list[TeamOut]:
    roles: dict[str, list[str]] = {}
    for team, role in plan.roles():
        roles.setdefault(team, []).append(role)
    return [
        TeamOut(
            id=team.id,
            name=Text(zh=team.name or team.id, en=team.name_en or team.name or team.id),
            roles=roles.get(team.id, []),
        )
        for team in plan.team
    ]


def notice(plan: Plan | None, found: Notice) -> NoticeOut:
    known = plan.people.get(found.person) if plan else None
    return NoticeOut(
        id=found.id,
        occurrence=found.occurrence,
        step=found.step,
        person=person(known, found.person) if found.person else None,
        channel=found.channel,
        state=found.state,
        due_time=rfc3339_or_none(found.due_ns),
        first_time=rfc3339_or_none(found.first_ns),
        accepted_time=rfc3339_or_none(found.accepted_ns),
        attempts=found.attempts,
        answer=found.answer or None,
        carried_by=found.carrier or None,
    )


def escalation(found: Escalation | None) -> EscalationOut | None:
    if found is None:
        return None
    return EscalationOut(
        table=found.table,
        step=found.step,
        next_time=rfc3339_or_none(found.due_ns),
        nobody=found.nobody,
        ended_time=rfc3339_or_none(found.ended_ns),
        why=found.why or None,
    )

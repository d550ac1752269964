"""Alarms, and what people do to them."""

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api import duty_out, models, views
from api.people import Desks, Here, Person, Seen, may
from api.problems import missing
from api.rights import Right
from api.routes.paging import MOST, After, Limit, cursor, key_of, page
from api.services import Unit
from api.silenced import hidden
from api.times import Moment, to_ns
from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.record import JournalEntry

_MOST = 2_000
_JOURNAL = 200
_EVER_NS = 2**63 - 1

router = APIRouter(tags=["alarms"])


class Act(BaseModel):
    """What every act carries: the occurrence that the person has seen."""

    model_config = ConfigDict(strict=True, extra="forbid")

    occurrence: int = Field(ge=0, le=MOST)
    comment: str = Field("", max_length=1000)


class Comment(Act):
    """A note of a person."""

    comment: str = Field(min_length=1, max_length=1000)


class ShelveAct(Act):
    """Hide for a limited time; `comment` is the reason."""

    until: Moment
    comment: str = Field(min_length=1, max_length=1000)


class OutOfServiceAct(ShelveAct):
    """Hide under a work permit; `comment` is the compensating measure."""

    permit_no: str = Field(min_length=1, max_length=64)


@router.get("/alarms")
def alarms(
    here: Here,
    seen: Seen,
    *,
    after: After = "",
    limit: Limit = 200,
    standing: bool = False,
    state: StateLetter | None = None,
    priority: Annotated[int | None, Query(ge=1, le=4)] = None,
    site: str | None = None,
    kind: AlarmKind | None = None,
    from_: Annotated[Moment | None, Query(alias="from")] = None,
    to: Moment | None = None,
    order: Literal["id", "newest"] = "id",
) -> models.Page[models.AlarmOut]:
    """Give alarms by id, or with `order=newest` by their last change; `from` and `to`: those that changed meanwhile.

    With `standing` all that are not normal, the most urgent first, on one page.
    """
    find = partial(
        here.services.records.alarms,
        state=state,
        priority=priority,
        site=site,
        kind=kind,
        sites=seen.sites,
        within_ns=(to_ns(from_) if from_ else 0, to_ns(to) if to else _EVER_NS) if from_ or to else None,
    )
    if standing:
        return page(find(standing=True, limit=_MOST), _MOST, lambda row: row.id, here.views.alarm)
    if order == "id":
        return page(find(after=after, limit=limit + 1), limit, lambda row: row.id, here.views.alarm)
    rows = find(newest=key_of(after, tuple[int, str]) or (_EVER_NS, ""), limit=limit + 1)
    return page(rows, limit, lambda row: cursor(row.last_ns, row.id), here.views.alarm)


@router.get("/silenced")
def silenced(here: Here, seen: Seen) -> models.Page[models.SilencedOut]:
    """Give all that is hidden (shelved, suppressed by design, out of service): by whom, why and until when."""
    found = hidden(here.services.records, seen.sites)
    return models.Page(items=[here.views.silenced(alarm, line) for alarm, line in found])


def _latest_lines(here: Desks, alarm_id: str) -> list[JournalEntry]:
    """Read on to the end and keep the latest lines, oldest first."""
    latest: deque[JournalEntry] = deque(maxlen=_JOURNAL)
    while entries := here.services.records.journal(after=latest[-1].seq if latest else 0, alarm_id=alarm_id):
        latest.extend(entries)
    return list(latest)


@router.get("/alarms/{alarm_id}")
def alarm(alarm_id: str, here: Here, seen: Seen) -> models.AlarmDetail:
    """Give an alarm and the latest lines of its journal."""
    found = here.services.records.alarm(alarm_id)
    if found is None or not seen.sees(found.site):
        raise missing("alarm", alarm_id)
    journal = _latest_lines(here, alarm_id)
    return models.AlarmDetail(
        **here.views.alarm(found).model_dump(), journal=[views.transition(entry) for entry in journal]
    )


@router.get("/alarms/{alarm_id}/notices")
def notices(alarm_id: str, here: Here, seen: Seen) -> duty_out.ToldOut:
    """Give who was told, when, how and with which answer, and the next step of the escalation."""
    records = here.services.records
    found = records.alarm(alarm_id)
    if found is None or not seen.sees(found.site):
        raise missing("alarm", alarm_id)
    with records.duties() as duties:
        plan, escalation = here.plans.plan(duties), duties.escalation(alarm_id, found.life.occurrence)
    return duty_out.ToldOut(
        escalation=duty_out.escalation(escalation),
        notices=[duty_out.notice(plan, notice) for notice in records.notices(alarm_id=alarm_id)],
    )


Acker = Annotated[Person, Depends(may(Right.ACK))]
Shelver = Annotated[Person, Depends(may(Right.SHELVE))]
Resetter = Annotated[Person, Depends(may(Right.RESET))]
Servicer = Annotated[Person, Depends(may(Right.OUT_OF_SERVICE))]
Commenter = Annotated[Person, Depends(may(Right.COMMENT))]


def _do(here: Desks, person: Person, alarm_id: str, act: Callable[[Unit, int], Alarm]) -> models.AlarmOut:
    with here.services.records.unit() as unit:
        found = unit.alarm(alarm_id)
        if found is None or not person.sight.sees(found.site):
            raise missing("alarm", alarm_id)
        changed = act(unit, here.services.clock_ns())
    return here.views.alarm(changed)


@router.post("/alarms/{alarm_id}/ack")
def acknowledge(alarm_id: str, act: Act, here: Here, person: Acker) -> models.AlarmOut:
    """Answer for an occurrence (Problem 409: it has changed)."""
    desk, user = here.services.desk, person.user.name
    return _do(
        here,
        person,
        alarm_id,
        lambda unit, now: desk.acknowledge(unit, alarm_id, act.occurrence, user, act.comment, now),
    )


@router.post("/alarms/{alarm_id}/reset")
def reset(alarm_id: str, act: Act, here: Here, person: Resetter) -> models.AlarmOut:
    """Take back a latch."""
    desk, user = here.services.desk, person.user.name
    return _do(
        here, person, alarm_id, lambda unit, now: desk.reset(unit, alarm_id, act.occurrence, user, act.comment, now)
    )


@router.post("/alarms/{alarm_id}/shelve")
def shelve(alarm_id: str, act: ShelveAct, here: Here, person: Shelver) -> models.AlarmOut:
    """Hide for a limited time."""
    desk, user, until = here.services.desk, person.user.name, to_ns(act.until)
    return _do(
        here,
        person,
        alarm_id,
        lambda unit, now: desk.shelve(unit, alarm_id, act.occurrence, user, act.comment, now, until),
    )


@router.post("/alarms/{alarm_id}/unshelve")
def unshelve(alarm_id: str, act: Act, here: Here, person: Shelver) -> models.AlarmOut:
    desk, user = here.services.desk, person.user.name
    return _do(
        here, person, alarm_id, lambda unit, now: desk.unshelve(unit, alarm_id, act.occurrence, user, act.comment, now)
    )


@router.post("/alarms/{alarm_id}/out-of-service")
def out_of_service(alarm_id: str, act: OutOfServiceAct, here: Here, person: Servicer) -> models.AlarmOut:
    """Hide under a work permit."""
    desk, user, until, permit = here.services.desk, person.user.name, to_ns(act.until), act.permit_no
    return _do(
        here,
        person,
        alarm_id,
        lambda unit, now: desk.out_of_service(unit, alarm_id, act.occurrence, user, act.comment, now, until, permit),
    )


@router.post("/alarms/{alarm_id}/in-service")
def in_service(alarm_id: str, act: Act, here: Here, person: Servicer) -> models.AlarmOut:
    desk, user = here.services.desk, person.user.name
    return _do(
        here,
        person,
        alarm_id,
        lambda unit, now: desk.in_service(unit, alarm_id, act.occurrence, user, act.comment, now),
    )


@router.post("/alarms/{alarm_id}/comment")
def comment(alarm_id: str, act: Comment, here: Here, person: Commenter) -> models.AlarmOut:
    desk, user = here.services.desk, person.user.name
    return _do(
        here, person, alarm_id, lambda unit, now: desk.comment(unit, alarm_id, act.occurrence, user, act.comment, now)
    )

"""How the platforms of the city stand, what they asked, and what a person answers."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from api import models
from api.people import Here, Leaver, Seen, whole
from api.problems import Problem, missing
from api.routes.paging import MOST
from api.services import Records
from api.times import rfc3339, rfc3339_or_none
from domain.instruction import Instruction, Reply
from domain.parcel import Backlog
from domain.record import AuditEntry
from lifeline.collect import cursors

router = APIRouter(tags=["city"])
Number = Annotated[int, Path(ge=1, le=MOST)]
_REFUSED = 5


class RefusedOut(models.Out):
    """A record that a platform refused for good: its key, and the platform's answer."""

    key: str
    answer: str
    refused: str


class CityOut(models.Out):
    """One platform.

    Attributes:
        unread: lines of the alarms' journal of which no records were made yet.
        waiting: records that are still to be sent.
        dead: records that it refused for good.
        oldest: since when the oldest one waits.
        accepted: when it last took one.
        trouble: its last answer while it takes nothing.
        refused: the newest five of the dead; none for whoever sees some sites alone.
    """

    target: str
    unread: int
    waiting: int
    dead: int
    oldest: str | None
    accepted: str | None
    trouble: str
    refused: list[RefusedOut]


@router.get("/lifeline/status")
def city(here: Here, sight: Seen) -> models.Page[CityOut]:
    """List the platforms of the settings, and those that the connector has ever had something for."""
    records = here.services.records
    found = dict.fromkeys(here.services.targets, Backlog()) | records.backlogs()
    newest = records.last_journal()
    return models.Page(items=[_city(records, name, one, newest, whole=sight.whole) for name, one in found.items()])


def _city(records: Records, name: str, one: Backlog, newest: int, *, whole: bool) -> CityOut:
    dead = records.dead_parcels(name, _REFUSED) if whole and one.dead else []
    return CityOut(
        target=name,
        unread=newest - records.cursor(cursors(name).line),
        waiting=one.waiting,
        dead=one.dead,
        oldest=rfc3339_or_none(one.oldest_ns),
        accepted=rfc3339_or_none(one.accepted_ns),
        trouble=one.trouble,
        refused=[RefusedOut(key=p.key, answer=p.answer, refused=rfc3339(p.settled_ns)) for p in dead],
    )


class InquiryOut(models.Out):
    """An inquiry of a platform 查岗.

    Attributes:
        state: ``open``, ``overdue`` (nobody answered in time; one still may), ``answered``.
        person: who asked there.
    """

    id: int
    target: str
    state: str
    person: str
    text: str
    asked: str
    answer_by: str
    answered: str | None = None
    answered_by: str = ""
    answer: str = ""


class AnswerAct(BaseModel):
    """What to answer."""

    model_config = ConfigDict(strict=True, extra="forbid")

    text: str = Field(min_length=1, max_length=1000)


@router.get("/lifeline/inquiries", dependencies=[Depends(whole)])
def inquiries(here: Here) -> models.Page[InquiryOut]:
    """Give the latest 50 inquiries of the platforms, the newest first."""
    now_ns = here.services.clock_ns()
    return models.Page(items=[_inquiry(asked, reply, now_ns) for asked, reply in here.services.records.inquiries()])


@router.post("/lifeline/inquiries/{inquiry_id}/answer")
def answer(inquiry_id: Number, act: AnswerAct, here: Here, person: Leaver) -> InquiryOut:
    """Answer an inquiry as the person on duty; it goes out to the platform (Problem 409: answered already)."""
    now_ns = here.services.clock_ns()
    if person.session is None:
        raise Problem(403, "person", "an inquiry asks whether a person is on duty: no token answers it")
    with here.services.records.unit() as unit:
        asked = unit.inquiry(inquiry_id)
        if asked is None:
            raise missing("inquiry", str(inquiry_id))
        user = person.user.name
        reply = Reply(asked.target, asked.id, user, act.text, asked.received_ns, asked.answer_by_ns, now_ns)
        unit.add_reply(reply)
        unit.audit(AuditEntry(now_ns, user, "city_answer", f"{asked.target}/{asked.id}", act.text))
    return _inquiry(asked, reply, now_ns)


def _inquiry(asked: Instruction, reply: Reply | None, now_ns: int) -> InquiryOut:
    told = InquiryOut(
        id=asked.seq,
        target=asked.target,
        state="answered" if reply else "overdue" if now_ns > asked.answer_by_ns else "open",
        person=asked.person,
        text=asked.text,
        asked=rfc3339(asked.received_ns),
        answer_by=rfc3339(asked.answer_by_ns),
    )
    if reply is None:
        return told
    said = {"answered": rfc3339(reply.time_ns), "answered_by": reply.user, "answer": reply.text}
    return told.model_copy(update=said)

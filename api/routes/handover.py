"""Hand-over of a shift: sign what stands, counter-sign it."""

import secrets
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from api import handover_out, handovers
from api.people import Here, Leaver, whole
from api.problems import Problem, missing
from domain.errors import Conflict
from domain.record import AuditEntry

router = APIRouter(tags=["handover"])
_LATEST = 40
_SHOWN = 10
Name = Annotated[str, Path(pattern="^[0-9a-f]{1,32}$")]


class Signature(BaseModel):
    """Of the outgoing operator.

    Attributes:
        seen: of the picture that was on the screen; "" signs what stands, whatever it is.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    seen: str = Field("", max_length=64)
    note: str = Field("", max_length=1000)


class CounterSignature(BaseModel):
    """Of the incoming operator."""

    model_config = ConfigDict(strict=True, extra="forbid")

    comment: str = Field("", max_length=1000)


@router.get("/handovers", dependencies=[Depends(whole)])
def handover(here: Here) -> handover_out.HandoverOut:
    """Give what stands now and the latest hand-overs, the newest first."""
    picture = handovers.look(here)
    found = handovers.read(here.services.records.audit(_LATEST, actions=handovers.ACTIONS))
    return handover_out.handover(picture, found[:_SHOWN])


@router.post("/handovers", status_code=201)
def sign(body: Signature, here: Here, person: Leaver) -> handover_out.HandoverOut:
    """Sign what stands (Problem 409: it is no longer what was on the screen)."""
    picture = handovers.look(here)
    if body.seen and body.seen != handovers.digest(picture):
        raise Conflict("现状已变化，请再看一遍 / what stands has changed, look at it again")
    words = msgspec.json.encode(handovers.Words(picture, body.note)).decode()
    with here.services.records.unit() as unit:
        now_ns, name = here.services.clock_ns(), secrets.token_hex(8)
        unit.audit(AuditEntry(now_ns, person.user.name, handovers.SIGN, name, words))
    return handover(here)


@router.post("/handovers/{handover_id}/take")
def take(handover_id: Name, body: CounterSignature, here: Here, person: Leaver) -> handover_out.HandoverOut:
    """Counter-sign (Problem 404: no such hand-over lately; 409: somebody did; 422: one's own)."""
    user = person.user.name
    with here.services.records.unit() as unit:
        known = {one.id: one for one in handovers.read(unit.audited(_LATEST, handovers.ACTIONS))}
        signed = known.get(handover_id)
        if signed is None:
            raise missing("hand-over", handover_id)
        if not signed.waits:
            raise Conflict("该交接已接班 / this hand-over, or a later one, is counter-signed")
        if signed.outgoing == user:
            raise Problem(422, "rules", "交接需要另一人接班 / a hand-over is counter-signed by another person")
        unit.audit(AuditEntry(here.services.clock_ns(), user, handovers.TAKE, handover_id, body.comment))
    return handover(here)

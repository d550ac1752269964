"""What a city's platform tells us to do. It cannot log in: its call is sealed as ours to it are."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request

from api import models
from api.instructions import carry_out, note_refusal, person_of
from api.people import Desks, Here
from api.problems import Problem, missing
from api.routes.login import address_of
from domain.errors import GasLifelineError, StoreUnavailable
from domain.record import AuditEntry
from lifeline.inbound import NotUnderstood, Told
from lifeline.seal import NotSealed

router = APIRouter(tags=["city"])


class DoneOut(models.Out):
    """What became of an instruction.

    Attributes:
        code: 0, for platforms that look for one.
        repeated: it was done before; nothing was done now.
    """

    code: int = 0
    id: str
    repeated: bool


async def _raw(request: Request) -> bytes:
    return await request.body()


@router.post("/lifeline/inbound/{target}")
def inbound(target: str, request: Request, body: Annotated[bytes, Depends(_raw)], here: Here) -> DoneOut:
    """Carry out an instruction, once for each id (Problem 401: seal; 403: right; 404; 409; 422: none).

    The same id with the same content again does nothing and says so; with another content it is refused.
    """
    platform = here.services.platforms.get(target)
    if platform is None:
        raise missing("inbound of platform", target)
    try:
        told = platform.hear(platform.open(request.url.path, body, request.headers))
    except NotSealed as error:
        raise _unsealed(here, target, address_of(request), str(error)) from None
    except NotUnderstood as error:
        note_refusal(here, target, platform.account, None, str(error))
        raise Problem(422, "invalid", f"无法理解 / not understood: {error}") from None
    return DoneOut(id=told.id, repeated=_carried(here, target, platform.account, told))


def _carried(here: Desks, target: str, account: str, told: Told) -> bool:
    try:
        return carry_out(here, target, person_of(here, account), told)
    except StoreUnavailable:
        raise  # nothing happened; it comes again
    except (Problem, GasLifelineError) as error:
        note_refusal(here, target, account, told, str(error))
        raise


def _unsealed(here: Desks, target: str, address: str, why: str) -> Problem:
    """Audit who knocked with a wrong seal, so many times a minute."""
    if here.visits.wait_s(("city", address)):
        told = "同一地址验签失败过多 / too many wrong seals from one address"
        return Problem(429, "too-many-tries", told, {"Retry-After": "60"})
    with here.services.records.unit() as unit:
        unit.audit(AuditEntry(here.services.clock_ns(), f"city:{target}", "city_unsealed", target, f"{address} {why}"))
    return Problem(401, "seal", f"验签失败 / the seal is wrong: {why}")

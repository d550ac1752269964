"""What departments and townships are given of hazards and alarms: JSON lines, signed, each reading audited.

Whoever reads is a program with a token of its own. The signature is keyed with that token, which we keep as a hash
alone and know only while it asks.
"""

import hashlib
import hmac
from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import hazard_out
from api.ledgers import Department, scope_of
from api.models import Out
from api.people import Desks, Here, LoggedIn, Person
from api.problems import Problem
from api.times import Moment, rfc3339, to_ns
from domain.hazard import HazardQuery
from domain.record import AuditEntry
from ledger.rules import concerned

router = APIRouter(tags=["share"])
_MOST = 10_000
Name = Annotated[str, Field(max_length=128)]


class Wanted(BaseModel):
    """Which part, of what time.

    Attributes:
        department: that leads or helps with a hazard, or with a rule that applies where an alarm is.
        from_: with a step or a transition at or after it.
        to: and before it; now.
    """

    model_config = ConfigDict(extra="forbid")

    township: Name | None = None
    department: Department | None = None
    from_: Moment = Field(alias="from")
    to: Moment | None = None


def program(person: LoggedIn) -> Person:
    """Demand a token (Problem 403): only whoever has one can check the signature."""
    if person.session is not None:
        raise Problem(403, "token", "this is shared with programs: send a token")
    return person


Program = Annotated[Person, Depends(program)]
Asked = Annotated[Wanted, Query()]


@router.get("/share/hazards", response_class=Response)
def hazards(request: Request, here: Here, person: Program, wanted: Asked) -> Response:
    """Give the hazards that changed in a time, as they are now, as JSON lines (Problem 422: more than 10,000)."""
    now_ns = here.services.clock_ns()
    query = HazardQuery(
        scope=scope_of(person),
        township=wanted.township,
        department=wanted.department,
        within_ns=_within(wanted, now_ns),
    )
    rows = here.services.records.hazards(query, limit=_MOST + 1)
    return _shared(here, request, person, (hazard_out.hazard(row, now_ns) for row in rows))


@router.get("/share/alarms", response_class=Response)
def alarms(request: Request, here: Here, person: Program, wanted: Asked) -> Response:
    """Give the alarms that changed in a time, by id, as JSON lines (Problem 422: more than 10,000)."""
    within_ns = _within(wanted, here.services.clock_ns())
    sites = _sites(here, person, wanted)
    rows = here.services.records.alarms(sites=sites, within_ns=within_ns, limit=_MOST + 1)
    return _shared(here, request, person, map(here.views.alarm, rows))


def _within(wanted: Wanted, now_ns: int) -> tuple[int, int]:
    return to_ns(wanted.from_), to_ns(wanted.to) if wanted.to else now_ns + 1


def _sites(here: Desks, person: Person, wanted: Wanted) -> list[str]:
    """Name the sites in sight, of the township, that concern the department and one of those of the account."""
    asked = {wanted.department} if wanted.department else set()
    return [
        site.id
        for site in person.sight.among(here.services.assets.sites).values()
        if wanted.township in {None, site.district}
        and all(not concerned(site.type).isdisjoint(names) for names in (asked, person.user.departments) if names)
    ]


def _shared(here: Desks, request: Request, person: Person, rows: Iterable[Out]) -> Response:
    lines = [row.model_dump_json() for row in rows]
    if len(lines) > _MOST:
        raise Problem(422, "too-much", f"more than {_MOST} of them; ask for a shorter time")
    body, asked = "".join(f"{line}\n" for line in lines).encode(), f"{request.url.path}?{request.url.query}"
    now_ns = here.services.clock_ns()
    signature = hmac.new(person.token.encode(), f"{rfc3339(now_ns)}\n{asked}\n".encode() + body, hashlib.sha256)
    told = f"{len(lines)} lines sha256={hashlib.sha256(body).hexdigest()}"
    with here.services.records.unit() as unit:
        unit.audit(AuditEntry(now_ns, person.user.name, "share", asked[:500], told))
    headers = {"X-Share-Time": rfc3339(now_ns), "X-Share-Signature": signature.hexdigest()}
    return Response(body, media_type="application/x-ndjson", headers=headers)

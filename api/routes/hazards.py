"""The hazard ledger: list, register, take steps, attach, as a table."""

import secrets
from dataclasses import replace
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, Query, Response
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from api import hazard_out
from api.ledgers import Department, by, demand_sight, desk, duties_of, hazard_of, names_of, scope_of
from api.people import Acting, Desks, Here, LoggedIn, Person
from api.problems import Problem, missing
from api.routes.paging import MOST, After, Limit, cursor, key_of, page
from api.times import Moment, to_ns
from domain.errors import ConfigurationError, Conflict
from domain.hazard import OPEN_STATES, Grade, Hazard, HazardQuery, HazardState, HazardStep, Origin
from ledger import sheet, workbook
from ledger.desk import MOST_BYTES, File, imported
from ledger.draft import Draft
from ledger.flow import WAYS, Act, open_to

router = APIRouter(tags=["hazards"])
_EXPORTED = {"csv": 50_000, "xlsx": 10_000}
"""A workbook of so many takes four seconds."""
Code = Annotated[str, Field(max_length=8)]
Short = Annotated[str, Field(max_length=128)]
Long = Annotated[str, Field(max_length=2000)]
Seen = Literal[Origin.INSPECTION, Origin.ENTERPRISE_SELF]
"""What a person can have found: what monitoring or the public found has ways of its own."""
_BY_HAND = frozenset(WAYS) - {HazardStep.SEEN}
_MISTAKES = 200
"""Told one by one."""


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Entry(_Body):
    """What holds for a hazard that is entered; what is left out, the registry and the rule know.

    Attributes:
        site: id in the registry; "" for what is in none, which then names object and township.
        found_by: who checked and signs for it; "" yourself.
    """

    site: Short
    object: Short = ""
    address: Short = ""
    township: Short = ""
    grade: Grade = Grade.GENERAL
    found_by: Short = ""
    found: Moment | None = None
    responsible: Short = ""
    deadline: Moment | None = None
    interim: Long = ""


class NewHazard(Entry):
    """A hazard."""

    rule: Code
    evidence: Annotated[str, Field(min_length=1, max_length=2000)]
    origin: Seen = Origin.INSPECTION


class Step(_Body):
    """One step.

    Attributes:
        version: of the hazard that you saw.
        text: evidence, measure or reason, by the step.
        at_once: of `begin`: it is put right on the spot.
        deadline: of `extend` and `reopen`.
        responsible: of `assign`.
    """

    step: HazardStep
    version: int = Field(ge=1, le=MOST)
    text: Long = ""
    at_once: bool = False
    deadline: Moment | None = None
    responsible: Short = ""


class NewFile(_Body):
    """A picture (PNG, JPEG, WebP) or PDF of at most 3 MiB, in base64."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    content: Annotated[Base64Bytes, Field(min_length=1, max_length=2 * MOST_BYTES)]


class Table(_Body):
    """CSV, with columns as the export has them."""

    csv: Annotated[str, Field(min_length=1, max_length=2_000_000)]

    def bytes(self) -> bytes:
        return self.csv.encode()


class TableFile(_Body):
    """The same as a file in base64: a workbook (XLSX) or CSV, told by its content."""

    content: Annotated[Base64Bytes, Field(min_length=1, max_length=4_400_000)]

    def bytes(self) -> bytes:
        return self.content


def draft_of(here: Desks, person: Person, body: Entry, **told: Any) -> Draft:  # noqa: ANN401 - attributes of a draft
    """Make a draft of what somebody entered (Problem 404: the place is out of sight; 422: found ahead of now)."""
    demand_sight(here, person, body.site, body.township)
    now_ns = here.services.clock_ns()
    found_ns = to_ns(body.found) if body.found else now_ns
    if found_ns > now_ns:
        raise Problem(422, "invalid", "found: lies ahead of now")
    same = ("site", "object", "address", "township", "grade", "responsible", "interim")
    return Draft(
        **({name: getattr(body, name) for name in same} | told),
        found_by=body.found_by or person.user.display_name,
        found_ns=found_ns,
        deadline_ns=to_ns(body.deadline) if body.deadline else None,
    )


class Wanted(BaseModel):
    """Which hazards.

    Attributes:
        open: only those that are not closed.
        overdue: only those that are overdue now.
        mine: only open ones for which you are responsible, by your name or display name.
        department: that leads or helps.
    """

    model_config = ConfigDict(extra="forbid")

    state: HazardState | None = None
    open: bool = False
    overdue: bool = False
    mine: bool = False
    rule: Code | None = None
    site: Short | None = None
    township: Short | None = None
    department: Department | None = None
    origin: Origin | None = None

    def query(self, person: Person, now_ns: int) -> HazardQuery:
        one = frozenset({self.state}) if self.state else None
        return HazardQuery(
            scope=scope_of(person),
            states=one or (OPEN_STATES if self.open or self.mine else None),
            overdue_ns=now_ns if self.overdue else None,
            rule=self.rule,
            site=self.site,
            township=self.township,
            department=self.department,
            origin=self.origin,
            responsible=names_of(person) if self.mine else None,
        )


class Exported(Wanted):
    """In which form."""

    format: Literal["csv", "xlsx"] = "csv"


class Listed(Wanted):
    """Which page of them."""

    after: After = ""
    limit: Limit = 200


@router.get("/hazard-rules")
def rules() -> hazard_out.RulesOut:
    """Give the rules of the plan: wording, departments, consequence, usual time."""
    return hazard_out.rules()


@router.get("/hazards")
def hazards(here: Here, person: LoggedIn, wanted: Annotated[Listed, Query()]) -> hazard_out.HazardPage:
    """List hazards, the latest found first; the first page counts them all, whatever their state."""
    records, now_ns = here.services.records, here.services.clock_ns()
    query = wanted.query(person, now_ns)
    below = key_of(wanted.after, tuple[int, str])
    rows = records.hazards(query, below=below, limit=wanted.limit + 1)
    shown = page(
        rows, wanted.limit, lambda row: cursor(row.found_ns, row.id), lambda row: hazard_out.hazard(row, now_ns)
    )
    counts = None
    if below is None:
        every = replace(query, states=OPEN_STATES if wanted.mine else None, overdue_ns=None)
        counts = hazard_out.counts(records.hazard_counts(every, now_ns))
    return hazard_out.HazardPage(items=shown.items, next=shown.next, counts=counts)


@router.get("/hazards/export", response_class=Response)
def export(here: Here, person: LoggedIn, wanted: Annotated[Exported, Query()]) -> Response:
    """Give hazards, those found last: 50,000 as CSV (UTF-8 with a mark, as spreadsheets like it), 10,000 as XLSX."""
    now_ns = here.services.clock_ns()
    rows = here.services.records.hazards(wanted.query(person, now_ns), limit=_EXPORTED[wanted.format])
    headers = {"Content-Disposition": f'attachment; filename="hazards.{wanted.format}"'}
    if wanted.format == "xlsx":
        return Response(sheet.as_workbook(rows, now_ns), media_type=workbook.MEDIA, headers=headers)
    return Response(sheet.written(rows, now_ns), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/hazards", status_code=201)
def register(body: NewHazard, here: Here, person: Acting) -> hazard_out.HazardDetail:
    """Register a hazard (Problem 422: a mandatory field is missing; 404: the site is out of sight)."""
    draft = draft_of(here, person, body, rule=body.rule, evidence=body.evidence, origin=body.origin)
    with here.services.records.unit() as unit:
        made = desk(here).register(unit, draft, secrets.token_hex(8), by(here, person))
    return _detail(here, person, made)


@router.post("/hazards/import")
def import_(body: Table | TableFile, here: Here, person: Acting) -> hazard_out.ImportedOut:
    """Register what a table holds, all of it or nothing (Problem 422: every wrong row, with its place)."""
    who = by(here, person)
    try:
        drafts = sheet.parsed(body.bytes(), here.services.assets, who.now_ns)
    except ConfigurationError as error:
        told = error.problems
        raise Problem(422, "invalid", "; ".join(told[:20]), problems=told[:_MISTAKES]) from None
    for _, draft in drafts:
        demand_sight(here, person, draft.site, draft.township)
    with here.services.records.unit() as unit:
        new, known = imported(desk(here), unit, drafts, who)
    return hazard_out.ImportedOut(new=new, known=known)


@router.get("/hazards/{hazard_id}")
def hazard(hazard_id: str, here: Here, person: LoggedIn) -> hazard_out.HazardDetail:
    return _detail(here, person, hazard_of(here, person, hazard_id))


@router.post("/hazards/{hazard_id}/step")
def step(hazard_id: str, body: Step, here: Here, person: Acting) -> hazard_out.HazardDetail:
    """Take a step (Problem 409: out of order, or changed meanwhile; 403: no such duty; 422: what is missing)."""
    hazard_of(here, person, hazard_id)
    if body.step not in _BY_HAND:
        raise Problem(422, "invalid", f"step: expected one of {', '.join(sorted(_BY_HAND))}")
    wish = Act(
        step=body.step,
        user=person.user.name,
        now_ns=here.services.clock_ns(),
        names=names_of(person),
        duties=duties_of(person),
        text=body.text,
        at_once=body.at_once,
        deadline_ns=to_ns(body.deadline) if body.deadline else 0,
        responsible=body.responsible,
    )
    with here.services.records.unit() as unit:
        known = unit.hazard(hazard_id)
        if known is None or known.version != body.version:
            raise Conflict("该隐患已被他人修改，请再看一遍 / this hazard has changed, look at it again")
        made = desk(here).step(unit, known, wish)
    return _detail(here, person, made)


@router.post("/hazards/{hazard_id}/attachments", status_code=201)
def attach(hazard_id: str, body: NewFile, here: Here, person: Acting) -> hazard_out.AttachmentOut:
    """Attach a picture or document (Problem 422: its content is of no type that is taken, or it is too much)."""
    found = hazard_of(here, person, hazard_id)
    file = File(secrets.token_hex(8), body.name, body.content)
    with here.services.records.unit() as unit:
        return hazard_out.attachment(desk(here).attach(unit, found, file, by(here, person)))


@router.get("/hazards/{hazard_id}/attachments/{attachment_id}", response_class=Response)
def attachment(hazard_id: str, attachment_id: str, here: Here, person: LoggedIn) -> Response:
    """Give the bytes of an attachment, always to be saved, never shown in place."""
    records = here.services.records
    found = hazard_of(here, person, hazard_id)
    known = next((one for one in records.attachments(found.id) if one.id == attachment_id), None)
    content = records.attachment_content(attachment_id) if known else None
    if known is None or content is None:
        raise missing("attachment", attachment_id)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(known.name, safe='')}"}
    return Response(content, media_type=known.media, headers=headers)


def _detail(here: Desks, person: Person, found: Hazard) -> hazard_out.HazardDetail:
    records = here.services.records
    events, files = records.hazard_events(found.id), records.attachments(found.id)
    return hazard_out.detail(found, events, files, open_to(found, duties_of(person)), here.services.clock_ns())

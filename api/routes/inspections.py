"""Inspections, and what the public reports."""

import secrets
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api import hazard_out
from api.ledgers import by, demand_sight, desk, report_of, scope_of
from api.models import Page
from api.people import Acting, Here, LoggedIn, Person
from api.rights import Right
from api.routes.hazards import Code, Entry, Long, Seen, Short, draft_of
from api.routes.paging import After, Limit, cursor, key_of, page
from domain.hazard import Origin, PublicReport, ReportState
from ledger.desk import Verdict, Visit
from ledger.draft import Draft
from ledger.facts import Facts
from ledger.flow import StepRefused, Why

router = APIRouter(tags=["inspections"])
Needed = Annotated[str, Field(min_length=1, max_length=2000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewInspection(Entry):
    """An inspection: the answers decide which rules are broken, and each broken one enters a hazard.

    Attributes:
        evidence: of what was found; needed where a rule is broken.
        origin: who looked: an inspection, or the enterprise itself.
    """

    facts: Facts
    evidence: Long = ""
    origin: Seen = Origin.INSPECTION
    note: Long = ""


class NewReport(_Body):
    """What somebody told by the hotline or in person; `contact` may be empty."""

    site: Short
    object: Short = ""
    township: Short = ""
    text: Needed
    contact: Short = ""


class Verification(_Body):
    """What a report was worth; one that is founded names the rule, and may name who is responsible and until when."""

    founded: bool
    text: Needed
    rule: Code = ""
    responsible: Short = ""


class Reward(_Body):
    """A reward for a true report."""

    yuan: int = Field(ge=1, le=1_000_000)


@router.get("/inspections")
def inspections(
    here: Here, person: LoggedIn, site: Short | None = None, after: After = "", limit: Limit = 200
) -> Page[hazard_out.InspectionOut]:
    """List inspections, the newest first, also those that found nothing."""
    below = key_of(after, tuple[int, str])
    rows = here.services.records.inspections(scope_of(person), site=site, below=below, limit=limit + 1)
    return page(rows, limit, lambda row: cursor(row.time_ns, row.id), hazard_out.inspection)


@router.post("/inspections", status_code=201)
def inspect(body: NewInspection, here: Here, person: Acting) -> hazard_out.InspectionOut:
    """Enter an inspection with all that it found (Problem 422: the answers decide nothing, or a field is missing)."""
    draft = draft_of(here, person, body, rule="", evidence=body.evidence, origin=body.origin)
    visit = Visit(secrets.token_hex(8), body.facts, draft, body.note)
    with here.services.records.unit() as unit:
        made, found = desk(here).inspect(unit, visit, by(here, person))
    return hazard_out.inspection(made, [row.id for row in found])


@router.get("/public-reports")
def public_reports(
    here: Here, person: LoggedIn, state: ReportState | None = None, after: After = "", limit: Limit = 200
) -> Page[hazard_out.ReportOut]:
    """List what the public reported, the newest first."""
    below = key_of(after, tuple[int, str])
    rows = here.services.records.public_reports(scope_of(person), state=state, below=below, limit=limit + 1)
    return page(rows, limit, lambda row: cursor(row.time_ns, row.id), lambda row: _shown(row, person))


@router.post("/public-reports", status_code=201)
def report(body: NewReport, here: Here, person: Acting) -> hazard_out.ReportOut:
    """Write a report down; it is verified before it becomes a hazard."""
    demand_sight(here, person, body.site, body.township)
    site = here.services.assets.sites.get(body.site)
    place, township = (body.object or site.name, site.district) if site else (body.object, body.township)
    if not place.strip() or not township.strip():
        raise StepRefused(Why.FIELD, "缺少对象或乡镇 / name object and township of what is not in the registry")
    who = by(here, person)
    told = PublicReport(secrets.token_hex(8), body.site, place, township, body.text, body.contact, who.user, who.now_ns)
    with here.services.records.unit() as unit:
        return _shown(desk(here).report(unit, told, who), person)


@router.post("/public-reports/{report_id}/verify")
def verify(report_id: str, body: Verification, here: Here, person: Acting) -> hazard_out.ReportOut:
    """Say what a report was worth; a founded one becomes a hazard (Problem 409: it was verified)."""
    report_of(here, person, report_id)
    who = by(here, person)
    with here.services.records.unit() as unit:
        known = unit.public_report(report_id)
        assert known is not None  # noqa: S101 - reports are never deleted
        draft = _founded(known, body, person, who.now_ns) if body.founded else None
        verdict = Verdict(secrets.token_hex(8), draft, body.text)
        return _shown(desk(here).verify(unit, known, verdict, who), person)


@router.post("/public-reports/{report_id}/reward")
def reward(report_id: str, body: Reward, here: Here, person: Acting) -> hazard_out.ReportOut:
    """Reward a report that was true 查实重奖 (Problem 409: it is not verified, or was rewarded)."""
    report_of(here, person, report_id)
    with here.services.records.unit() as unit:
        known = unit.public_report(report_id)
        assert known is not None  # noqa: S101 - reports are never deleted
        return _shown(desk(here).reward(unit, known, body.yuan, by(here, person)), person)


def _founded(known: PublicReport, body: Verification, person: Person, now_ns: int) -> Draft:
    return Draft(
        rule=body.rule,
        site=known.site,
        object=known.object,
        township=known.township,
        found_by=person.user.display_name,
        found_ns=now_ns,
        evidence=body.text,
        origin=Origin.PUBLIC_REPORT,
        responsible=body.responsible,
    )


def _shown(found: PublicReport, person: Person) -> hazard_out.ReportOut:
    return hazard_out.report(found, contact=Right.INSPECT in person.rights)

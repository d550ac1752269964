"""The reports of the ledger: 日调度, 周通报, 月督导, 季度督查."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from api.ledgers import scope_of
from api.models import Out, Page
from api.people import Desks, Here, LoggedIn, Person, whole
from api.problems import Problem, missing
from api.routes.paging import After, Limit, page
from ledger.reports.forms import FORMS
from ledger.reports.gather import made
from ledger.reports.report import Report
from ledger.reports.schedule import Issue, issue_of
from ledger.reports.shelf import Held
from ledger.reports.span import Rhythm

router = APIRouter(tags=["reports"])
_DAY = timedelta(days=1)
Of = Annotated[date | None, Query(description="a day in it; without one, the last that is over")]


class IssueOut(Out):
    """A report that was made by itself; `name` with a dot and one of `formats` is a file of it.

    Attributes:
        first: day; `to` is the last.
        bytes: of all its files.
    """

    rhythm: Rhythm
    first: date = Field(serialization_alias="from")
    to: date
    name: str
    bytes: int
    formats: list[str]


def _sees_all(person: Annotated[Person, Depends(whole)]) -> None:
    """Demand somebody whose ledger is the whole one: these count everything (Problem 403)."""
    if person.user.departments:
        told = "仅限可见全部者 / for those who see everything; /reports/{rhythm} makes yours"
        raise Problem(403, "scope", told)


@router.get("/reports", dependencies=[Depends(_sees_all)])
def issues(here: Here, rhythm: Rhythm | None = None, after: After = "", limit: Limit = 200) -> Page[IssueOut]:
    """List the reports that were made by themselves, the latest first."""
    shelf, below = here.services.shelf, issue_of(after)
    if after and not below:
        raise Problem(422, "invalid", "after: expected the `next` of the page before")
    every = (one for one in shelf.issues() if rhythm in {None, one.rhythm} and (not below or _key(one) < _key(below)))
    rows = sorted(every, key=_key, reverse=True)[: limit + 1]
    return page([shelf.held(issue) for issue in rows], limit, lambda held: str(held.issue), _issue)


@router.get("/reports/files/{name}", dependencies=[Depends(_sees_all)], response_class=Response)
def file(name: str, here: Here) -> Response:
    """Give a file of one of them, such as monthly-2026-01-01.html (Problem 404); always to be saved."""
    content = here.services.shelf.read(name)
    if content is None:
        raise missing("report", name)
    return _saved(content, name)


@router.get("/reports/{rhythm}")
def report(rhythm: Rhythm, here: Here, person: LoggedIn, of: Of = None) -> Report:
    """Give the report of the time in which a day lies; without one, of the last that is over (Problem 422)."""
    return _made(here, person, rhythm, of)


@router.get("/reports/{rhythm}/page", response_class=Response)
def as_page(rhythm: Rhythm, here: Here, person: LoggedIn, of: Of = None) -> Response:
    """Give the same as an HTML file to read and print; always to be saved, never shown in place."""
    return _written(_made(here, person, rhythm, of), "html")


@router.get("/reports/{rhythm}/workbook", response_class=Response)
def as_workbook(rhythm: Rhythm, here: Here, person: LoggedIn, of: Of = None) -> Response:
    """Give the same as a workbook (XLSX)."""
    return _written(_made(here, person, rhythm, of), "xlsx")


def _made(here: Desks, person: Person, rhythm: Rhythm, of: date | None) -> Report:
    services = here.services
    now_ns = services.clock_ns() + 1  # what happens at this very moment belongs to it
    try:
        return made(services.records, services.assets, scope_of(person), rhythm, day=of, now_ns=now_ns)
    except ValueError as error:
        raise Problem(422, "invalid", f"日期有误 / of: {error}") from None


def _written(found: Report, form: str) -> Response:
    return _saved(FORMS[form].write(found), f"{Issue(found.rhythm, found.first_day)}.{form}")


def _saved(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=FORMS[name.rpartition(".")[2]].media, headers=headers)


def _key(issue: Issue) -> tuple[date, int]:
    return issue.first, list(Rhythm).index(issue.rhythm)


def _issue(held: Held) -> IssueOut:
    issue = held.issue
    return IssueOut(
        rhythm=issue.rhythm,
        first=issue.first,
        to=issue.span.end - _DAY,
        name=str(issue),
        bytes=sum(held.sizes.values()),
        formats=list(held.sizes),
    )

"""The reports of the ledger: 日调度, 周通报, 月督导, 季度督查."""

from datetime import date

from fastapi import APIRouter, Response

from api.ledgers import scope_of
from api.people import Desks, Here, LoggedIn, Person
from api.problems import Problem
from ledger.reports.gather import made
from ledger.reports.page import page
from ledger.reports.report import Report
from ledger.reports.span import Rhythm

router = APIRouter(tags=["reports"])


@router.get("/reports/{rhythm}")
def report(rhythm: Rhythm, here: Here, person: LoggedIn, of: date | None = None) -> Report:
    """Give the report of the time in which a day lies; without one, of the last that is over (Problem 422)."""
    return _made(here, person, rhythm, of)


@router.get("/reports/{rhythm}/page", response_class=Response)
def as_page(rhythm: Rhythm, here: Here, person: LoggedIn, of: date | None = None) -> Response:
    """Give the same as an HTML file to read and print; always to be saved, never shown in place."""
    found = _made(here, person, rhythm, of)
    headers = {"Content-Disposition": f'attachment; filename="{rhythm}-{found.first_day}.html"'}
    return Response(page(found), media_type="text/html; charset=utf-8", headers=headers)


def _made(here: Desks, person: Person, rhythm: Rhythm, of: date | None) -> Report:
    services = here.services
    now_ns = services.clock_ns() + 1  # what happens at this very moment belongs to it
    try:
        return made(services.records, services.assets, scope_of(person), rhythm, day=of, now_ns=now_ns)
    except ValueError as error:
        raise Problem(422, "invalid", str(error)) from None

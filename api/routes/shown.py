"""A report within the console: shown in place, where nothing of it can run."""

from datetime import date

from fastapi import APIRouter, Response

from api.people import Here, LoggedIn
from api.problems import Problem
from api.routes.reports import as_page
from ledger.reports.span import Rhythm

router = APIRouter(tags=["reports"])
_RULES = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox allow-same-origin allow-modals"
}
"""Its own styles and nothing else; the console may look into it and print it."""


@router.get("/reports/{rhythm}/shown", response_class=Response)
def shown(rhythm: Rhythm, here: Here, person: LoggedIn, of: date | None = None) -> Response:
    """Give the page of a report to be shown within our own page, not to be saved (Problem 422)."""
    try:
        found = as_page(rhythm, here, person, of)
    except Problem as problem:
        problem.headers = _RULES  # the console looks into its frame for what went wrong
        raise
    found.headers.update(_RULES | {"Content-Disposition": "inline"})
    return found

"""Errors as RFC 9457 problem details: one shape for every refusal, with a code that a program can act on."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from alerting.events import Reason
from alerting.handling import NotProven
from alerting.lifecycle import Refused
from alerting.permits import NotPermitted
from alerting.valves import CannotClose, No
from api.accounts import NotAllowed, Unknown
from domain.errors import Conflict, StoreUnavailable
from ledger.flow import StepRefused, Why

_STEPS = {Why.DUTY: 403, Why.ORDER: 409, Why.NOT_OVERDUE: 409}
_CHANGED = frozenset({Reason.STALE, Reason.NOT_ANNUNCIATED})


class Problem(Exception):  # noqa: N818 - the name of what it becomes
    """A refusal of a request.

    Attributes:
        status: of HTTP.
        code: last part of the problem's type, for programs.
        detail: one line for a person.
        headers: further ones of the answer.
        problems: one line for each of many mistakes, as in a table.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        problems: Sequence[str] = (),
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.headers, self.problems = status, code, detail, headers, problems


def answer(
    status: int, code: str, detail: str, headers: Mapping[str, str] | None = None, problems: Sequence[str] = ()
) -> Response:
    body: dict[str, object] = {
        "type": f"urn:gas-lifeline:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if problems:
        body["problems"] = list(problems)
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def missing(what: str, name: str) -> Problem:
    return Problem(404, "not-found", f"no {what} {name!r}")


def install(app: FastAPI) -> None:
    """Turn every expected exception into its problem."""

    @app.exception_handler(Problem)
    def _problem(_: Request, error: Problem) -> Response:
        return answer(error.status, error.code, error.detail, error.headers, error.problems)

    @app.exception_handler(Conflict)
    def _conflict(_: Request, error: Conflict) -> Response:
        return answer(409, "changed", str(error))

    @app.exception_handler(Refused)
    def _refused(_: Request, error: Refused) -> Response:
        if error.reason in _CHANGED:
            return answer(409, "changed", str(error))
        if error.reason is Reason.UNKNOWN:
            return answer(404, "not-found", str(error))
        return answer(422, f"refused-{error.reason.replace('_', '-')}", str(error))

    @app.exception_handler(CannotClose)
    def _cannot_close(_: Request, error: CannotClose) -> Response:
        status = 503 if error.why is No.NO_BROKER else 404 if error.why is No.UNKNOWN else 409
        return answer(status, f"valve-{error.why.replace('_', '-')}", str(error))

    @app.exception_handler(NotPermitted)
    def _not_permitted(_: Request, error: NotPermitted) -> Response:
        return answer(409, f"permit-{error.why.replace('_', '-')}", str(error))

    @app.exception_handler(NotProven)
    def _not_proven(_: Request, error: NotProven) -> Response:
        return answer(409, "not-proven", str(error))

    @app.exception_handler(NotAllowed)
    def _not_allowed(_: Request, error: NotAllowed) -> Response:
        return answer(404, "not-found", str(error)) if isinstance(error, Unknown) else answer(422, "rules", str(error))

    _install_others(app)


def _install_others(app: FastAPI) -> None:
    """Steps of the ledger, and what is nobody's act: neighbours that are away, requests that do not fit."""

    @app.exception_handler(StepRefused)
    def _step_refused(_: Request, error: StepRefused) -> Response:
        return answer(_STEPS.get(error.why, 422), f"step-{error.why.replace('_', '-')}", str(error))

    @app.exception_handler(StoreUnavailable)
    def _unavailable(_: Request, error: StoreUnavailable) -> Response:
        return answer(503, "store-unavailable", str(error), {"Retry-After": "5"})

    @app.exception_handler(RequestValidationError)
    def _invalid(_: Request, error: RequestValidationError) -> Response:
        lines = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        return answer(422, "invalid", "; ".join(lines))

    @app.exception_handler(HTTPException)
    def _http(_: Request, error: HTTPException) -> Response:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        return answer(error.status_code, code, str(error.detail), error.headers)

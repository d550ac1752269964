"""To the identity provider and back. These are pages: whatever goes wrong ends on the login page, with words."""

import hmac
from typing import NamedTuple

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from api.oidc import LIFE_S, account_of, admit, depart, remember
from api.people import Desks, Here
from api.problems import missing
from api.provider import CALLBACK, LoginRefused, Provider, Reason
from api.routes.login import address_of, enter
from api.sessions import hash_of
from domain.errors import StoreUnavailable
from domain.record import AuditEntry, User

COOKIE = "gas_lifeline_oidc"
"""Ties the way back to the browser that left."""
PATH = "/login/oidc"

router = APIRouter(include_in_schema=False)


class _Return(NamedTuple):
    """What the provider hands back."""

    code: str
    state: str
    error: str
    issuer: str


def _provider(here: Desks) -> Provider:
    if here.services.oidc is None:
        raise missing("page", PATH)
    return here.services.oidc


@router.get(PATH)
def leave(request: Request, here: Here) -> Response:
    """Send a visitor to the provider."""
    provider = _provider(here)
    try:
        _pace(request, here)
        departure = depart(provider, here.services.clock_ns())
        with here.services.records.unit() as unit:
            remember(unit, departure.attempt, here.services.clock_ns())
    except LoginRefused as refusal:
        return _failed(refusal.reason)
    except StoreUnavailable:
        return _failed(Reason.RECORDS)
    answer = RedirectResponse(departure.address, 303)
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, departure.state, LIFE_S, path=PATH, httponly=True, samesite="lax", secure=secure)
    return answer


@router.get(CALLBACK)
def come_back(  # noqa: PLR0917 - names of the protocol
    request: Request, here: Here, code: str = "", state: str = "", error: str = "", iss: str = ""
) -> Response:
    """Let a visitor in for whom the provider vouches."""
    provider = _provider(here)
    try:
        _pace(request, here)
        told = _vouched(request, here, provider, _Return(code, state, error, iss))
        answer = RedirectResponse("/", 303)
        _admit(request, here, told, answer)
    except LoginRefused as refusal:
        return _audited(request, here, refusal)
    except StoreUnavailable:
        return _failed(Reason.RECORDS)
    answer.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")
    return answer


def _vouched(request: Request, here: Desks, provider: Provider, back: _Return) -> User:
    if not back.state or not hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), back.state.encode()):
        raise LoginRefused(Reason.STATE, "the state is not that of this browser")
    with here.services.records.unit() as unit:
        attempt = unit.take_login_attempt(hash_of(back.state), here.services.clock_ns())
    if attempt is None:
        raise LoginRefused(Reason.STATE, "the state is used or over")
    if back.issuer and back.issuer != provider.about.issuer:
        raise LoginRefused(Reason.TOKEN, f"the answer comes from {back.issuer!r}")
    if back.error or not back.code:
        raise LoginRefused(Reason.REFUSED, f"the provider says {back.error!r}")
    return account_of(provider.claims(back.code, attempt.verifier, attempt.nonce), provider.about)


def _admit(request: Request, here: Desks, told: User, answer: Response) -> None:
    with here.services.records.unit() as unit:
        user = admit(unit, told, here.services.clock_ns())
    enter(here, user, "login", request, answer)


def _pace(request: Request, here: Desks) -> None:
    if here.visits.wait_s(address_of(request)):
        raise LoginRefused(Reason.BUSY, "too many tries from one address")


def _audited(request: Request, here: Desks, refusal: LoginRefused) -> Response:
    if refusal.reason is not Reason.BUSY:  # a flood must not write without end
        entry = AuditEntry(here.services.clock_ns(), "", "login_failed", "session", f"{address_of(request)} {refusal}")
        try:
            with here.services.records.unit() as unit:
                unit.audit(entry)
        except StoreUnavailable:
            return _failed(Reason.RECORDS)
    return _failed(refusal.reason)


def _failed(reason: Reason) -> Response:
    return RedirectResponse(f"/login?reason=oidc-{reason}", 303)

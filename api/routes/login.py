"""Who is there: login, logout, me."""

import math
from collections.abc import Iterable

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api import models
from api.passwords import verify
from api.people import Acting, Desks, Here, LoggedIn, same_origin
from api.people_out import LoginWays
from api.problems import Problem
from api.rights import Right, rights_of
from api.sessions import COOKIE, begin, life_s
from domain.record import AuditEntry, Session, User

router = APIRouter(tags=["login"])


class Credentials(BaseModel):
    """Name and password."""

    model_config = ConfigDict(strict=True, extra="forbid")

    name: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=1024)


def enter(here: Desks, user: User, action: str, request: Request, response: Response) -> Session:
    """Open a session: audit entry and cookie, which is secure wherever the visitor came by TLS."""
    now_ns = here.services.clock_ns()
    with here.services.records.unit() as unit:
        token, session = begin(unit, user, now_ns)
        unit.audit(AuditEntry(now_ns, user.name, action, "session", address_of(request)))
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, token, max_age=life_s(user), httponly=True, samesite="lax", secure=secure)
    return session


def address_of(request: Request) -> str:
    return request.client.host if request.client else ""


def _me(user: User, rights: Iterable[Right], csrf: str) -> models.Me:
    return models.Me(
        name=user.name,
        display_name=user.display_name,
        role=user.role,
        rights=sorted(rights),
        townships=user.townships,
        sites=user.sites,
        csrf=csrf,
    )


def _refuse(here: Desks, name: str, address: str) -> Problem:
    now_ns = here.services.clock_ns()
    with here.services.records.unit() as unit:
        unit.audit(AuditEntry(now_ns, name, "login_failed", "session", address))
    return Problem(401, "wrong-login", "name or password is wrong")


@router.get("/login")
def ways(here: Here) -> LoginWays:
    """Tell how one may log in."""
    return LoginWays(oidc=here.services.oidc is not None)


@router.post("/login", dependencies=[Depends(same_origin)])
def login(credentials: Credentials, request: Request, response: Response, here: Here) -> models.Me:
    """Set the session cookie (Problem 401: wrong, or disabled; 429: five tries a minute)."""
    name, address = credentials.name, address_of(request)
    wait_s = here.tries.wait_s((name, address))
    if wait_s:
        headers = {"Retry-After": str(math.ceil(wait_s))}
        raise Problem(429, "too-many-tries", f"too many tries; wait {wait_s:.0f} s", headers)
    user = here.services.records.user(name)
    right = verify(user.password_hash if user and user.enabled else None, credentials.password)
    if not right or user is None:
        raise _refuse(here, name, address)
    here.tries.forget((name, address))
    if user.break_glass:
        here.services.break_glass(name)  # before the session: nobody gets in unseen
    session = enter(here, user, "break_glass" if user.break_glass else "login", request, response)
    return _me(user, rights_of(user.role), session.csrf)


@router.post("/logout", status_code=204)
def logout(person: Acting, response: Response, here: Here) -> None:
    """End the session on every worker (Problem 400: a token is no session)."""
    if person.session is None:
        raise Problem(400, "no-session", "a token has no session; it is revoked, not logged out")
    with here.services.records.unit() as unit:
        unit.drop_session(person.session.token_hash)
        unit.audit(AuditEntry(here.services.clock_ns(), person.user.name, "logout", "session"))
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


@router.get("/me")
def me(person: LoggedIn) -> models.Me:
    return _me(person.user, person.rights, person.session.csrf if person.session else "")

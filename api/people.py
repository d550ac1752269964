"""Who asks, and whether he may: dependencies of the routes."""

import hmac
from collections.abc import Callable
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.answers import Mailbox
from api.board import Board
from api.duties import Plans
from api.hub import Hub
from api.live import Live
from api.problems import Problem
from api.rights import Right, rights_of
from api.scope import Sight, sight_of
from api.services import Services
from api.sessions import COOKIE, who
from api.tokens import holder
from api.tries import Tries
from api.views import Views
from domain.record import Session, User


class Desks(NamedTuple):
    """What the application holds for its routes."""

    services: Services
    tries: Tries
    visits: Tries
    plans: Plans
    mailbox: Mailbox
    board: Board
    views: Views
    live: Live
    hub: Hub


class Person(NamedTuple):
    """Who asks: a person with a session, or a program with a token.

    Attributes:
        user: whose name stands in journal and audit.
        session: None for a program.
        token: secret that was shown.
        sight: what lies within the scope.
        rights: what may be done there.
    """

    user: User
    session: Session | None
    token: str
    sight: Sight
    rights: frozenset[Right]


def desks(request: Request) -> Desks:
    found: Desks = request.app.state.desks
    return found


Here = Annotated[Desks, Depends(desks)]


def _with_cookie(services: Services, secret: str) -> Person | None:
    found = who(services.records, secret, services.clock_ns())
    if found is None:
        return None
    session, user = found
    sight = sight_of(user.townships, user.sites, services.assets)
    return Person(user, session, secret, sight, rights_of(user.role))


def _with_token(services: Services, secret: str) -> Person | None:
    found = holder(services.records, secret, services.clock_ns())
    if found is None:
        return None
    token, user = found
    rights = frozenset(right for right in rights_of(token.role) if right in token.rights)
    return Person(user, None, secret, sight_of(user.townships, user.sites, services.assets), rights)


def still_in(services: Services, person: Person) -> bool:
    """Ask again, for whoever listens for hours: also a scope that has changed ends it."""
    again = (_with_token if person.session is None else _with_cookie)(services, person.token)
    return again is not None and again.sight == person.sight


def logged_in(request: Request, here: Here) -> Person:
    """Read the cookie or the token (Problem 401: none, or it is over; 400: both)."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    cookie = request.cookies.get(COOKIE, "")
    program = scheme.lower() == "bearer"
    if program and cookie:
        raise Problem(400, "mixed", "send the session's cookie or a token, never both")
    found = _with_token(here.services, secret.strip()) if program else _with_cookie(here.services, cookie)
    if found is None:
        headers = {"WWW-Authenticate": "Bearer"} if program else None
        raise Problem(401, "login", "log in first, or send a token that holds", headers)
    return found


LoggedIn = Annotated[Person, Depends(logged_in)]


def sight(person: LoggedIn) -> Sight:
    return person.sight


Seen = Annotated[Sight, Depends(sight)]


def same_origin(request: Request) -> None:
    """Refuse what another site's page sends (Problem 403)."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(403, "origin", f"requests from {origin} are not taken")


def acting(request: Request, person: LoggedIn) -> Person:
    """Give whoever is behind a request that changes something (Problem 403: origin or CSRF token).

    No page of another site can make a browser send a token, so that a program needs neither.
    """
    if person.session is None:
        return person
    same_origin(request)
    token = request.headers.get("x-csrf-token", "")
    if not hmac.compare_digest(person.session.csrf.encode(), token.encode()):
        raise Problem(403, "csrf", "X-CSRF-Token is missing or wrong")
    return person


Acting = Annotated[Person, Depends(acting)]


def may(right: Right) -> Callable[[Person], Person]:
    """Make a dependency that demands a right to change something (Problem 403)."""

    def check(person: Acting) -> Person:
        return demand(person, right)

    return check


def may_read(right: Right) -> Callable[[Person], Person]:
    """Make a dependency that demands a right to see what concerns the whole town (Problem 403)."""

    def check(person: LoggedIn) -> Person:
        return _demand_whole(demand(person, right))

    return check


def demand(person: Person, right: Right) -> Person:
    """Give the person (Problem 403: without the right)."""
    if right not in person.rights:
        raise Problem(403, "right", f"role {person.user.role} has no right {right}, or the token was not given it")
    return person


def _demand_whole(person: Person) -> Person:
    if not person.sight.whole:
        raise Problem(403, "scope", "for those who see everything")
    return person


def administrator(person: Annotated[Person, Depends(may(Right.ADMINISTER))]) -> Person:
    return _demand_whole(person)


def whole(person: LoggedIn) -> Person:
    """Demand somebody who sees everything (Problem 403)."""
    return _demand_whole(person)


def planner(person: Annotated[Person, Depends(may(Right.ONCALL))]) -> Person:
    return _demand_whole(person)


Planner = Annotated[Person, Depends(planner)]


def leaver(person: Annotated[Person, Depends(may(Right.HAND_OVER))]) -> Person:
    return _demand_whole(person)


def outsider(person: Annotated[Person, Depends(may(Right.ALERT))]) -> Person:
    return _demand_whole(person)


Outsider = Annotated[Person, Depends(outsider)]
"""Who watches us from outside: what he says is of the whole system."""
Leaver = Annotated[Person, Depends(leaver)]
"""Who leaves or comes: a hand-over is of the whole control room."""
Administrator = Annotated[Person, Depends(administrator)]

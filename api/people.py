"""Who asks, and whether he may: dependencies of the routes."""

import hmac
from collections.abc import Callable
from typing import Annotated, NamedTuple
from urllib.parse import urlsplit

from fastapi import Depends, Request

from api.board import Board
from api.hub import Hub
from api.live import Live
from api.problems import Problem
from api.rights import Right, rights_of
from api.scope import Sight, sight_of
from api.services import Services
from api.sessions import COOKIE, who
from api.tries import Tries
from api.views import Views
from domain.record import Session, User


class Desks(NamedTuple):
    """What the application holds for its routes."""

    services: Services
    tries: Tries
    board: Board
    views: Views
    live: Live
    hub: Hub


class Person(NamedTuple):
    """Who is logged in."""

    user: User
    session: Session
    token: str
    sight: Sight


def desks(request: Request) -> Desks:
    found: Desks = request.app.state.desks
    return found


Here = Annotated[Desks, Depends(desks)]


def logged_in(request: Request, here: Here) -> Person:
    """Read the cookie (Problem 401: none, or it is over)."""
    token = request.cookies.get(COOKIE, "")
    found = who(here.services.records, token, here.services.clock_ns())
    if found is None:
        raise Problem(401, "login", "log in first")
    session, user = found
    sight = sight_of(user.townships, user.sites, here.services.assets)
    return Person(user, session, token, sight)


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
    """Give the person behind a request that changes something (Problem 403: origin or CSRF token)."""
    same_origin(request)
    token = request.headers.get("x-csrf-token", "")
    if not hmac.compare_digest(person.session.csrf.encode(), token.encode()):
        raise Problem(403, "csrf", "X-CSRF-Token is missing or wrong")
    return person


Acting = Annotated[Person, Depends(acting)]


def may(right: Right) -> Callable[[Person], Person]:
    """Make a dependency that demands a right (Problem 403)."""

    def check(person: Acting) -> Person:
        if right not in rights_of(person.user.role):
            raise Problem(403, "right", f"role {person.user.role} has no right {right}")
        return person

    return check

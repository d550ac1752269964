"""Accounts: administrators keep them, everybody changes the own password."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from api import accounts, people_out
from api.accounts import LOCAL, LONGEST, By, NotAllowed
from api.models import Page
from api.passwords import hash_password, verify
from api.people import Acting, Administrator, Desks, Here, Person, may_read
from api.problems import Problem
from api.rights import Right, Role
from api.routes.paging import After, Limit, page
from api.sessions import COOKIE
from domain.record import User

router = APIRouter(tags=["users"])
Password = Annotated[str, Field(max_length=LONGEST)]
Names = Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(max_length=1000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ScopeBody(_Body):
    """What is seen: the sites of the townships and those named; both empty: everything.

    Of hazards only those of the departments, where there are any.
    """

    townships: Names
    sites: Names
    departments: Names = []


class NewUser(_Body):
    """A new account."""

    name: str = Field(min_length=1, max_length=64)
    display_name: str = Field("", max_length=128)
    role: Role
    password: Password
    townships: Names = []
    sites: Names = []
    departments: Names = []


class NewPassword(_Body):
    """A password that replaces the old one."""

    password: Password


class NewRole(_Body):
    """Another role."""

    role: Role


class OwnPassword(NewPassword):
    """One's own new password; `old` shows that it is really you."""

    old: Password


def _change(here: Desks, person: Person, name: str, action: str, **changes: object) -> people_out.UserOut:
    by = By(person.user.name, here.services.clock_ns())
    with here.services.records.unit() as unit:
        return people_out.user(accounts.change(unit, name, action, by, **changes))


@router.get("/users", dependencies=[Depends(may_read(Right.ADMINISTER))])
def users(here: Here, after: After = "", limit: Limit = 200) -> Page[people_out.UserOut]:
    rows = [user for user in here.services.records.users() if user.name > after]
    return page(rows[: limit + 1], limit, lambda row: row.name, people_out.user)


@router.post("/users", status_code=201)
def add(body: NewUser, here: Here, person: Administrator) -> people_out.UserOut:
    """Add an account (Problem 422: what the rules forbid)."""
    accounts.demand_password(body.name, body.password)
    accounts.demand_scope(body.townships, body.sites, here.services.assets)
    accounts.demand_departments(body.departments)
    user = User(
        name=body.name,
        display_name=body.display_name or body.name,
        role=body.role.value,
        password_hash=hash_password(body.password),
        townships=tuple(body.townships),
        sites=tuple(body.sites),
        departments=tuple(body.departments),
    )
    with here.services.records.unit() as unit:
        return people_out.user(accounts.add(unit, user, By(person.user.name, here.services.clock_ns())))


@router.post("/users/{name}/disable")
def disable(name: str, here: Here, person: Administrator) -> people_out.UserOut:
    """End an account, its sessions and its tokens at once."""
    return _change(here, person, name, "user_disable", enabled=False)


@router.post("/users/{name}/enable")
def enable(name: str, here: Here, person: Administrator) -> people_out.UserOut:
    return _change(here, person, name, "user_enable", enabled=True)


@router.post("/users/{name}/password")
def password(name: str, body: NewPassword, here: Here, person: Administrator) -> people_out.UserOut:
    """Set a new password for somebody else and end his sessions."""
    if name == person.user.name:
        raise NotAllowed("one's own password is changed with the old one: POST /me/password")
    accounts.demand_password(name, body.password)
    return _change(here, person, name, "user_password", password_hash=hash_password(body.password))


@router.post("/users/{name}/role")
def role(name: str, body: NewRole, here: Here, person: Administrator) -> people_out.UserOut:
    """Give another role and end the sessions."""
    return _change(here, person, name, "user_role", role=body.role.value)


@router.post("/users/{name}/scope")
def scope(name: str, body: ScopeBody, here: Here, person: Administrator) -> people_out.UserOut:
    """Give another scope and end the sessions."""
    accounts.demand_scope(body.townships, body.sites, here.services.assets)
    accounts.demand_departments(body.departments)
    told = {field: tuple(getattr(body, field)) for field in ("townships", "sites", "departments")}
    return _change(here, person, name, "user_scope", **told)


@router.post("/me/password", status_code=204)
def own_password(body: OwnPassword, here: Here, person: Acting, response: Response) -> None:
    """Change one's own password; every session ends, this one too (Problem 403: the old one is wrong)."""
    user = person.user
    if person.session is None or user.source != LOCAL:
        raise NotAllowed("only an account of our own has a password to change")
    if here.tries.wait_s(user.name):
        raise Problem(429, "too-many-tries", "too many tries; wait a minute")
    if not verify(user.password_hash, body.old):
        raise Problem(403, "wrong-password", "the old password is wrong")
    here.tries.forget(user.name)
    accounts.demand_password(user.name, body.password)
    _change(here, person, user.name, "user_password", password_hash=hash_password(body.password))
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")

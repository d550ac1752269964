"""Rules of accounts, for API and commands alike: a change, its audit entry and the end of sessions go together."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from api.rights import Role
from api.services import Unit
from domain.asset import Assets
from domain.errors import GasLifelineError
from domain.record import AuditEntry, User
from ledger.rules import DEPARTMENTS

LOCAL, OIDC = "local", "oidc"
SHORTEST, LONGEST = 8, 1024
"""Characters of a password."""

_NAME = re.compile(r"[\w.@-]{1,64}")  # no colon: `token:…` stands for programs


class NotAllowed(GasLifelineError):  # noqa: N818 - the answer that it becomes
    """A change of accounts or tokens that the rules forbid; the text is for a person."""


class Unknown(NotAllowed):
    """There is no account or token of that name."""


class By(NamedTuple):
    """Who changes something, and when."""

    user: str
    now_ns: int


def demand_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise NotAllowed(f"name {name!r}: expected 1 to 64 letters, digits, or . _ @ -")


def demand_password(name: str, password: str) -> None:
    if len(password) < SHORTEST:
        raise NotAllowed(f"the password is too short; at least {SHORTEST} characters")
    if len(password) > LONGEST:
        raise NotAllowed(f"the password is too long; at most {LONGEST} characters")
    if password.strip().casefold() == name.casefold():
        raise NotAllowed("the password is the name; choose another one")


def demand_scope(townships: Iterable[str], sites: Iterable[str], assets: Assets) -> None:
    """Refuse names that mean nothing here: whoever got them would see nothing and wonder."""
    known = {site.district for site in assets.sites.values()}
    wrong = [f"township {name!r}" for name in townships if name not in known]
    wrong += [f"site {name!r}" for name in sites if name not in assets.sites]
    if wrong:
        raise NotAllowed(f"no {', no '.join(wrong)} in sites.csv (a township is a `district` there)")


def demand_departments(names: Iterable[str]) -> None:
    """Refuse departments that the ledger does not know."""
    wrong = [name for name in names if name not in DEPARTMENTS]
    if wrong:
        raise NotAllowed(f"no department {', '.join(wrong)}; expected of {', '.join(DEPARTMENTS)}")


def add(unit: Unit, user: User, by: By) -> User:
    """Add an account (NotAllowed)."""
    demand_name(user.name)
    if unit.user(user.name) is not None:
        raise NotAllowed(f"user {user.name} exists already")
    unit.add_user(user)
    unit.audit(AuditEntry(by.now_ns, by.user, "user_add", user.name, _described(user)))
    return user


def change(unit: Unit, name: str, action: str, by: By, **changes: Any) -> User:  # noqa: ANN401 - attributes of User
    """Change an account and end its sessions (NotAllowed, Unknown)."""
    before = unit.user(name)
    if before is None:
        raise Unknown(f"user {name} does not exist")
    _demand_ours(before, changes.keys())
    after = replace(before, **changes)
    if _governs(before) and not _governs(after) and not any(_governs(u) for u in unit.users() if u.name != name):
        raise NotAllowed(f"{name} is the last administrator who sees everything; make another one first")
    unit.save_user(after)
    unit.drop_sessions_of(name)
    unit.audit(AuditEntry(by.now_ns, by.user, action, name, _described(after)))
    return after


def _demand_ours(user: User, names: Iterable[str]) -> None:
    """Leave to the identity provider and to the emergency account what is theirs."""
    if user.source == OIDC and {*names} - {"enabled"}:
        raise NotAllowed(f"{user.name} comes from the identity provider: change password, role and scope there")
    if user.break_glass and {*names} - {"enabled", "password_hash"}:
        raise NotAllowed(f"{user.name} is an emergency account: always an administrator who sees everything")


def _governs(user: User) -> bool:
    limited = user.townships or user.sites or user.break_glass
    return user.enabled and user.role == Role.ADMINISTRATOR and not limited


def _described(user: User) -> str:
    marks = [user.role, *user.townships, *user.sites, *user.departments, *(["break-glass"] if user.break_glass else [])]
    return " ".join(marks)

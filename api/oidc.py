"""Logins by the identity provider: a visitor under way, and the account that the provider vouches for."""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from api.accounts import OIDC, NotAllowed, demand_departments, demand_name
from api.provider import LoginRefused, Provider, Reason, Registration
from api.services import Unit
from api.sessions import hash_of
from domain.record import AuditEntry, LoginAttempt, User

LIFE_S = 300
"""How long a visitor may take at the provider."""
_MOST = 1_000
_EVERYTHING = "*"
_LONGEST_SUBJECT = 255


class Departure(NamedTuple):
    """A visitor who leaves for the provider: where to, and what he must bring back."""

    address: str
    state: str
    attempt: LoginAttempt


def depart(provider: Provider, now_ns: int) -> Departure:
    """Prepare a login (LoginRefused: the provider is away)."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    attempt = LoginAttempt(hash_of(state), nonce, verifier, now_ns + LIFE_S * 1_000_000_000)
    return Departure(provider.address(state, nonce, challenge), state, attempt)


def remember(unit: Unit, attempt: LoginAttempt, now_ns: int) -> None:
    """Keep it until the visitor comes back (LoginRefused: too many are under way)."""
    if not unit.add_login_attempt(attempt, now_ns, _MOST):
        raise LoginRefused(Reason.BUSY, f"{_MOST} logins are under way")


def account_of(claims: Mapping[str, Any], about: Registration) -> User:
    """Build the account that the provider's claims describe (LoginRefused: it does not fit)."""
    subject, name = claims["sub"], claims.get(about.name_claim)
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise LoginRefused(Reason.TOKEN, "sub is no text of 1 to 255 characters")
    try:
        demand_name(name if isinstance(name, str) else "")
    except NotAllowed as error:
        raise LoginRefused(Reason.NAME, f"{about.name_claim}: {error}") from None
    said = claims.get("name")
    return User(
        name=str(name),
        display_name=said[:128] if isinstance(said, str) and said else str(name),
        role=_role(claims, about),
        password_hash="",
        townships=_scope(claims, about.township_claim, Reason.TOWNSHIP),
        departments=_departments(claims, about),
        source=OIDC,
        subject=f"{about.issuer} {subject}",
    )


def _role(claims: Mapping[str, Any], about: Registration) -> str:
    said = _values(claims, about.role_claim)
    for value, role in about.role_map.items():
        if value in said:
            return role
    raise LoginRefused(Reason.ROLE, f"{about.role_claim} {said} is mapped to no role")


def _departments(claims: Mapping[str, Any], about: Registration) -> tuple[str, ...]:
    said = _scope(claims, about.department_claim, Reason.DEPARTMENT)
    names = about.department_map
    known = dict.fromkeys(names[value] for value in said if value in names) if names else dict.fromkeys(said)
    if said and not known:
        raise LoginRefused(Reason.DEPARTMENT, f"{about.department_claim} {list(said)} is mapped to no department")
    try:
        demand_departments(known)
    except NotAllowed as error:
        raise LoginRefused(Reason.DEPARTMENT, f"{about.department_claim}: {error}") from None
    return tuple(known)


def _scope(claims: Mapping[str, Any], claim: str, reason: Reason) -> tuple[str, ...]:
    """Read what the account is narrowed to; a claim that is missing is nothing, never everything."""
    if not claim:
        return ()
    said = _values(claims, claim)
    if not said:
        raise LoginRefused(reason, f"{claim} names no {reason}")
    return () if _EVERYTHING in said else tuple(said)


def _values(claims: Mapping[str, Any], path: str) -> list[str]:
    found: Any = claims
    if path in claims:
        found = claims[path]
    else:
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    listed = found if isinstance(found, list) else [found]
    return [value for value in listed if isinstance(value, str)]


def admit(unit: Unit, told: User, now_ns: int) -> User:
    """Make or change the account that the provider vouches for (LoginRefused: disabled, or the name is another's).

    Who it is follows from the subject: a name is given to somebody else one day. A person whose name has changed keeps
    the account, and with it the old name in journal and audit.
    """
    known = next((user for user in unit.users() if user.source == OIDC and user.subject == told.subject), None)
    if known is None:
        if unit.user(told.name) is not None:
            raise LoginRefused(Reason.NAME, f"{told.name} is another account already")
        unit.add_user(told)
        unit.audit(AuditEntry(now_ns, told.name, "user_add", told.name, _described(told)))
        return told
    if not known.enabled:
        raise LoginRefused(Reason.DISABLED, f"{known.name} is disabled")
    told_of = ("display_name", "role", "townships", "departments")
    now = replace(known, **{name: getattr(told, name) for name in told_of})
    if now != known:
        unit.save_user(now)
        unit.drop_sessions_of(now.name)
        unit.audit(AuditEntry(now_ns, now.name, "user_update", now.name, _described(now)))
    return now


def _described(user: User) -> str:
    return " ".join([OIDC, user.role, *user.townships, *user.departments])

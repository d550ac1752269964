"""Answers about people, programs and what they did."""

from api.models import Out
from api.times import rfc3339_or_none
from domain.record import AuditEntry, Token, User


class LoginWays(Out):
    """How one may log in, besides name and password."""

    oidc: bool


class UserOut(Out):
    """An account; nothing of its password."""

    name: str
    display_name: str
    role: str
    enabled: bool
    townships: tuple[str, ...]
    sites: tuple[str, ...]
    departments: tuple[str, ...]
    source: str
    break_glass: bool


class TokenOut(Out):
    """A token of a program, without its secret."""

    name: str
    owner: str
    role: str
    rights: tuple[str, ...]
    townships: tuple[str, ...]
    sites: tuple[str, ...]
    created: str | None
    expires: str | None
    used: str | None
    revoked: str | None


class TokenMade(TokenOut):
    """A new token; `token` is shown this once."""

    token: str


class AuditOut(Out):
    """Who did what; `hash` links it to all before it."""

    seq: int
    time: str | None
    user: str
    action: str
    target: str
    detail: str
    hash: str


def user(account: User) -> UserOut:
    return UserOut(
        name=account.name,
        display_name=account.display_name,
        role=account.role,
        enabled=account.enabled,
        townships=account.townships,
        sites=account.sites,
        departments=account.departments,
        source=account.source,
        break_glass=account.break_glass,
    )


def token(found: Token) -> TokenOut:
    return TokenOut(
        name=found.name,
        owner=found.owner,
        role=found.role,
        rights=found.rights,
        townships=found.townships,
        sites=found.sites,
        created=rfc3339_or_none(found.created_ns),
        expires=rfc3339_or_none(found.expires_ns),
        used=rfc3339_or_none(found.used_ns),
        revoked=rfc3339_or_none(found.revoked_ns),
    )


def audited(entry: AuditEntry) -> AuditOut:
    return AuditOut(
        seq=entry.seq,
        time=rfc3339_or_none(entry.time_ns),
        user=entry.user,
        action=entry.action,
        target=entry.target,
        detail=entry.detail,
        hash=entry.hash,
    )

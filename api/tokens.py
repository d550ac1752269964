"""Tokens of programs: shown once, kept as a hash, with rights of their own and an end."""

import secrets
from collections.abc import Iterable
from dataclasses import replace

from api.accounts import By, NotAllowed, Unknown, demand_name
from api.rights import Right, Role, rights_of
from api.services import Records, Unit
from api.sessions import hash_of
from domain.record import AuditEntry, Token, User

MOST_DAYS = 730
_MARK = "glt_"  # scanners find what was committed by mistake
_DAY_NS = 86_400_000_000_000
_USE_NS = 60_000_000_000
"""A use is written down once a minute: reading must not become writing."""


def add(
    unit: Unit,
    by: By,
    *,
    name: str,
    owner: str,
    role: str,
    rights: Iterable[str],
    townships: Iterable[str],
    sites: Iterable[str],
    days: int,
) -> tuple[str, Token]:
    """Make a token and give its secret, which nobody can read again (NotAllowed, Unknown: the owner).

    Args:
        unit: transaction.
        by: who makes it.
        name: stands as ``token:<name>`` in journal and audit.
        owner: account that answers for it.
        role: whose rights it may have.
        rights: that it has; none is reading alone. Nobody administers by a token.
        townships: scope, as of a person.
        sites: scope, as of a person.
        days: until it ends.
    """
    demand_name(name)
    account = unit.user(owner)
    if account is None or not account.enabled:
        raise Unknown(f"user {owner} does not exist or is disabled; a token needs an owner")
    grantable = rights_of(role) - {Right.ADMINISTER}
    wrong = sorted({*rights} - grantable)
    if role not in set(Role) or wrong:
        raise NotAllowed(f"a token of role {role} has no right {', '.join(wrong)}; expected of {sorted(grantable)}")
    if any(known.name == name for known in unit.tokens()):
        raise NotAllowed(f"token {name} exists already; names are not used twice")
    secret = _MARK + secrets.token_urlsafe(32)
    token = Token(
        name=name,
        token_hash=hash_of(secret),
        owner=owner,
        role=role,
        rights=tuple(sorted({*rights})),
        townships=tuple(townships),
        sites=tuple(sites),
        created_ns=by.now_ns,
        expires_ns=by.now_ns + days * _DAY_NS,
    )
    unit.add_token(token)
    unit.audit(AuditEntry(by.now_ns, by.user, "token_add", name, _described(token)))
    return secret, token


def revoke(unit: Unit, name: str, by: By) -> Token:
    """End a token at once (Unknown: none of that name holds)."""
    found = next((token for token in unit.tokens() if token.name == name and token.revoked_ns is None), None)
    if found is None:
        raise Unknown(f"token {name} does not exist or is revoked already")
    unit.revoke_token(name, by.now_ns)
    unit.audit(AuditEntry(by.now_ns, by.user, "token_revoke", name))
    return found


def holder(records: Records, secret: str, now_ns: int) -> tuple[Token, User] | None:
    """Find the token of a secret and who it is; None: unknown, over, revoked, or its owner is disabled."""
    token = records.token(hash_of(secret))
    if token is None or token.revoked_ns is not None or token.expires_ns <= now_ns:
        return None
    owner = records.user(token.owner)
    if owner is None or not owner.enabled:
        return None
    if token.used_ns is None or not 0 <= now_ns - token.used_ns < _USE_NS:
        with records.unit() as unit:
            unit.use_token(token.name, now_ns)
    user = User(f"token:{token.name}", token.name, token.role, "", townships=token.townships, sites=token.sites)
    user = replace(user, departments=owner.departments)
    return token, user


def _described(token: Token) -> str:
    return " ".join([f"owner={token.owner}", token.role, *token.rights, *token.townships, *token.sites])

"""Logins that last: an opaque token in a cookie, its hash in the records, so that every worker knows who has left."""

import hashlib
import secrets

from api.services import Records, Unit
from domain.record import Session, User

COOKIE = "gas_lifeline_session"
LIFE_S = 12 * 3600
"""One shift with its handover."""
GLASS_LIFE_S = 3600
"""Of an emergency account."""


def life_s(user: User) -> int:
    return GLASS_LIFE_S if user.break_glass else LIFE_S


def begin(unit: Unit, user: User, now_ns: int) -> tuple[str, Session]:
    """Open a session and clear away those that are over; the token is given out once and kept nowhere."""
    token = secrets.token_urlsafe(32)
    expires_ns = now_ns + life_s(user) * 1_000_000_000
    session = Session(hash_of(token), user.name, csrf=secrets.token_urlsafe(32), expires_ns=expires_ns)
    unit.drop_expired_sessions(now_ns)
    unit.add_session(session)
    return token, session


def who(records: Records, token: str, now_ns: int) -> tuple[Session, User] | None:
    """Find the session of a token and its person; None when it is over or the person may no longer log in."""
    session = records.session(hash_of(token)) if token else None
    if session is None or session.expires_ns <= now_ns:
        return None
    user = records.user(session.user)
    return (session, user) if user is not None and user.enabled else None


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Passwords: argon2id, as many checks at once as memory bears, and the same work for a name that does not exist."""

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)  # each check takes 64 MiB; a flood of logins must not take the machine
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$7FXtmW8frxyddsqvvatXEg$84f7W6Eo/VFEN2tj9sxf/JFwTbntFkH5/LXIm0paqJs"
"""Of no password: made once, for its making would cost every process of ours a tenth of a second at its start."""


def hash_password(password: str) -> str:
    """Hash a password for `User.password_hash`."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def verify(password_hash: str | None, password: str) -> bool:
    """Check a password; None (no such person) or "" (nobody has one) takes as long and is never right."""
    with _AT_ONCE:
        try:
            _HASHER.verify(password_hash or NOBODY, password)
        except (VerificationError, InvalidHashError):
            return False
    return bool(password_hash)

"""SM2 signatures of GB/T 32918.2 with SM3, on the curve of GB/T 32918.5.

The arithmetic is that of `gmssl`, pure Python: about 11 ms to sign and 17 ms to verify, and its time tells something
about the number that it works with, so that nobody untrusted may measure it closely. What it leaves out is done here:
the user id is ours to choose, random numbers come from the system (its own do not), r and s are held against their
range, points against the curve; and it is never given a public key to read, of which it strips leading noughts and
fours.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from gmssl.sm2 import CryptSM2, default_ecc_table

from lifeline.sm3 import sm3

USER_ID = "1234567812345678"
"""Of the standard, where two sides agree on no other."""
SIGNATURE_BYTES = 64
MOST_USER_ID_BYTES = 8_191
"""Its length in bits stands in 16 bits."""
_N, _P, _A, _B = (int(default_ecc_table[name], 16) for name in "npab")
_G = default_ecc_table["g"]
_DIGITS = 64
_UNCOMPRESSED = "04"


def _engine(private: str = "", public: str = "") -> CryptSM2:
    engine = CryptSM2(private_key=private, public_key="")
    engine.public_key = public
    return engine


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A point of the curve (ValueError: it is none)."""

    x: int
    y: int

    def __post_init__(self) -> None:
        inside = 0 <= self.x < _P and 0 <= self.y < _P
        if not inside or (self.y * self.y - (self.x**3 + _A * self.x + _B)) % _P:
            raise ValueError("no point of the curve; expected the public key of a pair for SM2")

    @property
    def digits(self) -> str:
        return f"{self.x:064x}{self.y:064x}"

    def verify(self, text: bytes, signature: bytes, user_id: str = USER_ID) -> bool:
        """Tell whether a signature, r and s in 32 bytes each, is of this text, by this key."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        if not (0 < r < _N and 0 < s < _N):
            return False
        try:
            return bool(_engine(public=self.digits).verify(signature.hex(), digest(self, text, user_id)))
        except TypeError:  # sG + tP is the point at infinity, which it has no number for
            return False


@dataclass(frozen=True, slots=True)
class PrivateKey:
    """A number, never shown, and the point that belongs to it (ValueError: it cannot be a key)."""

    number: int = field(repr=False)
    public: PublicKey = field(init=False)

    def __post_init__(self) -> None:
        if not 0 < self.number < _N - 1:
            raise ValueError("no number of the group; expected a private key for SM2")
        object.__setattr__(self, "public", _point(_engine()._kg(self.number, _G)))  # noqa: SLF001 - it has no other way

    def sign(self, text: bytes, user_id: str = USER_ID, below: Callable[[int], int] = secrets.randbelow) -> bytes:
        """Sign a text: r and s, 32 bytes each.

        Args:
            text: to be signed.
            user_id: on which both sides have agreed.
            below: gives a random number below another, from 0 on.

        Example:
            >>> key = parse_private("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8")
            >>> key.public.verify(b"text", key.sign(b"text")), key.public.verify(b"texts", key.sign(b"text"))
            (True, False)
        """
        engine, digested = _engine(private=f"{self.number:064x}"), digest(self.public, text, user_id)
        signature = None
        while signature is None:  # once in 2^255: the standard draws again
            signature = engine.sign(digested, f"{below(_N - 1) + 1:064x}")
        return bytes.fromhex(signature)


def digest(key: PublicKey, text: bytes, user_id: str) -> bytes:
    """Digest a text together with who signs it."""
    name = user_id.encode()
    curve = f"{_A:064x}{_B:064x}{_G}{key.digits}"
    return sm3(sm3((len(name) * 8).to_bytes(2) + name + bytes.fromhex(curve)) + text)


def parse_public(text: str) -> PublicKey:
    """Read x and y, 128 hexadecimal digits, with the prefix 04 or without (ValueError)."""
    digits = text.removeprefix(_UNCOMPRESSED) if len(text) > 2 * _DIGITS else text
    return _point(_hexadecimal(digits, 2 * _DIGITS))


def parse_private(text: str) -> PrivateKey:
    """Read 64 hexadecimal digits (ValueError, without any of them)."""
    return PrivateKey(int(_hexadecimal(text, _DIGITS), 16))


def _hexadecimal(text: str, digits: int) -> str:
    if len(text) != digits or not set(text) <= set("0123456789abcdefABCDEF"):
        raise ValueError(f"expected {digits} hexadecimal digits")
    return text


def _point(digits: str) -> PublicKey:
    return PublicKey(int(digits[:_DIGITS], 16), int(digits[_DIGITS:], 16))

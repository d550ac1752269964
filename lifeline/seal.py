"""Signatures and encryption of calls, ours and those that come in: HMAC-SHA256, SM2, SM3 and SM4."""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives import hmac as keyed
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from domain.errors import GasLifelineError
from lifeline.mapping import Crypto
from lifeline.sm2 import PrivateKey, PublicKey
from lifeline.sm3 import sm3

WINDOW_S = 300
"""How far the clock of a call that comes in may be off."""
_BLOCK_BITS = 128
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")  # no separator: nobody moves the border between nonce and body
_MS = re.compile(r"[0-9]{13}")


class NotSealed(GasLifelineError):  # noqa: N818 - the answer to whoever sends it
    """A call does not prove that it comes from the target now; the text says what is wrong."""


class _Hidden(msgspec.Struct, frozen=True):
    iv: bytes
    data: bytes


_hidden = msgspec.json.Decoder(_Hidden).decode


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets of one target; never shown.

    Attributes:
        token: that its header carries.
        secret: that signs.
        sm4: 16 bytes that hide the body.
        sm2: signs our calls.
        sm2_platform: of the target, by which its calls are known; None where it makes none.
    """

    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    sm4: bytes = field(default=b"", repr=False)
    sm2: PrivateKey | None = field(default=None, repr=False)
    sm2_platform: PublicKey | None = None


class Seal:
    """Makes body and headers of an attempt, and opens what the target seals in the same way.

    Args:
        crypto: of the mapping.
        keys: of the target.
        clock_ns: wall clock.
        random: gives so many random bytes.
    """

    def __init__(self, crypto: Crypto, keys: Keys, clock_ns: Callable[[], int], random: Callable[[int], bytes]) -> None:
        self._crypto, self._keys, self._clock_ns, self._random = crypto, keys, clock_ns, random

    def close(self, path: str, body: bytes) -> tuple[bytes, dict[str, str]]:
        """Give what is sent, and the headers that prove it."""
        crypto = self._crypto
        sent = self._hidden(body) if crypto.body == "sm4-cbc" else body
        headers = {"Content-Type": "application/json; charset=utf-8"}
        if crypto.token_header:
            headers[crypto.token_header] = f"{crypto.token_prefix}{self._keys.token}"
        stamp, nonce = str(self._clock_ns() // 1_000_000), self._random(16).hex()
        if crypto.timestamp_header:
            headers[crypto.timestamp_header] = stamp
        if crypto.nonce_header:
            headers[crypto.nonce_header] = nonce
        if crypto.signature != "none":
            text = crypto.over.format(
                timestamp=stamp, nonce=nonce, secret=self._keys.secret, path=path, body=sent.decode()
            )
            headers[crypto.signature_header] = sign(crypto, self._keys, text.encode())
        return sent, headers

    def open(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Give what a call from the target says (NotSealed: wrong token, time, nonce or signature).

        Args:
            path: as it was asked for.
            body: as it was sent.
            headers: whose names are found in whatever case.
        """
        crypto, secret = self._crypto, self._keys.secret
        known = {name.lower(): value for name, value in headers.items()}
        token = known.get(crypto.token_header.lower(), "")
        if crypto.token_header and not _same(token, f"{crypto.token_prefix}{self._keys.token}"):
            raise NotSealed("token")
        stamp, nonce = known.get(crypto.timestamp_header.lower(), ""), known.get(crypto.nonce_header.lower(), "")
        if not _MS.fullmatch(stamp) or abs(self._clock_ns() - int(stamp) * 1_000_000) > WINDOW_S * 1_000_000_000:
            raise NotSealed("timestamp")
        if crypto.nonce_header and not _NONCE.fullmatch(nonce):
            raise NotSealed("nonce")
        try:
            text = crypto.over.format(timestamp=stamp, nonce=nonce, secret=secret, path=path, body=body.decode())
        except UnicodeDecodeError:
            raise NotSealed("body") from None
        signed = known.get(crypto.signature_header.lower(), "")
        if not _signed(crypto, self._keys, text.encode(), signed):
            raise NotSealed("signature")
        return self._shown(body) if crypto.body == "sm4-cbc" else body

    def _shown(self, body: bytes) -> bytes:
        try:
            found = _hidden(body)
            return sm4_cbc_open(self._keys.sm4, found.iv, found.data)
        except (msgspec.MsgspecError, ValueError):
            raise NotSealed("body") from None

    def _hidden(self, body: bytes) -> bytes:
        iv = self._random(16)
        data = sm4_cbc(self._keys.sm4, iv, body)
        return msgspec.json.encode({"iv": base64.b64encode(iv).decode(), "data": base64.b64encode(data).decode()})


def opens(crypto: Crypto) -> bool:
    """Tell whether a call that is sealed so proves anything: a keyed signature over a time that is sent along.

    A plain digest of a text with the secret is none: whoever has one can lengthen the text.
    """
    keyed_ = crypto.signature.startswith(("hmac-", "sm2-"))
    return keyed_ and bool(crypto.timestamp_header) and "{timestamp}" in crypto.over


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode(), wanted.encode())


def sign(crypto: Crypto, keys: Keys, text: bytes) -> str:
    match crypto.signature:
        case "hmac-sha256":
            found = hmac.new(keys.secret.encode(), text, hashlib.sha256).digest()
        case "hmac-sm3":
            mac = keyed.HMAC(keys.secret.encode(), hashes.SM3())
            mac.update(text)
            found = mac.finalize()
        case "sm2-sm3":
            assert keys.sm2 is not None  # noqa: S101 - the settings were validated
            found = keys.sm2.sign(text, crypto.user_id)
        case _:
            found = sm3(text)
    return found.hex() if crypto.encoding == "hex" else base64.b64encode(found).decode()


def _signed(crypto: Crypto, keys: Keys, text: bytes, given: str) -> bool:
    """Tell whether a signature that came in is the target's."""
    if crypto.signature != "sm2-sm3":
        return _same(given.lower() if crypto.encoding == "hex" else given, sign(crypto, keys, text))
    try:
        signature = bytes.fromhex(given) if crypto.encoding == "hex" else base64.b64decode(given, validate=True)
    except ValueError:
        return False
    return keys.sm2_platform is not None and keys.sm2_platform.verify(text, signature, crypto.user_id)


def sm4_cbc(key: bytes, iv: bytes, text: bytes) -> bytes:
    """Encrypt by GB/T 32907 in chained blocks, padded by PKCS #7.

    Example:
        >>> block = bytes.fromhex("0123456789abcdeffedcba9876543210")
        >>> sm4_cbc(block, bytes(16), block)[:16].hex()
        '681edf34d206965e86b3e94f536e4246'
    """
    padder = padding.PKCS7(_BLOCK_BITS).padder()
    padded = padder.update(text) + padder.finalize()
    encryptor = Cipher(SM4(key), modes.CBC(iv)).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


def sm4_cbc_open(key: bytes, iv: bytes, data: bytes) -> bytes:
    """Decrypt what `sm4_cbc` made (ValueError: it did not, or under another key)."""
    decryptor = Cipher(SM4(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    unpadder = padding.PKCS7(_BLOCK_BITS).unpadder()
    return unpadder.update(padded) + unpadder.finalize()

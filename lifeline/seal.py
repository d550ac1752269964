"""Signatures and encryption of calls: HMAC-SHA256, SM3 and SM4.

SM3 and SM4 are those of `cryptography`; SM2 it does not have, so that a mapping that asks for it is refused.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec
from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives import hmac as keyed
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from lifeline.mapping import Crypto

_BLOCK_BITS = 128


@dataclass(frozen=True, slots=True)
class Keys:
    """Secrets of one target; never shown.

    Attributes:
        token: that its header carries.
        secret: that signs.
        sm4: 16 bytes that hide the body.
    """

    token: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    sm4: bytes = field(default=b"", repr=False)


class Seal:
    """Makes body and headers of an attempt.

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
            headers[crypto.signature_header] = sign(crypto, self._keys.secret.encode(), text.encode())
        return sent, headers

    def _hidden(self, body: bytes) -> bytes:
        iv = self._random(16)
        data = sm4_cbc(self._keys.sm4, iv, body)
        return msgspec.json.encode({"iv": base64.b64encode(iv).decode(), "data": base64.b64encode(data).decode()})


def sign(crypto: Crypto, secret: bytes, text: bytes) -> str:
    match crypto.signature:
        case "hmac-sha256":
            found = hmac.new(secret, text, hashlib.sha256).digest()
        case "hmac-sm3":
            mac = keyed.HMAC(secret, hashes.SM3())
            mac.update(text)
            found = mac.finalize()
        case _:
            found = sm3(text)
    return found.hex() if crypto.encoding == "hex" else base64.b64encode(found).decode()


def sm3(text: bytes) -> bytes:
    """Digest by GB/T 32905.

    Example:
        >>> sm3(b"abc").hex()
        '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'
    """
    digest = hashes.Hash(hashes.SM3())
    digest.update(text)
    return digest.finalize()


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

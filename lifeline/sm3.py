"""SM3, the digest of GB/T 32905, by `cryptography`."""

from cryptography.hazmat.primitives import hashes


def sm3(text: bytes) -> bytes:
    """Digest a text.

    Example:
        >>> sm3(b"abc").hex()
        '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'
    """
    digest = hashes.Hash(hashes.SM3())
    digest.update(text)
    return digest.finalize()

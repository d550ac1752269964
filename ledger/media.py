"""What an attachment is: its content says it, never its name."""

import re

_SIGNS = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff", "application/pdf": b"%PDF-"}
_RIFF, _WEBP = b"RIFF", b"WEBP"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')
_LONGEST = 100


def media_of(content: bytes) -> str | None:
    """Tell the type by the first bytes; None for what is not taken.

    Example:
        >>> media_of(b"%PDF-1.7 ..."), media_of(b"<svg onload=alert(1)>")
        ('application/pdf', None)
    """
    if content[:4] == _RIFF and content[8:12] == _WEBP:
        return "image/webp"
    return next((media for media, sign in _SIGNS.items() if content.startswith(sign)), None)


def safe_name(name: str) -> str:
    """Leave of a file's name what no folder and no terminal takes for more.

    Example:
        >>> safe_name("../../后厨 软管.png")
        '_.._后厨 软管.png'
    """
    return _UNSAFE.sub("_", name).strip(" .")[:_LONGEST] or "attachment"

"""Numbers of telephones, as the providers want them."""

import re

from alerting.notify.channel import Refused

_NUMBER = re.compile(r"\+?\d{5,15}")
_CHINA = "+86"


def domestic(address: str) -> str | None:
    """Give a number without China's prefix; None where it is no number.

    Example:
        >>> domestic("+86 139-0000-0000"), domestic("wang")
        ('13900000000', None)
    """
    number = re.sub(r"[ -]", "", address)
    return number.removeprefix(_CHINA) if _NUMBER.fullmatch(number) else None


def international(address: str) -> str | None:
    """Give a number with its country's prefix, China's where it has none; None where it is no number.

    Example:
        >>> international("13900000000")
        '+8613900000000'
    """
    number = domestic(address)
    return number if number is None or number.startswith("+") else _CHINA + number


def no_number(address: str) -> Refused:
    return Refused("address", f"{address!r} is no telephone number", retryable=False)

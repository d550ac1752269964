"""Which address of the protocol a registered device has, and what its vendor does otherwise."""

import re
from typing import Literal, NamedTuple

from ingest.gb26875.checksum import CHECKSUMS

PLACE = "transmitter, or transmitter/zone/position, then ;checksum=… or ;started=open|closed where its vendor needs it"
_ADDRESS = re.compile(r"(\d{1,15})(?:/(\d{1,5})/(\d{1,5}))?")
_LARGEST_TRANSMITTER, _LARGEST_PART = (1 << 48) - 1, (1 << 16) - 1


class Place(NamedTuple):
    """Where a device stands in the protocol.

    Attributes:
        transmitter: source address of its frames.
        component: zone 区号 and position 位号; None for the transmitter itself, or a detector that is its own.
        checksum: of `ingest.gb26875.checksum`.
        started: what bit 5 of a valve's state means; "" where nobody knows, and the position is then not told.
    """

    transmitter: int
    component: tuple[int, int] | None = None
    checksum: str = "sum"
    started: Literal["", "open", "closed"] = ""


def parse_place(text: str) -> Place:
    """Read the column ``gb26875`` of a device (ValueError: one line).

    Example:
        >>> parse_place("889;checksum=xor").checksum, parse_place("889/3/1;started=closed").component
        ('xor', (3, 1))
    """
    address, *options = text.split(";")
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise ValueError(f"gb26875 is {text!r}; expected {PLACE}")
    transmitter, *parts = (int(part) for part in found.groups() if part is not None)
    if transmitter > _LARGEST_TRANSMITTER or max(parts, default=0) > _LARGEST_PART:
        raise ValueError(f"gb26875 is {text!r}; expected a transmitter of 48 bits, zone and position of 16")
    place = Place(transmitter, (parts[0], parts[1]) if parts else None)
    for option in options:
        place = _option(place, option, text)
    return place


def _option(place: Place, option: str, text: str) -> Place:
    name, _, value = option.partition("=")
    if name == "checksum" and value in CHECKSUMS:
        return place._replace(checksum=value)
    if name == "started" and value in {"open", "closed"}:
        return place._replace(started="open" if value == "open" else "closed")
    known = ", ".join(CHECKSUMS)
    raise ValueError(f"gb26875 is {text!r}; expected checksum= one of {known}, or started= open or closed")

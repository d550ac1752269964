"""Checksums: that of the standard, and those of vendors who read it otherwise."""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import xor

Checksum = Callable[[bytes], int]
"""Of a whole frame, whose last three bytes are the checksum itself and the end marker."""

_COMMAND_AT = 26


def total(frame: bytes) -> int:
    """Add up everything between the start marker and the checksum, as the standard says."""
    return sum(frame[2:-3]) & 0xFF


CHECKSUMS: Mapping[str, Checksum] = {
    "sum": total,
    "sum_from_command": lambda frame: sum(frame[_COMMAND_AT:-3]) & 0xFF,
    "xor": lambda frame: reduce(xor, frame[2:-3], 0),
    "xor_from_command": lambda frame: reduce(xor, frame[_COMMAND_AT:-3], 0),
}

"""The frame: start marker, header, application unit, checksum, end marker."""

from enum import IntEnum, StrEnum
from struct import Struct
from struct import error as StructError  # noqa: N812 - the module's own name says nothing
from typing import NamedTuple

from ingest.gb26875.checksum import Checksum, total
from ingest.gb26875.times import TAG_BYTES, UNSET, time_ns

START, END = b"@@", b"##"
HEADER_BYTES = 27
SHORTEST_BYTES = 30
MOST_UNIT_BYTES = 1_024
MAIN_VERSION = 1

_HEADER = Struct("<2sHBB6sIHIHHB")  # little-endian; an address of six bytes is read as 32 and 16 bits
_LENGTH_AT, _COMMAND_AT = 24, 26
_LOW = 0xFFFFFFFF


class Command(IntEnum):
    """What a frame wants; 128 to 255 are a vendor's own, the rest is reserved."""

    CONTROL = 1
    SEND = 2
    ACKNOWLEDGE = 3
    REQUEST = 4
    RESPONSE = 5
    DENY = 6


FIRST_USER_COMMAND = 128
UPWARD = frozenset({Command.SEND, Command.RESPONSE, Command.ACKNOWLEDGE, Command.DENY})
"""What comes from a device."""


class Reason(StrEnum):
    """Why bytes are no frame, or a frame's unit does not say anything."""

    GARBAGE = "garbage"
    INCOMPLETE = "incomplete"
    BAD_START = "bad_start"
    BAD_LENGTH = "bad_length"
    BAD_COMMAND = "bad_command"
    BAD_VERSION = "bad_version"
    BAD_CHECKSUM = "bad_checksum"
    BAD_END = "bad_end"
    BAD_UNIT = "bad_unit"
    BAD_TIME = "bad_time"
    USER_DEFINED = "user_defined"


class Refused(NamedTuple):
    """What is wrong, and one line for a person: what was found and what was expected."""

    reason: Reason
    detail: str


class Frame(NamedTuple):
    """One frame. Its unit is left undecoded: `ingest.gb26875.units`.

    Attributes:
        serial: counted by who began; the answer has the same.
        main: version of the protocol, 1.
        user: version of the user's own.
        tag: six bytes of `ingest.gb26875.times`; kept as sent, because clocks that were never set exist: noughts.
        source: address of the sender, 48 bits.
        destination: address of the receiver, 48 bits.
        command: 1 to 6, or 128 to 255.
        unit: at most 1024 bytes.
    """

    serial: int
    main: int
    user: int
    tag: bytes
    source: int
    destination: int
    command: int
    unit: bytes = b""

    def answer(self, command: Command, tag: bytes) -> "Frame":
        """Give an empty answer to this one."""
        return self._replace(tag=tag, source=self.destination, destination=self.source, command=int(command), unit=b"")


def decode_frame(raw: bytes, checksum: Checksum = total) -> Frame | Refused:
    """Read bytes that are one whole frame; never raises.

    Example:
        >>> raw = bytes.fromhex("404004000101001e080f0917e903000000000100000000000000024a2323")
        >>> decode_frame(raw).source, decode_frame(raw[:-1]).reason
        (1001, <Reason.INCOMPLETE: 'incomplete'>)
    """
    size = frame_bytes(raw)
    if size.__class__ is not int:
        return size if isinstance(size, Refused) else Refused(Reason.INCOMPLETE, f"{len(raw)} bytes; {_SHORTEST}")
    if len(raw) != size:
        reason = Reason.INCOMPLETE if len(raw) < size else Reason.BAD_LENGTH
        return Refused(reason, f"{len(raw)} bytes; expected {size} by the length field")
    if raw[-2:] != END:
        return Refused(Reason.BAD_END, f"ends with {raw[-2:].hex()}; expected {END.hex()}")
    if raw[-3] != checksum(raw):
        return Refused(Reason.BAD_CHECKSUM, f"checksum is {raw[-3]:02x}; expected {checksum(raw):02x}")
    _, serial, main, user, tag, low, high, to_low, to_high, _, command = _HEADER.unpack_from(raw)
    if main != MAIN_VERSION or (tag != UNSET and time_ns(tag) is None):
        return _impossible(main, tag)
    return Frame(serial, main, user, tag, low | high << 32, to_low | to_high << 32, command, raw[27:-3])


def _impossible(main: int, tag: bytes) -> Refused:
    if main != MAIN_VERSION:
        return Refused(Reason.BAD_VERSION, f"main version is {main}; expected {MAIN_VERSION}")
    return Refused(Reason.BAD_TIME, f"time tag is {tag.hex()}, no such date; expected one of this century")


_SHORTEST = f"expected at least {SHORTEST_BYTES}"


def frame_bytes(raw: bytes, at: int = 0) -> int | Refused | None:
    """Give the length of the frame that begins at a place; None where too little is there to know it."""
    if raw[at : at + 2] != START:
        return Refused(Reason.BAD_START, f"begins with {raw[at : at + 2].hex() or 'nothing'}; expected {START.hex()}")
    if len(raw) - at < HEADER_BYTES:
        return None
    length = raw[at + _LENGTH_AT] | raw[at + _LENGTH_AT + 1] << 8
    if length > MOST_UNIT_BYTES:
        return Refused(Reason.BAD_LENGTH, f"unit of {length} bytes; expected at most {MOST_UNIT_BYTES}")
    command = raw[at + _COMMAND_AT]
    if not 1 <= command <= Command.DENY and command < FIRST_USER_COMMAND:
        return Refused(Reason.BAD_COMMAND, f"command is {command}; expected 1 to 6, or a vendor's own from 128 on")
    return SHORTEST_BYTES + length


def encode_frame(frame: Frame, checksum: Checksum = total) -> bytes:
    """Write a frame (ValueError: it cannot be one).

    Example:
        >>> raw = bytes.fromhex("404004000101001e080f0917e903000000000100000000000000024a2323")
        >>> encode_frame(decode_frame(raw)) == raw
        True
    """
    serial, main, user, tag, source, destination, command, unit = frame
    if len(unit) > MOST_UNIT_BYTES or len(tag) != TAG_BYTES:
        raise ValueError(f"unit of {len(unit)} bytes, tag of {len(tag)}; expected at most 1024, and 6")
    places = source & _LOW, source >> 32, destination & _LOW, destination >> 32
    try:
        header = _HEADER.pack(START, serial, main, user, tag, *places, len(unit), command)
    except StructError as error:
        raise ValueError(f"a field of the header is out of range: {error}") from None
    raw = header + unit + b"\0" + END
    return raw[:-3] + bytes((checksum(raw),)) + END


def asked(raw: bytes) -> Frame | None:
    """Give the header of something that is no frame, as far as it has one: who sent it can be told so."""
    if raw[:2] != START or len(raw) < HEADER_BYTES:
        return None
    _, serial, main, user, tag, low, high, to_low, to_high, _, command = _HEADER.unpack_from(raw)
    return Frame(serial, main, user, tag, low | high << 32, to_low | to_high << 32, command)

"""JSON as devices write it: the strict form that nearly all messages have, and a lenient reader for all others."""

import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, NamedTuple, TypeVar

import msgspec
from msgspec import Meta, Raw

from domain.quantity import Quantity
from domain.sample import Decoded, Refusal, RefusalReason

UNREADABLE = (msgspec.MsgspecError, RecursionError, UnicodeDecodeError)
"""All that msgspec raises over bytes: deep nesting and bad UTF-8 in a string are no MsgspecError."""

LARGEST_INT64 = 2**63 - 1
MAX_DEPTH = 32
"""Our messages need five levels. Counted here, because msgspec's own limit moves with the depth of our call stack."""

Text = Annotated[str, Meta(min_length=1, max_length=64)]
Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]  # what a JSON number of any language holds exactly
Time = int | Annotated[datetime, Meta(tz=True)]

TEXT = "text of 1 to 64 characters"
COUNT = "a whole number from 0 to 2^53 - 1"
TIME = "RFC 3339 with an offset, or integer milliseconds since 1970"
text = msgspec.json.Decoder(Text).decode
count = msgspec.json.Decoder(Count).decode

T = TypeVar("T")
Identity = tuple[str, int] | tuple[None, None]
"""What a device's counter says: (boot_id, seq), or neither."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_object = msgspec.json.Decoder(dict[str, Raw]).decode
_time = msgspec.json.Decoder(Time).decode
_STRING = r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)'  # a string that never ends goes to the end: linear on hostile input
_drop_strings = re.compile(_STRING, re.DOTALL).sub
_brackets = re.compile(r"[\[\]{}]").findall
_replace_literals = re.compile(rf"{_STRING}|[-+]?\b(?:nan|inf|infinity)\b", re.DOTALL | re.IGNORECASE).sub


class PlainSample(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """A sample without anything special; whatever does not fit is read leniently."""

    time: Time
    values: dict[Quantity, float]


class Plain(PlainSample, frozen=True, forbid_unknown_fields=True, gc=False):
    """Telemetry of one time: the form of nearly all messages."""

    boot_id: Text = ""
    seq: Count = -1


class Unreadable(NamedTuple):
    """Why bytes are no JSON object."""

    reason: RefusalReason
    detail: str


def nanoseconds(time: int | datetime) -> int:
    """Convert a time as sent: integer milliseconds since 1970, or a datetime with its offset.

    Example:
        >>> nanoseconds(1_768_449_600_250) == nanoseconds(datetime(2026, 1, 15, 4, 0, 0, 250_000, UTC))
        True
    """
    if isinstance(time, int):
        return time * 1_000_000
    return (time - _EPOCH) // _MICROSECOND * 1_000


def read_object(payload: bytes | Raw) -> dict[str, Raw] | Unreadable:
    """Read an object without looking into its values.

    A literal NaN or Infinity, which is no JSON, costs its own value alone: it becomes null.

    Example:
        >>> {key: bytes(raw) for key, raw in read_object(b'{"a": NaN, "b": 1, "c": "NaN"}').items()}
        {'a': b'null', 'b': b'1', 'c': b'"NaN"'}
    """
    payload = bytes(payload)
    try:
        letters = payload.decode()
    except UnicodeDecodeError as error:
        return Unreadable(RefusalReason.BAD_ENCODING, f"byte {error.start} is no UTF-8; expected JSON in UTF-8")
    if _depth(letters) > MAX_DEPTH:
        return Unreadable(RefusalReason.TOO_DEEP, f"nested deeper than {MAX_DEPTH} levels; expected a flat message")
    try:
        try:
            return _object(payload)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            return _object(_replace_literals(lambda found: found[0] if found[0][0] == '"' else "null", letters))
    except msgspec.ValidationError:
        return Unreadable(RefusalReason.SCHEMA, f"is {show(payload)}; expected a JSON object")
    except UNREADABLE as error:
        return Unreadable(RefusalReason.BAD_JSON, f"{error}; expected a JSON object")


def unreadable(found: Unreadable, device: str, site: str) -> Decoded:
    return Decoded(refusals=(Refusal(found.reason, "frame", found.detail, device, site),))


def _depth(letters: str) -> int:
    if letters.count("[") + letters.count("{") <= MAX_DEPTH:
        return 0
    depth = deepest = 0
    for bracket in _brackets(_drop_strings("", letters)):
        depth += 1 if bracket in "[{" else -1
        deepest = max(deepest, depth)
    return deepest


def show(raw: bytes | Raw) -> str:
    """Give what was sent, short and on one line."""
    return clean(" ".join(bytes(raw)[:40].decode(errors="replace").split())) or "nothing"


def clean(name: str) -> str:
    """Make a name from the wire fit for one line.

    Example:
        >>> clean("gas" + chr(10) + "pct")
        'gas?pct'
    """
    return "".join(letter if letter.isprintable() else "?" for letter in name[:64])


class Refuser:
    """Collects refusals of one source.

    Args:
        device: id as far as known.
        site: id as far as known.
        into: list that takes them; several sources of a frame share one.
    """

    def __init__(self, device: str, site: str, into: list[Refusal]) -> None:
        self._device, self._site, self._into = device, site, into

    def __call__(self, reason: RefusalReason, part: str, detail: str) -> None:
        self._into.append(Refusal(reason, part, detail, self._device, self._site))


class Fields:
    """The keys of one JSON object, taken one by one; a key that its form does not have is refused by its name.

    Args:
        raw: the object.
        at: path of the object with its dot: "" or ``samples[3].``.
        known: keys that its form has.
        refuse: told about whatever is wrong.
    """

    def __init__(self, raw: Mapping[str, Raw], at: str, known: Collection[str], refuse: Refuser) -> None:
        self._raw, self.at, self.refuse = raw, at, refuse
        for key in raw:
            if key not in known:
                name = clean(key)
                refuse(RefusalReason.UNKNOWN_KEY, at + name, f"{name} is no key here; expected {', '.join(known)}")

    def __contains__(self, key: str) -> bool:
        return key in self._raw

    def take(
        self,
        key: str,
        decode: Callable[[Raw], T],
        expected: str,
        reason: RefusalReason = RefusalReason.WRONG_TYPE,
    ) -> T | None:
        """Decode one key; None where it is missing, or refused."""
        raw = self._raw.get(key)
        if raw is None:
            return None
        try:
            return decode(raw)
        except UNREADABLE:
            self.refuse(reason, self.at + key, f"{key} is {show(raw)}; expected {expected}")
            return None

    def identity(self) -> Identity:
        """Take ``boot_id`` and ``seq``, which count together or not at all."""
        boot_id = self.take("boot_id", text, TEXT)
        seq = self.take("seq", count, COUNT)
        if boot_id is not None and seq is not None:
            return boot_id, seq
        for key, other in (("boot_id", "seq"), ("seq", "boot_id")):
            if key in self and other not in self:
                self.refuse(RefusalReason.SCHEMA, self.at + key, f"{key} without {other}; expected both or neither")
        return None, None

    def time_ns(self) -> int | None:
        """Take ``time``; None where it is missing, or refused."""
        time_ns = self.take("time", _nanoseconds, TIME, RefusalReason.NO_TIME)
        if time_ns is not None and abs(time_ns) > LARGEST_INT64:
            self.refuse(RefusalReason.NO_TIME, f"{self.at}time", f"time is beyond the year 2262; expected {TIME}")
            return None
        return time_ns


def _nanoseconds(raw: Raw) -> int:
    return nanoseconds(_time(raw))

"""Mapping files: how one city wants the canonical records, as TOML.

No city is baked in: names of fields, words of enumerations, units, codes, batches, answers and signatures stand in a
file. Those shipped are in `lifeline/cities`; a site keeps its own beside its settings (docs/city.md).
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, get_args, get_origin, get_type_hints

import msgspec

from domain.errors import ConfigurationError
from lifeline.codes import is_place
from lifeline.framing import SAID, Framing, framing_problems
from lifeline.hearing import Hearing, hearing_problems
from lifeline.records import KINDS, Crs, MaybeTime, Record, Time
from lifeline.sm2 import MOST_USER_ID_BYTES, USER_ID

CITIES = Path(__file__).parent / "cities"
Code = str | int | float | bool


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class Field(_Strict, frozen=True, kw_only=True):
    """Where a target's field comes from.

    Attributes:
        source: name of a canonical field, with dots into its parts; "" for a constant.
        constant: always this.
        values: codes of the target by ours; every one of an enumeration must be there, or `otherwise`.
        otherwise: code of what `values` does not name.
        scale: numbers are multiplied by it: the target has another unit.
        digits: numbers are rounded to so many after the point.
    """

    source: str = msgspec.field(name="from", default="")
    constant: Code | None = None
    values: dict[str, Code] = {}
    otherwise: Code | None = None
    scale: float = 1.0
    digits: int | None = None


class Part(_Strict, frozen=True, kw_only=True):
    """One kind of record.

    Attributes:
        path: behind the target's address, or behind its topic; like the fields, of JSON alone.
        fields: of the target; a dot in a name makes an object.
        envelope: name of the list that holds the records of a call; "": the body is the list itself.
        batch: records in a call; 1: the body is the record, without list and envelope.
    """

    path: str = ""
    fields: dict[str, str | Field] | None = None
    envelope: str = ""
    batch: int = 1

    @property
    def names(self) -> Sequence[str]:
        """The target's fields, in their order."""
        return tuple(self.fields or ())

    def field(self, name: str) -> Field:
        found = (self.fields or {})[name]
        return Field(source=found) if isinstance(found, str) else found


class Crypto(_Strict, frozen=True, kw_only=True):
    """How a call proves who sends it, and hides what it says.

    Attributes:
        token_header: carries the token; "": there is none.
        token_prefix: before it.
        signature: ``hmac-sha256``, ``hmac-sm3``, ``sm2-sm3`` (r and s, 32 bytes each), ``sm3`` (a plain digest of a
            text that holds the secret), ``none``.
        over: text that is signed: ``{timestamp}``, ``{nonce}``, ``{secret}``, ``{path}`` and ``{body}`` stand in it.
        encoding: of the signature.
        user_id: of ``sm2-sm3``, on which both sides have agreed; here that of the standard.
        signature_header: carries it.
        timestamp_header: carries milliseconds since 1970 of this attempt; "": none.
        nonce_header: carries a random word of this attempt; "": none.
        body: ``plain``, or ``sm4-cbc``: `{"iv": …, "data": …}`, both base64, of the JSON with padding of PKCS #7.
    """

    token_header: str = ""
    token_prefix: str = ""
    signature: Literal["none", "hmac-sha256", "hmac-sm3", "sm2-sm3", "sm3"] = "none"
    over: str = "{timestamp}.{body}"
    encoding: Literal["hex", "base64"] = "hex"
    user_id: str = USER_ID
    signature_header: str = "X-Signature"
    timestamp_header: str = "X-Timestamp"
    nonce_header: str = ""
    body: Literal["plain", "sm4-cbc"] = "plain"


class Answers(_Strict, frozen=True, kw_only=True):
    """What the target's answers mean; a status alone never says yes, since gateways answer 200 to what they throw away.

    Attributes:
        code: name of the field of the body that holds the code.
        text: name of the field that explains.
        accepted: codes that say yes.
        repeated: codes that say: I have this already; also a yes.
        later: codes after which the same record may be taken later. Every other one is a no for good.
    """

    code: str
    text: str = ""
    accepted: tuple[Code, ...] = ()
    repeated: tuple[Code, ...] = ()
    later: tuple[Code, ...] = ()


class CityMapping(_Strict, frozen=True, kw_only=True):
    """One file.

    Attributes:
        name: of the style.
        transport: ``https``, ``mqtt``, or ``gb26875`` (frames of GB/T 26875.3 over TCP).
        records: by kind; a kind that is missing is not sent.
        crs: of the coordinates.
        time: how times are written: ``iso``, ``plain`` (`2026-01-15 12:00:00`), ``compact`` (14 digits) or ``unix_ms``.
        per_s: calls a second at most.
        key_header: carries the idempotency key of the call; "": none.
        answers: of HTTPS.
        crypto: signatures.
        inbound: the platform's words for what it tells us; without it, ours.
        frame: of GB/T 26875.3.
    """

    name: str
    transport: Literal["https", "mqtt", "gb26875"]
    records: dict[str, Part]
    crs: Crs = "CGCS2000"
    time: Literal["iso", "plain", "compact", "unix_ms"] = "iso"
    per_s: float = 10.0
    key_header: str = "Idempotency-Key"
    answers: Answers | None = None
    crypto: Crypto = Crypto()
    inbound: Hearing | None = None
    frame: Framing | None = None


def load_mapping(file: Path) -> CityMapping:
    """Read a file (ConfigurationError: every problem, with its key)."""
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}; shipped mappings: {', '.join(shipped())}") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: not UTF-8") from None
    return parse_mapping(text, str(file))


def shipped() -> list[str]:
    return sorted(file.stem for file in CITIES.glob("*.toml"))


def parse_mapping(text: str, where: str) -> CityMapping:
    """Read the text of a file (ConfigurationError: every problem, with its key)."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where}: not TOML: {error}") from None
    try:
        mapping = msgspec.convert(table, CityMapping)
    except msgspec.ValidationError as error:
        what, _, key = str(error).partition(" - at `$")
        raise ConfigurationError(f"{where}: {key.strip('.`') or 'file'}: {what}") from None
    if problems := [f"{where}: {problem}" for problem in _problems(mapping)]:
        raise ConfigurationError(*problems)
    return mapping


def times_of(kind: type[Record]) -> frozenset[str]:
    """Name the fields that hold a time."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(name for name, hint in hints.items() if hint in {Time, MaybeTime})


def fields_of(kind: type[msgspec.Struct], prefix: str = "") -> Iterator[str]:
    """Name what a mapping may take from a record."""
    for name, hint in get_type_hints(kind).items():
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            yield from fields_of(hint, f"{prefix}{name}.")
        else:
            yield prefix + name


def _problems(mapping: CityMapping) -> Iterator[str]:
    if mapping.per_s <= 0:
        yield f"per_s: {mapping.per_s:g}; expected more than 0"
    if mapping.transport == "https" and (mapping.answers is None or not mapping.answers.accepted):
        yield "answers: a status alone says no yes; expected code and accepted"
    yield from _crypto_problems(mapping)
    if mapping.inbound is not None:
        yield from hearing_problems(mapping.inbound)
    yield from _frame_problems(mapping)
    for kind, part in mapping.records.items():
        if kind not in KINDS:
            yield f"records.{kind}: no kind of record; expected {', '.join(KINDS)}"
            continue
        if part.batch < 1:
            yield f"records.{kind}.batch: {part.batch}; expected at least 1"
        if mapping.frame is None and (not part.path or part.fields is None):
            yield f"records.{kind}: expected path and fields"
        yield from (f"records.{kind}.fields.{problem}" for problem in _name_problems(part.names))
        for name in part.names:
            yield from (f"records.{kind}.fields.{name}: {what}" for what in _field_problems(kind, part.field(name)))


def _name_problems(names: Sequence[str]) -> Iterator[str]:
    """Tell which names no object can have side by side: `a` is a value, or holds `a.b`."""
    for name in names:
        if not all(name.split(".")):
            yield f"{name!r}: has an empty part; expected words with one dot between them"
        yield from (f"{name}: is a value, and an object by {other}" for other in names if other.startswith(f"{name}."))


def _frame_problems(mapping: CityMapping) -> Iterator[str]:
    if (mapping.transport == "gb26875") != (mapping.frame is not None):
        yield f"frame: transport {mapping.transport}; expected a section [frame] with gb26875, and with it alone"
    if mapping.frame is None:
        return
    yield from framing_problems(mapping.frame)
    if mapping.crypto.body != "plain":
        yield "crypto.body: GB/T 26875.3 hides nothing; expected plain"
    for kind, part in mapping.records.items():
        if kind not in SAID:
            yield f"records.{kind}: GB/T 26875.3 has no words for it; expected {', '.join(SAID)}"
        elif part != Part():
            yield f"records.{kind}: a frame has its own form; expected an empty section"


def _crypto_problems(mapping: CityMapping) -> Iterator[str]:
    crypto = mapping.crypto
    if mapping.transport != "https" and (crypto.token_header or crypto.signature != "none"):
        yield f"crypto: {mapping.transport.upper()} has no headers for token and signature; expected none of them"
    try:
        crypto.over.format(timestamp="", nonce="", secret="", path="", body="")
    except (KeyError, ValueError, IndexError, AttributeError) as error:
        yield f"crypto.over: {error}; expected {{timestamp}}, {{nonce}}, {{secret}}, {{path}} and {{body}} alone"
    if "{body}" not in crypto.over and crypto.signature != "none":
        yield "crypto.over: lacks {body}: anybody could send another one under the same signature"
    if crypto.signature == "sm3" and "{secret}" not in crypto.over:
        yield "crypto.over: lacks {secret}: a digest without it is no signature"
    if not 0 < len(crypto.user_id.encode()) <= MOST_USER_ID_BYTES:
        yield f"crypto.user_id: expected 1 to {MOST_USER_ID_BYTES} bytes"


def _field_problems(kind: str, field: Field) -> Iterator[str]:
    record = KINDS[kind]
    if (field.constant is None) == (not field.source):
        yield "expected either from or constant"
        return
    known = list(fields_of(record))
    if field.source and field.source not in known:
        yield f"from {field.source!r}: {kind} has no such field; expected one of {', '.join(known)}"
        return
    words = _words(record, field.source)
    missing = [word for word in words if field.values and word not in field.values]
    if missing and field.otherwise is None:
        yield f"values: lacks {', '.join(missing)}; expected every one, or otherwise"
    foreign = [word for word in field.values if words and word not in words]
    if foreign:
        yield f"values: {', '.join(foreign)} never occur; expected {', '.join(words)}"


def _words(record: type[Record], source: str) -> list[str]:
    """Give the words of an enumeration, none where the field is free."""
    hint = get_type_hints(record).get(source)
    return [str(word) for word in get_args(hint)] if get_origin(hint) is Literal else []


def township_problems(townships: Mapping[str, str]) -> Iterator[str]:
    """Tell which codes of townships have no form of GB/T 10114."""
    for district, code in townships.items():
        if len(code) != 9 or not code.isdigit() or not is_place(code[:6]):  # noqa: PLR2004 - digits of the standard
            yield f"townships.{district}: {code!r}; expected nine digits of GB/T 10114"

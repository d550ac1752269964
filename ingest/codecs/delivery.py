"""A delivery of LPG cylinders, as the terminal of a vehicle reports it: who, with what, where to, and which codes."""

import hashlib
from collections.abc import Callable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw

from domain.delivery import Delivery
from domain.sample import HEARTBEAT, Decoded, Notice, Refusal, RefusalReason
from ingest.clock import rule_on_clock
from ingest.codecs.notices import Head, arrival
from ingest.fleet import Fleet, Source
from ingest.wire import TEXT, TIME, Fields, Identity, Refuser, Unreadable, read_object, text, unreadable

MOST = 50
"""Cylinders of one message, each way: more than a van unloads at one door."""

_Code = Annotated[str, Meta(pattern=r"^\S{1,64}$")]
_codes = msgspec.json.Decoder(_Code | Annotated[list[_Code], Meta(max_length=MOST)]).decode
_yes = msgspec.json.Decoder(bool).decode
_CODES = f"a code of 1 to 64 characters without blanks, or a list of at most {MOST} of them"


def _degrees(most: int) -> tuple[Callable[[Raw], Any], str]:
    return msgspec.json.Decoder(Annotated[float, Meta(ge=-most, le=most)]).decode, f"degrees from -{most} to {most}"


_KEYS: dict[str, tuple[Callable[[Raw], Any], str]] = {
    "site": (text, TEXT),
    "person": (text, TEXT),
    "vehicle": (text, TEXT),
    "inspected": (_yes, "true or false"),
    "cylinder": (_codes, _CODES),
    "returned": (_codes, _CODES),
    "enterprise": (text, TEXT),
    "lon": _degrees(180),
    "lat": _degrees(90),
}
_NEEDED = ("site", "person", "vehicle", "inspected")
_KNOWN = ("boot_id", "seq", "time", *_KEYS)


def decode_delivery(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    """Read one delivery. It is whole or refused: half of one would move cylinders that did not move."""
    raw = read_object(payload)
    if isinstance(raw, Unreadable):
        return unreadable(raw, source.device, source.site)
    refusals: list[Refusal] = []
    fields = Fields(raw, "", _KNOWN, Refuser(source.device, source.site, refusals))
    identity, sent_ns = fields.identity(), fields.time_ns()
    said = {key: fields.take(key, *form) for key, form in _KEYS.items()}
    _demand(fields)
    shift_ns = 0 if sent_ns is None else rule_on_clock(sent_ns, received_ns, fleet.clock, source.offset_ns).shift_ns
    head = Head(source.device, received_ns if sent_ns is None else sent_ns - shift_ns, received_ns)
    shifts = {source.device: shift_ns} if shift_ns else {}
    moved = {key: _listed(said.pop(key)) for key in ("cylinder", "returned")}
    bad = any(key in fields and value is None for key, value in moved.items())
    if not (bad or any(moved.values())):
        fields.refuse(RefusalReason.SCHEMA, "cylinder", f"no cylinder came or went; expected {_CODES}")
        bad = True
    if sent_ns is None or bad or None in map(said.get, _NEEDED):
        heard = arrival(head, *identity)
        return Decoded(samples=(heard,) if heard else (), refusals=tuple(refusals), shifts=shifts)
    told = Delivery(
        id=_name(source.device, identity, payload),
        device=source.device,
        time_ns=head.time_ns,
        received_ns=received_ns,
        delivered=moved["cylinder"] or (),
        returned=moved["returned"] or (),
        **(said | {"enterprise": said["enterprise"] or ""}),
    )
    boot_id, seq = identity
    sign = Notice(source.device, HEARTBEAT, head.time_ns, boot_id, seq, detail="delivery")
    return Decoded(notices=(sign,), refusals=tuple(refusals), shifts=shifts, deliveries=(told,))


def _demand(fields: Fields) -> None:
    """Refuse what is missing by its name."""
    if "time" not in fields:
        fields.refuse(RefusalReason.NO_TIME, "time", f"time is missing; expected {TIME}")
    for key in _NEEDED:
        if key not in fields:
            fields.refuse(RefusalReason.SCHEMA, key, f"{key} is missing; expected {_KEYS[key][1]}")


def _listed(codes: str | list[str] | None) -> tuple[str, ...] | None:
    """Give each code once, in the order in which they were read off the tags."""
    return None if codes is None else tuple(dict.fromkeys([codes] if isinstance(codes, str) else codes))


def _name(device: str, identity: Identity, payload: bytes) -> str:
    """Name a delivery so that the same message is the same delivery, however often the broker hands it over."""
    parts = payload if identity[0] is None else f"{identity[0]}\0{identity[1]}".encode()
    return hashlib.sha256(f"{device}\0".encode() + parts).hexdigest()[:16]

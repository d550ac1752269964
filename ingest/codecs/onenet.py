"""One push of China Mobile's OneNET platform: a data point, or that a device went or came."""

import msgspec
from msgspec import Raw

from domain.sample import Decoded, Refusal, RefusalReason
from ingest.codecs.pushed import Milliseconds, readings, told
from ingest.fleet import Fleet, Source
from ingest.wire import UNREADABLE, Unreadable, read_object, unreadable

_LINK = 2
_ONLINE = {0: "offline", 1: "online"}


class _Push(msgspec.Struct, frozen=True):
    type: int
    at: Milliseconds
    ds_id: str = ""
    value: Raw = Raw(b"null")
    status: int | None = None


class _Wrapped(msgspec.Struct, frozen=True):
    msg: _Push


_push = msgspec.json.Decoder(_Push).decode
_wrapped = msgspec.json.Decoder(_Wrapped).decode


def decode_onenet(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    """Read one push; whether the platform wraps it in ``msg`` is not certain, so both forms are read."""
    raw = read_object(payload)
    if isinstance(raw, Unreadable):
        return unreadable(raw, source.device, source.site)
    try:
        push = _wrapped(payload).msg if "msg" in raw else _push(payload)
    except UNREADABLE as error:
        detail = f"{error}; expected type and at, and ds_id and value or status"
        return Decoded(refusals=(Refusal(RefusalReason.SCHEMA, "frame", detail, source.device, source.site),))
    refusals: list[Refusal] = []
    found = readings({push.ds_id: push.value}, push.at, source, "", refusals)
    what = _ONLINE.get(push.status or 0, "") if push.type == _LINK and push.status is not None else ""
    return told(found, what, source, received_ns, fleet, refusals)

"""One push of China Telecom's CTWing platform (AEP), as its body was posted."""

import msgspec
from msgspec import Raw

from domain.sample import Decoded, Refusal, RefusalReason
from ingest.codecs.pushed import Milliseconds, readings, told
from ingest.fleet import Fleet, Source
from ingest.wire import UNREADABLE, Refuser, Unreadable, read_object, unreadable

_ONLINE = {0: "offline", 1: "online"}


class _Push(msgspec.Struct, frozen=True, rename="camel"):
    message_type: str
    timestamp: Milliseconds
    payload: dict[str, Raw] = {}
    event_type: int | None = None
    event_content: dict[str, Raw] = {}


_push = msgspec.json.Decoder(_Push).decode


def decode_ctwing(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    raw = read_object(payload)
    if isinstance(raw, Unreadable):
        return unreadable(raw, source.device, source.site)
    try:
        push = _push(payload)
    except UNREADABLE as error:
        detail = f"{error}; expected messageType, timestamp and a payload that is an object"
        return Decoded(refusals=(Refusal(RefusalReason.SCHEMA, "frame", detail, source.device, source.site),))
    refusals: list[Refusal] = []
    found = readings(push.payload, push.timestamp, source, "payload.", refusals)
    found += readings(push.event_content, push.timestamp, source, "eventContent.", refusals)
    if "APPdata" in push.payload:
        detail = "the product is transparent; expected one whose payload the platform takes apart"
        Refuser(source.device, source.site, refusals)(RefusalReason.SCHEMA, "payload.APPdata", detail)
    is_link = push.message_type == "deviceOnlineOfflineReport" and push.event_type is not None
    what = _ONLINE.get(push.event_type or 0, "") if is_link else ""
    return told(found, what, source, received_ns, fleet, refusals)

"""Birth and will of a device: both on one topic, so that neither overtakes the other."""

from typing import Annotated

import msgspec
from msgspec import Meta

from domain.sample import Decoded, Notice, RefusalReason
from ingest.codecs.notices import Head, decode_notice
from ingest.fleet import Fleet, Source
from ingest.wire import COUNT, TEXT, Fields, count, text

_KEYS = ("online", "boot_id", "seq", "time", "firmware", "interval_s")
_FRESH_NS = 60_000_000_000
_flag = msgspec.json.Decoder(bool).decode
_interval = msgspec.json.Decoder(Annotated[float, Meta(gt=0.0, le=86_400.0)]).decode


def decode_status(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    return decode_notice(payload, source, received_ns, fleet, known=_KEYS, read=_read)


def _read(fields: Fields, head: Head) -> Notice | None:
    online = fields.take("online", _flag, "true or false")
    if "online" not in fields:
        fields.refuse(RefusalReason.SCHEMA, "online", "online is missing; expected true or false")
    notice = Notice(
        device=head.device,
        what="online" if online else "offline",
        time_ns=head.time_ns,
        boot_id=fields.take("boot_id", text, TEXT),
        seq=fields.take("seq", count, COUNT),
        retained=head.received_ns - head.time_ns > _FRESH_NS,
        interval_s=fields.take("interval_s", _interval, "seconds, above 0 and at most a day", RefusalReason.SCHEMA),
        detail=fields.take("firmware", text, TEXT) or "",
    )
    return None if online is None else notice

"""What happened at a device: self-test, calibration, mute, power lost, …; the list is open."""

from domain.sample import Decoded, Notice, RefusalReason, Sample
from ingest.codecs.notices import Head, arrival, decode_notice
from ingest.fleet import Fleet, Source
from ingest.wire import TEXT, Fields, text

_KEYS = ("boot_id", "seq", "time", "event")
_STATUS = frozenset({"online", "offline"})


def decode_event(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    return decode_notice(payload, source, received_ns, fleet, known=_KEYS, read=_read)


def _read(fields: Fields, head: Head) -> Notice | Sample | None:
    boot_id, seq = fields.identity()
    event = fields.take("event", text, TEXT)
    if "event" not in fields:
        fields.refuse(RefusalReason.SCHEMA, "event", f"event is missing; expected {TEXT}")
    elif event in _STATUS:
        fields.refuse(RefusalReason.SCHEMA, "event", f"event is {event}; only a status message says so")
    if event is None or event in _STATUS:
        return arrival(head, boot_id, seq)
    return Notice(head.device, event, head.time_ns, boot_id, seq)

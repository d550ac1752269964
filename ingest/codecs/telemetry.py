"""Readings of one device, at one time or as a list of stored samples."""

import msgspec

from domain.sample import Decoded, Refusal
from ingest.codecs.readings import TELEMETRY_KEYS, plain_sample, read_message, settle
from ingest.fleet import Fleet, Source
from ingest.wire import UNREADABLE, Fields, Plain, Refuser, Unreadable, read_object, unreadable

_plain = msgspec.json.Decoder(Plain).decode
_new = tuple.__new__  # what a NamedTuple's own `__new__` calls, at half of the cost
_, *_NO_MORE = Decoded()


def decode_telemetry(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    try:
        message = _plain(payload)
    except UNREADABLE:
        return _lenient(payload, source, received_ns, fleet)
    sample = plain_sample(message, source, received_ns, received_ns + fleet.clock.uncertain_ns)
    return _lenient(payload, source, received_ns, fleet) if sample is None else _new(Decoded, ((sample,), *_NO_MORE))


def _lenient(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    raw = read_object(payload)
    if isinstance(raw, Unreadable):
        return unreadable(raw, source.device, source.site)
    refusals: list[Refusal] = []
    fields = Fields(raw, "", TELEMETRY_KEYS, Refuser(source.device, source.site, refusals))
    return settle(read_message(fields, source), received_ns, fleet.clock, refusals)

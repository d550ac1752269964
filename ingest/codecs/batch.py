"""Records of many devices behind one gateway. Who is none in the registry speaks for itself alone.

A broker's rights say it first, but they are set by hand: where they are too wide, a stolen detector must still not talk
away the gas at its neighbours'.
"""

from collections.abc import Sequence

import msgspec
from msgspec import Raw

from domain.sample import Decoded, Refusal, RefusalReason, Sample
from ingest.codecs.readings import TELEMETRY_KEYS, Reading, plain_reading, plain_sample, read_message, settle
from ingest.fleet import Fleet, Source
from ingest.wire import (
    TEXT,
    UNREADABLE,
    Fields,
    Plain,
    Refuser,
    Unreadable,
    clean,
    read_object,
    text,
    unreadable,
)

_KEYS = ("records",)
_RECORD_KEYS = ("device", *TELEMETRY_KEYS)
_NULL = Raw(b"null")
_list = msgspec.json.Decoder(list[Raw]).decode


class _Record(Plain, frozen=True, forbid_unknown_fields=True, gc=False, kw_only=True):
    device: str


class _Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    records: list[_Record]


_plain = msgspec.json.Decoder(_Batch).decode
_record = msgspec.json.Decoder(_Record).decode


def decode_batch(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    if not source.gateway:
        return _lenient(payload, source, received_ns, fleet)
    try:
        records = _plain(payload).records
    except UNREADABLE:
        return _lenient(payload, source, received_ns, fleet)
    samples = _plain_samples(records, received_ns, fleet)
    return Decoded(tuple(samples)) if samples else _lenient(payload, source, received_ns, fleet)


def _plain_samples(records: Sequence[_Record], received_ns: int, fleet: Fleet) -> list[Sample] | None:
    sources = fleet.sources
    newest_ns = received_ns + fleet.clock.uncertain_ns
    samples = []
    for record in records:
        source = sources.get(record.device)
        sample = source and plain_sample(record, source, received_ns, newest_ns)
        if not sample:
            return None
        samples.append(sample)
    return samples


def _lenient(payload: bytes, gateway: Source, received_ns: int, fleet: Fleet) -> Decoded:
    raw = read_object(payload)
    if isinstance(raw, Unreadable):
        return unreadable(raw, gateway.device, gateway.site)
    refusals: list[Refusal] = []
    refuse = Refuser(gateway.device, gateway.site, refusals)
    records = Fields(raw, "", _KEYS, refuse).take("records", _list, "a list")
    if not records and not refusals:
        refuse(RefusalReason.SCHEMA, "records", "no records; expected a list of at least one")
    readings: list[Reading] = []
    for index, record in enumerate(records or ()):
        readings += _read_record(record, f"records[{index}]", gateway, refusals, fleet)
    return settle(readings, received_ns, fleet.clock, refusals)


def _read_record(raw: Raw, part: str, gateway: Source, refusals: list[Refusal], fleet: Fleet) -> list[Reading]:
    refuse = Refuser(gateway.device, gateway.site, refusals)
    plain = _plain_record(raw, f"{part}.", refusals, fleet) if gateway.gateway else None
    if plain is not None:
        return [plain]
    record = read_object(raw)
    if isinstance(record, Unreadable):
        refuse(record.reason, part, record.detail)
        return []
    try:
        device = text(record.get("device", _NULL))
    except UNREADABLE:
        refuse(RefusalReason.SCHEMA, f"{part}.device", f"device is missing or no id; expected {TEXT}")
        return []
    if device != gateway.device and not gateway.gateway:
        detail = f"{gateway.device} speaks for {clean(device)}; expected itself alone, or kind gateway in devices.csv"
        refuse(RefusalReason.TOPIC_PAYLOAD_MISMATCH, f"{part}.device", detail)
        return []
    source = fleet.sources.get(device)
    if source is None:
        unknown = Refuser(clean(device), gateway.site, refusals)
        unknown(RefusalReason.UNKNOWN_DEVICE, part, f"device {clean(device)} is not registered")
        return []
    return read_message(Fields(record, f"{part}.", _RECORD_KEYS, Refuser(device, source.site, refusals)), source)


def _plain_record(raw: Raw, at: str, refusals: list[Refusal], fleet: Fleet) -> Reading | None:
    try:
        record = _record(raw)
    except UNREADABLE:
        return None
    source = fleet.sources.get(record.device)
    if source is None or (record.seq < 0) is not (not record.boot_id):
        return None
    identity = (None, None) if record.seq < 0 else (record.boot_id, record.seq)
    return plain_reading(record, source, identity, at, Refuser(source.device, source.site, refusals))

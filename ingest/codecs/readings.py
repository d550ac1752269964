"""What telemetry and batch share: reading messages leniently, and giving their samples a time that can be believed."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec import Raw

from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Decoded, Refusal, RefusalReason, Sample
from ingest.clock import CLOCK_SET_NS, ClockLimits, Ruling, rule_on_clock
from ingest.fleet import Source
from ingest.values import NO_QUALITY, judge
from ingest.wire import (
    LARGEST_INT64,
    TIME,
    UNREADABLE,
    Fields,
    Identity,
    Plain,
    PlainSample,
    Refuser,
    Unreadable,
    nanoseconds,
    read_object,
)

MAX_SAMPLES = 600

TELEMETRY_KEYS = ("boot_id", "seq", "time", "values", "quality", "samples")
_SAMPLE_KEYS = ("time", "values", "quality")
_OBJECT = "an object"
_NEVER = -(2**63) - 1
_UNCERTAIN = Quality.UNCERTAIN
_plain = msgspec.json.Decoder(PlainSample).decode
_object = msgspec.json.Decoder(dict[str, Raw]).decode
_list = msgspec.json.Decoder(list[Raw]).decode
_new = tuple.__new__  # what a NamedTuple's own `__new__` calls, at half of the cost


class Reading(NamedTuple):
    """One sample as sent; without a time it says only that its message arrived, so that it is not counted as lost.

    Attributes:
        time_ns: as sent, nanoseconds since 1970; None where there was none to be used.
        at: path of the sample with its dot.
        refuse: takes what is found out later.
    """

    source: Source
    identity: Identity
    time_ns: int | None
    values: Mapping[Quantity, float]
    quality: Mapping[Quantity, Quality]
    at: str
    refuse: Refuser


def plain_sample(message: Plain, source: Source, received_ns: int, newest_ns: int) -> Sample | None:
    """Give the sample of a message that needs no second look; None where it does. This is the hot path.

    Args:
        message: as decoded.
        source: the device.
        received_ns: time of arrival.
        newest_ns: a later time is no plain one.
    """
    time = message.time
    time_ns = time * 1_000_000 if type(time) is int else nanoseconds(time)
    seq, boot_id = message.seq, message.boot_id
    if time_ns > newest_ns or time_ns < CLOCK_SET_NS or (seq < 0) is not (not boot_id) or source.offset_ns:
        return None
    plain = source.plain
    values = message.values
    for quantity, value in values.items():
        low, high = plain[quantity]
        if not low <= value <= high:
            return None
    late = received_ns - time_ns > source.live_ns
    identity = (boot_id, seq) if seq >= 0 else (None, None)
    return _new(Sample, (source.device, time_ns, *identity, values, NO_QUALITY, late))


def plain_reading(message: PlainSample, source: Source, identity: Identity, at: str, refuse: Refuser) -> Reading | None:
    """Give the reading of a sample without anything special; None where it must be read leniently."""
    time_ns = nanoseconds(message.time)
    plain, values = source.plain, message.values
    if not CLOCK_SET_NS <= time_ns <= LARGEST_INT64:
        return None
    for quantity, value in values.items():
        low, high = plain[quantity]
        if not low <= value <= high:
            return None
    return Reading(source, identity, time_ns, values, NO_QUALITY, at, refuse)


def read_message(fields: Fields, source: Source) -> list[Reading]:
    """Read one telemetry message of any form; what is wrong is refused, the rest is kept."""
    identity = fields.identity()
    readings: dict[int | None, Reading] = {}
    if "values" in fields:
        reading = _read_sample(fields, source, identity)
        readings[reading.time_ns] = reading
    elif "samples" not in fields:
        fields.refuse(RefusalReason.SCHEMA, f"{fields.at}values", "neither values nor samples; expected one of them")
    else:
        for key in ("time", "quality"):
            if key in fields:
                fields.refuse(RefusalReason.SCHEMA, f"{fields.at}{key}", f"{key} beside samples; expected it inside")
    if "samples" in fields:
        _read_samples(fields, source, identity, readings)
    readings.pop(None, None)
    return list(readings.values()) or [Reading(source, identity, None, {}, {}, fields.at, fields.refuse)]


def _read_samples(fields: Fields, source: Source, identity: Identity, into: dict[int | None, Reading]) -> None:
    samples = fields.take("samples", _list, "a list")
    if samples is not None and not 1 <= len(samples) <= MAX_SAMPLES:
        detail = f"{len(samples)} samples; expected 1 to {MAX_SAMPLES}, the rest is refused"
        fields.refuse(RefusalReason.SCHEMA, f"{fields.at}samples", detail)
    for index, raw in enumerate((samples or [])[:MAX_SAMPLES]):
        part = f"{fields.at}samples[{index}]"
        reading = _read_one_of_samples(raw, part, source, identity, fields.refuse)
        if reading is not None and into.setdefault(reading.time_ns, reading) is not reading:
            detail = "has the time of an earlier sample of this message; expected each time once"
            fields.refuse(RefusalReason.TIME_CONFLICT, part, detail)


def _read_one_of_samples(raw: Raw, part: str, source: Source, identity: Identity, refuse: Refuser) -> Reading | None:
    try:
        reading = plain_reading(_plain(raw), source, identity, f"{part}.", refuse)
    except UNREADABLE:
        reading = None
    if reading is not None:
        return reading
    sample = read_object(raw)
    if isinstance(sample, Unreadable):
        refuse(sample.reason, part, sample.detail)
        return None
    reading = _read_sample(Fields(sample, f"{part}.", _SAMPLE_KEYS, refuse), source, identity)
    return None if reading.time_ns is None else reading


def _read_sample(fields: Fields, source: Source, identity: Identity) -> Reading:
    if "time" not in fields:
        fields.refuse(RefusalReason.NO_TIME, f"{fields.at}time", f"time is missing; expected {TIME}")
    time_ns = fields.time_ns()
    if time_ns is None:
        return Reading(source, identity, None, {}, {}, fields.at, fields.refuse)
    if "values" not in fields:
        fields.refuse(RefusalReason.SCHEMA, f"{fields.at}values", f"values is missing; expected {_OBJECT}")
    values = fields.take("values", _object, _OBJECT) or {}
    quality = fields.take("quality", _object, _OBJECT) if "quality" in fields else {}
    judged = judge(values, quality, source, fields.at, fields.refuse)
    return Reading(source, identity, time_ns, judged.values, judged.quality, fields.at, fields.refuse)


def settle(readings: Sequence[Reading], received_ns: int, limits: ClockLimits, refusals: list[Refusal]) -> Decoded:
    """Apply the clock rules, device by device: a gateway's batch holds the clocks of many.

    Args:
        readings: of one frame.
        received_ns: its arrival.
        limits: of the clocks.
        refusals: of the frame; what is found out here has been added to it.
    """
    newest_ns: dict[str, int] = {}
    offset_ns: dict[str, int] = {}
    for reading in readings:
        time_ns, device = reading.time_ns, reading.source.device
        if time_ns is not None and time_ns > newest_ns.get(device, _NEVER):
            newest_ns[device], offset_ns[device] = time_ns, reading.source.offset_ns
    rulings = {d: rule_on_clock(newest, received_ns, limits, offset_ns[d]) for d, newest in newest_ns.items()}
    samples = [_sample(reading, rulings.get(reading.source.device), received_ns) for reading in readings]
    shifts = {device: ruling.shift_ns for device, ruling in rulings.items() if ruling.shift_ns}
    kept = tuple(sample for sample in samples if sample is not None)
    return Decoded(kept, (), tuple(refusals), shifts)


def _sample(reading: Reading, ruling: Ruling | None, received_ns: int) -> Sample | None:
    if reading.time_ns is None or ruling is None:
        return _arrival(reading, received_ns)
    time_ns = reading.time_ns - ruling.shift_ns
    if time_ns < min(CLOCK_SET_NS, received_ns):
        detail = f"time lies before 2020, when this device's clock was not set; expected {TIME}"
        reading.refuse(RefusalReason.NO_TIME, f"{reading.at}time", detail)
        return _arrival(reading, received_ns)
    source, values, quality = reading.source, reading.values, reading.quality
    if ruling.uncertain:
        quality = {name: max(quality.get(name, _UNCERTAIN), _UNCERTAIN) for name in values}
    late = received_ns - time_ns > source.live_ns
    boot_id, seq = reading.identity
    return Sample(source.device, time_ns, boot_id, seq, values, quality or NO_QUALITY, late)


def _arrival(reading: Reading, received_ns: int) -> Sample | None:
    boot_id, seq = reading.identity
    if seq is None:
        return None
    return Sample(reading.source.device, received_ns, boot_id, seq, {}, NO_QUALITY, late=False)

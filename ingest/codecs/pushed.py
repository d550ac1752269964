"""What pushes of all carriers share: keys of a product become values, and two pushes of one moment stay two."""

from collections.abc import Mapping
from typing import Annotated
from zlib import crc32

import msgspec
from msgspec import Meta, Raw

from domain.product import Meaning
from domain.quality import Quality
from domain.sample import Decoded, Notice, Refusal, RefusalReason
from ingest.codecs.readings import Reading, settle
from ingest.fleet import Fleet, Source
from ingest.values import NO_QUALITY, Judged, judge_number
from ingest.wire import LARGEST_INT64, UNREADABLE, Refuser, clean, show

Milliseconds = Annotated[int, Meta(ge=0, le=LARGEST_INT64 // 1_000_000 - 1)]
_number = msgspec.json.Decoder(float, strict=False).decode  # some send numbers as text
_good = Quality.GOOD


def readings(keys: Mapping[str, Raw], time_ms: int, source: Source, at: str, refusals: list[Refusal]) -> list[Reading]:
    """Read the keys that the product has; all others stay in the log alone.

    A device of a carrier counts nothing. It is known by its times, which the names of its keys fill up below the
    millisecond: a repeated push is the same again, a push of other keys is another.
    """
    refuse, kept = Refuser(source.device, source.site, refusals), Judged({}, {})
    for name in sorted(keys.keys() & source.product.keys()):
        meaning, part = source.product[name], f"{at}{clean(name)}"
        value = _value(keys[name], meaning, part, refuse)
        if value is not None:
            judge_number(meaning.quantity, value * meaning.factor, _good, source, part, refuse, kept)
    if not kept.values:
        return []
    time_ns = time_ms * 1_000_000 + crc32(" ".join(sorted(keys)).encode()) % 1_000_000
    return [Reading(source, (None, None), time_ns, kept.values, kept.quality or NO_QUALITY, at, refuse)]


def _value(raw: Raw, meaning: Meaning, part: str, refuse: Refuser) -> float | None:
    if meaning.codes:
        value = meaning.codes.get(show(raw).strip('"'))
        if value is None:
            known = ", ".join(meaning.codes)
            refuse(RefusalReason.OUT_OF_RANGE, part, f"code is {show(raw)}; expected one of {known}")
        return value
    try:
        return _number(raw)
    except UNREADABLE:
        refuse(RefusalReason.WRONG_TYPE, part, f"is {show(raw)}; expected a number")
        return None


def told(  # noqa: PLR0917 - what a codec is given, and what it found
    found: list[Reading], what: str, source: Source, received_ns: int, fleet: Fleet, refusals: list[Refusal]
) -> Decoded:
    """Give what was read; a push without a value is at least a sign of life, at its arrival."""
    decoded = settle(found, received_ns, fleet.clock, refusals)
    if decoded.samples and not what:
        return decoded
    return decoded._replace(notices=(Notice(source.device, what or "heartbeat", received_ns),))

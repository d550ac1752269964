"""Work permits as the log tells them, and what they make of a reading."""

from collections.abc import Mapping, Sequence

import msgspec

from domain.permit import Permit
from domain.quality import Quality
from domain.sample import Sample
from ingest.wire import UNREADABLE

Permits = Mapping[str, tuple[Permit, ...]]
"""By device."""


class _Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    permits: tuple[Permit, ...]


def pack_permits(permits: Sequence[Permit]) -> bytes:
    """Write the payload of a permit frame: all permits that readings of today may fall under."""
    return msgspec.json.encode(_Frame(tuple(permits)))


def read_permits(payload: bytes) -> tuple[Permit, ...] | None:
    """Read a permit frame; None where another release, or nobody, wrote it.

    Example:
        >>> permit = Permit("GD-1", "W-7", "li", "portable detector", 10, 20)
        >>> read_permits(pack_permits([permit])) == (permit,), read_permits(b"{}")
        (True, None)
    """
    try:
        return msgspec.json.decode(payload, type=_Frame).permits
    except UNREADABLE:
        return None


def by_device(permits: Sequence[Permit]) -> Permits:
    return {one.device: tuple(p for p in permits if p.device == one.device) for one in permits}


def spared(sample: Sample, permits: Permits) -> Sample:
    """Give a sample as calibration where its device was under work; what is worse than that stays so."""
    if not any(permit.covers(sample.time_ns) for permit in permits.get(sample.device, ())):
        return sample
    quality = {name: max(sample.quality.get(name, Quality.GOOD), Quality.CALIBRATION) for name in sample.values}
    return sample._replace(quality=quality)

"""What status, event and command result share: one notice, at a time that can be believed."""

from collections.abc import Callable
from typing import NamedTuple

from domain.sample import Decoded, Notice, Refusal, Sample
from ingest.clock import rule_on_clock
from ingest.fleet import Fleet, Source
from ingest.values import NO_QUALITY
from ingest.wire import Fields, Refuser, Unreadable, read_object, unreadable


class Head(NamedTuple):
    """What every notice begins with.

    Attributes:
        time_ns: the device's time after the clock rules, or of arrival where it gave none.
    """

    device: str
    time_ns: int
    received_ns: int


ReadNotice = Callable[[Fields, Head], Notice | Sample | None]


def decode_notice(
    payload: bytes, source: Source, received_ns: int, fleet: Fleet, *, known: tuple[str, ...], read: ReadNotice
) -> Decoded:
    """Read one notice.

    Args:
        payload: raw bytes.
        source: the device.
        received_ns: time of arrival.
        fleet: its clock limits.
        known: keys of its kind.
        read: gives the notice; where it cannot, a sample without values, so that the message is not counted as lost.
    """
    raw = read_object(payload)
    if isinstance(raw, Unreadable):
        return unreadable(raw, source.device, source.site)
    refusals: list[Refusal] = []
    fields = Fields(raw, "", known, Refuser(source.device, source.site, refusals))
    time_ns = fields.time_ns()
    shift_ns = 0 if time_ns is None else rule_on_clock(time_ns, received_ns, fleet.clock, source.offset_ns).shift_ns
    head = Head(source.device, received_ns if time_ns is None else time_ns - shift_ns, received_ns)
    found = read(fields, head)
    samples = (found,) if isinstance(found, Sample) else ()
    notices = (found,) if isinstance(found, Notice) else ()
    return Decoded(samples, notices, tuple(refusals), {source.device: shift_ns} if shift_ns else {})


def arrival(head: Head, boot_id: str | None, seq: int | None) -> Sample | None:
    """Say that a message arrived of which nothing else could be used."""
    return None if seq is None else Sample(head.device, head.received_ns, boot_id, seq, {}, NO_QUALITY, late=False)

"""Entries of the quarantine, as the engine finds them."""

from domain.frame import Frame
from domain.record import Quarantined
from domain.sample import Refusal, RefusalReason, Sample


def refused(frame: Frame, refusal: Refusal) -> Quarantined:
    return Quarantined(
        position=frame.position,
        part=refusal.part,
        reason=refusal.reason,
        detail=refusal.detail,
        device=refusal.device,
        site=refusal.site,
        topic=frame.topic,
        payload=frame.payload,
        received_ns=frame.received_ns,
    )


def conflict(sample: Sample, site: str) -> Refusal:
    detail = f"second message of {sample.device} for the same time with other values; expected one (or boot_id and seq)"
    return Refusal(RefusalReason.TIME_CONFLICT, f"time {sample.time_ns}", detail, sample.device, site)

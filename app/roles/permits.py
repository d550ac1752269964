"""The work permits in force, as `watch` follows them through the log."""

from dataclasses import replace

from domain.alarm import AlarmKind
from domain.finding import Finding
from domain.permit import Permit
from ingest.permits import read_permits


class PermitsInForce:
    """Tells what begins, and writes the permit's number beside the alarm that it is the reason of.

    Attributes:
        all: as the last frame told them.
    """

    def __init__(self) -> None:
        self.all: tuple[Permit, ...] = ()

    def take(self, payload: bytes, log_ns: int) -> tuple[str, ...] | None:
        """Take a permit frame; give the devices on which work begins, or None where it cannot be read.

        A log that begins in the middle tells of permits that are over: no work begins by them.
        """
        permits = read_permits(payload)
        if permits is None:
            return None
        known = {(permit.device, permit.from_ns) for permit in self.all}
        self.all = permits
        return tuple(p.device for p in permits if (p.device, p.from_ns) not in known and p.covers(log_ns))

    def named(self, finding: Finding) -> Finding:
        """Give the finding with the permit that explains it."""
        if not finding.level or finding.kind is not AlarmKind.PROTECTION_MISSING:
            return finding
        numbers = (p.number for p in self.all if p.device == finding.device and p.covers(finding.time_ns))
        number = next(numbers, "")
        return replace(finding, reason=f"permit {number}") if number else finding

"""Putting a device under a work permit and back: the log tells every reader, the audit who did it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerting.permits import PermitDesk, Wish, in_force
from app.inforce import permits_in_force
from domain.asset import Device
from domain.frame import PERMIT_TOPIC
from domain.permit import Permit
from domain.record import AuditEntry
from ingest.permits import pack_permits
from store.framelog import FrameLog
from store.records import Records


@dataclass(frozen=True, slots=True)
class Working:
    """Takes the acts of a person, one after the other: the transaction keeps two from writing over each other.

    Args:
        records: with the audit.
        log: of this thread.
        desk: the rules.
        clock_ns: wall clock.
    """

    records: Records
    log: Callable[[], FrameLog]
    desk: PermitDesk
    clock_ns: Callable[[], int]

    def in_force(self) -> list[Permit]:
        return in_force(self._known(), self.clock_ns())

    def begin(self, device: Device, wish: Wish) -> Permit:
        """Put a device under work (NotPermitted)."""
        with self.records.unit() as unit:
            now_ns = self.clock_ns()
            permits = self.desk.begin(self._known(), device, wish, now_ns)
            permit = permits[-1]
            detail = f"{permit.measure} [until_ns={permit.until_ns} permit_no={permit.number}]"
            unit.audit(AuditEntry(now_ns, wish.user, "maintenance", device.id, detail))
            self._tell(permits, now_ns)
        return permit

    def end(self, device: str, user: str, comment: str) -> Permit:
        """Put it back before its time (NotPermitted)."""
        with self.records.unit() as unit:
            now_ns = self.clock_ns()
            permits = self.desk.end(self._known(), device, now_ns)
            permit = permits[-1]
            unit.audit(AuditEntry(now_ns, user, "maintenance over", device, f"{comment} [permit_no={permit.number}]"))
            self._tell(permits, now_ns)
        return permit

    def _known(self) -> Sequence[Permit]:
        log = self.log()
        return permits_in_force(log, log.last())

    def _tell(self, permits: Sequence[Permit], now_ns: int) -> None:
        """Put them in force; last of all, since what the log holds cannot be taken back when the audit fails."""
        self.log().append([(now_ns, PERMIT_TOPIC, pack_permits(permits))])

"""What a detector says."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from domain.alarm import AlarmKind
from domain.location import Location


class Transition(StrEnum):
    """How a condition changed."""

    ONSET = "onset"
    ESCALATE = "escalate"
    END = "end"
    UNUSABLE = "unusable"
    """The data went bad: neither there nor gone. Suspends timers of the life cycle, never clears."""
    LATE = "late_evidence"
    """It was there, but the news came too late to page: noted in the journal, changes nothing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A change of one condition, told once.

    Attributes:
        detector: name in the catalogue.
        kind: of the alarm that it feeds.
        device: id; subject of the alarm.
        site: id of the device's site, "" where unknown.
        transition: onset, escalate, end, unusable or late evidence.
        level: 1, 2, …; 0 at an end.
        position: in the log, of the deciding frame or tick.
        time_ns: sample time of the deciding reading (log time for a deciding tick).
        onset_ns: sample time of the onset that this belongs to; part of its identity.
        value: that decided, or None.
        limit: that it was held against, or None.
        reason: code for the text, e.g. ``will`` or ``watchdog``.
        classification: what the gas is taken for: ``natural``, ``biogas``, ``vapour`` or ``unclear``; "" for none.
        confidence: in that, 0 to 1.
        location: where the network may leak, where that can be told.
    """

    detector: str
    kind: AlarmKind
    device: str
    site: str
    transition: Transition
    level: int
    position: int
    time_ns: int
    onset_ns: int
    value: float | None = None
    limit: float | None = None
    reason: str = ""
    classification: str = ""
    confidence: float | None = None
    location: Location | None = None

    def identity(self, configuration: str) -> str:
        """Hash of (detector, configuration version, key, onset, transition, level): a replay gives the same."""
        key = (self.detector, configuration, self.device, self.kind, self.onset_ns, self.transition, self.level)
        return hashlib.sha256("\n".join(map(str, key)).encode()).hexdigest()[:24]

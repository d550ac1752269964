"""What happens to an alarm, and what its life cycle answers."""

from dataclasses import dataclass
from enum import StrEnum

from domain.quality import Quality


@dataclass(frozen=True, slots=True)
class Observed:
    """A condition: some level with some quality. Level 0 is the absence of it."""

    level: int
    quality: Quality
    now_ns: int


@dataclass(frozen=True, slots=True)
class Elapsed:
    """Log time went on; deadlines at or before it are due."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A person answers for one occurrence."""

    occurrence: int
    now_ns: int


@dataclass(frozen=True, slots=True)
class Reset:
    """A person takes back a latch."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class Shelve:
    """A person hides the alarm for a limited time."""

    until_ns: int
    now_ns: int


@dataclass(frozen=True, slots=True)
class Unshelve:
    """A person ends a shelf."""

    now_ns: int


@dataclass(frozen=True, slots=True)
class CauseOn:
    """A configured cause came into force that explains the alarm."""

    name: str
    now_ns: int


@dataclass(frozen=True, slots=True)
class CauseOff:
    """A configured cause is gone."""

    name: str
    now_ns: int


@dataclass(frozen=True, slots=True)
class TakeOut:
    """A supervisor takes the alarm out of service under a work permit."""

    until_ns: int
    permit_no: str
    now_ns: int


@dataclass(frozen=True, slots=True)
class PutBack:
    """A supervisor puts the alarm back into service."""

    now_ns: int


Event = Observed | Elapsed | Acknowledge | Reset | Shelve | Unshelve | CauseOn | CauseOff | TakeOut | PutBack


class Effect(StrEnum):
    """One thing that a step did; also the event's name in the journal."""

    PENDING = "pending"
    """The condition is there, but not yet sure."""
    FLEETING = "fleeting"
    """It went before it was sure: no alarm."""
    SUSPENDED = "suspend"
    """Bad data stopped the clock of a pending raise."""
    RESUMED = "resume"
    RAISED = "raise"
    WORSENED = "worsen"
    RETURNING = "returning"
    """The condition is gone, but not yet for long enough."""
    HELD = "hold"
    """It came back, or the data went bad, while it was returning."""
    RETURNED = "return"
    LATCHED = "latch"
    """Returned, and a person must still reset it."""
    REALARMED = "realarm"
    ACKNOWLEDGED = "acknowledge"
    RESET = "reset"
    SHELVED = "shelve"
    UNSHELVED = "unshelve"
    SHELF_ENDED = "shelf_end"
    SHELF_BROKEN = "shelf_break"
    SUPPRESSED = "suppress"
    RELEASED = "release"
    SUPPRESSION_BROKEN = "suppression_break"
    TAKEN_OUT = "out_of_service"
    PUT_BACK = "in_service"
    PERMIT_ENDED = "permit_end"
    PERMIT_BROKEN = "permit_break"
    ANNUNCIATED = "annunciate"
    """From now on somebody owes an answer."""


class Reason(StrEnum):
    """Why an act was refused."""

    STALE = "stale"
    NOT_ANNUNCIATED = "not_annunciated"
    SAFETY_CRITICAL = "safety_critical"
    PRIORITY_ONE = "priority_one"
    UNANSWERED = "unanswered"
    TOO_LONG = "too_long"
    NO_END = "no_end"
    NO_PERMIT = "no_permit"
    NO_REASON = "no_reason"
    NOT_SHELVED = "not_shelved"
    IN_SERVICE = "in_service"
    NOT_LATCHED = "not_latched"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """The step did nothing, and says why."""

    reason: Reason

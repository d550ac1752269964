"""What waits in the outbox for a city's platform."""

from dataclasses import dataclass
from enum import StrEnum

LONGEST_WAIT_S = 300.0
"""No parcel is held or put off for longer: one that is due later was so by a clock that has been set back since."""


class ParcelState(StrEnum):
    """Where a parcel stands."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    DEAD = "dead"
    """Refused for good; the answer says why."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """One version of one record for one target.

    Attributes:
        target: name of it.
        kind: of the record: ``alarm``, ``disposal``, ``hazard``, ``site``, ``device``, ``reading``.
        record: what keeps its order: an alarm and its disposals have one name.
        version: of the record, made of its source: the same line of the journal gives the same one.
        body: canonical record as JSON text.
        rank: lower goes first.
        made_ns: when it came here.
        due_ns: when to try, or until when somebody holds it.
        attempts: made so far; whoever holds it knows their number.
        refusals: attempts that were answered with no.
        alone: its batch was refused: it goes by itself, so that the wrong one is found.
        answer: the last one.
        settled_ns: when it was accepted or given up; 0 before.
    """

    target: str
    kind: str
    record: str
    version: str
    body: str
    rank: int = 0
    made_ns: int = 0
    due_ns: int = 0
    state: ParcelState = ParcelState.WAITING
    attempts: int = 0
    refusals: int = 0
    alone: bool = False
    answer: str = ""
    settled_ns: int = 0
    id: int = 0

    @property
    def key(self) -> str:
        """The idempotency key: the same at every attempt, and after the outbox was lost and filled again.

        Example:
            >>> Parcel("city", "alarm", "9d22-1", "j7", "{}").key
            'alarm/9d22-1/j7'
        """
        return f"{self.kind}/{self.record}/{self.version}"


@dataclass(frozen=True, slots=True)
class Backlog:
    """How a target's outbox stands.

    Attributes:
        waiting: parcels.
        dead: parcels that were refused for good.
        oldest_ns: since when the oldest one waits; 0 where none does.
        accepted_ns: when one was last accepted; 0 never.
        trouble: the last answer to the oldest one that waits after an attempt.
    """

    waiting: int = 0
    dead: int = 0
    oldest_ns: int = 0
    accepted_ns: int = 0
    trouble: str = ""

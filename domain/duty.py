"""What is written down about who answers: plans, overrides, escalations, answer codes, receipts of providers."""

from dataclasses import dataclass

HANDOVER_TAKE = "handover_take"
"""Action of the audit: somebody counter-signed the hand-over of a shift."""


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A duty plan as it was imported; the newest one is in force.

    Attributes:
        text: of `oncall.toml`.
        user: who imported it.
    """

    text: str
    user: str
    imported_ns: int
    id: int = 0


@dataclass(frozen=True, slots=True)
class Override:
    """A person takes a duty for some time, whatever the rotation says; of several the last made wins.

    Attributes:
        person: who is on duty instead.
        user: who made it.
        dropped_ns: when it was taken back; None while it holds.
        dropped_by: who took it back.
    """

    team: str
    role: str
    person: str
    from_ns: int
    to_ns: int
    user: str
    made_ns: int
    dropped_ns: int | None = None
    dropped_by: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Escalation:
    """How far the search for somebody who answers has come, for one occurrence of one alarm (times are log time).

    Attributes:
        table: name of the table that is followed.
        step: the next one; beyond the last the last one is repeated.
        due_ns: when it begins; None where there is no further one, or while the escalation stands still.
        nobody: steps so far for which nobody was on call.
        ended_ns: when it stopped; None while it runs.
        why: it stopped: ``acknowledged``, ``superseded``, ``returned``, ``hidden``, ``normal``.
    """

    alarm_id: str
    occurrence: int
    table: str
    priority: int
    began_ns: int
    step: int = 0
    due_ns: int | None = None
    nobody: int = 0
    ended_ns: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class AnswerCode:
    """What one person shows to answer for one occurrence of one alarm.

    Attributes:
        code: digits, sent back in a short message.
        token: of the link.
        expires_ns: when neither is taken any more.
        used_ns: when it was used, which happens once; None before.
    """

    alarm_id: str
    occurrence: int
    person: str
    code: str
    token: str
    expires_ns: int
    used_ns: int | None = None


@dataclass(frozen=True, slots=True)
class StoredReceipt:
    """What a provider said of a notice afterwards; it may come before its answer to the call.

    Attributes:
        delivered: it arrived, or the call was answered; else it never will.
        text: what the provider says of it.
    """

    channel: str
    provider_id: str
    delivered: bool
    text: str
    time_ns: int

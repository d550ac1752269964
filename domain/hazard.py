"""The words of the hazard ledger 隐患台账: hazards, what was done about them, inspections, reports by the public."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple


class HazardState(StrEnum):
    """How far a hazard is, in the only order that there is."""

    REGISTERED = "registered"
    """登记"""
    DISPATCHED = "dispatched"
    """派发: whoever must put it right has been told."""
    FIXING = "fixing"
    """整改中"""
    AWAITING_RECHECK = "awaiting_recheck"
    """待复查"""
    CLOSED = "closed"
    """销号"""


OPEN_STATES = frozenset(HazardState) - {HazardState.CLOSED}
UNFIXED = OPEN_STATES - {HazardState.AWAITING_RECHECK}
"""Those in which a deadline can pass: after that the work waits for the inspector, not for whoever fixes it."""


class HazardStep(StrEnum):
    """What is done about a hazard."""

    REGISTER = "register"
    DISPATCH = "dispatch"
    BEGIN = "begin"
    INTERIM = "interim"
    """Write down what protects people meanwhile 管控措施."""
    RECTIFY = "rectify"
    PASS = "pass"  # noqa: S105 - of a re-check, no password
    FAIL = "fail"
    REOPEN = "reopen"
    """It came back 复发."""
    SEEN = "seen"
    """Monitoring shows it once more."""
    EXTEND = "extend"
    ASSIGN = "assign"
    SUPERVISE = "supervise"
    OUT_OF_USE = "out_of_use"
    BACK_IN_USE = "back_in_use"
    COMMENT = "comment"


class Grade(StrEnum):
    """How bad: 一般隐患, 重大隐患 (the national list of 2023)."""

    GENERAL = "general"
    MAJOR = "major"


class Origin(StrEnum):
    """Who found it."""

    INSPECTION = "inspection"
    TELEMETRY = "telemetry"
    PUBLIC_REPORT = "public_report"
    ENTERPRISE_SELF = "enterprise_self"


class Supervision(IntEnum):
    """How far an overdue hazard was escalated."""

    NONE = 0
    SUPERVISED = 1
    """督办交办"""
    INTERVIEW = 2
    """约谈"""
    LISTED = 3
    """挂牌督办"""


@dataclass(frozen=True, slots=True)
class Hazard:
    """One hazard, from its registration to its last re-check; it never goes away.

    Attributes:
        id: by site and finding where monitoring found it, so that it is one row however often it comes back.
        rule: code of the rule that is broken, such as ``R07``.
        finding: what monitoring found; "" where a person did.
        site: id in the registry; "" for what is not in it, such as a section of pipe.
        object: what is meant, in words.
        township: whose ledger it stands in.
        evidence: what was seen.
        alarm_id: that shows it; "" for none.
        responsible: who must have it put right 整治责任人.
        deadline_ns: until when 完成时限.
        interim: what protects people meanwhile; "" nothing yet.
        lead: department that leads, by the plan as it was at the registration.
        co: departments that help.
        begun_ns: when the work began; 0 before.
        rectified_ns: when it was said to be put right; 0 before.
        rechecked_ns: of the last re-check; 0 before.
        closed_ns: None while open.
        reopened: how often it came back.
        barred: who answered for it or put it right, since it was opened last: none of them checks it again.
    """

    id: str
    rule: str
    site: str
    object: str
    address: str
    township: str
    grade: Grade
    origin: Origin
    found_by: str
    found_ns: int
    evidence: str
    responsible: str
    deadline_ns: int
    lead: str
    co: tuple[str, ...] = ()
    finding: str = ""
    alarm_id: str = ""
    interim: str = ""
    state: HazardState = HazardState.REGISTERED
    supervision: Supervision = Supervision.NONE
    out_of_use: bool = False
    begun_ns: int = 0
    rectified_by: str = ""
    rectified_ns: int = 0
    rectified_evidence: str = ""
    rechecked_by: str = ""
    rechecked_ns: int = 0
    closed_ns: int | None = None
    reopened: int = 0
    barred: tuple[str, ...] = ()
    version: int = 0

    def overdue(self, now_ns: int) -> bool:
        """Tell whether its deadline passed before it was put right."""
        return self.state in UNFIXED and now_ns > self.deadline_ns


@dataclass(frozen=True, slots=True)
class HazardEvent:
    """One thing that was done about a hazard; append-only.

    Attributes:
        user: who did it; "" for the system.
        text: what was said.
        seq: order; 0 until it is written.
    """

    hazard_id: str
    step: HazardStep
    before: HazardState
    after: HazardState
    user: str
    time_ns: int
    text: str = ""
    seq: int = 0


class HazardMove(NamedTuple):
    """What the reports need of a `HazardEvent`: the step, and where it led."""

    hazard_id: str
    step: HazardStep
    after: HazardState
    time_ns: int


@dataclass(frozen=True, slots=True)
class Inspection:
    """One visit, also one that found nothing: 经排查无安全隐患的，也要做好记录.

    Attributes:
        user: whose account wrote it down.
        signed: who checked and signs for it.
        facts: the answers, as JSON.
        judged: codes of the rules that the answers decide.
        broken: codes of those that are broken; empty: no hazard found.
    """

    id: str
    site: str
    object: str
    township: str
    user: str
    signed: str
    time_ns: int
    facts: str
    judged: tuple[str, ...]
    broken: tuple[str, ...] = ()
    note: str = ""


class ReportState(StrEnum):
    """Whether what somebody told us is so."""

    NEW = "new"
    VERIFIED = "verified"
    """It is, and a hazard was registered."""
    UNFOUNDED = "unfounded"


@dataclass(frozen=True, slots=True)
class PublicReport:
    """What somebody from outside told us, by the hotline or in person.

    Attributes:
        contact: how to reach who told it; "" for an anonymous one.
        hazard_id: that it led to; "" for none.
        verified_by: who looked; "" nobody yet.
        reward_yuan: given for a true one 查实重奖; 0 none.
    """

    id: str
    site: str
    object: str
    township: str
    text: str
    contact: str
    user: str
    time_ns: int
    state: ReportState = ReportState.NEW
    hazard_id: str = ""
    verified_by: str = ""
    verified_ns: int = 0
    note: str = ""
    reward_yuan: int = 0


@dataclass(frozen=True, slots=True)
class Attachment:
    """A picture or document of a hazard, without its bytes.

    Attributes:
        media: type of its content, told by the content itself.
        sha256: of the bytes.
    """

    id: str
    hazard_id: str
    name: str
    media: str
    size: int
    sha256: str
    user: str
    time_ns: int


@dataclass(frozen=True, slots=True)
class HazardScope:
    """Whose ledger somebody sees.

    Attributes:
        sites: what stands there; None: everywhere.
        townships: besides, what stands in no registry there.
        departments: and of all that, only what one of these leads or helps with; empty: all.
    """

    sites: frozenset[str] | None = None
    townships: frozenset[str] = frozenset()
    departments: frozenset[str] = frozenset()

    def sees(self, site: str, township: str) -> bool:
        return self.sites is None or (site in self.sites if site else township in self.townships)

    def sees_hazard(self, hazard: Hazard) -> bool:
        ours = not self.departments or not self.departments.isdisjoint((hazard.lead, *hazard.co))
        return ours and self.sees(hazard.site, hazard.township)


Below = tuple[int, str] | None
"""Time and id of the last row of the page before; None: the first page."""
Within = tuple[int, int] | None
"""From the first to before the second time, nanoseconds; None: always."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HazardQuery:
    """Which hazards; None or "" asks for all.

    Attributes:
        scope: of whoever asks.
        overdue_ns: only those that are overdue at this moment.
        department: leads or helps.
        states: only of these.
        responsible: by any of these names.
        within_ns: only those of which something was done in this time.
    """

    scope: HazardScope = HazardScope()
    states: frozenset[HazardState] | None = None
    overdue_ns: int | None = None
    rule: str | None = None
    site: str | None = None
    township: str | None = None
    department: str | None = None
    origin: Origin | None = None
    responsible: frozenset[str] | None = None
    within_ns: Within = None


@dataclass(frozen=True, slots=True)
class HazardCount:
    """How many hazards agree in all of this."""

    rule: str
    township: str
    lead: str
    state: HazardState
    overdue: bool
    count: int

"""Answers about the ledger."""

from collections.abc import Iterable

from api.models import Out, Page, Text
from api.times import rfc3339, rfc3339_or_none
from domain.hazard import (
    Attachment,
    Hazard,
    HazardCount,
    HazardEvent,
    HazardState,
    HazardStep,
    Inspection,
    PublicReport,
)
from ledger.rules import CONSEQUENCES, RULES, SECTORS, Rule


class RuleOut(Out):
    """A rule of the plan; `deadline_d` is the usual time, in days."""

    code: str
    text: Text
    lead: str
    co: tuple[str, ...]
    where: str
    consequence: Text
    deadline_d: int


class RulesOut(Out):
    """All rules, and the types of site to which those of users apply."""

    rules: list[RuleOut]
    site_types: list[str]


class HazardOut(Out):
    """A hazard; `supervision` 0 none, 1 supervised, 2 summoned, 3 listed; `finding` is what monitoring found.

    `barred` answered for it or put it right since it was opened last, and so may not check it again.
    """

    id: str
    rule: str
    text: Text
    site: str | None
    object: str
    address: str
    township: str
    grade: str
    origin: str
    found_by: str
    found_time: str
    evidence: str
    responsible: str
    deadline: str
    overdue: bool
    interim: str | None
    lead: str
    co: tuple[str, ...]
    finding: str | None
    alarm_id: str | None
    state: str
    supervision: int
    out_of_use: bool
    rectified_by: str | None
    rectified_time: str | None
    rectified_evidence: str | None
    rechecked_by: str | None
    rechecked_time: str | None
    closed_time: str | None
    reopened: int
    barred: tuple[str, ...]
    version: int


class EventOut(Out):
    """One thing that was done; `user` is None for the system."""

    seq: int
    step: str
    before: str
    after: str
    user: str | None
    time: str
    text: str


class AttachmentOut(Out):
    """A picture or document."""

    id: str
    name: str
    media: str
    size: int
    sha256: str
    user: str
    time: str


class HazardDetail(HazardOut):
    """A hazard with its history, the oldest first, and the steps that you may take now."""

    events: list[EventOut]
    attachments: list[AttachmentOut]
    steps: list[str]


class CountsOut(Out):
    """How many hazards there are of what was asked, in every state; `overdue` is the measure whose aim is 0."""

    total: int
    open: int
    overdue: int
    by_state: dict[str, int]
    by_rule: dict[str, int]
    by_township: dict[str, int]


class HazardPage(Page[HazardOut]):
    """A page of hazards; `counts` of all pages, on the first one."""

    counts: CountsOut | None


class InspectionOut(Out):
    """An inspection; nothing in `broken`: no hazard was found. `hazards` were entered by it, where it was just made."""

    id: str
    site: str | None
    object: str
    township: str
    user: str
    signed: str
    time: str
    judged: tuple[str, ...]
    broken: tuple[str, ...]
    facts: str
    note: str
    hazards: list[str]


class ReportOut(Out):
    """What the public told; `contact` is for those who may verify it."""

    id: str
    site: str | None
    object: str
    township: str
    text: str
    contact: str | None
    user: str
    time: str
    state: str
    hazard_id: str | None
    verified_by: str | None
    verified_time: str | None
    note: str
    reward_yuan: int


class ImportedOut(Out):
    """How many rows made a new record, and how many were known."""

    new: int
    known: int


def rules() -> RulesOut:
    return RulesOut(rules=[_rule(code, rule) for code, rule in RULES.items()], site_types=list(SECTORS))


def _rule(code: str, rule: Rule) -> RuleOut:
    law = CONSEQUENCES[rule.consequence]
    return RuleOut(
        code=code,
        text=Text(zh=rule.zh, en=rule.en),
        lead=rule.lead,
        co=rule.co,
        where=rule.where,
        consequence=Text(zh=law.zh, en=law.en),
        deadline_d=rule.deadline_d,
    )


def hazard(row: Hazard, now_ns: int) -> HazardOut:
    return HazardOut(**_hazard(row, now_ns))


def _hazard(row: Hazard, now_ns: int) -> dict[str, object]:
    plain = {name: getattr(row, name) for name in HazardOut.model_fields if hasattr(row, name)}
    maybe = ("site", "interim", "finding", "alarm_id", "rectified_by", "rectified_evidence", "rechecked_by")
    rule = RULES[row.rule]
    return {
        **plain,
        **{name: plain[name] or None for name in maybe},
        "text": Text(zh=rule.zh, en=rule.en),
        "overdue": row.overdue(now_ns),
        "found_time": rfc3339(row.found_ns),
        "deadline": rfc3339(row.deadline_ns),
        "rectified_time": rfc3339_or_none(row.rectified_ns),
        "rechecked_time": rfc3339_or_none(row.rechecked_ns),
        "closed_time": rfc3339_or_none(row.closed_ns),
    }


def detail(
    row: Hazard, events: Iterable[HazardEvent], files: Iterable[Attachment], steps: Iterable[HazardStep], now_ns: int
) -> HazardDetail:
    told = {"events": list(map(_event, events)), "attachments": list(map(attachment, files)), "steps": list(steps)}
    return HazardDetail(**(_hazard(row, now_ns) | told))


def _event(one: HazardEvent) -> EventOut:
    return EventOut(
        seq=one.seq,
        step=one.step,
        before=one.before,
        after=one.after,
        user=one.user or None,
        time=rfc3339(one.time_ns),
        text=one.text,
    )


def attachment(one: Attachment) -> AttachmentOut:
    plain = {name: getattr(one, name) for name in AttachmentOut.model_fields if name != "time"}
    return AttachmentOut(**plain, time=rfc3339(one.time_ns))


def counts(found: Iterable[HazardCount]) -> CountsOut:
    rows = list(found)
    by: dict[str, dict[str, int]] = {"state": {}, "rule": {}, "township": {}}
    for row in rows:
        for name, told in by.items():
            key = str(getattr(row, name))
            told[key] = told.get(key, 0) + row.count
    return CountsOut(
        total=sum(row.count for row in rows),
        open=sum(row.count for row in rows if row.state is not HazardState.CLOSED),
        overdue=sum(row.count for row in rows if row.overdue),
        by_state=by["state"],
        by_rule=by["rule"],
        by_township=by["township"],
    )


def inspection(one: Inspection, hazards: Iterable[str] = ()) -> InspectionOut:
    plain = {name: getattr(one, name) for name in InspectionOut.model_fields if hasattr(one, name)}
    return InspectionOut(**(plain | {"site": one.site or None}), time=rfc3339(one.time_ns), hazards=list(hazards))


def report(one: PublicReport, *, contact: bool) -> ReportOut:
    plain = {name: getattr(one, name) for name in ReportOut.model_fields if hasattr(one, name)}
    maybe = {name: plain[name] or None for name in ("site", "hazard_id", "verified_by")}
    told = {"contact": one.contact if contact else None, "verified_time": rfc3339_or_none(one.verified_ns)}
    return ReportOut(**(plain | maybe | told), time=rfc3339(one.time_ns))

"""What people enter besides single steps: inspections with all that they found, reports by the public, attachments."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import msgspec

from domain.asset import Assets
from domain.errors import Conflict
from domain.hazard import Attachment, Hazard, HazardStep, Inspection, PublicReport, ReportState
from domain.record import AuditEntry
from ledger import book
from ledger.draft import Draft, hazard_of
from ledger.facts import Facts, judge
from ledger.flow import Act, Duty, Numbers, StepRefused, Why
from ledger.media import media_of, safe_name
from ledger.monitoring import hazard_id
from ledger.rules import RULES

MOST_BYTES = 3 * 1024 * 1024
"""Of one attachment."""
MOST_ATTACHMENTS = 20


class Unit(book.Unit, Protocol):
    """What is written in one transaction: `store.unit.Unit`."""

    def hazard(self, hazard_id: str) -> Hazard | None: ...
    def add_inspection(self, inspection: Inspection) -> None: ...
    def public_report(self, report_id: str) -> PublicReport | None: ...
    def save_public_report(self, report: PublicReport) -> None: ...
    def count_attachments(self, hazard_id: str) -> int: ...
    def add_attachment(self, attachment: Attachment, content: bytes) -> None: ...


class By(NamedTuple):
    """Who acts, and when."""

    user: str
    now_ns: int
    duties: frozenset[Duty]

    def demand(self, duty: Duty) -> None:
        if duty not in self.duties:
            raise StepRefused(Why.DUTY, f"无权执行 / this needs the duty {duty}")


@dataclass(frozen=True, slots=True)
class Visit:
    """An inspection as it is entered; `draft` says what holds for all that it finds."""

    id: str
    facts: Facts
    draft: Draft
    note: str = ""


class Verdict(NamedTuple):
    """What a report by the public was worth; `draft` is the hazard `id` that it led to, None where it was unfounded."""

    id: str
    draft: Draft | None
    note: str


class File(NamedTuple):
    """What is attached."""

    id: str
    name: str
    content: bytes


class Desk:
    """Enters what people say.

    Args:
        assets: the registry.
        numbers: of the rulebook.
    """

    def __init__(self, assets: Assets, numbers: Numbers) -> None:
        self._assets, self._numbers = assets, numbers

    def register(self, unit: Unit, draft: Draft, new_id: str, by: By) -> Hazard:
        """Register a hazard (StepRefused)."""
        by.demand(Duty.INSPECT)
        return book.enter(unit, hazard_of(draft, new_id, self._assets, by.now_ns), by.now_ns, by.user)

    def step(self, unit: Unit, hazard: Hazard, wish: Act) -> Hazard:
        return book.act(unit, hazard, wish, self._numbers)

    def inspect(self, unit: Unit, visit: Visit, by: By) -> tuple[Inspection, list[Hazard]]:
        """Write an inspection down, and a hazard for each broken rule (StepRefused).

        What was found at this place before is not entered twice: an open hazard is seen once more, a closed one is
        opened anew. Rule (c): one that finds nothing is written down too.
        """
        by.demand(Duty.INSPECT)
        kept, broken = judge(visit.facts)
        if not kept and not broken:
            raise StepRefused(Why.FIELD, "检查须至少判定一条规则 / the answers decide no rule at all")
        draft = visit.draft
        site = self._assets.sites.get(draft.site)
        place = draft.object or (site.name if site else "")
        township = site.district if site else draft.township
        if not place.strip() or not township.strip():
            raise StepRefused(Why.FIELD, "缺少检查对象或乡镇 / name object and township of what is not in the registry")
        made = Inspection(
            visit.id, draft.site, place, township, by.user, draft.found_by, draft.found_ns,
            msgspec.json.encode(visit.facts.told()).decode(), (*kept, *broken), broken, visit.note,
        )  # fmt: skip
        unit.add_inspection(made)
        found = ", ".join(broken) or "无隐患"
        unit.audit(AuditEntry(by.now_ns, by.user, "inspection", made.id, f"{draft.site or place} {found}"))
        return made, [self._found(unit, replace(draft, rule=code), by) for code in broken]

    def _found(self, unit: Unit, draft: Draft, by: By) -> Hazard:
        name = hazard_id(draft.site or f"{draft.township}/{draft.object}", draft.rule)
        known = unit.hazard(name)
        if known is None:
            return self.register(unit, replace(draft, finding=draft.rule), name, by)
        closed = known.closed_ns is not None
        wish = Act(
            step=HazardStep.REOPEN if closed else HazardStep.SEEN,
            user=by.user,
            now_ns=by.now_ns,
            duties=by.duties,
            text=draft.evidence,
            deadline_ns=draft.deadline_ns or by.now_ns + RULES[draft.rule].deadline_ns,
        )
        return self.step(unit, known, wish)

    def report(self, unit: Unit, report: PublicReport, by: By) -> PublicReport:
        """Write down what somebody from outside told us; it becomes a hazard when it was verified."""
        by.demand(Duty.INSPECT)
        self._save(unit, report, by, "public_report")
        return report

    def verify(self, unit: Unit, report: PublicReport, verdict: Verdict, by: By) -> PublicReport:
        """Say what a report was worth; with a draft it was true, and becomes a hazard (StepRefused, Conflict)."""
        by.demand(Duty.INSPECT)
        if report.state is not ReportState.NEW:
            raise Conflict("该举报已核实 / this report was verified")
        state = ReportState.UNFOUNDED if verdict.draft is None else ReportState.VERIFIED
        hazard = "" if verdict.draft is None else self.register(unit, verdict.draft, verdict.id, by).id
        told = replace(
            report, state=state, hazard_id=hazard, verified_by=by.user, verified_ns=by.now_ns, note=verdict.note
        )
        self._save(unit, told, by, "public_report_verify")
        return told

    def reward(self, unit: Unit, report: PublicReport, yuan: int, by: By) -> PublicReport:
        """Write a reward down 查实重奖 (StepRefused: the report is not a true one; Conflict: it has one)."""
        by.demand(Duty.SUPERVISE)
        if report.state is not ReportState.VERIFIED:
            raise StepRefused(Why.ORDER, "查实后方可奖励 / only a verified report is rewarded")
        if report.reward_yuan:
            raise Conflict("该举报已奖励 / this report was rewarded")
        told = replace(report, reward_yuan=yuan)
        self._save(unit, told, by, "public_report_reward")
        return told

    def _save(self, unit: Unit, report: PublicReport, by: By, action: str) -> None:
        unit.save_public_report(report)
        said = f"{report.state} {report.hazard_id} {report.reward_yuan or ''}".strip()
        unit.audit(AuditEntry(by.now_ns, by.user, action, report.id, said))

    def attach(self, unit: Unit, hazard: Hazard, file: File, by: By) -> Attachment:
        """Keep a picture or document (StepRefused: too large, too many, or of no type that is taken)."""
        if not by.duties:
            raise StepRefused(Why.DUTY, "无权执行 / this needs a duty in the ledger")
        media, content = media_of(file.content), file.content
        if media is None:
            raise StepRefused(Why.FIELD, "附件类型不支持 / expected a PNG, JPEG, WebP or PDF, by its content")
        if len(content) > MOST_BYTES or unit.count_attachments(hazard.id) >= MOST_ATTACHMENTS:
            most = f"{MOST_ATTACHMENTS} of {MOST_BYTES // 1024 // 1024} MiB each"
            raise StepRefused(Why.FIELD, f"附件过大或过多 / too large or too many; at most {most}")
        digest = hashlib.sha256(content).hexdigest()
        made = Attachment(file.id, hazard.id, safe_name(file.name), media, len(content), digest, by.user, by.now_ns)
        unit.add_attachment(made, content)
        unit.audit(AuditEntry(by.now_ns, by.user, "hazard_attach", hazard.id, f"{made.id} {made.name} sha256={digest}"))
        return made


def imported(desk: Desk, unit: Unit, drafts: Sequence[tuple[str, Draft]], by: By) -> tuple[int, int]:
    """Register many at once; give how many are new and how many were known by their names (StepRefused)."""
    new = [(name, draft) for name, draft in drafts if unit.hazard(name) is None]
    for name, draft in new:
        desk.register(unit, draft, name, by)
    unit.audit(AuditEntry(by.now_ns, by.user, "hazard_import", "hazards", f"{len(new)} of {len(drafts)}"))
    return len(new), len(drafts) - len(new)

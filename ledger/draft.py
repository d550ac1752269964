"""A hazard as a person names it; the registry and the rules fill in what he leaves out."""

from dataclasses import dataclass

from domain.asset import Assets
from domain.hazard import Grade, Hazard, Origin
from ledger.flow import StepRefused, Why
from ledger.rules import RULES, departments_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be registered; "" and None are filled in where that can be.

    Attributes:
        site: in the registry; "" for what is not in it, which then names object and township.
        finding: that makes it the only one of its kind there; "" for none.
        interim: what protects people meanwhile; may follow later.
    """

    rule: str
    found_by: str
    found_ns: int
    evidence: str
    origin: Origin = Origin.INSPECTION
    site: str = ""
    object: str = ""
    address: str = ""
    township: str = ""
    grade: Grade = Grade.GENERAL
    responsible: str = ""
    deadline_ns: int | None = None
    interim: str = ""
    finding: str = ""


def hazard_of(draft: Draft, hazard_id: str, assets: Assets, now_ns: int) -> Hazard:
    """Make the hazard (StepRefused: no such rule or site).

    Args:
        draft: what somebody said.
        hazard_id: its name.
        assets: the registry; it knows township, address and who is responsible.
        now_ns: a deadline that nobody named counts from here.
    """
    if draft.rule not in RULES:
        raise StepRefused(Why.FIELD, f"没有该规则 / no rule {draft.rule!r}; expected one of {', '.join(RULES)}")
    site = assets.sites.get(draft.site)
    if draft.site and site is None:
        raise StepRefused(Why.FIELD, f"没有该场所 / no site {draft.site!r}")
    lead, co = departments_of(draft.rule, site.type if site else "")
    ours = {"deadline_ns": draft.deadline_ns or now_ns + RULES[draft.rule].deadline_ns, "lead": lead, "co": co}
    told = {name: getattr(draft, name) for name in Draft.__dataclass_fields__} | ours
    if site is not None:
        told["object"] = draft.object or site.name
        told["address"] = draft.address or site.address
        told["township"] = site.district
        told["responsible"] = draft.responsible or site.responsible
    return Hazard(id=hazard_id, **told)

"""The ledger as a person sees it: what lies within scope and departments, and what he may do there."""

from typing import Annotated

from pydantic import AfterValidator

from api.people import Desks, Person
from api.problems import missing
from api.rights import Right
from domain.hazard import Hazard, HazardScope, PublicReport
from ledger.desk import By, Desk
from ledger.flow import Duty, Numbers
from ledger.rules import DEPARTMENTS

_DUTIES = {Right.INSPECT: Duty.INSPECT, Right.RECTIFY: Duty.RECTIFY, Right.SUPERVISE: Duty.SUPERVISE}


def _department(name: str) -> str:
    if name not in DEPARTMENTS:
        raise ValueError(f"no department {name[:32]!r}; expected of {', '.join(DEPARTMENTS)}")
    return name


Department = Annotated[str, AfterValidator(_department)]
"""One that the ledger knows: an answer that is empty for a slip of the pen would pass for good news."""


def desk(here: Desks) -> Desk:
    return Desk(here.services.assets, Numbers.of(here.services.rulebook))


def scope_of(person: Person) -> HazardScope:
    user = person.user
    return HazardScope(person.sight.sites, frozenset(user.townships), frozenset(user.departments))


def duties_of(person: Person) -> frozenset[Duty]:
    return frozenset(duty for right, duty in _DUTIES.items() if right in person.rights)


def by(here: Desks, person: Person) -> By:
    return By(person.user.name, here.services.clock_ns(), duties_of(person))


def names_of(person: Person) -> frozenset[str]:
    """Give the names by which a hazard may call somebody responsible."""
    return frozenset({person.user.name, person.user.display_name})


def hazard_of(here: Desks, person: Person, hazard_id: str) -> Hazard:
    """Find a hazard (Problem 404: none, or out of sight)."""
    found = here.services.records.hazard(hazard_id)
    if found is None or not scope_of(person).sees_hazard(found):
        raise missing("hazard", hazard_id)
    return found


def report_of(here: Desks, person: Person, report_id: str) -> PublicReport:
    found = here.services.records.public_report(report_id)
    if found is None or not scope_of(person).sees(found.site, found.township):
        raise missing("report", report_id)
    return found


def demand_sight(here: Desks, person: Person, site: str, township: str) -> None:
    """Refuse what is entered for a place out of sight (Problem 404)."""
    if (site and site not in here.services.assets.sites) or not scope_of(person).sees(site, township):
        raise missing("site" if site else "township", site or township)

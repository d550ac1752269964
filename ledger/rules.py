"""The rules of the plan: wording, departments, consequence and usual time to put it right, read from `rules.toml`."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

_DAY_NS = 86_400_000_000_000


class Consequence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the law does to whoever leaves it so."""

    zh: str
    en: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule.

    Attributes:
        lead: department that leads.
        co: departments that help.
        where: part, section and item of the plan.
        consequence: name of it.
        deadline_d: days to put it right, where nobody names a day.
        confidence: in all but the days, which are own defaults.
    """

    zh: str
    en: str
    lead: str
    co: tuple[str, ...]
    where: str
    consequence: str
    deadline_d: int
    confidence: str

    @property
    def deadline_ns(self) -> int:
        return self.deadline_d * _DAY_NS


class _Book(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    departments: tuple[str, ...]
    monitoring: tuple[str, ...]
    sectors: dict[str, str]
    consequences: dict[str, Consequence]
    rules: dict[str, Rule]


_BOOK = msgspec.convert(tomllib.loads((Path(__file__).parent / "rules.toml").read_text(encoding="utf-8")), _Book)
RULES: Mapping[str, Rule] = _BOOK.rules
CONSEQUENCES: Mapping[str, Consequence] = _BOOK.consequences
DEPARTMENTS = _BOOK.departments
SECTORS: Mapping[str, str] = _BOOK.sectors
"""Department by type of site; the user-side rules apply to these types."""


MONITORING = frozenset(_BOOK.monitoring)
"""Departments that every alarm concerns."""


class Departments(NamedTuple):
    """Who leads and who helps."""

    lead: str
    co: tuple[str, ...]


def departments_of(code: str, site_type: str) -> Departments:
    """Give who leads and who helps; of a school or a hospital its own department helps too.

    Example:
        >>> departments_of("R01", "school")
        Departments(lead='消防', co=('商务', '教体'))
    """
    rule, sector = RULES[code], SECTORS.get(site_type, "")
    further = (sector,) if sector and sector != rule.lead and sector not in rule.co and code[0] == "R" else ()
    return Departments(rule.lead, rule.co + further)


@cache
def concerned(site_type: str) -> frozenset[str]:
    """Give whom alarms of such a site concern: the monitoring, and who leads or helps with a rule that applies there.

    Rules of users apply to the types of `SECTORS`, those of the network to all others.

    Example:
        >>> sorted(concerned("manhole")), "消防" in concerned("school"), "教体" in concerned("restaurant")
        (['住建', '应急'], True, False)
    """
    first = "R" if site_type in SECTORS else "N"
    of_rules = (departments_of(code, site_type) for code in RULES if code.startswith(first))
    return MONITORING.union(*((lead, *co) for lead, co in of_rules))

"""A hazard, and numbers, that tests of the ledger change."""

from dataclasses import replace
from typing import Any

from domain.hazard import Grade, Hazard, Origin
from ledger.flow import Numbers

DAY_NS = 86_400_000_000_000
NUMBERS = Numbers(at_once_ns=DAY_NS, escalate_ns=(0, 7 * DAY_NS, 15 * DAY_NS))


def hazard(**changes: Any) -> Hazard:  # noqa: ANN401 - attributes
    row = Hazard(
        id="h1",
        rule="R04",
        site="S1",
        object="后厨软管",
        address="",
        township="古城镇",
        grade=Grade.GENERAL,
        origin=Origin.INSPECTION,
        found_by="li",
        found_ns=DAY_NS,
        evidence="3 m",
        responsible="店主",
        deadline_ns=4 * DAY_NS,
        lead="消防",
        co=("商务",),
    )
    return replace(row, **changes)

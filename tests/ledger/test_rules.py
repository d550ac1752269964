import math
from dataclasses import fields
from pathlib import Path

import pytest

from ledger.facts import CHECKS, Crossed, Facts, GasSource, Judged, Level, Product, Truth, judge
from ledger.rules import CONSEQUENCES, DEPARTMENTS, RULES, SECTORS, departments_of

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"
BOTTLED, PIPED = GasSource.LPG_CYLINDER, GasSource.NATURAL
TRUTHS = [
    ("R01", {"gas_sources": (BOTTLED,), "level": Level.UNDERGROUND}, True),
    ("R01", {"gas_sources": (BOTTLED,), "level": Level.SEMI}, True),
    ("R01", {"gas_sources": (BOTTLED,), "level": Level.GROUND}, False),
    ("R01", {"gas_sources": (PIPED,), "level": Level.UNDERGROUND}, False),
    ("R01", {"gas_sources": (PIPED,)}, False),
    ("R01", {"gas_sources": (BOTTLED,)}, None),
    ("R01", {"level": Level.SEMI}, None),
    ("R02", {"cylinder_kg": 100.0, "cylinder_room": False}, False),
    ("R02", {"cylinder_kg": 100.1, "cylinder_room": False}, True),
    ("R02", {"cylinder_kg": 100.1, "cylinder_room": True}, False),
    ("R02", {"cylinder_kg": 100.1}, None),
    ("R02", {"cylinder_kg": 100.0}, False),
    ("R02", {"cylinder_room": False}, None),
    ("R03", {"spares_apart": False}, True),
    ("R03", {"spares_apart": True}, False),
    ("R04", {"hose_m": 2.0}, False),
    ("R04", {"hose_m": 2.01}, True),
    ("R05", {"tee": True}, True),
    ("R05", {"tee": False}, False),
    ("R06", {"hose_through": (Crossed.DOOR_WINDOW,)}, True),
    ("R06", {"hose_through": ()}, False),
    ("R07", {"protected": False}, True),
    ("R07", {"protected": True}, False),
    ("R08", {"two_phase_cylinder": True}, True),
    ("R08", {"two_phase_cylinder": False}, False),
    ("R09", {"adjustable_regulator": True}, True),
    ("R09", {"adjustable_regulator": False}, False),
    ("R10", {"supply_kpa": 10.0}, True),
    ("R10", {"supply_kpa": 9.99}, False),
    ("R11", {"uncertified": (Product.HOSE,)}, True),
    ("R11", {"uncertified": ()}, False),
    ("R12", {"gas_sources": (BOTTLED, PIPED)}, True),
    ("R12", {"gas_sources": (BOTTLED, BOTTLED)}, False),
    ("R12", {"gas_sources": (PIPED,)}, False),
    ("R13", {"delivered_unchecked": False, "fuel_adulterated": True}, True),
    ("R13", {"delivered_unchecked": False, "fuel_adulterated": False}, None),
    ("R13", {"delivered_unchecked": False, "fuel_adulterated": False, "fuel_forbidden": False}, False),
    ("R14", {"ways_blocked": True}, True),
    ("R14", {"duties_missing": True, "ways_blocked": False}, True),
    ("R14", {"duties_missing": False}, None),
    ("R14", {"duties_missing": False, "ways_blocked": False}, False),
    ("R15", {"delivery_unregistered": True}, True),
    ("R15", {"delivery_unregistered": False}, False),
]


@pytest.mark.parametrize(("code", "answers", "truth"), TRUTHS)
def test_a_rule_is_broken_beyond_its_boundary_alone(code: str, answers: dict[str, object], truth: Truth) -> None:
    assert CHECKS[code](Facts(**answers)) is truth  # type: ignore[arg-type]


@pytest.mark.parametrize("code", CHECKS)
def test_what_nobody_looked_at_is_neither_kept_nor_broken(code: str) -> None:
    assert CHECKS[code](Facts()) is None


@pytest.mark.parametrize("name", ["cylinder_kg", "hose_m", "supply_kpa"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -0.001])
def test_a_number_that_nothing_can_have_is_no_answer(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} is .*; expected a finite number of at least 0"):
        Facts(**{name: value})  # type: ignore[arg-type]


def test_what_is_told_of_a_visit_is_what_somebody_looked_at_alone() -> None:
    seen = Facts(hose_m=0.0, tee=False, gas_sources=(BOTTLED,), hose_through=())
    assert seen.told() == {"gas_sources": (BOTTLED,), "hose_m": 0.0, "tee": False, "hose_through": ()}


def test_each_rule_of_the_network_has_its_question() -> None:
    names = [field.name for field in fields(Facts)][-7:]
    for number, name in enumerate(names, 1):
        assert judge(Facts(**{name: True})) == Judged((), (f"N0{number}",))  # type: ignore[arg-type]
        assert judge(Facts(**{name: False})) == Judged((f"N0{number}",), ())  # type: ignore[arg-type]


def test_every_rule_has_a_check_known_departments_and_a_consequence() -> None:
    assert list(RULES) == list(CHECKS)
    for rule in RULES.values():
        assert {rule.lead, *rule.co} <= {*DEPARTMENTS}
        assert rule.consequence in CONSEQUENCES
        assert rule.deadline_ns > 0
    assert {*SECTORS.values()} <= {*DEPARTMENTS}


def test_the_department_of_a_sector_helps_once_and_with_what_users_do_alone() -> None:
    assert departments_of("R12", "hospital").co == ("卫健",)
    assert departments_of("R01", "restaurant").co == ("商务",)
    assert departments_of("R01", "manhole").co == ("商务",)
    assert departments_of("N01", "school").co == ()


def test_the_page_tells_every_rule_as_the_table_has_it() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()]
    for code, rule in RULES.items():
        assert [code, rule.zh, rule.en, rule.lead, " ".join(rule.co), rule.where, str(rule.deadline_d)] in rows
    for consequence in CONSEQUENCES.values():
        assert consequence.zh in text
        assert consequence.en in text

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.asset import Assets, Site
from domain.cylinder import Carrier, Cylinder, Move, begins_ns, standing, weight_kg
from domain.delivery import Delivery, judged

SITES = {
    "S1": Site("S1", "小厨", "Shop", "restaurant", "Z1", "古城镇", 100.0, 25.0),
    "S2": Site("S2", "面馆", "Noodles", "restaurant", "Z1", "下关", 100.0, 25.0),
}
DAY = date(2026, 1, 15)
CYLINDERS = {"a": Cylinder("a", 14.5, 16.5), "old": Cylinder("old", 14.5, 16.5, valid_until=DAY)}
CARRIERS = {
    "V1": Carrier("V1", "苍山燃气站", people="李强; 王芳", townships="古城镇"),
    "V2": Carrier("V2", "苍山燃气站"),
}
ASSETS = Assets(SITES, {}, {}, cylinders=CYLINDERS, carriers=CARRIERS)
NIGHT_NS = begins_ns(date(2026, 1, 16))
GOOD = Delivery("d", "T1", "V1", "?", "李强", "S1", NIGHT_NS - 1, NIGHT_NS, ("a",), ("x",), inspected=True)


@pytest.mark.parametrize(
    ("changes", "breaches"),
    [
        ({}, ()),
        ({"inspected": False}, ("uninspected",)),
        ({"person": "张伟"}, ("unpaired",)),
        ({"vehicle": "V3"}, ("unpaired",)),
        ({"vehicle": "V2", "person": "张伟", "site": "S2"}, ()),
        ({"site": "S2"}, ("outside_area",)),
        ({"site": "S9"}, ("unknown_site",)),
        ({"site": "S9", "lon": 0.0, "lat": 0.0}, ("unknown_site",)),
        ({"lon": 100.0, "lat": 25.0044}, ()),
        ({"lon": 100.0, "lat": 25.0046}, ("elsewhere",)),
        ({"lon": 0.0}, ()),
        ({"delivered": ("a", "b")}, ("unknown_cylinder",)),
        ({"delivered": (), "returned": ("b",)}, ()),
        ({"delivered": ("old",)}, ()),
        ({"delivered": ("old",), "time_ns": NIGHT_NS}, ("expired_cylinder",)),
    ],
)
def test_each_breach_begins_at_its_boundary(changes: dict[str, object], breaches: tuple[str, ...]) -> None:
    told = judged(replace(GOOD, **changes), ASSETS, 500.0)  # type: ignore[arg-type]
    assert told.breaches == breaches


def test_what_the_registry_has_no_table_of_is_not_judged() -> None:
    bare = judged(replace(GOOD, person="?", delivered=("b",)), Assets(SITES, {}, {}), 500.0)
    assert (bare.breaches, bare.enterprise) == ((), "?")
    assert judged(GOOD, ASSETS, 500.0).enterprise == "苍山燃气站"


def test_a_stocktaking_goes_before_what_was_delivered_before_it_and_after_nothing_since() -> None:
    noon_ns = begins_ns(DAY)
    counted = {"a": Cylinder("a", 14.5, 16.5, "S1", counted_on=DAY), "b": Cylinder("b", 14.5, 16.5, "S1")}
    moves = [Move("a", "S2", noon_ns - 1, "d"), Move("b", "S2", 1, "d")]
    assert standing(counted, moves) == {"S1": ("a",), "S2": ("b",)}
    assert standing(counted, [Move("a", "S2", noon_ns, "d")]) == {"S1": ("b",), "S2": ("a",)}


def test_weight_is_nominal_fill_or_with_the_steel_and_strangers_weigh_nothing() -> None:
    assert weight_kg(("a", "old", "stranger"), CYLINDERS) == 29.0
    assert weight_kg(("a", "old"), CYLINDERS, gross=True) == 62.0
    tenths = {str(n): Cylinder(str(n), 0.1, 0.1) for n in range(1_000)}
    assert weight_kg(tenths, tenths) == 100.0  # not 99.9999999999986: a boundary is strict


CODES = st.sampled_from("abc")


@given(st.lists(st.tuples(CODES, st.sampled_from(["", "S1", "S2"])), max_size=12))
def test_a_cylinder_stands_at_one_site_at_most(told: list[tuple[str, str]]) -> None:
    moves = {code: Move(code, site, n, str(n)) for n, (code, site) in enumerate(told)}
    known = {code: Cylinder(code, 14.5, 16.5, "S1") for code in "ab"}
    codes = [code for there in standing(known, moves.values()).values() for code in there]
    assert len(codes) == len(set(codes))
    assert {code for code, move in moves.items() if move.site} <= set(codes)

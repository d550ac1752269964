from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from domain.cylinder import Cylinder
from domain.delivery import Breach, Delivery
from ledger.cylinders import NOTED
from ledger.monitoring import FINDINGS, RULE_OF
from tests.api.conftest import Plant, S, login

FIRST = Delivery("1", "T1", "LPG-7", "苍山燃气站", "李", "S1", 5 * S, 6 * S, ("a",), ("b",), inspected=True)
SECOND = replace(FIRST, id="2", site="S2", delivered=("c",), returned=("a",), breaches=("elsewhere", "unknown_site"))


@pytest.fixture
def told(plant: Plant) -> Plant:
    """Two deliveries to a town whose registry has two cylinders at the first site."""
    counted = date(2026, 1, 1)  # after both
    cylinders = {"b": Cylinder("b", 14.5, 16.5, "S1"), "c": Cylinder("c", 14.5, 16.5, "S1", counted_on=counted)}
    plant.assets = replace(plant.assets, cylinders=cylinders)
    with plant.records.unit() as unit:
        unit.add_deliveries([FIRST, replace(SECOND, lon=100.25, lat=25.5)])
    return plant


def items(client: TestClient, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/deliveries{query}").json()["items"]
    return found


def test_a_delivery_says_who_brought_what_where_and_what_was_wrong(told: Plant, client: TestClient) -> None:
    del told
    login(client, "read_only")
    (shown,) = items(client, "?breach=elsewhere")
    assert (shown["person"], shown["delivered"], shown["returned"]) == ("李", ["c"], ["a"])
    assert shown["location"] == {"lon": 100.25, "lat": 25.5, "crs": "WGS84"}
    assert shown["breaches"][1] == {
        "code": "unknown_site",
        "text": {"zh": "送达地址未登记", "en": "nobody registered the address"},
    }
    assert (items(client)[1]["location"], items(client)[1]["breaches"]) == (None, [])
    page = client.get("/api/v1/deliveries?limit=1").json()
    assert [row["id"] for row in items(client, f"?after={page['next']}")] == ["1"]
    assert [row["id"] for row in items(client, "?cylinder=a")] == ["2", "1"]
    assert items(client, "?vehicle=LPG-7&site=S2") == [shown]


def test_a_site_names_the_cylinders_that_stand_there(told: Plant, client: TestClient) -> None:
    del told
    login(client, "read_only")
    there = {site["id"]: site["cylinders"] for site in client.get("/api/v1/sites?limit=2").json()["items"]}
    assert there == {"S1": ["c"], "S2": []}


def test_every_breach_has_its_words_and_is_a_hazard_or_a_note() -> None:
    assert {*NOTED} <= {*Breach} <= {*NOTED, *RULE_OF}
    assert {*RULE_OF} <= {*FINDINGS}
    assert {*NOTED}.isdisjoint(FINDINGS)

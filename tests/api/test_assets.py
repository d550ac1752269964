import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from api.times import rfc3339
from domain.network import parse_network
from domain.quality import Quality
from domain.quantity import Quantity
from tests.api.conftest import ROOT, XSS, Clock, Plant, S, login, wait_for


def test_lists_go_on_from_their_cursor(operator: TestClient) -> None:
    names: list[str] = []
    after: str | None = ""
    while after is not None:
        page = operator.get(f"/api/v1/devices?limit=5&after={after}").json()
        names += [device["id"] for device in page["items"]]
        after = page["next"]
    assert names == sorted([f"G{n}" for n in range(1, 9)] + [f"V{n}" for n in range(1, 9)] + ["P9"])
    assert [d["id"] for d in operator.get("/api/v1/devices?site=S1").json()["items"]] == ["G1", "V1"]


def test_a_device_that_was_never_heard_does_not_look_well(operator: TestClient) -> None:
    shown = operator.get("/api/v1/devices/G1").json()
    assert (shown["online"], shown["stale"], shown["heard"], shown["newest_time"]) == (False, True, False, None)
    assert shown["completeness"] == "unknown"
    assert operator.get("/api/v1/devices/none").status_code == 404


def test_a_device_tells_its_newest_values_and_completeness(operator: TestClient, plant: Plant, clock: Clock) -> None:
    plant.measure("G1", {Quantity.GAS_PCT_LEL: 3.5}, gas_pct_lel=Quality.WARMUP)
    plant.hear("G1", counted=True, frames=99, missing=1)

    def shown() -> dict[str, object]:
        found: dict[str, object] = operator.get("/api/v1/devices/G1").json()
        return found

    wait_for(lambda: shown()["online"], 3, "the board")
    assert shown()["completeness"] == 0.99
    assert shown()["latest"] == {
        "gas_pct_lel": {
            "value": 3.5, "unit": "%LEL", "time": rfc3339(clock.now_ns), "quality": "warmup", "late": False,
        }
    }  # fmt: skip


def test_a_device_is_stale_after_three_of_its_own_periods(operator: TestClient, plant: Plant, clock: Clock) -> None:
    plant.hear("G1")
    plant.hear("G2", interval_s=14_400.0)
    clock.now_ns += 31 * S

    def stale() -> list[bool]:
        return [operator.get(f"/api/v1/devices/{name}").json()["stale"] for name in ("G1", "G2")]

    wait_for(lambda: stale() == [True, False], 3, "the board")
    site = operator.get("/api/v1/sites").json()["items"][0]
    assert (site["id"], site["devices"], site["offline"], site["stale"]) == ("S1", 2, 1, 1)


def test_sites_are_geojson_with_their_names_as_they_are(operator: TestClient) -> None:
    network = operator.get("/api/v1/network").json()
    assert network["type"] == "FeatureCollection"
    assert network["features"][0]["geometry"] == {"type": "Point", "coordinates": [100.25, 25.6]}
    assert XSS in {feature["properties"]["name"] for feature in network["features"]}
    assert operator.get("/api/v1/zones").json()["items"] == [{"id": "Z1", "name": "一区", "name_en": "Zone 1"}]


def test_a_trend_comes_with_its_limits_by_name(operator: TestClient, plant: Plant, clock: Clock) -> None:
    for second in range(5):
        plant.measure("G1", {Quantity.GAS_PCT_LEL: float(second)}, at_ns=clock.now_ns - (5 - second) * S)
    shown = operator.get("/api/v1/series?device=G1&quantity=gas_pct_lel").json()
    assert shown["value"] == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert shown["time"][0] == rfc3339(clock.now_ns - 5 * S)
    assert shown["quality"] == ["good"] * 5
    assert shown["step_s"] == 0
    assert shown["limits"] == [
        {"name": {"zh": "一级限", "en": "first limit"}, "value": 20.0},
        {"name": {"zh": "二级限", "en": "second limit"}, "value": 50.0},
    ]


def test_a_trend_can_be_asked_for_a_time(operator: TestClient, plant: Plant, clock: Clock) -> None:
    for minute in range(60):
        plant.measure("P9", {Quantity.PRESSURE_KPA: 300.0 + minute}, at_ns=clock.now_ns - (60 - minute) * 60 * S)
    params = {"from": rfc3339(clock.now_ns - 3600 * S), "to": rfc3339(clock.now_ns - 3480 * S)}
    shown = operator.get("/api/v1/series", params={"device": "P9", "quantity": "pressure_kpa", **params}).json()
    assert shown["value"] == [300.0, 301.0]
    assert [limit["name"]["zh"] for limit in shown["limits"]] == ["下下限", "下限", "上限", "上上限"]
    plant.series.roll(clock.now_ns)
    params = {"from": rfc3339(clock.now_ns - 86_400 * 30 * S)}
    shown = operator.get("/api/v1/series", params={"device": "P9", "quantity": "pressure_kpa", **params}).json()
    assert (shown["step_s"], shown["value"][:2], shown["value"][-1]) == (60, [300.0, 300.0], 359.0)
    assert [limit["value"] for limit in shown["limits"]] == sorted(limit["value"] for limit in shown["limits"])


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("device=none&quantity=gas_pct_lel", 404),
        ("device=G1&quantity=happiness", 422),
        ("device=G1&quantity=gas_pct_lel&from=2026-01-15T12:00:00", 422),
        ("device=G1&quantity=gas_pct_lel&from=2026-01-15T12:00:00Z&to=2026-01-15T11:00:00Z", 422),
        ("device=G1&quantity=gas_pct_lel&points=1000000", 422),
    ],
)
def test_a_trend_that_cannot_be_given_is_refused(operator: TestClient, query: str, status: int) -> None:
    answer = operator.get(f"/api/v1/series?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_silent_devices_are_listed_alone(operator: TestClient, plant: Plant, clock: Clock) -> None:
    for name in plant.assets.devices:
        plant.hear(name)
    plant.hear("G3", online=False)
    plant.hear("G4", newest_ns=clock.now_ns - 60 * S)

    def silent() -> list[str]:
        return [device["id"] for device in operator.get("/api/v1/devices?silent=true").json()["items"]]

    wait_for(lambda: silent() == ["G3", "G4"], 3, "the board")


def test_pipes_are_lines_between_nodes_that_have_a_place(plant: Plant) -> None:
    text = (ROOT / "tests" / "api" / "network.json").read_text(encoding="utf-8")
    plant.network = parse_network(text, "network.json")
    with TestClient(create_app(plant.services())) as client:
        features = login(client).get("/api/v1/network").json()["features"]
    lines = [feature for feature in features if feature["geometry"]["type"] == "LineString"]
    assert [line["geometry"]["coordinates"] for line in lines] == [[[100.25, 25.6], [102.0, 25.6]]]
    assert lines[0]["properties"] == {"id": "P1", "tier": "medium_a", "diameter_mm": 160.0, "in_service": True}

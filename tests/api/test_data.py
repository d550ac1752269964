import pytest
from fastapi.testclient import TestClient

from domain.record import Gap, Quarantined
from domain.sample import RefusalReason
from tests.api.conftest import Plant, login, wait_for


def refuse(plant: Plant, position: int, device: str = "G1", site: str = "S1") -> None:
    reason, topic = RefusalReason.OUT_OF_RANGE, f"gas/v1/{site}/{device}/telemetry"
    entry = Quarantined(position, "values.x", reason, "too hot", device, site, topic, b"\xff\x00", plant.clock_ns())
    with plant.records.unit() as unit:
        unit.quarantine([entry])


def test_quarantine_shows_the_reason_and_the_raw_bytes_newest_first(operator: TestClient, plant: Plant) -> None:
    for position in (1, 2, 3):
        refuse(plant, position)
    first = operator.get("/api/v1/quarantine?limit=2").json()
    second = operator.get(f"/api/v1/quarantine?limit=2&after={first['next']}").json()
    assert [entry["position"] for entry in first["items"] + second["items"]] == [3, 2, 1]
    assert second["next"] is None
    entry = first["items"][0]
    assert (entry["reason"], entry["part"], entry["payload"]) == ("out_of_range", "values.x", "/wA=")
    assert operator.get("/api/v1/quarantine?device=G2").json()["items"] == []


def test_a_retry_needs_its_right_and_names_the_person(client: TestClient, plant: Plant) -> None:
    refuse(plant, 1)
    entry_id = plant.records.quarantine()[0].id
    assert login(client).post(f"/api/v1/quarantine/{entry_id}/retry").status_code == 403
    login(client, "supervisor")
    assert client.post(f"/api/v1/quarantine/{entry_id}/retry").json() == {"position": 77}
    assert client.post("/api/v1/quarantine/999/retry").status_code == 404
    assert plant.retried == [(entry_id, "supervisor")]
    assert client.get("/api/v1/quarantine").json()["items"][0]["retried_position"] == 77


def test_gaps_are_listed_by_device(operator: TestClient, plant: Plant) -> None:
    with plant.records.unit() as unit:
        unit.gap(Gap("G1", "b", 5, 9, plant.clock_ns()))
        unit.gap(Gap("G2", "b", 1, 1, plant.clock_ns()))
    found = operator.get("/api/v1/gaps?device=G1").json()["items"]
    assert [(gap["device"], gap["from_seq"], gap["to_seq"], gap["closed"]) for gap in found] == [("G1", 5, 9, None)]


def test_the_ledger_of_gaps_goes_on_from_its_cursor_newest_first(operator: TestClient, plant: Plant) -> None:
    at = plant.clock_ns()
    with plant.records.unit() as unit:
        for seq in range(5):
            unit.gap(Gap("G1", "a~b", seq * 10, seq * 10, at + seq // 2, closed_ns=at if seq == 4 else None))
    seen: list[int] = []
    after: str | None = ""
    while after is not None:
        page = operator.get(f"/api/v1/gaps?limit=2&after={after}").json()
        seen += [gap["from_seq"] for gap in page["items"]]
        after = page["next"]
    assert seen == [40, 30, 20, 10, 0]
    assert len(operator.get("/api/v1/gaps?open_only=true").json()["items"]) == 4


def test_a_gap_tells_how_complete_its_device_is(operator: TestClient, plant: Plant) -> None:
    plant.hear("G1", counted=True, frames=3, missing=1)
    with plant.records.unit() as unit:
        for device in ("G1", "gone"):
            unit.gap(Gap(device, "b", 5, 9, plant.clock_ns()))

    def shown() -> dict[str, object]:
        return {gap["device"]: gap["completeness"] for gap in operator.get("/api/v1/gaps").json()["items"]}

    wait_for(lambda: shown() == {"G1": 0.75, "gone": "unknown"}, 3, "the board")


@pytest.mark.parametrize("after", ["x", "WzE3XQ==", "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OSwiYSJd", "WzEsImFcdTAwMDAiXQ=="])
def test_a_cursor_that_is_none_of_ours_is_refused(operator: TestClient, after: str) -> None:
    answer = operator.get(f"/api/v1/incidents?after={after}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")

"""A shift is handed over by two signatures, and what was signed stays as it was."""

import pytest
from fastapi.testclient import TestClient

from domain.alarm import AlarmKind
from domain.quantity import Quantity
from tests.api.conftest import Plant, login, wait_for

S = 1_000_000_000


def counts(answer: dict[str, list[dict[str, object]]]) -> dict[object, object]:
    return {section["name"]: section["count"] for section in answer["sections"]}


@pytest.fixture
def busy(plant: Plant, client: TestClient) -> TestClient:
    """With something in every section."""
    plant.leak("G1")
    now_ns = plant.clock_ns()
    hidden = [plant.find(AlarmKind.BATTERY_LOW, f"V{n}") for n in (2, 3)]
    with plant.records.unit() as unit:
        plant.desk.shelve(unit, hidden[0].id, 1, "operator", "work", now_ns, now_ns + 3_600 * S)
        plant.desk.out_of_service(unit, hidden[1].id, 1, "supervisor", "guard", now_ns, now_ns + 3_600 * S, "P-7")
    plant.hear("V1")
    plant.measure("V1", {Quantity.VALVE_OPEN: 0.0})
    login(client)
    wait_for(lambda: counts(client.get("/api/v1/handovers").json())["valves"] == 1, 5, "the valve on the board")
    return client


def test_what_stands_is_shown_in_sections(busy: TestClient) -> None:
    found = busy.get("/api/v1/handovers").json()
    assert {name: count for name, count in counts(found).items() if name != "faults"} == {
        "alarms": 1, "incidents": 3, "shelved": 1, "permits": 1, "valves": 1,
    }  # fmt: skip
    sections = {section["name"]: section["lines"] for section in found["sections"]}
    assert "可燃气体 31 %LEL" in sections["alarms"][0]["text"]["zh"]
    assert "(P-7)" in sections["permits"][0]["text"]["en"]
    assert sections["permits"][0]["until"] == sections["shelved"][0]["until"] is not None
    assert [line["id"] for line in sections["valves"]] == ["V1"]
    assert "G9" not in [line["id"] for line in sections["faults"]]
    assert found["signed"] == []


def test_one_signs_another_counter_signs_and_both_stand_in_the_audit(busy: TestClient, plant: Plant) -> None:
    seen = busy.get("/api/v1/handovers").json()["seen"]
    made = busy.post("/api/v1/handovers", json={"seen": seen, "note": "V1 waits for the crew"})
    assert made.status_code == 201
    (signed,) = made.json()["signed"]
    assert (signed["outgoing"], signed["note"], signed["waits"]) == ("operator", "V1 waits for the crew", True)
    plant.leak("G2")  # what comes later was not signed
    take = f"/api/v1/handovers/{signed['id']}/take"
    assert busy.post(take, json={}).status_code == 422  # not by oneself
    login(busy, "supervisor")
    (taken,) = busy.post(take, json={"comment": "seen"}).json()["signed"]
    assert (taken["incoming"], taken["comment"], taken["waits"], counts(taken)["alarms"]) == (
        "supervisor",
        "seen",
        False,
        1,
    )
    assert busy.post(take, json={}).status_code == 409
    assert busy.post("/api/v1/handovers/beef/take", json={}).status_code == 404
    audit = [(entry.user, entry.action, entry.target) for entry in plant.records.audit() if "handover" in entry.action]
    assert audit == [("supervisor", "handover_take", signed["id"]), ("operator", "handover", signed["id"])]
    assert plant.records.broken_audit() is None


def test_what_has_changed_since_it_was_read_is_not_signed(busy: TestClient, plant: Plant) -> None:
    seen = busy.get("/api/v1/handovers").json()["seen"]
    plant.leak("G2")
    refused = busy.post("/api/v1/handovers", json={"seen": seen})
    assert (refused.status_code, refused.json()["code"]) == (409, "changed")


def test_a_counter_signature_covers_the_earlier_ones_that_still_wait(client: TestClient) -> None:
    login(client)
    client.post("/api/v1/handovers", json={})
    last = client.post("/api/v1/handovers", json={}).json()["signed"]
    assert [one["waits"] for one in last] == [True, True]
    login(client, "supervisor")
    done = client.post(f"/api/v1/handovers/{last[0]['id']}/take", json={}).json()["signed"]
    assert [one["waits"] for one in done] == [False, False]
    assert client.post(f"/api/v1/handovers/{last[1]['id']}/take", json={}).status_code == 409


def test_whoever_only_reads_signs_nothing(client: TestClient) -> None:
    login(client, "read_only")
    assert client.get("/api/v1/handovers").status_code == 200
    assert client.post("/api/v1/handovers", json={}).status_code == 403

"""The KPIs by the API."""

import pytest
from fastapi.testclient import TestClient

from api.times import rfc3339
from tests.api.conftest import Clock, Plant, login

S = 1_000_000_000
DAY = 86_400 * S


def measures(client: TestClient, query: str = "") -> dict[str, dict[str, object]]:
    answer = client.get(f"/api/v1/kpi{query}")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["measures"]}


def test_the_last_day_is_told_with_formula_and_target(plant: Plant, operator: TestClient, clock: Clock) -> None:
    plant.leak("G1")
    plant.leak("G2")
    clock.now_ns += 30 * S
    alarm = plant.alarm("G1", plant.leak("G1").kind)
    operator.post(f"/api/v1/alarms/{alarm.id}/ack", json={"occurrence": alarm.life.occurrence})
    clock.now_ns += S
    found = measures(operator)
    assert found["ack_p50_3"]["value"] == 30
    assert (found["rate"]["value"], found["rate"]["met"]) == (pytest.approx(2 / 144), True)
    assert found["rate"]["formula"]["zh"].startswith("报警提示次数")  # type: ignore[index]
    body = operator.get("/api/v1/kpi").json()
    assert body["position"] == "all"
    assert [(load["name"], load["share"]) for load in body["sites"]] == [("S1", 0.5), ("S2", 0.5)]
    assert (body["from_time"], body["to_time"]) == (rfc3339(clock.now_ns - DAY), rfc3339(clock.now_ns))


def test_a_bad_actor_comes_with_its_remedy(plant: Plant, client: TestClient, clock: Clock) -> None:
    plant.leak()
    clock.now_ns += 2 * DAY
    (actor,) = login(client).get("/api/v1/kpi").json()["bad_actors"]
    assert (actor["device"], actor["stood_s"]) == ("G1", pytest.approx(2 * 86_400))
    assert [one["pattern"] for one in actor["remedies"]] == ["standing", "stale"]
    assert actor["remedies"][0]["remedy"]["en"].startswith("repair")


def test_a_scope_and_a_site_narrow_the_numbers(plant: Plant, client: TestClient) -> None:
    plant.leak("G1")
    plant.leak("G2")
    login(client, "local")  # sees S1 alone
    assert measures(client)["upset"]["value"] == 1
    assert client.get("/api/v1/kpi?site=S2").status_code == 404
    login(client, "operator")
    assert measures(client)["upset"]["value"] == 2
    assert measures(client, "?site=S2")["upset"]["value"] == 1
    assert client.get("/api/v1/kpi?site=S77").status_code == 404


def test_the_time_is_bounded_and_ends_now(operator: TestClient, clock: Clock) -> None:
    def ask(from_ns: int, to_ns: int) -> int:
        times = {"from": rfc3339(from_ns), "to": rfc3339(to_ns)}
        return operator.get("/api/v1/kpi", params=times).status_code

    now = clock.now_ns
    assert ask(now - 31 * DAY, now) == 200
    assert ask(now - 31 * DAY - S, now) == 422
    assert ask(now - DAY, now + 60 * DAY) == 200
    assert ask(now + S, now + DAY) == 422
    assert ask(now, now - DAY) == 422

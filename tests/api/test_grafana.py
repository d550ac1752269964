"""The webhook of Grafana's dead-man rules: their own alerts alone, once, by a token that may."""

from typing import Any

import httpx2
from fastapi.testclient import TestClient

from domain.frame import HEALTH_TOPIC
from tests.api.conftest import Plant, login

PATH = "/api/v1/grafana/alerts"


def token(client: TestClient, *rights: str) -> dict[str, str]:
    made = {"name": f"grafana-{len(rights)}", "role": "administrator", "rights": list(rights)}
    secret = login(client, "root").post("/api/v1/tokens", json=made).json()["token"]
    client.cookies.clear()
    return {"Authorization": f"Bearer {secret}"}


def alert(sign: str, status: str = "firing", fingerprint: str = "c6eadffa33fcdf37") -> dict[str, Any]:
    """Build one as Grafana's documentation has it."""
    return {
        "status": status,
        "labels": {"alertname": "No sample", "grafana_folder": "燃气生命线", "deadman": sign},
        "annotations": {"summary": "x"},
        "startsAt": "2026-01-15T12:00:00+08:00",
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://grafana/alerting/x",
        "fingerprint": fingerprint,
        "values": None,
    }


def post(client: TestClient, headers: dict[str, str], *alerts: dict[str, Any]) -> httpx2.Response:
    body = {"receiver": "gas-dead-man", "status": "firing", "orgId": 1, "version": "1", "truncatedAlerts": 0}
    answer: httpx2.Response = client.post(PATH, json=body | {"alerts": list(alerts)}, headers=headers)
    return answer


def frames(plant: Plant) -> list[bytes]:
    return [frame.payload for frame in plant.frame_log().read(0) if frame.topic == HEALTH_TOPIC]


def test_what_grafana_misses_is_logged_once_and_ends_by_its_fingerprint(client: TestClient, plant: Plant) -> None:
    headers = token(client, "alert")
    both = alert("samples"), alert("pipeline", fingerprint="b")
    assert [post(client, headers, *both).json() for _ in range(2)] == [{"taken": 2, "ignored": 0}] * 2
    entry = plant.records.audit(1)[0]
    assert (entry.user, entry.action, entry.target) == ("token:grafana-1", "dead_man", "no_pipeline, no_samples")
    post(client, headers, alert("samples", "resolved"))
    post(client, headers, alert("pipeline", "resolved", "b"))
    assert [(b'"level":1' in one, b"no_samples" in one, b"no_pipeline" in one) for one in frames(plant)] == [
        (True, True, True),
        (True, False, True),
        (False, False, False),
    ]


def test_no_other_alert_of_a_grafana_is_an_alarm_of_ours(client: TestClient, plant: Plant) -> None:
    headers = token(client, "alert")
    foreign = alert("x") | {"labels": {"alertname": "gas above 20 %LEL"}}
    assert post(client, headers, alert("gas"), foreign).json() == {"taken": 0, "ignored": 2}
    assert post(client, headers, alert("samples", "pending")).status_code == 422
    assert frames(plant) == []


def test_without_the_right_nothing_is_taken(client: TestClient, plant: Plant) -> None:
    assert post(client, token(client), alert("samples")).json()["code"] == "right"
    assert post(client, {}, alert("samples")).status_code == 401
    login(client, "local")
    assert post(client, {"X-CSRF-Token": client.headers["X-CSRF-Token"]}, alert("samples")).status_code == 403
    assert frames(plant) == []

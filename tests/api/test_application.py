from fastapi.testclient import TestClient

from api.application import create_app
from api.headers import CSP
from api.services import Reader
from domain.errors import StoreUnavailable
from tests.api.conftest import Plant, login, wait_for


def test_every_answer_carries_the_security_headers(client: TestClient) -> None:
    for path in ("/", "/login", "/static/console.css", "/api/v1/me", "/healthz", "/nothing"):
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CSP
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
    assert client.get("/api/v1/me").headers["cache-control"] == "no-store"
    assert "unsafe" not in CSP


def test_the_interface_describes_itself_without_pages_of_others(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/healthz", "/api/v1/healthz", "/api/v1/alarms/{alarm_id}/ack", "/api/v1/stream"} <= paths.keys()
    assert client.get("/docs").status_code == client.get("/redoc").status_code == 404


def test_no_route_opens_a_valve(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert [path for path in paths if "open" in path or "valve" in path] == ["/api/v1/valves/{device}/close"]


def test_what_is_not_there_is_a_problem_too(client: TestClient) -> None:
    answer = client.get("/api/v1/nothing")
    assert (answer.status_code, answer.json()["status"]) == (404, 404)
    assert answer.headers["content-type"] == "application/problem+json"
    assert client.delete("/api/v1/login").json()["code"] == "method-not-allowed"


def test_a_body_that_is_too_large_or_of_unknown_length_is_refused_unread(client: TestClient) -> None:
    assert client.post("/api/v1/login", content=b"x" * 70_000).status_code == 413
    assert client.post("/api/v1/login", content=iter([b"{}"])).status_code == 413


def test_ready_turns_red_when_the_watch_stops(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as client:
        assert client.get("/healthz").json() == {"status": "ok"}
        wait_for(lambda: client.get("/readyz").status_code == 200, 3, "the first look")
        assert client.get("/api/v1/readyz").json()["readers"]["watch"] == {"lag_frames": 0, "lag_s": 0.4}
        plant.readers = {"watch": Reader(900, 60.0)}
        wait_for(lambda: client.get("/readyz").status_code == 503, 3, "red")


def test_a_store_that_is_away_is_a_problem_of_its_own(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as client:
        login(client)
        real = plant.records.alarms

        def away(**_: object) -> object:
            raise StoreUnavailable("locked")

        plant.records.alarms = away  # type: ignore[method-assign,assignment]
        answer = client.get("/api/v1/alarms")
        plant.records.alarms = real  # type: ignore[method-assign]
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "store-unavailable", "5")

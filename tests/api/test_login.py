import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from api.sessions import COOKIE, GLASS_LIFE_S, LIFE_S
from domain.errors import StoreUnavailable
from domain.record import User
from tests.api.conftest import HASH, PASSWORD, Clock, Plant, S, login

WRONG = {"name": "operator", "password": "guess"}


def test_login_gives_a_cookie_that_scripts_cannot_read(client: TestClient) -> None:
    answer = client.post("/api/v1/login", json={"name": "operator", "password": PASSWORD})
    assert answer.json()["name"] == "operator"
    assert answer.json()["rights"] == [
        *("ack", "close_valve", "comment", "hand_over", "handle", "inspect", "rectify", "reset", "shelve"),
    ]
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" not in cookie


def test_the_cookie_is_secure_over_https(plant: Plant) -> None:
    with TestClient(create_app(plant.services()), base_url="https://testserver") as client:
        answer = client.post("/api/v1/login", json={"name": "operator", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]


def test_a_wrong_password_and_an_unknown_name_read_the_same_and_are_audited(client: TestClient, plant: Plant) -> None:
    first = client.post("/api/v1/login", json=WRONG)
    second = client.post("/api/v1/login", json={"name": "nobody", "password": "guess"})
    assert first.status_code == second.status_code == 401
    assert first.json() == second.json()
    assert first.headers["content-type"] == "application/problem+json"
    assert [entry.action for entry in plant.records.audit()] == ["login_failed", "login_failed"]


def test_the_sixth_try_of_a_minute_is_refused_even_with_the_right_password(client: TestClient) -> None:
    assert [client.post("/api/v1/login", json=WRONG).status_code for _ in range(5)] == [401] * 5
    answer = client.post("/api/v1/login", json=WRONG | {"password": PASSWORD})
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    other = client.post("/api/v1/login", json={"name": "supervisor", "password": PASSWORD})
    assert other.status_code == 200


@pytest.mark.parametrize(
    "path", ["/me", "/alarms", "/devices", "/stream", "/quarantine", "/series?device=G1&quantity=x"]
)
def test_without_a_login_nothing_is_told(client: TestClient, path: str) -> None:
    assert client.get(f"/api/v1{path}").status_code == 401


def test_a_session_ends_by_itself(operator: TestClient, clock: Clock) -> None:
    assert operator.get("/api/v1/me").status_code == 200
    clock.now_ns += LIFE_S * 1_000_000_000
    assert operator.get("/api/v1/me").status_code == 401


def test_a_logout_ends_the_session_even_for_a_copied_cookie(operator: TestClient) -> None:
    token = operator.cookies[COOKIE]
    assert operator.post("/api/v1/logout").status_code == 204
    assert operator.get("/api/v1/me").status_code == 401
    assert operator.get("/api/v1/me", headers={"cookie": f"{COOKIE}={token}"}).status_code == 401


def test_a_disabled_user_is_out_at_once(operator: TestClient, plant: Plant) -> None:
    user = plant.records.user("operator")
    assert user is not None
    with plant.records.unit() as unit:
        unit.save_user(User(user.name, user.display_name, user.role, user.password_hash, enabled=False))
    assert operator.get("/api/v1/me").status_code == 401


def test_a_change_needs_the_csrf_token_and_our_own_origin(operator: TestClient, plant: Plant) -> None:
    alarm = plant.leak()
    path, body = f"/api/v1/alarms/{alarm.id}/ack", {"occurrence": 1}
    assert operator.post(path, json=body, headers={"x-csrf-token": "x"}).json()["code"] == "csrf"
    foreign = operator.post(path, json=body, headers={"origin": "http://evil.example"})
    assert (foreign.status_code, foreign.json()["code"]) == (403, "origin")
    assert operator.post(path, json=body, headers={"origin": "http://testserver"}).status_code == 200


def test_another_site_cannot_log_its_visitor_in(client: TestClient) -> None:
    credentials = {"name": "operator", "password": PASSWORD}
    answer = client.post("/api/v1/login", json=credentials, headers={"origin": "http://evil.example"})
    assert answer.status_code == 403


@pytest.mark.parametrize("body", [{"name": 1, "password": "x"}, {"name": "x"}, {"name": "x", "password": "y", "z": 1}])
def test_a_malformed_login_says_what_is_wrong(client: TestClient, body: dict[str, object]) -> None:
    answer = client.post("/api/v1/login", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_reading_needs_no_right_but_acting_does(client: TestClient, plant: Plant) -> None:
    alarm = plant.leak()
    login(client, "read_only")
    assert client.get("/api/v1/alarms").status_code == 200
    answer = client.post(f"/api/v1/alarms/{alarm.id}/ack", json={"occurrence": 1})
    assert (answer.status_code, answer.json()["code"]) == (403, "right")


# ---------------------------------------------------------------- emergency accounts


@pytest.fixture
def glass(plant: Plant) -> None:
    """An emergency account."""
    with plant.records.unit() as unit:
        unit.add_user(User("glass", "应急", "administrator", HASH, break_glass=True))


@pytest.mark.usefixtures("glass")
def test_an_emergency_account_raises_an_alarm_at_each_use_and_lasts_an_hour(
    client: TestClient, plant: Plant, clock: Clock
) -> None:
    login(client, "glass")
    login(client, "glass")
    assert plant.glass == ["glass", "glass"]
    assert [entry.action for entry in plant.records.audit()] == ["break_glass", "break_glass"]
    assert client.get("/api/v1/users").status_code == 200
    clock.now_ns += GLASS_LIFE_S * S
    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.usefixtures("glass")
def test_a_wrong_password_breaks_no_glass(client: TestClient, plant: Plant) -> None:
    assert client.post("/api/v1/login", json=WRONG | {"name": "glass"}).status_code == 401
    assert plant.glass == []


@pytest.mark.usefixtures("glass")
def test_an_emergency_account_stays_what_it_is_and_is_disabled_like_any_other(client: TestClient) -> None:
    login(client, "root")
    answer = client.post("/api/v1/users/glass/role", json={"role": "operator"})
    assert (answer.status_code, "emergency account" in answer.json()["detail"]) == (422, True)
    assert client.post("/api/v1/users/glass/disable").status_code == 200


@pytest.mark.usefixtures("glass")
def test_an_emergency_account_is_no_last_administrator(client: TestClient) -> None:
    login(client, "glass")
    assert "last administrator" in client.post("/api/v1/users/root/disable").json()["detail"]


@pytest.mark.usefixtures("glass")
def test_nobody_gets_in_unseen_while_the_log_is_away(plant: Plant) -> None:
    def away(_name: str) -> int:
        raise StoreUnavailable("frame log: full")

    services = plant.services()
    object.__setattr__(services, "break_glass", away)
    with TestClient(create_app(services)) as client:
        answer = client.post("/api/v1/login", json={"name": "glass", "password": PASSWORD})
    assert (answer.status_code, "set-cookie" in answer.headers) == (503, False)

"""Accounts by the API: what administrators may do, and what the rules forbid."""

import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from tests.api.conftest import PASSWORD, TOWNSHIP, Plant, login

NEW = {"name": "wang", "role": "operator", "password": "battery staple"}


@pytest.fixture
def root(client: TestClient) -> TestClient:
    return login(client, "root")


def can_log_in(plant: Plant, name: str, password: str = PASSWORD) -> bool:
    with TestClient(create_app(plant.services())) as client:
        return client.post("/api/v1/login", json={"name": name, "password": password}).status_code == 200


def latest(plant: Plant) -> tuple[str, str, str, str]:
    entry = plant.records.audit(limit=1)[0]
    return entry.user, entry.action, entry.target, entry.detail


def test_a_new_person_logs_in_and_sees_what_he_was_given(root: TestClient, plant: Plant) -> None:
    made = root.post("/api/v1/users", json=NEW | {"townships": [TOWNSHIP], "sites": ["S9"]})
    assert (made.status_code, made.json()["source"], "password_hash" in made.text) == (201, "local", False)
    assert latest(plant) == ("root", "user_add", "wang", f"operator {TOWNSHIP} S9")
    answer = root.post("/api/v1/login", json={"name": "wang", "password": NEW["password"]})
    assert (answer.json()["townships"], answer.json()["sites"]) == ([TOWNSHIP], ["S9"])
    assert [site["id"] for site in root.get("/api/v1/sites").json()["items"]] == ["S1", "S9"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "a:b"}, "name 'a:b'"),
        ({"name": "operator"}, "exists already"),
        ({"password": "short"}, "at least 8"),
        ({"password": "x" * 1025}, "1024"),
        ({"name": "wang.xiaoming", "password": " Wang.XiaoMing"}, "is the name"),
        ({"role": "cook"}, "role"),
        ({"townships": ["nowhere"]}, "no township 'nowhere'"),
        ({"sites": ["S1", "S77"]}, "no site 'S77'"),
        ({"departments": ["气象"]}, "no department 气象"),
        ({"root": True}, "root"),
    ],
)
def test_an_account_against_the_rules_is_refused_with_the_reason(
    root: TestClient, plant: Plant, change: dict[str, object], words: str
) -> None:
    before = plant.records.users()
    answer = root.post("/api/v1/users", json=NEW | change)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert plant.records.users() == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("disable", {}),
        ("password", {"password": "battery staple"}),
        ("role", {"role": "read_only"}),
        ("scope", {"townships": [TOWNSHIP], "sites": []}),
    ],
)
def test_a_change_ends_the_sessions_of_that_person_at_once(plant: Plant, path: str, body: dict[str, object]) -> None:
    with TestClient(create_app(plant.services())) as his, TestClient(create_app(plant.services())) as ours:
        login(his)
        login(ours, "root")
        assert ours.post(f"/api/v1/users/operator/{path}", json=body).status_code == 200
        assert his.get("/api/v1/me").status_code == 401
        assert ours.get("/api/v1/me").status_code == 200
    assert latest(plant)[:3] == ("root", f"user_{path}", "operator")
    assert can_log_in(plant, "operator") == (path in {"role", "scope"})


def test_whoever_was_disabled_is_let_in_again(root: TestClient, plant: Plant) -> None:
    root.post("/api/v1/users/operator/disable")
    assert root.post("/api/v1/users/operator/enable").json()["enabled"]
    assert can_log_in(plant, "operator")


@pytest.mark.parametrize(
    ("path", "body"),
    [("disable", {}), ("role", {"role": "operator"}), ("scope", {"townships": [TOWNSHIP], "sites": []})],
)
def test_the_last_administrator_of_everything_stays(root: TestClient, path: str, body: dict[str, object]) -> None:
    answer = root.post(f"/api/v1/users/root/{path}", json=body)
    assert (answer.status_code, "last administrator" in answer.json()["detail"]) == (422, True)
    root.post("/api/v1/users", json=NEW | {"role": "administrator"})
    assert root.post(f"/api/v1/users/root/{path}", json=body).status_code == 200


def test_accounts_are_listed_by_name_and_paged(root: TestClient) -> None:
    first = root.get("/api/v1/users?limit=3").json()
    second = root.get(f"/api/v1/users?limit=3&after={first['next']}").json()
    names = [user["name"] for page in (first, second) for user in page["items"]]
    assert names == ["local", "lost", "operator", "read_only", "root", "supervisor"]
    assert "hash" not in str(first)


def test_only_an_administrator_keeps_accounts(client: TestClient) -> None:
    login(client, "supervisor")
    assert client.get("/api/v1/users").status_code == client.post("/api/v1/users", json=NEW).status_code == 403
    assert client.post("/api/v1/users/operator/disable").json()["code"] == "right"


def test_an_unknown_person_is_not_found(root: TestClient) -> None:
    assert root.post("/api/v1/users/nobody/disable").status_code == 404


# ---------------------------------------------------------------- one's own password


def test_the_own_password_needs_the_old_one_and_ends_every_session(operator: TestClient, plant: Plant) -> None:
    wrong = operator.post("/api/v1/me/password", json={"old": "guess", "password": "battery staple"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong-password")
    assert operator.post("/api/v1/me/password", json={"old": PASSWORD, "password": "operator"}).status_code == 422
    right = operator.post("/api/v1/me/password", json={"old": PASSWORD, "password": "battery staple"})
    assert right.status_code == 204
    assert latest(plant)[:3] == ("operator", "user_password", "operator")
    assert operator.get("/api/v1/me").status_code == 401
    assert (can_log_in(plant, "operator"), can_log_in(plant, "operator", "battery staple")) == (False, True)


def test_an_administrator_too_shows_the_own_old_password(root: TestClient) -> None:
    answer = root.post("/api/v1/users/root/password", json={"password": "battery staple"})
    assert (answer.status_code, "/me/password" in answer.json()["detail"]) == (422, True)


def test_a_stolen_session_does_not_get_to_guess_the_password(operator: TestClient) -> None:
    body = {"old": "guess", "password": "battery staple"}
    codes = [operator.post("/api/v1/me/password", json=body).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]

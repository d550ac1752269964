"""Programs with tokens."""

import hashlib

import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from tests.api.conftest import TOWNSHIP, Clock, Plant, S, login

NEW = {"name": "scada", "role": "operator", "rights": ["ack"]}


@pytest.fixture
def root(client: TestClient) -> TestClient:
    return login(client, "root")


@pytest.fixture
def program(plant: Plant) -> TestClient:
    return TestClient(create_app(plant.services()))


def give(root: TestClient, program: TestClient, **changes: object) -> None:
    made = root.post("/api/v1/tokens", json=NEW | changes)
    assert made.status_code == 201, made.text
    program.headers["Authorization"] = f"Bearer {made.json()['token']}"


def test_a_program_reads_and_acts_under_its_own_name_without_a_csrf_token(
    root: TestClient, program: TestClient, plant: Plant
) -> None:
    give(root, program)
    alarm = plant.leak()
    assert program.get("/api/v1/me").json()["rights"] == ["ack"]
    foreign = {"origin": "http://elsewhere.example"}
    answer = program.post(f"/api/v1/alarms/{alarm.id}/ack", json={"occurrence": 1}, headers=foreign)
    assert answer.json()["acknowledged_by"] == "token:scada"
    assert plant.records.audit()[0].user == "token:scada"


def test_the_secret_is_shown_once_and_kept_as_a_hash(root: TestClient, plant: Plant) -> None:
    secret = root.post("/api/v1/tokens", json=NEW).json()["token"]
    (kept,) = plant.records.tokens()
    assert kept.token_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert len(secret) >= 43
    shown = root.get("/api/v1/tokens").text
    assert secret not in shown
    assert kept.token_hash not in shown
    assert secret not in str(plant.records.audit())


def test_a_token_has_the_rights_it_was_given_and_no_other_of_its_role(
    root: TestClient, program: TestClient, plant: Plant
) -> None:
    give(root, program, rights=[])
    path = f"/api/v1/alarms/{plant.leak().id}/ack"
    assert program.get("/api/v1/alarms").status_code == 200
    assert program.post(path, json={"occurrence": 1}).json()["code"] == "right"


def test_a_token_sees_its_scope(root: TestClient, program: TestClient) -> None:
    give(root, program, townships=[TOWNSHIP])
    assert [site["id"] for site in program.get("/api/v1/sites").json()["items"]] == ["S1"]
    assert program.get("/api/v1/devices/G2").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"role": "read_only"}, "no right ack"),
        ({"role": "administrator", "rights": ["administer"]}, "no right administer"),
        ({"rights": ["cook"]}, "rights"),
        ({"days": 0}, "days"),
        ({"days": 731}, "days"),
        ({"name": "a:b"}, "name"),
        ({"sites": ["S77"]}, "no site 'S77'"),
    ],
)
def test_a_token_against_the_rules_is_refused(
    root: TestClient, plant: Plant, change: dict[str, object], words: str
) -> None:
    answer = root.post("/api/v1/tokens", json=NEW | change)
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True)
    assert plant.records.tokens() == []


def test_a_name_is_never_given_twice(root: TestClient) -> None:
    root.post("/api/v1/tokens", json=NEW)
    assert root.post("/api/v1/tokens/scada/revoke").status_code == 204
    assert "exists already" in root.post("/api/v1/tokens", json=NEW).json()["detail"]


def test_a_revoked_token_is_out_at_once(root: TestClient, program: TestClient, plant: Plant) -> None:
    give(root, program)
    assert program.get("/api/v1/me").status_code == 200
    assert root.post("/api/v1/tokens/scada/revoke").status_code == 204
    assert program.get("/api/v1/me").status_code == 401
    entry = plant.records.audit(1)[0]
    assert (entry.user, entry.action, entry.target) == ("root", "token_revoke", "scada")
    assert root.post("/api/v1/tokens/scada/revoke").status_code == 404
    assert root.get("/api/v1/tokens").json()["items"][0]["revoked"] is not None


def test_a_token_ends_by_itself(root: TestClient, program: TestClient, clock: Clock) -> None:
    give(root, program, days=2)
    clock.now_ns += 2 * 86_400 * S - 1
    assert program.get("/api/v1/me").status_code == 200
    clock.now_ns += 1
    answer = program.get("/api/v1/me")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


def test_a_token_goes_with_its_owner(root: TestClient, program: TestClient) -> None:
    root.post("/api/v1/users", json={"name": "li", "role": "administrator", "password": "battery staple"})
    with TestClient(root.app) as other:
        answer = other.post("/api/v1/login", json={"name": "li", "password": "battery staple"})
        other.headers["X-CSRF-Token"] = answer.json()["csrf"]
        give(other, program)
    assert program.get("/api/v1/me").status_code == 200
    root.post("/api/v1/users/li/disable")
    assert program.get("/api/v1/me").status_code == 401


def test_the_last_use_is_written_down_once_a_minute(
    root: TestClient, program: TestClient, plant: Plant, clock: Clock
) -> None:
    give(root, program)
    used = []
    for later_s in (0, 59, 1):
        clock.now_ns += later_s * S
        program.get("/api/v1/me")
        used.append(plant.records.tokens()[0].used_ns)
    assert used == [clock.now_ns - 60 * S, clock.now_ns - 60 * S, clock.now_ns]


def test_a_cookie_and_a_token_are_never_mixed(root: TestClient, program: TestClient) -> None:
    give(root, program)
    answer = root.get("/api/v1/me", headers={"Authorization": program.headers["Authorization"]})
    assert (answer.status_code, answer.json()["code"]) == (400, "mixed")


def test_what_is_no_token_is_no_login(program: TestClient, operator: TestClient) -> None:
    assert program.get("/api/v1/me", headers={"Authorization": "Bearer "}).status_code == 401
    assert program.get("/api/v1/me", headers={"Authorization": "Bearer glt_guess"}).status_code == 401
    assert operator.get("/api/v1/me", headers={"Authorization": "Basic eA=="}).status_code == 200


def test_a_program_neither_logs_out_nor_changes_a_password(root: TestClient, program: TestClient) -> None:
    give(root, program, role="administrator", rights=[])
    assert program.post("/api/v1/logout").json()["code"] == "no-session"
    body = {"old": "", "password": "battery staple"}
    assert program.post("/api/v1/me/password", json=body).status_code == 422
    assert program.get("/api/v1/users").status_code == 403


def test_the_audit_is_read_by_a_program_with_that_right(root: TestClient, program: TestClient) -> None:
    give(root, program, role="regulator", rights=["audit"])
    first = program.get("/api/v1/audit?limit=1").json()
    second = program.get(f"/api/v1/audit?limit=1&after={first['next']}").json()
    actions = [entry["action"] for page in (first, second) for entry in page["items"]]
    assert (actions, second["next"]) == (["token_add", "login"], None)

"""Work permits by the API, over a real log."""

import pytest
from fastapi.testclient import TestClient

from app.inforce import permits_in_force
from tests.api.conftest import Clock, Plant, S, login

HOUR_NS = 3_600 * S


@pytest.fixture
def supervisor(client: TestClient) -> TestClient:
    return login(client, "supervisor")


def begin(
    client: TestClient, device: str = "G1", until: str = "2026-01-15T13:00:00+08:00"
) -> tuple[int, dict[str, str]]:
    act = {"permit_no": "W-7", "until": until, "comment": "portable detector"}
    answer = client.post(f"/api/v1/devices/{device}/maintenance", json=act)
    return answer.status_code, answer.json()


def devices(client: TestClient) -> list[str]:
    return [item["device"] for item in client.get("/api/v1/maintenance").json()["items"]]


def acts(plant: Plant) -> list[tuple[str, str, str]]:
    return [(entry.user, entry.action, entry.target) for entry in plant.records.audit()]


def test_a_permit_stands_in_list_log_and_audit_and_ends_by_itself(
    supervisor: TestClient, plant: Plant, clock: Clock
) -> None:
    status, told = begin(supervisor)
    assert status == 200
    assert told == {
        "device": "G1",
        "site": "S1",
        "permit_no": "W-7",
        "by": "supervisor",
        "measure": "portable detector",
        "since": "2026-01-15T12:00:00.000+08:00",
        "until": "2026-01-15T13:00:00.000+08:00",
    }
    assert devices(supervisor) == ["G1"]
    log = plant.frame_log()
    (permit,) = permits_in_force(log, log.last())
    assert (permit.from_ns, permit.until_ns) == (clock.now_ns, clock.now_ns + HOUR_NS)
    assert ("supervisor", "maintenance", "G1") in acts(plant)
    clock.now_ns += HOUR_NS
    assert devices(supervisor) == []


def test_it_ends_before_its_time_and_still_explains_what_was_measured_under_it(
    supervisor: TestClient, plant: Plant, clock: Clock
) -> None:
    begin(supervisor)
    clock.now_ns += 600 * S
    begin(supervisor, "G2")
    answer = supervisor.post("/api/v1/devices/G1/in-service", json={"comment": "done"})
    assert (answer.status_code, devices(supervisor)) == (200, ["G2"])
    assert ("supervisor", "maintenance over", "G1") in acts(plant)
    log = plant.frame_log()
    kept = {permit.device: permit for permit in permits_in_force(log, log.last())}
    assert kept["G1"].until_ns == clock.now_ns
    assert supervisor.post("/api/v1/devices/G1/in-service", json={"comment": "x"}).json()["code"] == "permit-none"
    clock.now_ns += 48 * HOUR_NS
    login(supervisor, "supervisor")  # the session is over, too
    begin(supervisor, until="2026-01-17T13:00:00+08:00")
    assert [permit.device for permit in permits_in_force(log, log.last())] == ["G1"]


@pytest.mark.parametrize(
    ("device", "until", "code"),
    [
        ("G1", "2026-01-15T12:00:00+08:00", "permit-past"),
        ("G1", "2026-01-15T20:00:01+08:00", "permit-too-long"),
        ("G2", "2026-01-15T13:00:00+08:00", "permit-already"),
        ("G77", "2026-01-15T13:00:00+08:00", "not-found"),
    ],
)
def test_what_cannot_be_is_refused(supervisor: TestClient, device: str, until: str, code: str) -> None:
    begin(supervisor, "G2")
    assert begin(supervisor, device, until)[1]["code"] == code
    assert devices(supervisor) == ["G2"]


def test_an_operator_may_see_permits_and_not_give_them(operator: TestClient) -> None:
    assert (begin(operator)[0], devices(operator)) == (403, [])


def test_nobody_sees_or_touches_a_device_beyond_the_scope(client: TestClient) -> None:
    begin(login(client, "supervisor"), "G2")
    local = login(client, "local")
    assert (devices(local), begin(local, "G2")[1]["code"]) == ([], "not-found")
    assert local.post("/api/v1/devices/G2/in-service", json={"comment": "x"}).status_code == 404

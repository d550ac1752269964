"""Closing a valve by the API, over real records and a real log."""

from collections.abc import Iterator

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from domain.alarm import AlarmKind
from domain.command import Command, CommandState
from domain.frame import COMMAND_TOPIC
from domain.quantity import Quantity
from store.framelog import FrameLog
from tests.api.conftest import Clock, Plant, S, login, wait_for

Json = dict[str, object]


@pytest.fixture
def valve(plant: Plant) -> str:
    """An open valve, heard of just now."""
    plant.hear("V1")
    plant.measure("V1", {Quantity.VALVE_OPEN: 1.0})
    return "V1"


@pytest.fixture
def console(plant: Plant, valve: str) -> Iterator[TestClient]:
    """An operator whose board has seen the valve."""
    del valve
    with TestClient(create_app(plant.services())) as made:
        login(made)
        wait_for(lambda: devices(made)["V1"]["online"], 5, "the board")
        yield made


def devices(client: TestClient) -> dict[str, Json]:
    return {item["id"]: item for item in client.get("/api/v1/devices").json()["items"]}


def post(client: TestClient, path: str, body: Json | None = None) -> tuple[int, Json]:
    answer = client.post(f"/api/v1{path}", json={} if body is None else body)
    return answer.status_code, answer.json()


def ask(client: TestClient, device: str = "V1") -> tuple[int, Json]:
    return post(client, f"/valves/{device}/close", {"reason": "smell of gas"})


def logged(plant: Plant) -> list[Command]:
    frames = FrameLog(plant.folder / "log").read(0, 100)
    return [msgspec.json.decode(frame.payload, type=Command) for frame in frames if frame.topic == COMMAND_TOPIC]


def test_two_steps_send_one_command_that_the_watch_can_follow(console: TestClient, plant: Plant) -> None:
    status, asked = ask(console)
    assert (status, asked["state"], asked["command"]) == (200, "requested", "close")
    assert asked["seen"] == {
        "online": True,
        "position": 1.0,
        "position_time": "2026-01-15T12:00:00.000+08:00",
        "feeds": "古城小厨 / Shop 1",
        "incident": False,
    }
    assert (plant.sent, logged(plant)) == ([], [])
    status, sent = post(console, f"/commands/{asked['id']}/confirm")
    assert (status, sent["state"], sent["sent_time"]) == (200, "sent", "2026-01-15T12:00:00.000+08:00")
    assert [command.id for command in plant.sent] == [asked["id"]]
    assert [(command.id, command.state) for command in logged(plant)] == [(asked["id"], CommandState.SENT)]
    assert console.get(f"/api/v1/commands/{asked['id']}").json()["state"] == "sent"
    assert [item["id"] for item in console.get("/api/v1/commands?device=V1").json()["items"]] == [asked["id"]]
    assert post(console, f"/commands/{asked['id']}/confirm")[1]["code"] == "valve-over"
    assert len(plant.sent) == 1
    trail = [(entry.user, entry.action, entry.target) for entry in plant.records.audit()]
    assert ("operator", "close requested", "V1") in trail
    assert ("operator", "close sent", "V1") in trail


def test_a_request_that_nobody_confirms_sends_nothing(console: TestClient, plant: Plant, clock: Clock) -> None:
    _, asked = ask(console)
    clock.now_ns += 11 * S
    assert console.get(f"/api/v1/commands/{asked['id']}").json()["state"] == "cancelled"
    assert post(console, f"/commands/{asked['id']}/confirm")[0] == 409
    assert (plant.sent, logged(plant)) == ([], [])


def test_the_first_step_can_be_taken_back(console: TestClient, plant: Plant) -> None:
    _, asked = ask(console)
    assert post(console, f"/commands/{asked['id']}/cancel")[1]["state"] == "cancelled"
    assert post(console, f"/commands/{asked['id']}/confirm")[0] == 409
    assert plant.sent == []


def test_a_second_person_cannot_confirm(console: TestClient, plant: Plant) -> None:
    _, asked = ask(console)
    with TestClient(create_app(plant.services())) as other:
        status, problem = post(login(other, "supervisor"), f"/commands/{asked['id']}/confirm")
    assert (status, problem["code"]) == (409, "valve-not-yours")


def test_nobody_closes_a_valve_under_the_hands_of_whoever_works_on_it(console: TestClient, plant: Plant) -> None:
    _, asked = ask(console)
    with TestClient(create_app(plant.services())) as other:
        permit: Json = {"permit_no": "W-7", "until": "2026-01-15T13:00:00+08:00", "comment": "seat changed"}
        assert post(login(other, "supervisor"), "/devices/V1/maintenance", permit)[0] == 200
        assert post(console, f"/commands/{asked['id']}/confirm")[1]["code"] == "valve-work"
        assert ask(console)[1]["code"] == "valve-work"
        plant.find(AlarmKind.GAS_HIGH, "G1", value=60, limit=50)
        ask(console)
        assert [(c.state, c.detail) for c in logged(plant)] == [(CommandState.REFUSED, "work")]
        assert plant.sent == []
        post(other, "/devices/V1/in-service", {"comment": "done"})
    assert post(console, f"/commands/{asked['id']}/confirm")[1]["state"] == "sent"


@pytest.mark.parametrize("incident", [False, True])
def test_an_offline_valve_is_refused_at_once_and_told_while_gas_stands_there(
    console: TestClient, plant: Plant, *, incident: bool
) -> None:
    if incident:
        plant.find(AlarmKind.GAS_HIGH, "G1", value=60, limit=50)
    plant.hear("V1", online=False)
    wait_for(lambda: not devices(console)["V1"]["online"], 5, "the board")
    status, problem = ask(console)
    assert (status, problem["code"]) == (409, "valve-offline")
    assert "手动关阀" in str(problem["detail"])
    assert plant.sent == []
    assert [(c.state, c.detail, c.urgent) for c in logged(plant)] == [
        (CommandState.REFUSED, "offline", True)
    ] * incident
    assert [command.state for command in plant.records.commands()] == [CommandState.REFUSED]


def test_a_command_that_cannot_leave_is_told_to_the_person_and_to_the_watch(console: TestClient, plant: Plant) -> None:
    plant.broker = False
    _, asked = ask(console)
    status, problem = post(console, f"/commands/{asked['id']}/confirm")
    assert (status, problem["code"]) == (503, "valve-no-broker")
    states = [(command.state, command.detail) for command in logged(plant)]
    assert states == [(CommandState.SENT, ""), (CommandState.REFUSED, "no_broker")]


@pytest.mark.parametrize(
    ("path", "body"),
    [("/valves/G1/close", {"reason": "x"}), ("/valves/none/close", {"reason": "x"}), ("/commands/none/confirm", {})],
)
def test_what_is_not_there_is_not_found(console: TestClient, path: str, body: Json) -> None:
    assert post(console, path, body)[0] == 404
    assert console.get("/api/v1/commands/none").status_code == 404


def test_whoever_has_no_right_closes_nothing(plant: Plant, valve: str) -> None:
    with TestClient(create_app(plant.services())) as made:
        assert ask(login(made, "read_only"), valve)[0] == 403


def test_a_valve_outside_of_the_scope_is_not_there(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as made:
        assert ask(login(made, "local"), "V2")[0] == 404

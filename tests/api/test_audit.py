"""Every change leaves its trace in the same transaction, on every route that there is."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.handovers import SIGN
from domain.alarm import AlarmKind
from domain.duty import Override, StoredPlan
from domain.errors import StoreUnavailable
from domain.hazard import PublicReport, ReportState
from domain.instruction import Instruction
from domain.quantity import Quantity
from domain.record import AuditEntry, Incident
from store.unit import Unit
from tests.alerting.plans import TEXT
from tests.api.conftest import PASSWORD, Plant, login, wait_for
from tests.api.test_data import refuse
from tests.api.test_scope import COMMAND, enter_hazards
from tests.api.walk import VALUES, operations


def prepare(plant: Plant, client: TestClient) -> dict[str, dict[str, str]]:
    """Make something for every act to change: by the last part of the path, the names it asks for."""
    leak, other = plant.leak("G1"), plant.leak("G2")
    high = plant.find(AlarmKind.GAS_HIGH, "G3", value=60.0)
    plant.end(AlarmKind.GAS_HIGH, "G3")
    batteries = [plant.find(AlarmKind.BATTERY_LOW, f"V{n}") for n in (1, 2, 3)]
    now_ns = plant.clock_ns()
    far_ns = now_ns + 10**13
    desk = plant.desk
    with plant.records.unit() as unit:
        desk.acknowledge(unit, high.id, 1, "operator", "", now_ns)
        desk.shelve(unit, batteries[0].id, 1, "operator", "work", now_ns, now_ns + 6 * 10**12)
        desk.out_of_service(unit, batteries[2].id, 1, "operator", "work", now_ns, far_ns, "7")
    with plant.records.unit() as unit:
        desk.advance(unit, now_ns + 3_600 * 10**9, plant.position + 1)  # what returned has returned for long enough
    refuse(plant, 1)
    login(client, "root").post("/api/v1/tokens", json={"name": "old", "role": "read_only"})
    alarms = {
        "ack": leak,
        "comment": leak,
        "shelve": other,
        "reset": high,
        "unshelve": batteries[0],
        "out-of-service": batteries[1],
        "in-service": batteries[2],
    }
    names = {act: {"alarm_id": alarm.id} for act, alarm in alarms.items()}
    names["retry"] = {"entry_id": str(plant.records.quarantine()[0].id)}
    names["revoke"] = {"name": "old"}
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan(TEXT, "li", 0))
        dropped = unit.add_override(Override("duty", "first", "zhao", now_ns, far_ns, "li", now_ns))
        unit.audit(AuditEntry(now_ns, "supervisor", SIGN, "a1", '{"picture":{}}'))
    names["answer"] = {"inquiry_id": inquire(plant)}
    names["drop"] = {"override_id": str(dropped)}
    names["take"] = {"handover_id": "a1"}
    act = {"permit_no": "7", "until": VALUES["until"], "comment": "work"}
    assert login(client, "root").post("/api/v1/devices/G2/maintenance", json=act).is_success
    names["maintenance"] = {"device": "G1"}
    names["in-service"] |= {"device": "G2"}
    names |= {act: {"incident_id": leak.incident_id} for act in ("step", "join", "split")}
    names |= commands(plant, client)
    names["step"] |= enter_hazards(plant, "S1", "a")
    names["attachments"] = names["verify"] = names["step"]
    names["reward"] = {"report_id": "true"}
    with plant.records.unit() as unit:
        unit.save_public_report(PublicReport("true", "S1", "", "", "", "", "", 1, ReportState.VERIFIED))
    return names | {act: {"name": "read_only"} for act in ("disable", "enable", "password", "role", "scope")}


def inquire(plant: Plant) -> str:
    with plant.records.unit() as unit:
        unit.add_instruction(Instruction("province", "q-1", "inquiry", "", "", "?", "", plant.clock_ns()))
    return str(plant.records.inquiries()[0][0].seq)


def commands(plant: Plant, client: TestClient) -> dict[str, dict[str, str]]:
    """An open valve, two commands that wait for the second step, and an incident that nothing holds open."""
    now_ns = plant.clock_ns()
    plant.hear("V1")
    plant.measure("V1", {Quantity.VALVE_OPEN: 1.0})
    with plant.records.unit() as unit:
        unit.save_incident(Incident("empty", "S1", "Z1", 3, now_ns))
        for n, act in ((4, "confirm"), (5, "cancel")):
            asked = replace(COMMAND, id=act, device=f"V{n}", site=f"S{n}", user="root")
            unit.save_command(replace(asked, requested_ns=now_ns, confirm_by_ns=now_ns + 10**12))
    wait_for(lambda: b'"position":1.0' in client.get("/api/v1/devices/V1").content, 5, "the valve on the board")
    return {
        "close": {"device": "V1", "incident_id": "empty"},
        "confirm": {"command_id": "confirm"},
        "cancel": {"command_id": "cancel"},
    }


@contextmanager
def deaf(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The audit cannot be written."""

    def refused(*_: object) -> None:
        raise StoreUnavailable("no audit")

    with monkeypatch.context() as patched:
        patched.setattr(Unit, "audit", refused)
        yield


def content(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Give every row of every table."""
    with closing(sqlite3.connect(folder / "records.db")) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}  # noqa: S608 - its own


@pytest.mark.untraced
def test_every_change_is_audited_in_its_own_transaction(
    client: TestClient, plant: Plant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = prepare(plant, client)
    changes = [operation for operation in operations(client) if operation.method != "get"]
    assert len(changes) >= 18
    for operation in sorted(changes, key=lambda o: (o.path.endswith("/me/password"), o.path)):
        login(client, "root")
        asked = names.get(operation.path.rpartition("/")[2], {})
        before = content(tmp_path)
        with deaf(monkeypatch):
            assert operation.call(client, asked).status_code == 503, operation
        assert content(tmp_path) == before, operation
        seq = plant.records.audit(1)[0].seq
        answer = operation.call(client, asked)
        assert answer.is_success, (operation, answer.text)
        assert [entry.user for entry in plant.records.audit(1) if entry.seq > seq] == ["root"], operation
    assert plant.records.broken_audit() is None


@pytest.mark.parametrize(("password", "action"), [(PASSWORD, "login"), ("guess", "login_failed")])
def test_a_login_is_audited_whether_it_succeeds_or_not(
    client: TestClient, plant: Plant, monkeypatch: pytest.MonkeyPatch, password: str, action: str
) -> None:
    with deaf(monkeypatch):
        answer = client.post("/api/v1/login", json={"name": "operator", "password": password})
    assert (answer.status_code, "set-cookie" in answer.headers) == (503, False)
    client.post("/api/v1/login", json={"name": "operator", "password": password})
    entry = plant.records.audit()[0]
    assert (entry.user, entry.action, entry.target, entry.detail) == ("operator", action, "session", "testclient")


def test_the_trail_is_paged_newest_first_and_for_those_who_may(client: TestClient, plant: Plant) -> None:
    for name in ("operator", "supervisor", "root"):
        login(client, name)
    first = client.get("/api/v1/audit?limit=2").json()
    second = client.get(f"/api/v1/audit?limit=2&after={first['next']}").json()
    found = first["items"] + second["items"]
    assert [(entry["seq"], entry["user"]) for entry in found] == [(3, "root"), (2, "supervisor"), (1, "operator")]
    assert (second["next"], found[0]["hash"]) == (None, plant.records.audit(1)[0].hash)
    login(client, "supervisor")
    assert client.get("/api/v1/audit").json()["code"] == "right"

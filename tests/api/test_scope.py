"""Nobody learns of what lies outside his scope, on any route: a route that is new fails until it is told how."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import httpx2
import pytest
from fastapi.testclient import TestClient

from alerting.permits import Wish
from api import tokens
from api.accounts import By
from domain.alarm import SYSTEM, AlarmKind
from domain.command import Command
from domain.delivery import Delivery
from domain.hazard import Attachment, Inspection, PublicReport
from domain.quantity import Quantity
from domain.record import Gap
from ledger.book import enter
from tests.api.conftest import Plant, Server, login, wait_for
from tests.api.test_data import refuse
from tests.api.test_stream import Browser, Listener
from tests.api.walk import Operation, operations
from tests.ledger.support import hazard

OF_ONESELF = {"/api/v1/me", "/api/v1/logout", "/api/v1/me/password"}
OF_THE_WHOLE = re.compile(
    "/api/v1/(?:(?:users|tokens|audit|oncall|handovers|lifeline/inquiries|reports/files|grafana)(?:/|$)|reports$)"
)
"""Accounts, audit, duties, hand-overs, what the city asks, who watches us: whoever is scoped may not even ask."""
APART = {"/api/v1/stream", "/api/v1/canary", "/api/v1/lifeline/status", "/api/v1/hazard-rules"} | {
    *("/api/v1/share/hazards", "/api/v1/share/alarms"),
    *(f"/api/v1/reports/{{rhythm}}{form}" for form in ("", "/page", "/shown", "/workbook")),
}
"""The stream never ends and has tests of its own below, what is shared and reports too; the others name no place."""
SEEN = '{"online": true, "position": 1.0, "position_ns": 1, "feeds": "", "incident": false}'
OUTSIDE = re.compile(r"\b(?:[SGV][2-9]|P9|system)\b|下关第一餐厅|Shop 2")
INSIDE = re.compile(r"\b[SGV]1\b|\bZ1\b")

COMMAND = Command("", "", "", "li", "gas", SEEN, urgent=False, requested_ns=1, confirm_by_ns=2)

DELIVERY = Delivery("", "T1", "LPG-7", "", "li", "", 1, 1, (), (), inspected=False, breaches=("uninspected",))

Sides = dict[str, dict[str, str]]


@pytest.fixture
def sides(plant: Plant) -> Sides:
    """Let the same happen inside and outside; give the names of the things of both, by parameter."""
    names: Sides = {}
    plant.find(AlarmKind.LOG_SPACE, SYSTEM, reason="log_used")
    for n, side in ((2, "outside"), (1, "inside")):
        alarm = plant.leak(f"G{n}")
        hidden = plant.find(AlarmKind.BATTERY_LOW, f"V{n}")
        refuse(plant, n, f"G{n}", f"S{n}")
        plant.measure(f"G{n}", {Quantity.GAS_PCT_LEL: 3.0})
        now_ns = plant.clock_ns()
        with plant.records.unit() as unit:
            unit.gap(Gap(f"G{n}", "b", 5, 9, now_ns))
            plant.desk.shelve(unit, hidden.id, 1, "operator", "work", now_ns, now_ns + 10**12)
            unit.save_command(replace(COMMAND, id=f"command-of-{side}", device=f"V{n}", site=f"S{n}"))
            unit.add_deliveries([replace(DELIVERY, id=side, site=f"S{n}", delivered=(f"cylinder-at-S{n}",))])
        hazards = enter_hazards(plant, f"S{n}", side)
        wish = Wish("W-7", "supervisor", "portable detector", now_ns + 10**12)
        plant.services().working.begin(plant.assets.devices[f"G{n}"], wish)
        names[side] = {
            "alarm_id": alarm.id,
            "incident_id": alarm.incident_id,
            "entry_id": str(plant.records.quarantine()[0].id),
            "command_id": f"command-of-{side}",
            "device": f"G{n}",
            "quantity": "gas_pct_lel",
            **hazards,
        }
    return names


def enter_hazards(plant: Plant, site: str, side: str) -> dict[str, str]:
    """Put something of everything into the ledger of a site; give its names."""
    row, now_ns = hazard(id=f"hazard-{side}", site=site), plant.clock_ns()
    file = Attachment(f"file-{side}", row.id, "x", "application/pdf", 1, "", "li", now_ns)
    with plant.records.unit() as unit:
        enter(unit, row, now_ns, "li")
        unit.add_attachment(file, b"%")
        unit.add_inspection(Inspection(side, site, "", "", "li", "li", now_ns, "{}", ("R05",)))
        unit.save_public_report(PublicReport(f"report-{side}", site, "", "", "smell", "139", "li", now_ns))
    return {"hazard_id": row.id, "attachment_id": file.id, "report_id": f"report-{side}"}


def read(answer: httpx2.Response) -> str:
    """Read what an answer says, also where it is packed."""
    if answer.headers["content-type"] != "application/zip":
        return answer.text
    with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
        return "".join(pack.read(name).decode() for name in pack.namelist())


def walked(client: TestClient, method: str) -> list[Operation]:
    known = (o for o in operations(client) if o.path not in OF_ONESELF | APART and not OF_THE_WHOLE.match(o.path))
    found = [operation for operation in known if operation.method == method]
    assert found
    return found


def test_what_one_asks_for_by_name_is_not_there_outside_and_there_inside(client: TestClient, sides: Sides) -> None:
    login(client, "local")
    for operation in walked(client, "get"):
        if operation.named:
            outside = operation.call(client, sides["outside"])
            assert (outside.status_code, outside.json()["code"]) == (404, "not-found"), operation
            inside = operation.call(client, sides["inside"])
            assert inside.status_code == 200, operation
            assert not OUTSIDE.search(read(inside)), operation


@pytest.mark.usefixtures("sides")
def test_a_list_names_nothing_outside_and_all_of_it_to_whoever_sees_everything(client: TestClient) -> None:
    lists = [operation for operation in walked(client, "get") if not operation.named]
    login(client, "local")
    for operation in lists:
        answer = operation.call(client, {})
        assert (answer.status_code, bool(OUTSIDE.search(answer.text))) == (200, False), operation
        assert INSIDE.search(answer.text), operation
    login(client, "root")
    whole = {operation.path for operation in lists if OUTSIDE.search(operation.call(client, {}).text)}
    assert whole == {operation.path for operation in lists} - {"/api/v1/zones"}  # the town has one alone


def test_nobody_acts_on_what_lies_outside(client: TestClient, plant: Plant, sides: Sides) -> None:
    login(client, "local")
    before = plant.records.last_journal(), plant.records.audit()
    for operation in walked(client, "post"):
        answer = operation.call(client, sides["outside"])
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found"), operation
    assert (plant.records.last_journal(), plant.records.audit()) == before
    path = f"/api/v1/alarms/{sides['inside']['alarm_id']}/ack"
    assert client.post(path, json={"occurrence": 1}).status_code == 200


def test_an_alarm_outside_reads_like_one_that_never_was(client: TestClient, sides: Sides) -> None:
    login(client, "local")
    hidden, unknown = sides["outside"]["alarm_id"], "0" * 16
    act = {"occurrence": 1}
    details = [
        [client.get(f"/api/v1/alarms/{name}").json()["detail"] for name in (hidden, unknown)],
        [client.post(f"/api/v1/alarms/{name}/ack", json=act).json()["detail"] for name in (hidden, unknown)],
    ]
    assert [one.replace(hidden, unknown) == other for one, other in details] == [True, True]


def test_a_scoped_administrator_keeps_no_accounts_and_reads_no_audit(client: TestClient) -> None:
    login(client, "local")
    found = [operation for operation in operations(client) if OF_THE_WHOLE.match(operation.path)]
    names = {"name": "operator", "override_id": "1", "handover_id": "1", "inquiry_id": "1"}
    answers = [operation.call(client, names) for operation in found]
    assert len(found) >= 10
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(403, "scope")}


@pytest.mark.usefixtures("sides")
def test_whoever_is_scoped_to_nothing_that_exists_sees_nothing(client: TestClient) -> None:
    login(client, "lost")
    for operation in walked(client, "get"):
        if not operation.named:
            answer = operation.call(client, {})
            assert not OUTSIDE.search(answer.text), operation
            assert not INSIDE.search(answer.text), operation


# ---------------------------------------------------------------- the stream


@pytest.fixture
def local(server: Server) -> Iterator[Browser]:
    made = Browser(server, "local")
    yield made
    made.http.close()


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_stream_tells_and_counts_what_is_within_the_scope_alone(local: Browser, live_plant: Plant) -> None:
    live_plant.leak("G2")
    seen = live_plant.records.last_journal()
    live_plant.find(AlarmKind.LOG_SPACE, SYSTEM)
    live_plant.leak("G1")
    with local.listen(f"last_event_id={seen}&device=G2") as stream:
        snapshot = stream.first("snapshot")
        live_plant.leak("G3")
        for device in ("V2", "V1", "G2", "G1"):
            live_plant.hear(device)
            live_plant.measure(device, {Quantity.GAS_PCT_LEL: 1.0})
        live_plant.find(AlarmKind.BATTERY_LOW, "V1")
        wait_for(lambda: stream.named("alarm") and len(stream.named("device")) >= 2, 5, "what is inside")
        told = list(stream.events)
        wait_for(lambda: [data for data in stream.named("health") if data["totals"]], 5, "counts within the scope")
        health = [data for data in stream.named("health") if data["totals"]][-1]
    assert [row["device"] for row in snapshot["alarms"]] == ["G1"]
    assert (snapshot["counts"]["3"], snapshot["unacknowledged"]) == (1, 1)
    assert {line["device"] for line in snapshot["missed"]} == {"G1"}
    assert snapshot["totals"]["devices"] == health["totals"]["devices"] == 2
    assert {site["id"] for site in snapshot["sites"]} == {"S1"}
    assert {name for name, _, _ in told} == {"snapshot", "health", "device", "alarm"}
    assert not [event for event in told if OUTSIDE.search(str(event))]
    assert {data["totals"]["devices"] for data in stream.named("device")} == {2}


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_what_was_missed_is_counted_within_the_scope(local: Browser, live_plant: Plant) -> None:
    alarms = {name: live_plant.leak(name) for name in ("G1", "G2")}
    seen = live_plant.records.last_journal()
    with live_plant.records.unit() as unit:
        for n in range(501):
            for alarm in alarms.values():
                live_plant.desk.comment(unit, alarm.id, 1, "operator", f"note {n}", live_plant.clock_ns())
    with local.listen(f"last_event_id={seen}") as stream:
        assert stream.first("snapshot")["missed_count"] == 501


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_stream_of_a_program_ends_when_its_token_is_revoked(server: Server, live_plant: Plant) -> None:
    by = By("root", live_plant.clock_ns())
    with live_plant.records.unit() as unit:
        secret, _ = tokens.add(
            unit, by, name="wall", owner="root", role="read_only", rights=[], townships=[], sites=["S1"], days=1
        )
    stream = Listener(server.port, "/api/v1/stream", {"Authorization": f"Bearer {secret}"})
    assert stream.first("snapshot")["totals"]["devices"] == 2
    with live_plant.records.unit() as unit:
        tokens.revoke(unit, "wall", by)
    wait_for(lambda: stream.ended, 8, "the end of the stream")
    stream.close()


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_two_scopes_listen_at_once_and_each_gets_its_own(server: Server, local: Browser, live_plant: Plant) -> None:
    whole = Browser(server, "root")
    with local.listen() as narrow, whole.listen() as wide:
        narrow.first("snapshot")
        wide.first("snapshot")
        for device in ("V2", "V1"):
            live_plant.hear(device)
        wait_for(lambda: len(wide.named("device")) == 2 and narrow.named("device"), 5, "devices")
        assert {data["totals"]["devices"] for data in wide.named("device")} == {17}
        assert [data["totals"]["devices"] for data in narrow.named("device")] == [2]
    whole.http.close()

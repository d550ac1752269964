"""Incidents over HTTP: steps, proof, stand-down, evidence."""

import io
import zipfile
from collections.abc import Iterator

import msgspec
import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from api.evidence import broken
from domain.alarm import Alarm, AlarmKind
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import Notice
from tests.api.conftest import Clock, Plant, S, login, wait_for

Json = dict[str, object]


@pytest.fixture
def alarm(plant: Plant) -> Alarm:
    """High gas that has come and gone, and is answered and reset."""
    plant.hear("G1")
    found = plant.find(AlarmKind.GAS_HIGH, "G1", value=60, limit=50)
    with plant.records.unit() as unit:
        unit.notice(Notice(f"{found.id}/1", found.id, 1, "webhook", "", "{}", 1))
        plant.desk.acknowledge(unit, found.id, 1, "operator", "", plant.clock_ns())
    plant.end(AlarmKind.GAS_HIGH, "G1")
    with plant.records.unit() as unit:
        plant.desk.reset(unit, found.id, 1, "operator", "", plant.clock_ns())
    return plant.alarm("G1", AlarmKind.GAS_HIGH)


@pytest.fixture
def supervisor(plant: Plant) -> Iterator[TestClient]:
    with TestClient(create_app(plant.services())) as made:
        yield login(made, "supervisor")


def post(client: TestClient, path: str, **body: object) -> tuple[int, Json]:
    answer = client.post(f"/api/v1/incidents/{path}", json=body)
    return answer.status_code, answer.json()


def prove(plant: Plant, clock: Clock, client: TestClient, value: float = 1.0) -> None:
    """Ten minutes of readings each ten seconds, and a closed valve."""
    for _ in range(61):
        plant.measure("G1", {Quantity.GAS_PCT_LEL: value})
        clock.now_ns += 10 * S
    plant.measure("V1", {Quantity.VALVE_OPEN: 0.0})
    plant.hear("V1")
    wait_for(lambda: position(client) == 0.0, 5, "the valve on the board")


def position(client: TestClient) -> object:
    devices = client.get("/api/v1/devices").json()["items"]
    return next(device["position"] for device in devices if device["id"] == "V1")


def codes(body: Json) -> list[str]:
    found = body["missing"]
    assert isinstance(found, list)
    return [one["code"] for one in found]


def test_an_incident_with_gas_stays_open_until_it_is_stood_down_with_proof(
    supervisor: TestClient, plant: Plant, clock: Clock, alarm: Alarm
) -> None:
    shown = supervisor.get(f"/api/v1/incidents/{alarm.incident_id}").json()
    assert (shown["closed_time"], shown["needs_proof"]) == (None, True)
    assert codes(shown) == ["not_isolated", "no_data", "no_recheck"]
    status, problem = post(supervisor, f"{alarm.incident_id}/close", result="leak", text="hose changed")
    assert (status, problem["code"]) == (409, "not-proven")
    assert "缺第二人复测确认" in str(problem["detail"])
    prove(plant, clock, supervisor)
    with TestClient(create_app(plant.services())) as other:
        status, body = post(login(other), f"{alarm.incident_id}/step", step="recheck", text="0 %LEL at all points")
        assert status == 200
        assert [(step["step"], step["user"]) for step in body["steps"]] == [("recheck", "operator")]  # type: ignore[attr-defined]
    assert codes(supervisor.get(f"/api/v1/incidents/{alarm.incident_id}").json()) == []
    status, body = post(supervisor, f"{alarm.incident_id}/close", result="leak", text="hose changed")
    assert (status, body["result"], body["closed_by"]) == (200, "leak", "supervisor")
    assert post(supervisor, f"{alarm.incident_id}/step", step="measure")[0] == 409
    assert post(supervisor, f"{alarm.incident_id}/close", result="leak", text="again")[0] == 409
    assert [entry.action for entry in plant.records.audit()][:2] == ["incident close", "incident recheck"]


@pytest.mark.parametrize(
    ("value", "spoil", "code"), [(13.0, None, "still_gas"), (1.0, Quality.BAD, "no_data"), (1.0, "silence", "no_data")]
)
def test_gas_bad_data_and_silence_are_no_proof(
    supervisor: TestClient, plant: Plant, clock: Clock, alarm: Alarm, *, value: float, spoil: object, code: str
) -> None:
    prove(plant, clock, supervisor, value)
    if isinstance(spoil, Quality):
        plant.measure("G1", {Quantity.GAS_PCT_LEL: 1.0}, gas_pct_lel=spoil)
    elif spoil:
        clock.now_ns += 31 * S
        plant.measure("V1", {Quantity.VALVE_OPEN: 0.0})
        plant.hear("V1")
    assert code in codes(supervisor.get(f"/api/v1/incidents/{alarm.incident_id}").json())


def test_who_closes_cannot_be_the_second_person(
    supervisor: TestClient, plant: Plant, clock: Clock, alarm: Alarm
) -> None:
    prove(plant, clock, supervisor)
    post(supervisor, f"{alarm.incident_id}/step", step="recheck", text="fine")
    status, problem = post(supervisor, f"{alarm.incident_id}/close", result="leak", text="done")
    assert (status, problem["code"]) == (409, "not-proven")


def test_an_operator_takes_steps_but_does_not_stand_down(operator: TestClient, alarm: Alarm) -> None:
    assert post(operator, f"{alarm.incident_id}/step", step="dispatch", text="team 2")[0] == 200
    assert post(operator, f"{alarm.incident_id}/close", result="leak", text="x")[0] == 403
    assert post(operator, "none/step", step="dispatch")[0] == 404


def test_alarms_join_and_split_by_hand(operator: TestClient, plant: Plant, alarm: Alarm) -> None:
    other = plant.find(AlarmKind.GAS_LOW, "G7", value=30, limit=20)
    assert other.incident_id != alarm.incident_id
    status, body = post(operator, f"{alarm.incident_id}/join", alarm_id=other.id)
    assert status == 200
    assert {one["id"] for one in body["alarms"]} == {alarm.id, other.id}  # type: ignore[attr-defined]
    status, own = post(operator, f"{alarm.incident_id}/split", alarm_id=other.id)
    assert (status, [one["id"] for one in own["alarms"]]) == (200, [other.id])  # type: ignore[attr-defined]
    assert own["id"] != alarm.incident_id
    assert post(operator, f"{own['id']}/split", alarm_id=other.id)[0] == 409
    assert post(operator, f"{own['id']}/join", alarm_id="none")[0] == 404


def test_the_evidence_is_one_chained_pack_with_the_frames(operator: TestClient, plant: Plant, alarm: Alarm) -> None:
    at = plant.clock_ns()
    log = plant.frame_log()
    entries = [
        (at + shift * S, f"gas/v1/S{n}/G{n}/telemetry", b'{"v":1}') for shift, n in ((-400, 1), (-3, 1), (-2, 2))
    ]
    log.append([*entries, (at, "$log/tick", b"")])
    for path in (f"incidents/{alarm.incident_id}", f"alarms/{alarm.id}"):
        answer = operator.get(f"/api/v1/{path}/evidence")
        assert answer.headers["content-type"] == "application/zip"
        assert broken(answer.content) == ""
        with zipfile.ZipFile(io.BytesIO(answer.content)) as pack:
            parts = {name: pack.read(name).splitlines() for name in pack.namelist()}
        assert [msgspec.json.decode(line)["position"] for line in parts["frames.ndjson"]] == [2]
        assert msgspec.json.decode(parts["decisions.ndjson"][0])["event"] == "raise"
        assert len(parts["notices.ndjson"]) == len(parts["alarms.ndjson"]) == len(parts["incident.ndjson"]) == 1
        assert b"acknowledge" in b"".join(parts["audit.ndjson"])
        assert operator.get(f"/api/v1/{path}/evidence").content == answer.content


def test_a_spoilt_pack_is_found_out(operator: TestClient, alarm: Alarm) -> None:
    whole = operator.get(f"/api/v1/incidents/{alarm.incident_id}/evidence").content
    assert broken(whole[:-30]).startswith("no evidence")
    assert broken(b"") != ""
    with zipfile.ZipFile(io.BytesIO(whole)) as pack:
        parts = {name: pack.read(name) for name in pack.namelist()}
    assert broken(_zip(parts)) == ""
    spoilt = parts | {"audit.ndjson": b""}
    assert broken(_zip(spoilt)) == "audit.ndjson is not what the manifest says"
    assert broken(_zip(parts | {"more.txt": b"x"})) == "not in the manifest: more.txt"
    del parts["frames.ndjson"]
    assert broken(_zip(parts)).startswith("no evidence")


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as pack:
        for name, content in parts.items():
            pack.writestr(name, content)
    return out.getvalue()

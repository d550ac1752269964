"""Alarms over HTTP."""

from fastapi.testclient import TestClient

from api.times import rfc3339
from domain.alarm import AlarmKind
from domain.finding import Transition
from domain.location import Location, PipeShare
from domain.quantity import Quantity
from tests.api.conftest import XSS, Clock, Plant, S, login, wait_for

CONTRACT = {
    *("id", "incident_id", "priority", "kind", "device", "site", "zone", "state", "active", "acknowledged", "latched"),
    *("occurrence", "value", "limit", "unit", "classification", "confidence", "location", "first_time", "last_time"),
    *("text", "reasons", "linkage", "drill"),
    *("site_name", "acknowledged_by", "acknowledged_time", "what_to_do"),
}


def act(client: TestClient, alarm_id: str, verb: str, **body: object) -> tuple[int, dict[str, object]]:
    answer = client.post(f"/api/v1/alarms/{alarm_id}/{verb}", json=body)
    return answer.status_code, answer.json()


def test_an_alarm_reads_as_the_contract_says(operator: TestClient, plant: Plant, clock: Clock) -> None:
    alarm = plant.leak()
    shown = operator.get(f"/api/v1/alarms/{alarm.id}").json()
    assert shown.keys() >= CONTRACT
    assert shown["state"] == {"letter": "B", "name": "active_unacknowledged"}
    assert (shown["value"], shown["limit"], shown["unit"]) == (31.0, 20.0, "%LEL")
    assert (shown["classification"], shown["confidence"]) == ("unknown", None)
    site = {"lon": 100.25, "lat": 25.6, "crs": "CGCS2000"}
    assert shown["location"] == site | {"within_m": None, "pipes": [], "elsewhere": None}
    assert shown["first_time"] == rfc3339(clock.now_ns) == "2026-01-15T12:00:00.000+08:00"
    assert shown["text"]["zh"] == "古城小厨 G1 可燃气体 31 %LEL > 一级限 20 %LEL"
    assert shown["what"]["zh"] == "可燃气体 31 %LEL > 一级限 20 %LEL"
    assert shown["site_name"] == {"zh": "古城小厨", "en": "Shop 1"}
    assert shown["incident_id"]
    assert shown["journal"][0]["event"] == "raise"


def test_a_possible_place_is_told_with_its_pipes(operator: TestClient, plant: Plant) -> None:
    pipes = (PipeShare("P-B-003", 0.625), PipeShare("P-B-004", 0.25))
    first = plant.find(AlarmKind.PIPE_RUPTURE, "G1", location=Location(100.26, 25.61, 120.0, pipes, 0.1))
    found = operator.get(f"/api/v1/alarms/{first.id}").json()["location"]
    assert (found["lon"], found["lat"], found["within_m"]) == (100.26, 25.61, 120.0)
    assert found["pipes"][0] == {"pipe": "P-B-003", "probability": 0.625}
    assert (len(found["pipes"]), found["elsewhere"]) == (2, 0.1)


def test_pipes_of_a_network_without_places_are_told_at_the_site(operator: TestClient, plant: Plant) -> None:
    place = Location(None, None, None, (PipeShare("P-B-003", 0.625),), 0.1)
    alarm = plant.find(AlarmKind.PIPE_RUPTURE, "G1", location=place)
    found = operator.get(f"/api/v1/alarms/{alarm.id}").json()["location"]
    assert (found["lon"], found["lat"], found["within_m"]) == (100.25, 25.6, None)
    assert len(found["pipes"]) == 1


def test_linkage_tells_the_valve_of_the_site(operator: TestClient, plant: Plant) -> None:
    plant.hear("V1")
    plant.measure("V1", {Quantity.VALVE_OPEN: 0.0})
    alarm = plant.leak()

    def valves() -> list[dict[str, object]]:
        found: list[dict[str, object]] = operator.get(f"/api/v1/alarms/{alarm.id}").json()["linkage"]["valves"]
        return found

    wait_for(lambda: valves()[0]["position"] == 0.0, 3, "the valve on the board")
    assert valves()[0]["device"] == "V1"
    assert valves()[0]["online"] is True


def test_an_answer_is_bound_to_the_occurrence_that_was_seen(operator: TestClient, plant: Plant) -> None:
    alarm = plant.leak()
    plant.end(AlarmKind.GAS_LOW, "G1")
    plant.leak(value=40.0)
    status, problem = act(operator, alarm.id, "ack", occurrence=1)
    assert (status, problem["code"]) == (409, "changed")
    assert not plant.alarm("G1", AlarmKind.GAS_LOW).life.acknowledged
    status, shown = act(operator, alarm.id, "ack", occurrence=2, comment="on my way")
    assert (status, shown["acknowledged_by"]) == (200, "operator")
    assert act(operator, alarm.id, "ack", occurrence=2)[0] == 409
    entry = plant.records.audit()[0]
    assert (entry.action, entry.user, entry.detail) == ("acknowledge", "operator", "on my way")


def test_shelving_needs_a_reason_and_an_end_and_a_critical_alarm_is_never_shelved(
    operator: TestClient, plant: Plant, clock: Clock
) -> None:
    low, high = plant.leak(), plant.find(AlarmKind.GAS_HIGH, "G2", value=60.0, limit=50.0)
    until = rfc3339(clock.now_ns + 3600 * S)
    assert act(operator, low.id, "shelve", occurrence=1, until=until)[0] == 422
    assert act(operator, low.id, "shelve", occurrence=1, comment="biogas", until="2026-01-15T13:00:00")[0] == 422
    assert act(operator, high.id, "shelve", occurrence=1, comment="x", until=until)[1]["code"] == (
        "refused-safety-critical"
    )
    status, shown = act(operator, low.id, "shelve", occurrence=1, comment="biogas", until=until)
    assert (status, shown["state"]) == (200, {"letter": "G", "name": "shelved"})
    assert shown["shelved_until"] == until
    (hidden,) = operator.get("/api/v1/silenced").json()["items"]
    assert (hidden["id"], hidden["hidden_by"], hidden["hidden_until"]) == (low.id, "operator", until)
    assert (hidden["hidden_why"], hidden["hidden_time"] is None) == ({"zh": "biogas", "en": "biogas"}, False)
    assert act(operator, low.id, "unshelve", occurrence=1)[1]["state"] == {
        "letter": "B",
        "name": "active_unacknowledged",
    }


def test_out_of_service_is_for_a_supervisor_with_a_permit(client: TestClient, plant: Plant, clock: Clock) -> None:
    alarm = plant.leak()
    body = {"occurrence": 1, "until": rfc3339(clock.now_ns + S), "comment": "portable detector", "permit_no": "W-7"}
    assert act(login(client), alarm.id, "out-of-service", **body)[0] == 403
    login(client, "supervisor")
    status, shown = act(client, alarm.id, "out-of-service", **body)
    assert (status, shown["permit_no"], shown["state"]["letter"]) == (200, "W-7", "I")  # type: ignore[index]
    assert act(client, alarm.id, "in-service", occurrence=1)[0] == 200


def test_a_latched_alarm_is_reset_only_after_an_answer(operator: TestClient, plant: Plant) -> None:
    alarm = plant.find(AlarmKind.GAS_HIGH, "G2", value=60.0, limit=50.0)
    plant.end(AlarmKind.GAS_HIGH, "G2")
    assert act(operator, alarm.id, "reset", occurrence=1)[1]["code"] == "refused-not-latched"
    assert act(operator, alarm.id, "ack", occurrence=1)[1]["state"]["letter"] == "F"  # type: ignore[index]
    assert act(operator, alarm.id, "reset", occurrence=1)[1]["state"]["letter"] == "A"  # type: ignore[index]


def test_a_comment_stands_in_the_journal(operator: TestClient, plant: Plant) -> None:
    alarm = plant.leak()
    assert act(operator, alarm.id, "comment", occurrence=1, comment="")[0] == 422
    assert act(operator, alarm.id, "comment", occurrence=1, comment=XSS)[0] == 200
    last = operator.get(f"/api/v1/alarms/{alarm.id}").json()["journal"][-1]
    assert (last["event"], last["user"], last["note"]) == ("comment", "operator", XSS)


def test_unknown_alarms_are_not_found(operator: TestClient) -> None:
    assert operator.get("/api/v1/alarms/none").json()["code"] == "not-found"
    assert act(operator, "none", "ack", occurrence=1)[0] == 404


def test_the_list_filters_pages_and_sorts(operator: TestClient, plant: Plant) -> None:
    for n in range(1, 6):
        plant.leak(f"G{n}")
    plant.find(AlarmKind.GAS_HIGH, "G5", value=60.0, limit=50.0)
    plant.end(AlarmKind.GAS_LOW, "G1")

    def listed(query: str) -> list[dict[str, object]]:
        items: list[dict[str, object]] = operator.get(f"/api/v1/alarms?{query}").json()["items"]
        return items

    assert [alarm["priority"] for alarm in listed("standing=true")] == [2, 3, 3, 3, 3, 3]
    assert {alarm["site"] for alarm in listed("site=S5")} == {"S5"}
    assert len(listed("priority=2")) == 1
    assert [alarm["device"] for alarm in listed("state=D")] == ["G1"]
    first = operator.get("/api/v1/alarms?limit=4").json()
    second = operator.get(f"/api/v1/alarms?limit=4&after={first['next']}").json()
    ids = [alarm["id"] for alarm in first["items"] + second["items"]]
    assert ids == sorted(set(ids))
    assert (len(ids), second["next"]) == (6, None)
    assert operator.get("/api/v1/alarms?state=Z").status_code == 422


def test_a_worse_level_is_a_new_occurrence_with_its_own_limit_name(operator: TestClient, plant: Plant) -> None:
    plant.find(AlarmKind.GAS_DECLARED, "G3", level=1, value=1.0)
    worse = plant.find(AlarmKind.GAS_DECLARED, "G3", Transition.ESCALATE, level=2, value=2.0)
    shown = operator.get(f"/api/v1/alarms/{worse.id}").json()
    assert shown["occurrence"] == 2
    assert shown["text"]["en"].endswith("high alarm declared by the device")


def test_incidents_hold_the_alarms_of_one_site(operator: TestClient, plant: Plant) -> None:
    alarm = plant.leak()
    plant.find(AlarmKind.GAS_HIGH, "G1", value=60.0, limit=50.0)
    found = operator.get("/api/v1/incidents?open_only=true").json()["items"]
    assert [(incident["id"], incident["priority"]) for incident in found] == [(alarm.incident_id, 2)]
    detail = operator.get(f"/api/v1/incidents/{alarm.incident_id}").json()
    assert {member["kind"] for member in detail["alarms"]} == {"gas_low", "gas_high"}
    assert detail["journal"]
    assert operator.get("/api/v1/incidents/none").status_code == 404


def test_a_long_journal_shows_its_latest_lines(operator: TestClient, plant: Plant) -> None:
    alarm = plant.leak()
    with plant.records.unit() as unit:
        for n in range(600):
            plant.desk.comment(unit, alarm.id, 1, "operator", f"note {n}", plant.clock_ns())
    journal = operator.get(f"/api/v1/alarms/{alarm.id}").json()["journal"]
    assert (len(journal), journal[-1]["note"]) == (200, "note 599")


def listed(client: TestClient, **params: str) -> list[str]:
    """Devices of all pages of a list of alarms."""
    found: list[str] = []
    after: str | None = ""
    while after is not None:
        page = client.get("/api/v1/alarms", params={**params, "after": after, "limit": 2}).json()
        found += [alarm["device"] for alarm in page["items"]]
        after = page["next"]
    return found


def test_the_history_is_read_newest_first_and_by_the_time_of_any_change(
    operator: TestClient, plant: Plant, clock: Clock
) -> None:
    start = clock.now_ns
    for minute, device in enumerate(("G1", "G2", "G3", "G1", "G4", "G5")):
        clock.now_ns = start + minute * 60 * S
        plant.leak(device) if minute != 3 else plant.end(AlarmKind.GAS_LOW, device)
    assert listed(operator, order="newest") == ["G5", "G4", "G1", "G3", "G2"]
    first = {"from": rfc3339(start), "to": rfc3339(start + 60 * S)}
    assert listed(operator, order="newest", **first) == ["G1"]  # it has changed again since
    late = {"from": rfc3339(start + 180 * S)}
    assert sorted(listed(operator, **late)) == ["G1", "G4", "G5"]
    assert listed(operator, order="newest", to=rfc3339(start)) == []


def test_an_incident_says_what_is_behind_it_and_what_speaks_for_and_against_that(
    operator: TestClient, plant: Plant
) -> None:
    early = plant.find(AlarmKind.GAS_EARLY, "G1", value=9.0, reason="cooking", taken=("vapour", 0.8))
    high = plant.find(AlarmKind.GAS_HIGH, "G1", value=60.0, limit=50.0)
    detail = operator.get(f"/api/v1/incidents/{high.incident_id}").json()
    assert (detail["cause"], detail["cause_text"]["zh"], detail["place"]) == ("gas_leak", "室内燃气泄漏", None)
    assert 0.5 < detail["confidence"] <= 1
    assert set(detail["evidence_for"]) == {early.id, high.id}
    assert detail["evidence_against"] == []
    listed = operator.get("/api/v1/incidents?open_only=true").json()["items"][0]
    assert (listed["cause"], listed["confidence"]) == ("gas_leak", detail["confidence"])
    shown = operator.get(f"/api/v1/alarms/{early.id}").json()
    assert (shown["classification"], shown["confidence"], shown["causes"]) == ("vapour", 0.8, [])


def test_incidents_go_on_from_their_cursor(operator: TestClient, plant: Plant, clock: Clock) -> None:
    for device in ("G1", "G2", "G3"):
        clock.now_ns += S
        plant.leak(device)
    first = operator.get("/api/v1/incidents?limit=2").json()
    second = operator.get(f"/api/v1/incidents?limit=2&after={first['next']}").json()
    assert [incident["site"] for incident in first["items"] + second["items"]] == ["S3", "S2", "S1"]
    assert second["next"] is None


def test_an_alarm_says_whether_it_can_be_hidden_at_all(operator: TestClient, plant: Plant) -> None:
    plant.leak("G1")
    plant.find(AlarmKind.GAS_HIGH, "G1", value=60.0, limit=50.0)
    shown = {alarm["kind"]: alarm["safety_critical"] for alarm in operator.get("/api/v1/alarms").json()["items"]}
    assert shown == {"gas_low": False, "gas_high": True}

"""The ledger over HTTP: from an inspection to a closed hazard, and who sees what of it."""

import base64
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api import tokens
from api.accounts import By
from domain.hazard import Attachment
from domain.record import User
from ledger import workbook
from tests.api.conftest import HASH, Clock, Plant, login

DAY = 86_400 * 10**9
INSPECTION = {"site": "S1", "facts": {"hose_m": 3.0, "tee": False}, "evidence": "软管 3 m", "responsible": "店主"}
PDF = b"%PDF-1.7 x"


def post(client: TestClient, path: str, expected: int = 200, **body: Any) -> Any:  # noqa: ANN401 - JSON
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == expected, answer.text
    return answer.json()


def found(client: TestClient, **body: Any) -> Any:  # noqa: ANN401 - JSON
    """Let an inspection find a hose that is too long."""
    (name,) = post(client, "inspections", 201, **(INSPECTION | body))["hazards"]
    return client.get(f"/api/v1/hazards/{name}").json()


def step(client: TestClient, hazard: Any, name: str, expected: int = 200, **body: Any) -> Any:  # noqa: ANN401 - JSON
    told = {"step": name, "version": hazard["version"], "text": "x"} | body
    return post(client, f"hazards/{hazard['id']}/step", expected, **told)


def test_a_hazard_goes_through_the_hands_of_two(client: TestClient, plant: Plant) -> None:
    login(client, "supervisor")
    hazard = found(client)
    assert (hazard["rule"], hazard["object"], hazard["responsible"]) == ("R04", "古城小厨", "店主")
    assert (hazard["lead"], hazard["co"], hazard["state"]) == ("消防", ["商务"], "registered")
    assert step(client, hazard, "rectify", 409)["code"] == "step-order"
    assert step(client, hazard, "seen", 422)["code"] == "invalid"
    hazard = step(client, hazard, "dispatch")
    assert step(client, hazard, "begin", 422, text="")["code"] == "step-field"
    hazard = step(client, hazard, "begin", text="停用该灶具")
    hazard = step(client, hazard, "rectify", text="换为 1.5 m")
    assert step(client, hazard, "pass", 422)["code"] == "step-same-person"
    login(client, "operator")
    assert step(client, hazard, "extend", 403)["code"] == "step-duty"
    assert step(client, {**hazard, "version": 1}, "pass", 409)["code"] == "changed"
    closed = step(client, hazard, "pass", text="复查合格")
    assert (closed["state"], closed["rechecked_by"], closed["rectified_by"]) == ("closed", "operator", "supervisor")
    assert [event["step"] for event in closed["events"]] == ["register", "dispatch", "begin", "rectify", "pass"]
    assert closed["steps"] == ["reopen", "comment"]
    assert found(client)["reopened"] == 1
    assert plant.records.broken_audit() is None


def test_an_inspection_that_finds_nothing_is_kept_and_one_that_decides_nothing_is_refused(client: TestClient) -> None:
    login(client)
    made = post(client, "inspections", 201, site="S1", facts={"hose_m": 2.0, "gas_sources": ["natural"]})
    assert (made["judged"], made["broken"], made["hazards"]) == (["R01", "R04", "R12"], [], [])
    assert post(client, "inspections", 422, site="S1", facts={})["code"] == "step-field"
    assert post(client, "inspections", 422, site="S1", facts={"hose": 2.0})["code"] == "invalid"
    assert "hose_m is -1" in post(client, "inspections", 422, site="S1", facts={"hose_m": -1})["detail"]
    endless = '{"site": "S1", "facts": {"cylinder_kg": NaN, "cylinder_room": false}}'
    sent = client.post("/api/v1/inspections", content=endless, headers={"Content-Type": "application/json"})
    assert (sent.status_code, "cylinder_kg is nan" in sent.json()["detail"]) == (422, True)
    assert made["facts"] == '{"gas_sources":["natural"],"hose_m":2.0}'
    assert [row["id"] for row in client.get("/api/v1/inspections?site=S1").json()["items"]] == [made["id"]]


@pytest.mark.parametrize(
    "wrong", [{"responsible": ""}, {"deadline": "2020-01-01T00:00:00+08:00"}, {"found": "2030-01-01T00:00:00+08:00"}]
)
def test_a_record_without_its_mandatory_fields_enters_nothing(
    client: TestClient, plant: Plant, wrong: dict[str, str]
) -> None:
    login(client)
    before = plant.records.audit(1)
    post(client, "inspections", 422, **(INSPECTION | wrong))
    assert (plant.records.audit(1), client.get("/api/v1/inspections").json()["items"]) == (before, [])


@pytest.mark.parametrize("origin", ["telemetry", "public_report"])
def test_nobody_enters_by_hand_what_monitoring_or_the_public_found(client: TestClient, origin: str) -> None:
    login(client)
    wrong = post(client, "inspections", 422, **INSPECTION, origin=origin)
    assert wrong["detail"].startswith("body.origin: ")
    post(client, "hazards", 422, site="S1", rule="R05", evidence="三通", responsible="店主", origin=origin)


def test_the_list_counts_filters_and_pages(client: TestClient, clock: Clock) -> None:
    login(client, "supervisor")
    first = found(client, responsible="supervisor Wang")
    found(client, site="S2", facts={"two_phase_cylinder": True})
    post(
        client,
        "hazards",
        201,
        site="",
        object="中压管",
        township="古城镇",
        rule="N02",
        evidence="棚",
        responsible="所长",
    )
    step(client, first, "dispatch")
    clock.now_ns += 4 * DAY
    login(client, "supervisor")
    page = client.get("/api/v1/hazards?limit=2").json()
    rest = client.get(f"/api/v1/hazards?limit=2&after={page['next']}").json()
    assert sorted(row["rule"] for row in page["items"] + rest["items"]) == ["N02", "R04", "R08"]
    assert (rest["next"], rest["counts"]) == (None, None)
    counts = page["counts"]
    assert (counts["total"], counts["open"], counts["overdue"]) == (3, 3, 2)
    assert counts["by_state"] == {"dispatched": 1, "registered": 2}
    asked = {
        "overdue=true": ["R04", "R08"],
        "state=dispatched": ["R04"],
        "department=公安": ["R08"],
        "mine=true": ["R04"],
        "township=古城镇&open=true": ["N02", "R04"],
    }
    for query, rules in asked.items():
        told = client.get(f"/api/v1/hazards?{query}").json()["items"]
        assert sorted(row["rule"] for row in told) == rules, query


def test_a_department_sees_what_it_leads_or_helps_with_and_a_township_what_stands_in_no_registry(
    client: TestClient, plant: Plant
) -> None:
    with plant.records.unit() as unit:
        unit.add_user(User("police", "公安", "regulator", HASH))
    login(client, "root")
    made = post(client, "users/police/scope", townships=[], sites=[], departments=["公安"])
    assert made["departments"] == ["公安"]
    said: dict[str, Any] = {"role": "read_only", "rights": [], "townships": [], "sites": [], "days": 1}
    with plant.records.unit() as unit:
        secret, _ = tokens.add(unit, By("root", plant.clock_ns()), name="desk", owner="police", **said)
    login(client, "supervisor")
    fire = found(client)
    found(client, site="S2", facts={"two_phase_cylinder": True})
    post(client, "hazards", 201, site="", object="管", township="古城镇", rule="N02", evidence="棚", responsible="所长")
    login(client, "police")
    assert [row["rule"] for row in client.get("/api/v1/hazards").json()["items"]] == ["R08"]
    assert client.get(f"/api/v1/hazards/{fire['id']}").status_code == 404
    client.cookies.clear()
    seen = client.get("/api/v1/hazards", headers={"Authorization": f"Bearer {secret}"}).json()["items"]
    assert [row["rule"] for row in seen] == ["R08"]
    login(client, "local")
    assert sorted(row["rule"] for row in client.get("/api/v1/hazards").json()["items"]) == ["N02", "R04"]
    post(client, "hazards", 404, site="", object="管", township="D1", rule="N02", evidence="棚", responsible="所长")


def test_an_attachment_is_taken_by_its_content_and_given_back_to_be_saved(client: TestClient, plant: Plant) -> None:
    login(client)
    hazard = found(client)
    path = f"hazards/{hazard['id']}/attachments"
    made = post(client, path, 201, name="../软管.pdf", content=base64.b64encode(PDF).decode())
    assert (made["name"], made["media"], made["size"]) == ("_软管.pdf", "application/pdf", len(PDF))
    got = client.get(f"/api/v1/{path}/{made['id']}")
    assert (got.content, got.headers["content-type"]) == (PDF, "application/pdf")
    assert got.headers["content-disposition"].startswith("attachment; filename*=UTF-8''_")
    assert client.get(f"/api/v1/{path}/nothing").status_code == 404
    for content in (b"<svg/>", PDF + bytes(3 * 1024 * 1024)):
        post(client, path, 422, name="x.png", content=base64.b64encode(content).decode())
    with plant.records.unit() as unit:
        for n in range(19):
            unit.add_attachment(Attachment(f"a{n}", hazard["id"], "x", "", 1, "", "li", 1), PDF)
    post(client, path, 422, name="x", content=base64.b64encode(PDF).decode())


def test_a_table_that_was_exported_and_is_read_again_enters_nothing_twice(client: TestClient) -> None:
    login(client)
    hazard = found(client, evidence="=1+1")
    text = client.get("/api/v1/hazards/export").text
    assert "'=1+1" in text
    assert post(client, "hazards/import", csv=text) == {"new": 0, "known": 1}
    rows = "rule,site,found_by,found,evidence,responsible,deadline\nR05,S1,li,2026-01-01,三通,店主,2026-02-01\n"
    assert post(client, "hazards/import", csv=rows) == {"new": 1, "known": 0}
    assert post(client, "hazards/import", csv=rows) == {"new": 0, "known": 1}
    made = client.get("/api/v1/hazards?rule=R05").json()["items"][0]
    assert (made["deadline"], made["state"]) == ("2026-02-01T23:59:59.000+08:00", "registered")
    wrong = rows + "R99,S1,li,2026-01-01,x,y,\nR05,S1,li,gestern,x,y,\nR05,S1,li,2026-01-02,x,,\n"
    told = post(client, "hazards/import", 422, csv=wrong)
    assert [line.partition(":")[0] for line in told["problems"]] == ["line 3", "line 4", "line 5"]
    assert told["detail"] == "; ".join(told["problems"])
    assert client.get("/api/v1/hazards").json()["counts"]["total"] == 2
    assert hazard["evidence"] == "=1+1"


def test_a_workbook_goes_the_same_way_as_csv_and_the_same_row_of_either_is_one_hazard(client: TestClient) -> None:
    login(client)
    found(client, evidence="=1+1")
    book = client.get("/api/v1/hazards/export?format=xlsx&rule=R04")
    assert (book.headers["content-type"], book.headers["content-disposition"]) == (
        workbook.MEDIA,
        'attachment; filename="hazards.xlsx"',
    )
    assert post(client, "hazards/import", content=base64.b64encode(book.content).decode()) == {"new": 0, "known": 1}
    head, row = ("rule", "site", "found_by", "found", "evidence", "responsible"), ("R05", "S1", "li", "三通", "店主")
    rows = [(*row[:3], date(2026, 1, 1), *row[3:])]
    made = base64.b64encode(workbook.written([workbook.Sheet("a", head, rows)])).decode()
    csv = f"{','.join(head)}\n{','.join(map(str, rows[0]))}\n"
    assert post(client, "hazards/import", content=made) == {"new": 1, "known": 0}
    assert post(client, "hazards/import", csv=csv) == {"new": 0, "known": 1}
    wrong = base64.b64encode(b"\xff").decode()
    assert "neither a workbook (.xlsx) nor CSV" in post(client, "hazards/import", 422, content=wrong)["detail"]
    post(client, "hazards/import", 422, content=made, csv=csv)


def test_what_the_public_reports_is_verified_before_it_is_a_hazard_and_a_true_one_is_rewarded(
    client: TestClient, plant: Plant
) -> None:
    with plant.records.unit() as unit:
        unit.add_user(User("reader", "r", "read_only", HASH))
    login(client, "supervisor")
    report = post(client, "public-reports", 201, site="S1", text="煤气味", contact="139")
    post(client, "public-reports", 422, site="", township="古城镇", text="煤气味")
    post(client, "inspections", 422, site="", township="古城镇", facts={"unodorised": True})
    path = f"public-reports/{report['id']}"
    post(client, f"{path}/reward", 409, yuan=500)
    post(client, f"{path}/verify", 422, founded=True, text="属实")
    told = post(client, f"{path}/verify", founded=True, text="属实", rule="R05", responsible="店主")
    assert (told["state"], told["verified_by"]) == ("verified", "supervisor")
    assert client.get(f"/api/v1/hazards/{told['hazard_id']}").json()["origin"] == "public_report"
    post(client, f"{path}/verify", 409, founded=False, text="x")
    assert post(client, f"{path}/reward", yuan=500)["reward_yuan"] == 500
    post(client, f"{path}/reward", 409, yuan=500)
    login(client, "reader")
    assert client.get("/api/v1/public-reports").json()["items"][0]["contact"] is None
    post(client, "public-reports", 403, site="S1", text="x")
    post(client, f"hazards/{told['hazard_id']}/step", 403, step="comment", version=1, text="x")


def test_the_rules_are_told_with_their_departments_and_consequence(client: TestClient) -> None:
    rules = login(client).get("/api/v1/hazard-rules").json()
    assert (len(rules["rules"]), rules["rules"][0]["lead"]) == (22, "消防")
    assert "school" in rules["site_types"]

import hashlib
import hmac
from typing import Any

import httpx2
import msgspec
import pytest
from fastapi.testclient import TestClient

from api import tokens
from api.accounts import By
from api.times import rfc3339
from domain.alarm import AlarmKind
from domain.hazard import HazardStep
from domain.record import User
from ledger.book import act, enter
from ledger.flow import Act
from tests.api.conftest import HASH, TOWNSHIP, Clock, Plant, login
from tests.ledger.support import NUMBERS, hazard

SINCE = {"from": "1970-01-01T08:00:00+08:00"}


def token(plant: Plant, name: str, townships: tuple[str, ...] = (), departments: tuple[str, ...] = ()) -> str:
    with plant.records.unit() as unit:
        unit.add_user(User(name, name, "regulator", HASH, departments=departments))
        by = By("root", plant.clock_ns())
        told: dict[str, Any] = {"owner": name, "role": "regulator", "rights": [], "sites": [], "days": 1}
        return tokens.add(unit, by, name=name, townships=townships, **told)[0]


def ask(client: TestClient, secret: str, what: str, **wanted: str) -> httpx2.Response:
    headers = {"Authorization": f"Bearer {secret}"}
    answer: httpx2.Response = client.get(f"/api/v1/share/{what}", params=SINCE | wanted, headers=headers)
    return answer


def found(answer: httpx2.Response, key: str) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [msgspec.json.decode(line, type=dict[str, Any])[key] for line in answer.content.splitlines()]


@pytest.fixture
def filled(plant: Plant) -> Plant:
    with plant.records.unit() as unit:
        enter(unit, hazard(id="inside", site="S1"), plant.clock_ns(), "li")
        enter(unit, hazard(id="outside", site="S2", township="D1", lead="住建", co=()), plant.clock_ns(), "li")
    plant.leak("G1")
    plant.leak("G2")
    plant.find(AlarmKind.BATTERY_LOW, "P9")
    return plant


def test_what_is_shared_is_signed_with_the_token_and_audited(client: TestClient, filled: Plant) -> None:
    secret = token(filled, "office")
    answer = ask(client, secret, "hazards")
    assert sorted(found(answer, "id")) == ["inside", "outside"]
    text = f"{answer.headers['X-Share-Time']}\n{answer.request.url.raw_path.decode()}\n".encode() + answer.content
    assert answer.headers["X-Share-Signature"] == hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()
    entry = filled.records.audit(1)[0]
    assert (entry.user, entry.action, entry.detail.split(" sha256=")[0]) == ("token:office", "share", "2 lines")
    assert entry.target.startswith("/api/v1/share/hazards?from=")


def test_a_token_gets_what_lies_in_its_scope_and_was_asked_for(client: TestClient, filled: Plant) -> None:
    whole, town = token(filled, "office"), token(filled, "town", townships=(TOWNSHIP,))
    fire, trade = token(filled, "fire", departments=("消防",)), token(filled, "trade", departments=("商务",))
    rescue = token(filled, "rescue", departments=("应急",))
    asked: list[tuple[str, dict[str, str], list[str], list[str]]] = [
        (whole, {"township": TOWNSHIP}, ["inside"], ["S1"]),
        (whole, {"department": "住建"}, ["outside"], ["S1", "S2", "S9"]),
        (whole, {"to": "1971-01-01T00:00:00+08:00"}, [], []),
        (whole, {"from": "2026-01-01T00:00:00+08:00"}, ["inside", "outside"], ["S1", "S2", "S9"]),
        (whole, {"department": "教体"}, [], []),
        (town, {}, ["inside"], ["S1"]),
        (town, {"township": "D1"}, [], []),
        (fire, {}, ["inside"], ["S1", "S2"]),
        (rescue, {}, [], ["S1", "S2", "S9"]),
        (rescue, {"department": "市监"}, [], ["S1", "S2"]),
        (trade, {}, ["inside"], ["S1", "S2"]),
    ]
    for secret, wanted, hazards, sites in asked:
        assert sorted(found(ask(client, secret, "hazards", **wanted), "id")) == hazards, wanted
        assert sorted(found(ask(client, secret, "alarms", **wanted), "site")) == sites, wanted


def test_what_was_done_later_is_told_to_whoever_asks_for_that_time(
    client: TestClient, filled: Plant, clock: Clock
) -> None:
    secret, known = token(filled, "office"), filled.records.hazard("inside")
    assert known is not None
    clock.now_ns += 10**9
    asked = {"from": rfc3339(clock.now_ns)}
    assert found(ask(client, secret, "hazards", **asked), "id") == []
    with filled.records.unit() as unit:
        act(unit, known, Act(step=HazardStep.DISPATCH, user="li", now_ns=clock.now_ns), NUMBERS)
    answer = ask(client, secret, "hazards", **asked)
    assert (found(answer, "id"), found(answer, "state")) == (["inside"], ["dispatched"])


def test_a_department_that_nobody_knows_is_refused(client: TestClient, filled: Plant) -> None:
    secret = token(filled, "office")
    for path in ("share/hazards", "share/alarms", "hazards", "hazards/export"):
        asked = (SINCE if "share" in path else {}) | {"department": "火星"}
        answer = client.get(f"/api/v1/{path}", params=asked, headers={"Authorization": f"Bearer {secret}"})
        assert answer.status_code == 422, path
        assert "no department '火星'; expected of 住建" in answer.json()["detail"]


def test_a_person_without_a_token_is_sent_away(client: TestClient) -> None:
    login(client, "root")
    answer = client.get("/api/v1/share/alarms", params=SINCE)
    assert (answer.status_code, answer.json()["code"]) == (403, "token")

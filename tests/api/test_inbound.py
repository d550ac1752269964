"""A platform of the city tells us what to do: sealed, once, within its account's rights, and never to a valve."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import httpx2
import msgspec
import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.application import create_app
from api.services import Platform
from domain.alarm import SYSTEM, AlarmKind
from domain.command import Command
from domain.handling import StepKind
from domain.hazard import HazardStep
from domain.record import User
from ledger.book import enter
from lifeline.hearing import Heard, Hearing, hear
from lifeline.mapping import CITIES, load_mapping
from lifeline.seal import Keys, Seal
from tests.api.conftest import HASH, TOWNSHIP, Clock, Plant, S, login
from tests.ledger.support import hazard

PATH = "/api/v1/lifeline/inbound/province"
CRYPTO = load_mapping(CITIES / "province-rest.toml").crypto
KEYS = Keys("T", "S")
Fields = dict[str, Any]


def seal(clock: Callable[[], int], keys: Keys = KEYS) -> Seal:
    return Seal(CRYPTO, keys, clock, bytes)


class Nothing:
    """In the place of what closes valves: whoever touches it fails."""

    def __getattr__(self, name: str) -> Callable[..., Command]:
        raise AssertionError(f"an instruction reached {name} of the valves")


@pytest.fixture
def client(plant: Plant) -> Iterator[TestClient]:
    with plant.records.unit() as unit:
        unit.add_user(User("city", "市平台", "supervisor", HASH))
        unit.add_user(User("town", "古城平台", "supervisor", HASH, townships=(TOWNSHIP,)))
        unit.add_user(User("watcher", "监管", "regulator", HASH))
    opened = seal(plant.clock_ns).open
    accounts = {"province": "city", "town": "town", "watcher": "watcher", "gone": "nobody"}
    platforms = {name: Platform(account, opened) for name, account in accounts.items()}
    kind = Heard(source="type", values={"acknowledge": 1})
    words = Hearing(fields={"id": "no", "kind": kind, "alarm_id": "alarm"}, ignored=("at",))
    platforms["words"] = Platform("city", opened, partial(hear, words))
    services = replace(plant.services(), platforms=platforms, closing=Nothing())
    with TestClient(create_app(services)) as made:
        yield made


def send(
    client: TestClient, plant: Plant, fields: Fields, *, to: str = "province", by: Seal | None = None
) -> httpx2.Response:
    path = f"/api/v1/lifeline/inbound/{to}"
    sent, headers = (by or seal(plant.clock_ns)).close(path, msgspec.json.encode(fields))
    answer: httpx2.Response = client.post(path, content=sent, headers=headers)
    return answer


def code(answer: httpx2.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def acknowledge(row: str, **more: object) -> Fields:
    return {"kind": "acknowledge", "id": "i-1", "alarm_id": f"{row}-1", "person": "周", "text": "收到"} | more


def last(plant: Plant) -> tuple[str, str, str]:
    entry = plant.records.audit(1)[0]
    return entry.user, entry.action, entry.target


def test_an_acknowledgement_is_that_of_the_account_and_is_done_once(client: TestClient, plant: Plant) -> None:
    alarm = plant.leak("G1")
    first = send(client, plant, acknowledge(alarm.id))
    assert (first.status_code, first.json()) == (200, {"code": 0, "id": "i-1", "repeated": False})
    line = plant.records.journal(alarm_id=alarm.id)[-1]
    assert (line.event, line.user, line.note) == ("acknowledge", "city", "province/周: 收到")
    assert last(plant) == ("city", "city_acknowledge", "province/i-1")
    seq = plant.records.last_journal()
    assert send(client, plant, acknowledge(alarm.id)).json()["repeated"]
    assert (plant.records.last_journal(), last(plant)[1]) == (seq, "city_repeated")
    assert code(send(client, plant, acknowledge(alarm.id, text="别的"))) == (409, "other-content")
    assert last(plant) == ("city", "city_refused", "province/i-1")
    assert send(client, plant, acknowledge(alarm.id), to="watcher").status_code == 403  # the id is another target's


def test_a_platform_may_speak_its_own_words_and_its_repeats_are_still_told(client: TestClient, plant: Plant) -> None:
    alarm = plant.leak("G1")
    told = {"no": 7, "type": 1, "alarm": f"{alarm.id}-1", "at": "12:00"}
    assert send(client, plant, told, to="words").json() == {"code": 0, "id": "7", "repeated": False}
    assert plant.records.journal(alarm_id=alarm.id)[-1].event == "acknowledge"
    assert send(client, plant, told | {"at": "12:01"}, to="words").json()["repeated"]
    assert code(send(client, plant, told | {"valve": "V1"}, to="words")) == (422, "invalid")


def test_steps_go_to_the_incident_until_it_is_closed(client: TestClient, plant: Plant) -> None:
    alarm = plant.leak("G1")
    step = {"kind": "step", "id": "s-1", "alarm_id": f"{alarm.id}-1", "step": "arrive", "text": "到场"}
    assert send(client, plant, step).status_code == 200
    taken = plant.records.steps(alarm.incident_id)[-1]
    assert (taken.kind, taken.user) == (StepKind.ARRIVE, "city")
    with plant.records.unit() as unit:
        known = unit.incident(alarm.incident_id)
        assert known is not None
        unit.save_incident(replace(known, closed_ns=plant.clock_ns()))
    assert send(client, plant, step).json()["repeated"]  # what was done stays done
    assert code(send(client, plant, step | {"id": "s-2"})) == (409, "changed")


def test_who_has_not_seen_the_newest_occurrence_is_refused(client: TestClient, plant: Plant, clock: Clock) -> None:
    alarm = plant.leak("G1")
    plant.end(AlarmKind.GAS_LOW, "G1")
    with plant.records.unit() as unit:
        clock.now_ns += 3_600 * S
        plant.desk.advance(unit, clock.now_ns, plant.position + 1)
    assert send(client, plant, acknowledge(alarm.id)).status_code == 200
    again = plant.leak("G1")
    assert again.life.occurrence == 2
    step = {"kind": "step", "id": "s-1", "alarm_id": f"{alarm.id}-1", "step": "arrive"}
    for told in (acknowledge(alarm.id, id="i-2"), step):
        assert code(send(client, plant, told)) == (409, "changed")
    assert code(send(client, plant, acknowledge(alarm.id, id="i-3", alarm_id=f"{alarm.id}-9"))) == (404, "not-found")
    assert send(client, plant, acknowledge(alarm.id, id="i-4", alarm_id=f"{alarm.id}-2")).status_code == 200


def test_nothing_is_taken_under_a_wrong_seal_or_an_old_one(client: TestClient, plant: Plant) -> None:
    alarm = plant.leak("G1")
    wrong = {
        "token": seal(plant.clock_ns, Keys("X", "S")),
        "signature": seal(plant.clock_ns, Keys("T", "X")),
        "timestamp": seal(lambda: plant.clock_ns() - 301 * S),
    }
    for what, by in wrong.items():
        answer = send(client, plant, acknowledge(alarm.id), by=by)
        assert (*code(answer), answer.json()["detail"].endswith(what)) == (401, "seal", True)
        assert answer.json()["detail"].startswith("验签失败 / ")
        assert last(plant) == ("city:province", "city_unsealed", "province")
    body, headers = seal(plant.clock_ns).close(PATH, msgspec.json.encode(acknowledge(alarm.id)))
    assert client.post(PATH, content=body.replace(b"i-1", b"i-2"), headers=headers).status_code == 401
    assert client.post(PATH, content=body, headers=headers | {"X-Nonce": "a.b"}).status_code == 401
    codes = [client.post(PATH, content=body).status_code for _ in range(60)]
    assert (codes[0], codes[-1]) == (401, 429)
    assert plant.alarm("G1", AlarmKind.GAS_LOW).acknowledged_ns is None
    assert client.post(PATH, content=body, headers=headers).status_code == 200  # others' noise locks no platform out


def test_a_platform_sees_and_may_no_more_than_its_account(client: TestClient, plant: Plant) -> None:
    outside, ours = plant.leak("G2"), plant.find(AlarmKind.LOG_SPACE, SYSTEM)
    hidden = send(client, plant, acknowledge(outside.id), to="town")
    unknown = send(client, plant, acknowledge("0" * 16), to="town")
    assert hidden.text.replace(outside.id, "0" * 16) == unknown.text
    assert [code(answer) for answer in (hidden, unknown)] == [(404, "not-found")] * 2
    assert code(send(client, plant, acknowledge(ours.id))) == (404, "not-found")
    assert code(send(client, plant, acknowledge(outside.id), to="watcher")) == (403, "right")
    assert code(send(client, plant, acknowledge(outside.id), to="gone")) == (403, "account")
    assert code(send(client, plant, acknowledge(outside.id), to="elsewhere")) == (404, "not-found")


def test_supervision_is_written_on_an_alarm_and_on_a_hazard(client: TestClient, plant: Plant) -> None:
    alarm = plant.leak("G2")
    with plant.records.unit() as unit:
        enter(unit, hazard(id="h1", site="S2"), plant.clock_ns(), "li")
    told = {"kind": "supervise", "text": "限今日完成"}
    of_alarm, of_hazard = {"id": "a", "alarm_id": f"{alarm.id}-1"}, {"id": "h", "hazard_id": "h1"}
    answers = [send(client, plant, told | of, to="watcher").status_code for of in (of_alarm, of_hazard)]
    assert answers == [200, 200]
    assert plant.records.journal(alarm_id=alarm.id)[-1].note == "督办 watcher/?: 限今日完成"
    event = plant.records.hazard_events("h1")[-1]
    assert (event.step, event.user, event.text) == (HazardStep.COMMENT, "watcher", "督办 watcher/?: 限今日完成")
    assert code(send(client, plant, told | of_hazard, to="town")) == (404, "not-found")


def test_an_inquiry_is_answered_by_a_person_once(client: TestClient, plant: Plant, clock: Clock) -> None:
    asked = {"kind": "inquiry", "id": "q-1", "text": "谁在岗？", "person": "周", "answer_s": 60}
    assert send(client, plant, asked).status_code == 200
    login(client)
    (shown,) = client.get("/api/v1/lifeline/inquiries").json()["items"]
    assert (shown["state"], shown["text"], shown["target"]) == ("open", "谁在岗？", "province")
    clock.now_ns += 61 * S
    assert client.get("/api/v1/lifeline/inquiries").json()["items"][0]["state"] == "overdue"
    path = f"/api/v1/lifeline/inquiries/{shown['id']}/answer"
    done = client.post(path, json={"text": "在岗"})
    assert (done.status_code, done.json()["state"], done.json()["answered_by"]) == (200, "answered", "operator")
    assert last(plant) == ("operator", "city_answer", "province/q-1")
    assert client.post(path, json={"text": "再答"}).status_code == 409
    (reply,) = plant.records.replies_after("province", 0, 9)
    assert (reply.instruction_id, reply.user, reply.text) == ("q-1", "operator", "在岗")


def test_no_program_answers_an_inquiry(client: TestClient, plant: Plant) -> None:
    assert send(client, plant, {"kind": "inquiry", "id": "q-1", "text": "?"}).status_code == 200
    made = {"name": "robot", "role": "operator", "rights": ["hand_over"]}
    secret = login(client, "root").post("/api/v1/tokens", json=made).json()["token"]
    client.cookies.clear()
    path, headers = "/api/v1/lifeline/inquiries/1/answer", {"Authorization": f"Bearer {secret}"}
    assert code(client.post(path, json={"text": "在岗"}, headers=headers)) == (403, "person")
    login(client)
    assert code(client.post("/api/v1/lifeline/inquiries/9/answer", json={"text": "在岗"})) == (404, "not-found")


WORDS = st.sampled_from(["close", "close_valve", "V1", "acknowledge", "step", "inquiry", "supervise", "confirm"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(WORDS, st.dictionaries(st.sampled_from(["device", "command", "step", "text", "hazard_id"]), WORDS, max_size=3))
def test_no_instruction_reaches_a_valve(client: TestClient, plant: Plant, kind: str, more: dict[str, str]) -> None:
    name = plant.leak("G1").id
    body = {"kind": kind, "id": f"{kind}-{sorted(more.items())}".encode().hex()[:64], "alarm_id": f"{name}-1"} | more
    assert send(client, plant, body).status_code in {200, 404, 409, 422}
    assert (plant.sent, plant.records.commands()) == ([], [])

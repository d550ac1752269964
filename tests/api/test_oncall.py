"""Duties, overrides, who was told, and answers from outside."""

import msgspec
import pytest
from fastapi.testclient import TestClient

from alerting.answers import Result
from alerting.codes import VALID_NS
from alerting.desk import Desk
from alerting.plan import read_plan
from alerting.reach import REACH, ask
from api.answers import Mailbox
from api.application import create_app
from api.duties import Plans
from api.times import rfc3339
from domain.alarm import Alarm, AlarmKind
from domain.duty import StoredPlan
from domain.record import Notice, NoticeState
from tests.alerting.plans import CHANNELS, TEXT
from tests.api.conftest import Clock, Plant, login

S = 1_000_000_000
HOUR = 3600 * S


@pytest.fixture
def plant(plant: Plant) -> Plant:
    """With a duty plan, channels, and a link."""
    definitions = plant.rulebook.definitions()
    plant.desk = Desk(
        definitions=definitions,
        assets=plant.assets,
        configuration="test",
        channels=CHANNELS,
        url="https://gas.example",
    )
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan(TEXT, "li", 0))
    return plant


def span(plant: Plant, from_h: int = 1, to_h: int = 2) -> dict[str, str]:
    now = plant.clock_ns()
    return {"from_time": rfc3339(now + from_h * HOUR), "to_time": rfc3339(now + to_h * HOUR)}


def body(plant: Plant, **changes: str) -> dict[str, str]:
    return {"team": "duty", "role": "first", "person": "zhao"} | span(plant) | changes


def told(plant: Plant, alarm: Alarm, person: str) -> Notice:
    return next(n for n in plant.records.notices(alarm_id=alarm.id) if n.person == person)


def answer(notice: Notice) -> dict[str, str]:
    found: dict[str, str] = msgspec.json.decode(notice.body)["answer"]
    return found


def path(notice: Notice) -> str:
    return answer(notice)["url"].removeprefix("https://gas.example")


# ---------------------------------------------------------------- duties


def test_tells_who_is_on_duty_now_and_for_a_week(operator: TestClient) -> None:
    found = operator.get("/api/v1/oncall").json()
    assert found["configured"] is True
    assert {(w["team"], w["role"]) for w in found["now"]} == {("duty", "first"), ("duty", "second"), ("duty", "leader")}
    assert all(w["person"]["name"] for w in found["now"])
    first = [w for w in found["week"] if w["role"] == "first"]
    assert len(first) == 8
    assert found["gaps"] == []
    assert [one["person"]["id"] for one in found["unreached"]] == ["yang", "bai", "zhao", "wang"]
    assert "phone" not in operator.get("/api/v1/oncall").text


def test_whoever_answers_a_test_is_reached_for_35_days(plant: Plant, operator: TestClient) -> None:
    with plant.records.unit() as unit:
        ask(unit, read_plan(TEXT), CHANNELS, "https://gas.example", plant.clock_ns())
    notice = next(n for n in plant.records.notices(alarm_id=REACH) if n.person == "yang")
    page = operator.get(path(notice))
    assert (page.status_code, "联络测试" in page.text, "确认收到" in page.text) == (200, True, True)
    assert operator.post(path(notice)).status_code == 200

    def unreached() -> list[str]:
        return [one["person"]["id"] for one in operator.get("/api/v1/oncall").json()["unreached"]]

    assert unreached() == ["bai", "zhao", "wang"]
    assert [entry.action for entry in plant.records.audit(1)] == ["oncall_reached"]


def test_an_override_holds_is_shown_and_can_be_taken_back(plant: Plant, client: TestClient) -> None:
    login(client, "supervisor")
    made = client.post("/api/v1/oncall/overrides", json=body(plant))
    assert made.status_code == 201
    week = client.get("/api/v1/oncall").json()
    assert [(o["person"]["id"], o["user"]) for o in week["overrides"]] == [("zhao", "supervisor")]
    assert [w["source"] for w in week["week"] if w["role"] == "first"][:3] == ["rotation", "override", "rotation"]
    number = made.json()["id"]
    assert client.post(f"/api/v1/oncall/overrides/{number}/drop").json()["overrides"] == []
    assert client.post(f"/api/v1/oncall/overrides/{number}/drop").status_code == 409
    assert [entry.action for entry in plant.records.audit(2)] == ["oncall_override_drop", "oncall_override"]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"person": "nobody"}, "person nobody is not in the duty plan"),
        ({"team": "street"}, "team street has no role first"),
        ({"to_time": "2020-01-01T00:00:00+08:00"}, "expected a later time"),
    ],
)
def test_a_mistake_in_an_override_is_told(
    plant: Plant, client: TestClient, changes: dict[str, str], detail: str
) -> None:
    refused = login(client, "supervisor").post("/api/v1/oncall/overrides", json=body(plant, **changes))
    assert refused.status_code == 422
    assert detail in refused.json()["detail"]


@pytest.mark.parametrize(("name", "status"), [("operator", 403), ("read_only", 403), ("root", 201), ("local", 403)])
def test_the_right_decides_who_changes_duties(plant: Plant, client: TestClient, name: str, status: int) -> None:
    assert login(client, name).post("/api/v1/oncall/overrides", json=body(plant)).status_code == status


def test_whoever_is_scoped_sees_no_duties(client: TestClient) -> None:
    assert login(client, "local").get("/api/v1/oncall").json()["code"] == "scope"


# ---------------------------------------------------------------- who was told


def test_an_alarm_tells_who_was_told_and_what_comes_next(plant: Plant, operator: TestClient) -> None:
    alarm = plant.leak()
    found = operator.get(f"/api/v1/alarms/{alarm.id}/notices").json()
    assert (found["escalation"]["table"], found["escalation"]["step"]) == ("restaurant-gas", 1)
    assert found["escalation"]["next_time"] == rfc3339(plant.clock_ns() + 180 * S)
    assert {n["state"] for n in found["notices"]} == {"pending"}
    assert {n["person"]["name"] for n in found["notices"]} in ({"王", "杨"}, {"王", "白"})
    assert operator.get("/api/v1/alarms/unknown/notices").status_code == 404


# ---------------------------------------------------------------- answers by link


def test_a_link_shows_the_alarm_and_only_its_button_answers(plant: Plant, client: TestClient) -> None:
    notice = told(plant, plant.leak(), "wang")
    for _ in range(3):
        page = client.get(path(notice))
        assert page.status_code == 200
        assert "古城小厨" in page.text
        assert "<button" in page.text
        assert "三级告警 · P3" in page.text
        assert "script" not in page.text
        assert page.headers["cache-control"] == "no-store"
    assert not plant.alarm("G1", AlarmKind.GAS_LOW).life.acknowledged
    done = client.post(path(notice))
    assert (done.status_code, "已确认" in done.text) == (200, True)
    alarm = plant.alarm("G1", AlarmKind.GAS_LOW)
    assert (alarm.life.acknowledged, alarm.acknowledged_by) == (True, "person:wang")
    assert {n.state for n in plant.records.notices()} == {NoticeState.CANCELLED}
    assert [entry.user for entry in plant.records.audit()] == ["person:wang"]


def test_a_link_works_once(plant: Plant, client: TestClient) -> None:
    notice = told(plant, plant.leak(), "wang")
    client.post(path(notice))
    again = client.post(path(notice))
    assert (again.status_code, "已用过" in again.text, "<button" in again.text) == (409, True, False)


def test_a_link_of_an_occurrence_that_changed_says_so(plant: Plant, client: TestClient) -> None:
    notice = told(plant, plant.leak(), "wang")
    plant.end(AlarmKind.GAS_LOW, "G1")
    plant.leak()
    for answered in (client.get(path(notice)), client.post(path(notice))):
        assert (answered.status_code, "告警已变化" in answered.text, "<button" in answered.text) == (409, True, False)
    assert not plant.alarm("G1", AlarmKind.GAS_LOW).life.acknowledged


def test_a_link_of_another_persons_answer_says_that_it_changed(plant: Plant, client: TestClient) -> None:
    alarm = plant.leak()
    mine, other = told(plant, alarm, "wang"), plant.records.notices()
    client.post(path(next(n for n in other if n.person not in {"", "wang"})))
    assert "告警已变化" in client.post(path(mine)).text


def test_a_link_ends_after_half_an_hour(plant: Plant, client: TestClient, clock: Clock) -> None:
    notice = told(plant, plant.leak(), "wang")
    clock.now_ns += VALID_NS
    assert "已过期" in client.post(path(notice)).text
    assert not plant.alarm("G1", AlarmKind.GAS_LOW).life.acknowledged


def test_a_made_up_link_leads_nowhere(client: TestClient) -> None:
    assert client.get("/answer/" + "a" * 32).status_code == 404
    assert client.post("/answer/" + "a" * 32).status_code == 404
    assert client.get("/answer/short").status_code == 422
    assert [client.request(how, "/api/v1/answer/" + "a" * 32).status_code for how in ("get", "post")] == [404, 404]


def test_what_a_page_shows_is_escaped(plant: Plant, client: TestClient) -> None:
    notice = next(n for n in plant.records.notices(alarm_id=plant.leak("G8").id) if n.person)
    assert "<img" not in client.get(path(notice)).text


# ---------------------------------------------------------------- messages, keys, receipts


@pytest.fixture
def mailbox(plant: Plant) -> Mailbox:
    create_app(plant.services())
    return Mailbox(plant.services(), Plans())


@pytest.mark.parametrize("form", ["{}", "确认 {}。", " {} ok"])
def test_a_short_message_with_the_code_answers(plant: Plant, mailbox: Mailbox, form: str) -> None:
    code = answer(told(plant, plant.leak(), "wang"))["code"]
    assert mailbox.reply("+864", form.format(code)).result is Result.DONE
    assert plant.alarm("G1", AlarmKind.GAS_LOW).acknowledged_by == "person:wang"
    assert mailbox.reply("4", form.format(code)).result is Result.USED


def test_a_full_width_code_is_a_code(plant: Plant, mailbox: Mailbox) -> None:
    code = answer(told(plant, plant.leak(), "wang"))["code"]
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert mailbox.reply("4", wide).result is Result.DONE


def test_anothers_code_and_a_strangers_number_answer_nothing(plant: Plant, mailbox: Mailbox) -> None:
    code = answer(told(plant, plant.leak(), "wang"))["code"]
    assert mailbox.reply("3", code).result is Result.UNKNOWN
    assert mailbox.reply("999", code).result is Result.UNKNOWN
    assert mailbox.reply("4", "ok").result is Result.UNKNOWN
    assert mailbox.reply("4", f"1{code}").result is Result.UNKNOWN
    assert not plant.alarm("G1", AlarmKind.GAS_LOW).life.acknowledged
    assert {entry.action for entry in plant.records.audit()} == {"answer_unknown"}


def test_a_code_of_an_alarm_that_worsened_is_refused(plant: Plant, mailbox: Mailbox) -> None:
    code = answer(told(plant, plant.leak(), "wang"))["code"]
    plant.end(AlarmKind.GAS_LOW, "G1")
    plant.leak()
    assert mailbox.reply("4", code).result is Result.CHANGED
    assert plant.records.audit()[0].action == "answer_changed"


def sent(plant: Plant, notice: Notice, provider_id: str) -> None:
    """Let a notice be accepted."""
    leased = plant.records.lease_notices(plant.clock_ns(), 10 * S, 50)
    for one in leased:
        own = provider_id if one.id == notice.id else f"other-{one.id}"
        values = {name: getattr(one, name) for name in one.__slots__}
        plant.records.settle_notice(Notice(**(values | {"state": NoticeState.ACCEPTED, "provider_id": own})))


def test_the_key_one_during_the_call_answers(plant: Plant, mailbox: Mailbox) -> None:
    notice = told(plant, plant.leak(), "wang")
    sent(plant, notice, "call-7")
    assert mailbox.press(notice.channel, "call-7", "2").result is Result.UNKNOWN
    assert mailbox.press(notice.channel, "call-8", "1").result is Result.UNKNOWN
    assert mailbox.press(notice.channel, "call-7", "1").result is Result.DONE
    assert plant.alarm("G1", AlarmKind.GAS_LOW).acknowledged_by == "person:wang"


def test_a_receipt_is_noted(plant: Plant, mailbox: Mailbox) -> None:
    notice = told(plant, plant.leak(), "wang")
    sent(plant, notice, "sms-7")
    mailbox.receipt(notice.channel, "sms-7", delivered=True, text="DELIVERED")
    assert told(plant, plant.alarm("G1", AlarmKind.GAS_LOW), "wang").state is NoticeState.DELIVERED


def test_a_plan_that_cannot_be_read_is_no_plan(plant: Plant, operator: TestClient) -> None:
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan("person = 3", "li", 0))
    assert operator.get("/api/v1/oncall").json()["configured"] is False

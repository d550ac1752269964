"""Reports of providers over HTTP, in their documented forms, through to the records."""

from collections.abc import Iterator
from dataclasses import replace

import msgspec
import pytest
from fastapi.testclient import TestClient

from alerting.desk import Desk
from api.application import create_app
from domain.alarm import Alarm, AlarmKind
from domain.duty import StoredPlan
from domain.record import Notice, NoticeState
from tests.alerting.plans import CHANNELS, TEXT
from tests.api.conftest import Plant

S = 1_000_000_000
TOKEN = "k" * 32
SMS = [{"phone_number": "4", "success": True, "err_code": "DELIVERED", "err_msg": "用户接收成功", "biz_id": "sms-7"}]


@pytest.fixture
def client(plant: Plant) -> Iterator[TestClient]:
    definitions = plant.rulebook.definitions()
    plant.desk = Desk(definitions=definitions, assets=plant.assets, configuration="test", channels=CHANNELS)
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan(TEXT, "li", 0))
    with TestClient(create_app(replace(plant.services(), receipts_token=TOKEN))) as made:
        yield made


def post(client: TestClient, channel: str, body: object, token: str = TOKEN) -> tuple[int, object]:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    answer = client.post(f"/api/v1/receipts/{channel}?token={token}", content=content)
    return answer.status_code, answer.json()


def accepted(plant: Plant, alarm: Alarm, channel: str, provider_id: str) -> Notice:
    """Let a provider accept the notice to Wang by a channel."""
    [found] = [n for n in plant.records.notices(alarm_id=alarm.id) if n.person == "wang"][:1]
    with plant.records.unit() as unit:
        unit.notice(replace(found, key=f"{found.key}+", channel=channel, id=0, next_ns=None))
    for one in plant.records.lease_notices(plant.clock_ns(), 10 * S, 50, [channel]):
        own = provider_id if one.key == f"{found.key}+" else f"other-{one.id}"
        plant.records.settle_notice(replace(one, state=NoticeState.ACCEPTED, provider_id=own))
    return found


def state(plant: Plant, provider_id: str) -> tuple[NoticeState, str]:
    [found] = [n for n in plant.records.notices() if n.provider_id == provider_id]
    return found.state, found.answer


def test_a_receipt_says_that_a_message_arrived_however_often_it_comes(plant: Plant, client: TestClient) -> None:
    accepted(plant, plant.leak(), "aliyun_sms", "sms-7")
    first = post(client, "aliyun_sms", SMS)
    assert first == (200, {"code": 0, "msg": "接收成功"})
    told = state(plant, "sms-7")
    assert told == (NoticeState.DELIVERED, "; receipt: DELIVERED 用户接收成功")
    assert post(client, "aliyun_sms", SMS) == first
    assert state(plant, "sms-7") == told


def test_a_receipt_that_says_no_leaves_it_undelivered(plant: Plant, client: TestClient) -> None:
    accepted(plant, plant.leak(), "tencent_sms", "sms-8")
    body = [{"sid": "sms-8", "report_status": "FAIL", "errmsg": "UNDELIV", "description": "空号", "mobile": "4"}]
    assert post(client, "tencent_sms", body) == (200, {"result": 0, "errmsg": "OK"})
    assert state(plant, "sms-8") == (NoticeState.ACCEPTED, "; receipt: UNDELIV 空号")


def test_a_reply_with_the_code_acknowledges(plant: Plant, client: TestClient) -> None:
    found = accepted(plant, plant.leak(), "aliyun_sms", "sms-7")
    code = msgspec.json.decode(found.body)["answer"]["code"]
    assert post(client, "aliyun_sms", [{"phone_number": "4", "content": f"确认 {code}", "dest_code": "9"}])[0] == 200
    assert plant.alarm("G1", AlarmKind.GAS_LOW).acknowledged_by == "person:wang"


@pytest.mark.parametrize(
    ("channel", "body"),
    [
        ("aliyun_voice", [{"status_code": "300000", "smart_status_code": "ANSWERED", "dtmf": "1", "call_id": "c-7"}]),
        ("tencent_voice", {"voicekey_callback": {"callid": "c-7", "keypress": "1", "mobile": "4", "nationcode": "86"}}),
    ],
)
def test_the_key_during_a_call_acknowledges(plant: Plant, client: TestClient, channel: str, body: object) -> None:
    accepted(plant, plant.leak(), channel, "c-7")
    assert post(client, channel, body)[0] == 200
    assert plant.alarm("G1", AlarmKind.GAS_LOW).acknowledged_by == "person:wang"


def test_a_report_in_one_call_may_hold_many(plant: Plant, client: TestClient) -> None:
    accepted(plant, plant.leak(), "aliyun_sms", "sms-7")
    body = [{"phone_number": "9", "success": False, "biz_id": "unknown"}, *SMS]
    assert post(client, "aliyun_sms", body)[0] == 200
    assert state(plant, "sms-7")[0] is NoticeState.DELIVERED


@pytest.mark.parametrize(
    ("channel", "body", "token", "status", "code"),
    [
        pytest.param("aliyun_sms", SMS, "x" * 32, 403, "wrong-token", id="another token"),
        pytest.param("aliyun_sms", SMS, "密", 403, "wrong-token", id="a token that is no ASCII"),
        pytest.param("dingtalk", SMS, TOKEN, 404, "not-found", id="a channel without receipts"),
        pytest.param("aliyun_sms", b"<xml/>", TOKEN, 422, "invalid", id="no JSON"),
        pytest.param("aliyun_sms", {"biz_id": "sms-7"}, TOKEN, 422, "invalid", id="no list"),
    ],
)
def test_what_is_wrong_changes_nothing(
    plant: Plant, client: TestClient, *, channel: str, body: object, token: str, status: int, code: str
) -> None:
    accepted(plant, plant.leak(), "aliyun_sms", "sms-7")
    found = post(client, channel, body, token)
    assert (found[0], msgspec.convert(found[1], dict[str, object])["code"]) == (status, code)
    assert state(plant, "sms-7")[0] is NoticeState.ACCEPTED


def test_without_a_token_of_ours_nobody_reports(plant: Plant) -> None:
    with TestClient(create_app(plant.services())) as client:
        assert post(client, "aliyun_sms", SMS, "")[0] == 404
        assert client.post("/api/v1/receipts/aliyun_sms", content=b"[]").status_code == 422

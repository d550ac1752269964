import httpx2
import pytest

from alerting.notify.channel import Accepted, Refused
from alerting.notify.http import Http
from alerting.notify.message import Template
from alerting.notify.tencent import Key, Product, Tencent, sign
from alerting.notify.tencent_sms import TencentSms
from alerting.notify.tencent_voice import TencentVoice
from tests.alerting.notify.adapters import build, notice
from tests.alerting.notify.stand_in import KEY_ID, NOW_NS, SECRET, provider
from tests.trust import trusting

TEMPLATE = Template("1", ("place",), 35)


def test_signs_as_the_published_example_does() -> None:
    """Vector of the provider's page "Signature v3", checked 2026-11."""
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    key = Key("AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE")
    assert sign(key, "cvm", "cvm.tencentcloudapi.com", body, 1_551_113_065) == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def answered(response: object, *, voice: bool = False) -> Accepted | Refused:
    client = httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(200, json=response)))
    product = Product("https://sms.example", "sms", "2021-01-11", "ap-guangzhou")
    account = Tencent(product, Key(KEY_ID, SECRET), Http(client), lambda: NOW_NS)
    channel = TencentVoice(account, "1", TEMPLATE) if voice else TencentSms(account, "1", "燃气", TEMPLATE)
    return channel.send(notice("tencent_sms"))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("Ok", Accepted("s-1")),
        ("LimitExceeded.PhoneNumberDailyLimit", Refused("quota", "LimitExceeded.PhoneNumberDailyLimit no", False)),  # noqa: FBT003
        ("FailedOperation.TemplateUnapprovedOrNotExist", None),
    ],
)
def test_the_status_of_the_number_decides_and_not_the_answer_to_the_call(code: str, expected: object) -> None:
    answer = answered({"Response": {"SendStatusSet": [{"Code": code, "Message": "no", "SerialNo": "s-1"}]}})
    assert answer == (expected or Refused(code, "no", retryable=True))


@pytest.mark.parametrize("voice", [False, True])
def test_an_answer_that_names_no_message_is_no_yes(*, voice: bool) -> None:
    body: dict[str, object] = {"SendStatus": {"CallId": ""}} if voice else {"SendStatusSet": []}
    answer = answered({"Response": body}, voice=voice)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.retryable) == ("empty", True)


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_variables_go_in_their_order_to_an_international_number() -> None:
    with provider("tencent_sms") as theirs, trusting() as client:
        build("tencent_sms", theirs.url, client).send(notice("tencent_sms", key="a/1/0/li/tencent_sms"))
    [seen] = theirs.seen
    assert seen.json["PhoneNumberSet"] == ["+8613900000000"]
    assert seen.json["TemplateParamSet"] == ["老街小厨 D-1", "演练 可燃气体 60 %LEL > 二级限 50 %LEL", "4711"]
    assert seen.json["SessionContext"] == "a/1/0/li/tencent_sms"
    assert (seen.headers["x-tc-region"], seen.headers["x-tc-version"]) == ("ap-guangzhou", "2021-01-11")

import msgspec
import pytest

from alerting.notify.aliyun import Action, Aliyun, Key, canonical, sign
from alerting.notify.aliyun_sms import AliyunSms
from alerting.notify.aliyun_voice import AliyunVoice
from alerting.notify.channel import Accepted, Refused
from alerting.notify.http import Http
from alerting.notify.message import Template
from tests.alerting.notify.adapters import notice
from tests.alerting.notify.stand_in import KEY_ID, NOW_NS, SECRET, provider
from tests.trust import trusting

VOICE = Template("TTS_1", ("place", "what"), 35)


def test_signs_as_the_published_example_does() -> None:
    """Vector of the provider's page "V3 request structure and signature", checked 2026-11."""
    headers = sign(
        Key("YourAccessKeyId", "YourAccessKeySecret"),
        Action("ecs.cn-shanghai.aliyuncs.com", "RunInstances", "2014-05-26"),
        {"RegionId": "cn-shanghai", "ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd"},
        "2023-10-26T10:22:32Z",
        "3156853299f313e23d1673dc12e1703d",
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_escapes_what_rfc_3986_reserves_and_nothing_else() -> None:
    assert canonical({"b": "a b*'()!~-_.", "A": "街&="}) == "A=%E8%A1%97%26%3D&b=a%20b%2A%27%28%29%21~-_."


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_every_call_has_a_nonce_of_its_own_and_names_the_notice() -> None:
    with provider("aliyun_sms") as theirs, trusting() as client:
        account = Aliyun(theirs.url, "2017-05-25", Key(KEY_ID, SECRET), Http(client), lambda: NOW_NS)
        channel = AliyunSms(account, "燃气", Template("SMS_1", ("place", "what", "code"), 35))
        channel.send(notice("aliyun_sms", key="a/1/0/李/aliyun_sms"))
        channel.send(notice("aliyun_sms"))
    first, second = theirs.seen
    assert first.headers["x-acs-signature-nonce"] != second.headers["x-acs-signature-nonce"]
    assert first.headers["x-acs-date"] == "2023-11-14T22:13:20Z"
    assert first.query["OutId"] == "a/1/0/李/aliyun_sms"
    assert (first.query["PhoneNumbers"], first.query["SignName"]) == ("13900000000", "燃气")
    assert msgspec.json.decode(first.query["TemplateParam"]) == {
        "place": "老街小厨 D-1",
        "what": "演练 可燃气体 60 %LEL > 二级限 50 %LEL",
        "code": "4711",
    }


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_call_with_a_menu_asks_for_the_key_that_acknowledges() -> None:
    with provider("aliyun_voice") as theirs, trusting() as client:
        account = Aliyun(theirs.url, "2017-05-25", Key(KEY_ID, SECRET), Http(client), lambda: NOW_NS)
        plain, asking = AliyunVoice(account, "", VOICE), AliyunVoice(account, "057112345678", VOICE, "TTS_2")
        answers = [plain.send(notice("aliyun_voice")), asking.send(notice("aliyun_voice"))]
    assert answers == [Accepted("n-1"), Accepted("n-2")]
    assert [seen.headers["x-acs-action"] for seen in theirs.seen] == ["SingleCallByTts", "IvrCall"]
    assert theirs.seen[0].query["TtsCode"] == theirs.seen[1].query["StartCode"] == "TTS_1"
    menu = {name: value for name, value in theirs.seen[1].query.items() if name.startswith("Menu")}
    assert menu == {"MenuKeyMap.1.Key": "1", "MenuKeyMap.1.Code": "TTS_2"}
    assert ["CalledShowNumber" in seen.query for seen in theirs.seen] == [False, True]
    assert "高于" in theirs.accepted[1][1]


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_wrong_key_is_explained_and_may_be_mended() -> None:
    with provider("aliyun_sms") as theirs, trusting() as client:
        account = Aliyun(theirs.url, "2017-05-25", Key(KEY_ID, "wrong"), Http(client), lambda: NOW_NS)
        answer = AliyunSms(account, "燃气", VOICE).send(notice("aliyun_sms"))
    assert answer == Refused("SignatureDoesNotMatch", "because of SignatureDoesNotMatch", retryable=True)

"""Every adapter that speaks HTTP, pointed at a stand-in."""

import httpx2
import msgspec

from alerting.notify import aliyun, aliyun_sms, aliyun_voice, tencent, tencent_sms, tencent_voice
from alerting.notify.channel import Channel
from alerting.notify.codes import Codes
from alerting.notify.dingtalk import CODES as DINGTALK
from alerting.notify.dingtalk import DingTalk
from alerting.notify.feishu import CODES as FEISHU
from alerting.notify.feishu import Feishu
from alerting.notify.http import Http
from alerting.notify.message import Template
from alerting.notify.webhook import WebhookChannel
from alerting.notify.wecom_app import CODES as WECOM_APP
from alerting.notify.wecom_app import Application, WeComApp
from alerting.notify.wecom_robot import CODES as WECOM_ROBOT
from alerting.notify.wecom_robot import WeComRobot
from domain.record import Notice
from tests.alerting.notify.stand_in import GROUP_TOKEN, KEY_ID, NOW_NS, SECRET

CODES: dict[str, Codes] = {
    "webhook": Codes(),
    "dingtalk": DINGTALK,
    "feishu": FEISHU,
    "wecom_robot": WECOM_ROBOT,
    "wecom_app": WECOM_APP,
    "aliyun_sms": aliyun.CODES,
    "aliyun_voice": aliyun.CODES,
    "tencent_sms": tencent.CODES,
    "tencent_voice": tencent.CODES,
}
SILENT = {"dingtalk", "feishu", "wecom_robot"}
"""Their answers carry no number of the message."""
PHONES = {"aliyun_sms", "aliyun_voice", "tencent_sms", "tencent_voice"}
_PARTS = {"drill": "【演练】", "where": "老街小厨 D-1", "what": "可燃气体", "numbers": " 60 %LEL > 二级限 50 %LEL"}
_SMS, _VOICE = Template("T-1", ("place", "what", "code"), 35), Template("T-1", ("place", "what"), 35)


def notice(channel: str, *, key: str = "a/1/0/li/x", **changes: object) -> Notice:
    body: dict[str, object] = {
        "priority": 1,
        "raised_ns": NOW_NS,
        "text": {"zh": "【演练】老街小厨 D-1 可燃气体 60 %LEL > 二级限 50 %LEL", "en": "[DRILL] Old Street D-1 gas"},
        "parts": {"zh": _PARTS},
        "what_to_do": {"zh": "立即疏散。", "en": "Evacuate."},
        "answer": {"code": "4711", "url": ""},
    }
    text = msgspec.json.encode(body | changes).decode()
    return Notice(key, "a", 1, channel, "li", text, due_ns=0, address="13900000000", priority=1)


def build(channel: str, url: str, client: httpx2.Client, total_s: float = 5.0) -> Channel:  # noqa: PLR0911 - one each
    http, clock = Http(client, total_s), lambda: NOW_NS
    if channel == "webhook":
        return WebhookChannel(f"{url}/{GROUP_TOKEN}", SECRET, http, clock)
    if channel == "dingtalk":
        return DingTalk(f"{url}/robot/send?access_token={GROUP_TOKEN}", SECRET, http, clock)
    if channel == "feishu":
        return Feishu(f"{url}/open-apis/bot/v2/hook/{GROUP_TOKEN}", SECRET, http, clock)
    if channel == "wecom_robot":
        return WeComRobot(f"{url}/cgi-bin/webhook/send?key={GROUP_TOKEN}", http)
    if channel == "wecom_app":
        return WeComApp(Application(url, "corp", 7, SECRET), http)
    if channel.startswith("aliyun"):
        account = aliyun.Aliyun(url, "2017-05-25", aliyun.Key(KEY_ID, SECRET), http, clock)
        sms = aliyun_sms.AliyunSms(account, "燃气", _SMS)
        return sms if channel == "aliyun_sms" else aliyun_voice.AliyunVoice(account, "", _VOICE)
    service = tencent_sms if channel == "tencent_sms" else tencent_voice
    product = tencent.Product(url, service.SERVICE, service.VERSION, "ap-guangzhou")
    cloud = tencent.Tencent(product, tencent.Key(KEY_ID, SECRET), http, clock)
    text = tencent_sms.TencentSms(cloud, "1400", "燃气", _SMS)
    return text if channel == "tencent_sms" else tencent_voice.TencentVoice(cloud, "1400", _VOICE)

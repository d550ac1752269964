"""Short messages by Alibaba Cloud 阿里云短信: `SendSms`.

https://help.aliyun.com/zh/sms/developer-reference/api-dysmsapi-2017-05-25-sendsms
"""

import msgspec

from alerting.notify.aliyun import MOST_OUT_ID, Aliyun
from alerting.notify.channel import Accepted, Refused
from alerting.notify.message import Template
from alerting.notify.phone import domestic, no_number
from domain.record import Notice

VERSION = "2017-05-25"


class AliyunSms:
    """Sends an approved template to the number at `address`.

    Args:
        account: that calls.
        signature: approved name of the sender 签名.
        template: approved text, ``SMS_…``; its variables are called as ours.
    """

    def __init__(self, account: Aliyun, signature: str, template: Template) -> None:
        self._account, self._signature, self._template = account, signature, template

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer)."""
        number = domestic(notice.address)
        if number is None:
            return no_number(notice.address)
        parameters = {
            "PhoneNumbers": number,
            "SignName": self._signature,
            "TemplateCode": self._template.code,
            "TemplateParam": msgspec.json.encode(self._template.fill(notice)).decode(),
            "OutId": notice.key[:MOST_OUT_ID],
        }
        return self._account.call("SendSms", parameters)

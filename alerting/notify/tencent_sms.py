"""Short messages by Tencent Cloud 腾讯云短信: `SendSms` (https://cloud.tencent.com/document/product/382/55981)."""

import msgspec

from alerting.notify.channel import Accepted, Refused
from alerting.notify.message import Template
from alerting.notify.phone import international, no_number
from alerting.notify.tencent import CODES, MOST_CONTEXT, Tencent
from domain.record import Notice

SERVICE, VERSION = "sms", "2021-01-11"


class _Status(msgspec.Struct, rename="pascal"):
    code: str
    message: str = ""
    serial_no: str = ""


class _Said(msgspec.Struct, rename="pascal"):
    send_status_set: list[_Status]


class TencentSms:
    """Sends an approved template to the number at `address`.

    Args:
        account: that calls.
        app_id: of the SMS application.
        signature: approved name of the sender 签名.
        template: approved text, by its number.
    """

    def __init__(self, account: Tencent, app_id: str, signature: str, template: Template) -> None:
        self._account, self._app_id, self._signature, self._template = account, app_id, signature, template

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer)."""
        number = international(notice.address)
        if number is None:
            return no_number(notice.address)
        parameters = {
            "PhoneNumberSet": [number],
            "SmsSdkAppId": self._app_id,
            "SignName": self._signature,
            "TemplateId": self._template.code,
            "TemplateParamSet": list(self._template.fill(notice).values()),
            "SessionContext": notice.key[:MOST_CONTEXT],
        }
        said = self._account.call("SendSms", parameters, _Said)
        if isinstance(said, Refused):
            return said
        if not said.send_status_set:
            return Refused("empty", "no status for the number", retryable=True)
        status = said.send_status_set[0]
        return Accepted(status.serial_no) if status.code == "Ok" else CODES.refuse(status.code, status.message)

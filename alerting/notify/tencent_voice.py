"""Calls by Tencent Cloud 腾讯云语音消息: `SendTts` (https://cloud.tencent.com/document/product/1128/51558).

The key that was pressed comes back in a receipt (`alerting.notify.receipts`).
"""

import msgspec

from alerting.notify.channel import Accepted, Refused
from alerting.notify.message import Template
from alerting.notify.phone import international, no_number
from alerting.notify.tencent import MOST_CONTEXT, Tencent
from domain.record import Notice

SERVICE, VERSION = "vms", "2020-09-02"
_TIMES = 3


class _Status(msgspec.Struct, rename="pascal"):
    call_id: str


class _Said(msgspec.Struct, rename="pascal"):
    send_status: _Status


class TencentVoice:
    """Reads an approved template out to the number at `address`.

    Args:
        account: that calls.
        app_id: of the voice application.
        template: approved text, by its number.
    """

    def __init__(self, account: Tencent, app_id: str, template: Template) -> None:
        self._account, self._app_id, self._template = account, app_id, template

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer)."""
        number = international(notice.address)
        if number is None:
            return no_number(notice.address)
        parameters = {
            "CalledNumber": number,
            "VoiceSdkAppid": self._app_id,
            "TemplateId": self._template.code,
            "TemplateParamSet": list(self._template.speak(notice).values()),
            "PlayTimes": _TIMES,
            "SessionContext": notice.key[:MOST_CONTEXT],
        }
        said = self._account.call("SendTts", parameters, _Said)
        if isinstance(said, Refused):
            return said
        called = said.send_status.call_id
        return Accepted(called) if called else Refused("empty", "no number of a call", retryable=True)

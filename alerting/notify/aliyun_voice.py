"""Calls by Alibaba Cloud 阿里云语音: `SingleCallByTts`, or `IvrCall` where a key acknowledges.

https://help.aliyun.com/zh/vms/developer-reference/api-dyvmsapi-2017-05-25-singlecallbytts and …-ivrcall. The key
that was pressed comes back in a receipt (`alerting.notify.receipts`).
"""

import msgspec

from alerting.notify.aliyun import MOST_OUT_ID, Aliyun
from alerting.notify.channel import Accepted, Refused
from alerting.notify.message import Template
from alerting.notify.phone import domestic, no_number
from domain.record import Notice

VERSION = "2017-05-25"
ACKNOWLEDGE = "1"
"""The key that acknowledges; the approved text has to say so."""
_TIMES = "3"


class AliyunVoice:
    """Reads an approved template out to the number at `address`.

    Args:
        account: that calls.
        caller: number that is shown; "" for one of the provider's pool.
        template: approved text, ``TTS_…``; its variables are called as ours.
        key_template: approved text that thanks for the key; "": the call asks for no key.
    """

    def __init__(self, account: Aliyun, caller: str, template: Template, key_template: str = "") -> None:
        self._account, self._caller, self._template, self._key_template = account, caller, template, key_template

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer)."""
        number = domestic(notice.address)
        if number is None:
            return no_number(notice.address)
        said = msgspec.json.encode(self._template.speak(notice)).decode()
        common = {"CalledNumber": number, "PlayTimes": _TIMES, "OutId": notice.key[:MOST_OUT_ID]}
        common |= {"CalledShowNumber": self._caller} if self._caller else {}
        if not self._key_template:
            return self._account.call("SingleCallByTts", common | {"TtsCode": self._template.code, "TtsParam": said})
        menu = {"MenuKeyMap.1.Key": ACKNOWLEDGE, "MenuKeyMap.1.Code": self._key_template}
        return self._account.call("IvrCall", common | menu | {"StartCode": self._template.code, "StartTtsParams": said})

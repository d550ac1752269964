"""A robot in a group of WeCom 企业微信.

Group robots: https://developer.work.weixin.qq.com/document/path/91770. It answers HTTP 200 to everything; only
``errcode`` 0 in the body means sent.
"""

import msgspec

from alerting.notify import message
from alerting.notify.channel import Accepted, Refused
from alerting.notify.codes import Codes
from alerting.notify.http import Http, understood
from domain.record import Notice

CODES = Codes(busy=frozenset({"45009"}), hopeless=frozenset({"40058", "44004", "45002"}))
"""45009: too fast. 40058, 44004, 45002: parameters, empty, too long. A robot that is gone (93000) a person mends."""
MOST_BYTES = 2048


class _Answer(msgspec.Struct):
    errcode: int
    errmsg: str = ""


class WeComRobot:
    """Writes into the group; the person at `address` (a telephone number) is called by name there.

    Args:
        url: of the robot, with its key; a secret.
        http: for the calls.
        language: of the text.
    """

    def __init__(self, url: str, http: Http, language: message.Language = "zh") -> None:
        self._url, self._http, self._language = url, http, language

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer)."""
        text = {
            "content": message.write(message.read(notice), self._language, MOST_BYTES),
            "mentioned_mobile_list": [notice.address] if notice.address else [],
        }
        body = msgspec.json.encode({"msgtype": "text", "text": text})
        said = understood(self._http.post(self._url, body, {"Content-Type": "application/json"}), _Answer)
        if isinstance(said, Refused):
            return said
        return CODES.refuse(said.errcode, said.errmsg) if said.errcode else Accepted()

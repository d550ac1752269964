"""A message of our own application to one person in WeCom 企业微信.

Token: https://developer.work.weixin.qq.com/document/path/91039; message: …/path/90236. Beyond its limits WeCom drops
messages and says nothing, so that our own ledger (`alerting.notify.quota`) is what keeps them.
"""

import threading
import time
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec

from alerting.notify import message
from alerting.notify.channel import Accepted, Refused
from alerting.notify.codes import Codes
from alerting.notify.http import Http, understood
from domain.record import Notice

CODES = Codes(busy=frozenset({"45009"}), hopeless=frozenset({"40003", "40031", "44004", "45002", "81013", "82001"}))
"""45009: too fast. 40003, 40031, 81013, 82001: nobody of that name whom we may write to. 44004, 45002: empty, long."""
MOST_BYTES = 2048
_NO_TOKEN = frozenset({40014, 41001, 42001})
_EARLY_S = 300  # a token is not used to its last second


class _Token(msgspec.Struct):
    errcode: int
    errmsg: str = ""
    access_token: str = ""
    expires_in: int = 0


class _Answer(msgspec.Struct):
    errcode: int
    errmsg: str = ""
    msgid: str = ""
    invaliduser: str = ""
    unlicenseduser: str = ""


class Application(NamedTuple):
    """Our application in a company.

    Attributes:
        endpoint: ``https://qyapi.weixin.qq.com``.
        corp_id: of the company.
        agent_id: of the application.
        secret: of the application.
    """

    endpoint: str
    corp_id: str
    agent_id: int
    secret: str


class WeComApp:
    """Writes to the account at `address`.

    Its token is kept until shortly before its end, or until WeCom believes it no more.

    Args:
        application: that writes.
        http: for the calls.
        language: of the text.
    """

    def __init__(self, application: Application, http: Http, language: message.Language = "zh") -> None:
        self._application, self._http, self._language = application, http, language
        self._token, self._until_s = "", 0.0
        self._asking = threading.Lock()

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer)."""
        end_s = self._http.deadline_s()
        token = self._believed(end_s)
        if isinstance(token, Refused):
            return token
        body = {
            "touser": notice.address,
            "msgtype": "text",
            "agentid": self._application.agent_id,
            "text": {"content": message.write(message.read(notice), self._language, MOST_BYTES)},
        }
        url = f"{self._application.endpoint}/cgi-bin/message/send?{urlencode({'access_token': token})}"
        answer = self._http.post(url, msgspec.json.encode(body), {"Content-Type": "application/json"}, end_s)
        said = understood(answer, _Answer)
        return said if isinstance(said, Refused) else self._judge(said)

    def _judge(self, said: _Answer) -> Accepted | Refused:
        if said.errcode in _NO_TOKEN:
            self._token = ""  # another one for the next attempt
        if said.errcode:
            return CODES.refuse(said.errcode, said.errmsg)
        missed = said.invaliduser or said.unlicenseduser
        return Refused("invaliduser", f"nobody reached: {missed}", retryable=False) if missed else Accepted(said.msgid)

    def _believed(self, end_s: float) -> str | Refused:
        with self._asking:
            if self._token and time.monotonic() < self._until_s:
                return self._token
            query = urlencode({"corpid": self._application.corp_id, "corpsecret": self._application.secret})
            said = understood(self._http.get(f"{self._application.endpoint}/cgi-bin/gettoken?{query}", end_s), _Token)
            if isinstance(said, Refused):
                return said
            if said.errcode or not said.access_token:
                return CODES.refuse(said.errcode, f"no token: {said.errmsg}")
            self._token, self._until_s = said.access_token, time.monotonic() + said.expires_in - _EARLY_S
            return self._token

"""A robot in a group of DingTalk 钉钉, with a signature.

Custom robots: https://open.dingtalk.com/document/robots/custom-robot-access. It answers HTTP 200 to everything; only
``errcode`` 0 in the body means sent.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import quote_plus

import msgspec

from alerting.notify import message
from alerting.notify.channel import Accepted, Refused
from alerting.notify.codes import Codes
from alerting.notify.http import Http, understood
from domain.record import Notice

CODES = Codes(busy=frozenset({"130101", "410100"}))
"""Too fast. All others, such as 310000 (keyword, signature, address) and a robot that is gone, a person mends."""
MOST_BYTES = 20_000
_BESIDES_TEXT = 400  # of the same request


class _Answer(msgspec.Struct):
    errcode: int
    errmsg: str = ""


class DingTalk:
    """Writes into the group; the person at `address` (a telephone number) is called by name there.

    Args:
        url: of the robot, with its token; a secret.
        secret: of the signature, ``SEC…``.
        http: for the calls.
        clock_ns: wall clock.
        language: of the text.
    """

    def __init__(
        self, url: str, secret: str, http: Http, clock_ns: Callable[[], int], language: message.Language = "zh"
    ) -> None:
        self._url, self._secret, self._http = url, secret, http
        self._clock_ns, self._language = clock_ns, language

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer)."""
        called = f"\n@{notice.address}" if notice.address else ""
        text = message.write(message.read(notice), self._language, MOST_BYTES - _BESIDES_TEXT, message.in_json)
        body = {
            "msgtype": "text",
            "text": {"content": text + called},
            "at": {"atMobiles": [notice.address] if notice.address else [], "isAtAll": False},
        }
        answer = self._http.post(self._signed(), msgspec.json.encode(body), {"Content-Type": "application/json"})
        said = understood(answer, _Answer)
        if isinstance(said, Refused):
            return said
        return CODES.refuse(said.errcode, said.errmsg) if said.errcode else Accepted()

    def _signed(self) -> str:
        timestamp_ms = self._clock_ns() // 1_000_000
        return f"{self._url}&timestamp={timestamp_ms}&sign={quote_plus(sign(self._secret, timestamp_ms))}"


def sign(secret: str, timestamp_ms: int) -> str:
    """Sign a call: HMAC-SHA256 of timestamp and secret under the secret, base64.

    Example:
        >>> sign("SEC1", 1_700_000_000_000)
        'ukR4+WoOOBTGaOauYqugxVrMSFyr92q4hPxJxuOkiio='
    """
    signed = hmac.new(secret.encode(), f"{timestamp_ms}\n{secret}".encode(), hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()

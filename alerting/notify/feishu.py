"""A robot in a group of Feishu 飞书 or Lark, with a signature.

Custom bots: https://open.larkoffice.com/document/client-docs/bot-v3/add-custom-bot. Only ``code`` 0 in the body means
sent; older ones say ``StatusCode`` instead.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable

import msgspec

from alerting.notify import message
from alerting.notify.channel import Accepted, Refused
from alerting.notify.codes import Codes
from alerting.notify.http import Http, says, understood
from domain.record import Notice

CODES = Codes(busy=frozenset({"11232"}), hopeless=frozenset({"9499"}))
"""11232: too fast. 9499: a bad request. All others, such as 19021 (signature or clock), 19022 (sender's address), 19024
(keyword) and a robot that is gone, a person mends."""
MOST_BYTES = 20_000
_BESIDES_TEXT = 600  # of the same request
_S = 1_000_000_000


class _Answer(msgspec.Struct):
    code: int | None = None
    msg: str = ""
    old_code: int | None = msgspec.field(name="StatusCode", default=None)
    old_msg: str = msgspec.field(name="StatusMessage", default="")


class Feishu:
    """Writes into the group; the person at `address` (an `open_id`) is called by name there.

    Args:
        url: of the robot, with its token; a secret.
        secret: of the signature.
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
        timestamp_s = self._clock_ns() // _S
        text = message.write(message.read(notice), self._language, MOST_BYTES - _BESIDES_TEXT, message.in_json)
        body = {
            "timestamp": str(timestamp_s),
            "sign": sign(self._secret, timestamp_s),
            "msg_type": "text",
            "content": {"text": text + (f'\n<at user_id="{notice.address}"></at>' if notice.address else "")},
        }
        answer = self._http.post(self._url, msgspec.json.encode(body), {"Content-Type": "application/json"})
        said = understood(answer, _Answer)
        if isinstance(said, Refused):
            return said
        code = said.old_code if said.code is None else said.code
        if code is None:
            return Refused(str(answer.status), f"not understood: {says(answer.body)}", retryable=True)
        return CODES.refuse(code, said.msg or said.old_msg) if code else Accepted()


def sign(secret: str, timestamp_s: int) -> str:
    """Sign a call: HMAC-SHA256 of nothing under timestamp and secret, base64.

    Example:
        >>> sign("secret", 1_700_000_000)
        'fiWS2+gh28DOydAv7hzONH/mDn9+b1Y4Y5ivXWXy8vA='
    """
    signed = hmac.new(f"{timestamp_s}\n{secret}".encode(), b"", hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()

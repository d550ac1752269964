"""Notices as signed HTTP POSTs to a program of the owner."""

import hashlib
import hmac
from collections.abc import Callable
from http import HTTPStatus

import msgspec

from alerting.notify.channel import Accepted, Refused
from alerting.notify.http import Answer, Http, says, understood
from domain.record import Notice


class _Answer(msgspec.Struct):
    accepted: bool = False
    id: str | int = ""
    code: str | int = ""
    text: str = ""
    retryable: bool = True


class WebhookChannel:
    """Sends the body of a notice as it is, signed.

    Headers:

    - ``Idempotency-Key``: the notice's key, the same at every attempt;
    - ``X-Lifeline-Timestamp``: seconds since 1970 of this attempt;
    - ``X-Lifeline-Signature``: ``sha256=`` and HMAC-SHA256 of ``timestamp.body`` under the shared secret, hex.

    A status says only that HTTP worked: robots and gateways answer 200 to what they throw away. So it counts as
    accepted on 204, or when the body is a JSON object that says ``"accepted": true`` (and may carry an ``id``). A body
    with ``"accepted": false`` may add ``code``, ``text`` and ``retryable``.

    Args:
        url: of the receiver.
        secret: shared with it.
        http: for the calls.
        clock_ns: wall clock.
    """

    def __init__(self, url: str, secret: str, http: Http, clock_ns: Callable[[], int]) -> None:
        self._url = url
        self._secret = secret.encode()
        self._http = http
        self._clock_ns = clock_ns

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer within 10 s, 5 s of them for the connection)."""
        body = notice.body.encode()
        timestamp = str(self._clock_ns() // 1_000_000_000)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": notice.key,
            "X-Lifeline-Timestamp": timestamp,
            "X-Lifeline-Signature": f"sha256={sign(self._secret, timestamp, body)}",
        }
        return judge(self._http.post(self._url, body, headers))


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Sign an attempt.

    Example:
        >>> sign(b"secret", "1700000000", b"{}")[:16]
        'b8569b78799ff9e3'
    """
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def judge(answer: Answer) -> Accepted | Refused:
    """Tell what an answer means; one that is not understood may be tried again."""
    if answer.status == HTTPStatus.NO_CONTENT:
        return Accepted()
    said = understood(answer, _Answer)
    if isinstance(said, Refused):
        return said
    if said.accepted:
        return Accepted(str(said.id))
    return Refused(str(said.code or answer.status), said.text or says(answer.body), said.retryable)

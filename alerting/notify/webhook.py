"""Notices as signed HTTP POSTs to a program of the owner."""

import hashlib
import hmac
import time
from collections.abc import Callable

import httpx2
import msgspec

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from domain.record import Notice

CONNECT_S = 5.0
TOTAL_S = 10.0
_ANSWER_BYTES = 65_536
_SAYS_BYTES = 200
_HOPELESS = frozenset({400, 404, 405, 410, 413, 414, 415, 422})
"""The request itself is wrong. All else, also missing rights, a person can mend while we go on trying."""


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
        client: for the calls; redirections are not followed.
        clock_ns: wall clock.
    """

    def __init__(self, url: str, secret: str, client: httpx2.Client, clock_ns: Callable[[], int]) -> None:
        self._url = url
        self._secret = secret.encode()
        self._client = client
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
        try:
            status, answer = self._post(body, headers)
        except httpx2.HTTPError as error:
            raise ChannelUnavailable(f"{type(error).__name__}: {error}") from None  # never the URL: it is a secret
        return judge(status, answer)

    def _post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Read the answer piece by piece, since the client's time limits hold for each piece alone."""
        end_s = time.monotonic() + TOTAL_S
        timeout = httpx2.Timeout(TOTAL_S - CONNECT_S, connect=CONNECT_S)
        answer = b""
        with self._client.stream(
            "POST", self._url, content=body, headers=headers, timeout=timeout, follow_redirects=False
        ) as response:
            for piece in response.iter_bytes():
                answer += piece
                if len(answer) > _ANSWER_BYTES or time.monotonic() > end_s:
                    raise ChannelUnavailable("the answer did not end")
        return response.status_code, answer


def sign(secret: bytes, timestamp: str, body: bytes) -> str:
    """Sign an attempt.

    Example:
        >>> sign(b"secret", "1700000000", b"{}")[:16]
        'b8569b78799ff9e3'
    """
    return hmac.new(secret, timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def judge(status: int, body: bytes) -> Accepted | Refused:
    """Tell what an answer means; one that is not understood may be tried again."""
    if status == httpx2.codes.NO_CONTENT:
        return Accepted()
    if not httpx2.codes.is_success(status):
        return Refused(str(status), _says(body), retryable=status not in _HOPELESS)
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.DecodeError:
        return Refused(str(status), f"not understood: {_says(body)}", retryable=True)
    if answer.accepted:
        return Accepted(str(answer.id))
    return Refused(str(answer.code or status), answer.text or _says(body), answer.retryable)


def _says(body: bytes) -> str:
    return body[:_SAYS_BYTES].decode(errors="replace")

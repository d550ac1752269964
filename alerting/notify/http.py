"""One HTTP call to a provider: bounded in time and in size, and its answer read with suspicion."""

import time
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import httpx2
import msgspec

from alerting.notify.channel import ChannelUnavailable, Refused

CONNECT_S = 5.0
TOTAL_S = 10.0
_ANSWER_BYTES = 65_536
_SAYS_BYTES = 200
_HOPELESS = frozenset({400, 404, 405, 410, 413, 414, 415, 422})
"""The request itself is wrong. All else, also missing rights, a person can mend while we go on trying."""
Said = TypeVar("Said")


class Answer(NamedTuple):
    """What came back."""

    status: int
    body: bytes


class Http:
    """Calls by one client; redirections are not followed.

    Args:
        client: shared by all channels; it keeps the connections.
        total_s: seconds that the calls of one attempt may take together.
    """

    def __init__(self, client: httpx2.Client, total_s: float = TOTAL_S) -> None:
        self._client, self._total_s = client, total_s

    def deadline_s(self) -> float:
        """Begin an attempt: give the monotonic time at which it must be over."""
        return time.monotonic() + self._total_s

    def post(self, url: str, content: bytes, headers: Mapping[str, str], end_s: float | None = None) -> Answer:
        """Post (ChannelUnavailable: no answer by the deadline, or no whole one)."""
        return self._call("POST", url, content, headers, end_s)

    def get(self, url: str, end_s: float | None = None) -> Answer:
        """Get (ChannelUnavailable: no answer by the deadline, or no whole one)."""
        return self._call("GET", url, b"", {}, end_s)

    def _call(self, method: str, url: str, content: bytes, headers: Mapping[str, str], end_s: float | None) -> Answer:
        end_s = self.deadline_s() if end_s is None else end_s
        try:
            return self._read(method, url, content, headers, end_s)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise ChannelUnavailable(f"{type(error).__name__}: {error}") from None  # never the URL: it is a secret

    def _read(self, method: str, url: str, content: bytes, headers: Mapping[str, str], end_s: float) -> Answer:
        """Read the answer piece by piece, since the client's time limits hold for each piece alone."""
        left_s = max(0.001, end_s - time.monotonic())
        timeout = httpx2.Timeout(min(TOTAL_S - CONNECT_S, left_s), connect=min(CONNECT_S, left_s))
        answer = b""
        with self._client.stream(
            method, url, content=content, headers=headers, timeout=timeout, follow_redirects=False
        ) as response:
            for piece in response.iter_bytes():
                answer += piece
                if len(answer) > _ANSWER_BYTES or time.monotonic() > end_s:
                    raise ChannelUnavailable("the answer did not end")
        return Answer(response.status_code, answer)


def says(body: bytes) -> str:
    """Quote the beginning of an answer for a person."""
    return body[:_SAYS_BYTES].decode(errors="replace")


def by_status(answer: Answer) -> Refused | None:
    """Tell what a status alone says: it never says yes.

    Example:
        >>> by_status(Answer(429, b"slowly"))
        Refused(code='429', text='slowly', retryable=True)
    """
    if httpx2.codes.is_success(answer.status):
        return None
    return Refused(str(answer.status), says(answer.body), retryable=answer.status not in _HOPELESS)


def understood(answer: Answer, kind: type[Said], *, errors: bool = False) -> Said | Refused:
    """Read a body of JSON; what is not understood is no yes, and may be tried again.

    Args:
        answer: of the provider.
        kind: what its body must be.
        errors: whether it explains itself in such a body under any status.
    """
    refused = by_status(answer)
    if refused and not errors:
        return refused
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except msgspec.DecodeError:
        return refused or Refused(str(answer.status), f"not understood: {says(answer.body)}", retryable=True)

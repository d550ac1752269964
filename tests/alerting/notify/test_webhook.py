import hashlib
import hmac

import httpx2
import pytest

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.notify.http import CONNECT_S, TOTAL_S, Http
from alerting.notify.webhook import WebhookChannel
from domain.record import Notice

NOTICE = Notice("a/1/0//webhook", "a", 1, "webhook", "", '{"priority":1,"text":"【演练】"}', due_ns=0)


def answered(response: httpx2.Response) -> Accepted | Refused:
    return exchanged(response)[1]


def exchanged(response: httpx2.Response) -> tuple[httpx2.Request, Accepted | Refused]:
    seen: list[httpx2.Request] = []

    def play(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return response

    client = httpx2.Client(transport=httpx2.MockTransport(play))
    channel = WebhookChannel("https://hook.example/x", "secret", Http(client), lambda: 1_700_000_000_900_000_000)
    answer = channel.send(NOTICE)
    return seen[0], answer


def test_the_receiver_can_check_who_sent_it_and_when_and_tell_a_repeat() -> None:
    request, _ = exchanged(httpx2.Response(204))
    assert request.headers["X-Lifeline-Timestamp"] == "1700000000"
    signed = b"1700000000." + request.content
    expected = hmac.new(b"secret", signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Lifeline-Signature"] == f"sha256={expected}"
    assert request.headers["Idempotency-Key"] == NOTICE.key
    assert request.content.decode() == NOTICE.body


def test_a_call_is_bounded_in_time() -> None:
    timeout = exchanged(httpx2.Response(204))[0].extensions["timeout"]
    assert timeout == {"connect": CONNECT_S, "read": 5.0, "write": 5.0, "pool": 5.0}
    assert (CONNECT_S, TOTAL_S) == (5.0, 10.0)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        pytest.param(httpx2.Response(204), Accepted(), id="204"),
        pytest.param(httpx2.Response(200, json={"accepted": True}), Accepted(), id="yes without a number"),
        pytest.param(httpx2.Response(202, json={"accepted": True, "id": 7}), Accepted("7"), id="a number"),
        pytest.param(
            httpx2.Response(200, json={"errcode": 310000}),
            Refused("200", '{"errcode":310000}', retryable=True),
            id="200 with the error code of a robot",
        ),
        pytest.param(
            httpx2.Response(200, json={"accepted": "true"}),
            Refused("200", 'not understood: {"accepted":"true"}', retryable=True),
            id="a text is no yes",
        ),
        pytest.param(
            httpx2.Response(200, json=[True]), Refused("200", "not understood: [true]", retryable=True), id="a list"
        ),
        pytest.param(
            httpx2.Response(200, json={"accepted": False, "code": "quota", "text": "full", "retryable": False}),
            Refused("quota", "full", retryable=False),
            id="a reasoned no",
        ),
        pytest.param(httpx2.Response(302), Refused("302", "", retryable=True), id="a redirection is not followed"),
    ],
)
def test_only_a_body_that_says_yes_is_a_yes(response: httpx2.Response, expected: Accepted | Refused) -> None:
    assert answered(response) == expected


def test_an_answer_without_end_is_unavailable() -> None:
    with pytest.raises(ChannelUnavailable, match="did not end"):
        answered(httpx2.Response(200, content=iter([b"x" * 40_000] * 9)))

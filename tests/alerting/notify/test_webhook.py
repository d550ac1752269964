import hashlib
import hmac

import httpx2

from alerting.notify.http import CONNECT_S, TOTAL_S, Http
from alerting.notify.webhook import WebhookChannel
from domain.record import Notice

NOTICE = Notice("a/1/0//webhook", "a", 1, "webhook", "", '{"priority":1}', due_ns=0)


def sent() -> httpx2.Request:
    seen: list[httpx2.Request] = []

    def play(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(204)

    client = httpx2.Client(transport=httpx2.MockTransport(play))
    WebhookChannel("https://hook.example/x", "secret", Http(client), lambda: 1_700_000_000_900_000_000).send(NOTICE)
    return seen[0]


def test_the_receiver_can_check_who_sent_it_and_when() -> None:
    request = sent()
    assert request.headers["X-Lifeline-Timestamp"] == "1700000000"
    signed = b"1700000000." + request.content
    expected = hmac.new(b"secret", signed, hashlib.sha256).hexdigest()
    assert request.headers["X-Lifeline-Signature"] == f"sha256={expected}"


def test_a_call_is_bounded_in_time() -> None:
    assert sent().extensions["timeout"] == {"connect": CONNECT_S, "read": 5.0, "write": 5.0, "pool": 5.0}
    assert (CONNECT_S, TOTAL_S) == (5.0, 10.0)

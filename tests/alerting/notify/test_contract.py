"""What every channel must do, against a provider that plays all the ways to answer."""

from collections.abc import Callable
from dataclasses import replace

import httpx2
import pytest

from alerting.notify.channel import Accepted, Channel, ChannelUnavailable, Refused
from alerting.notify.http import Http
from alerting.notify.webhook import WebhookChannel
from domain.record import Notice

Play = Callable[[httpx2.Request], httpx2.Response]

URL = "https://hook.example/secret-token"
NOTICE = Notice("a/1/0//webhook", "a", 1, "webhook", "", '{"text":{"zh":"【演练】老街小厨"}}', due_ns=0)
YES = httpx2.Response(200, json={"accepted": True, "id": "m-7"})
BUILDERS: dict[str, Callable[[httpx2.Client], Channel]] = {
    "webhook": lambda client: WebhookChannel(URL, "secret", Http(client), lambda: 1_700_000_000_000_000_000),
}


@pytest.fixture(params=BUILDERS.values(), ids=list(BUILDERS))
def build(request: pytest.FixtureRequest) -> Callable[[Play], Channel]:
    builder: Callable[[httpx2.Client], Channel] = request.param
    return lambda play: builder(httpx2.Client(transport=httpx2.MockTransport(play)))


def noted(seen: list[httpx2.Request]) -> Play:
    def play(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return YES

    return play


def test_delivers_with_chinese_text_intact_and_the_key_of_the_notice(build: Callable[[Play], Channel]) -> None:
    seen: list[httpx2.Request] = []
    channel = build(noted(seen))
    assert channel.send(NOTICE) == Accepted("m-7")
    assert channel.send(NOTICE) == Accepted("m-7")
    assert {request.headers["Idempotency-Key"] for request in seen} == {NOTICE.key}
    assert seen[0].content.decode() == NOTICE.body


@pytest.mark.parametrize(
    ("retryable", "status"),
    [
        *((False, status) for status in (400, 404, 422)),
        *((True, status) for status in (302, 401, 403, 408, 429, 500, 503)),
    ],
)
def test_a_status_says_whether_to_try_again(build: Callable[[Play], Channel], *, retryable: bool, status: int) -> None:
    answer = build(lambda _: httpx2.Response(status, text="不行")).send(NOTICE)
    assert answer == Refused(str(status), "不行", retryable)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        pytest.param(httpx2.Response(204), Accepted(), id="204"),
        pytest.param(httpx2.Response(200, json={"accepted": True}), Accepted(), id="yes without a number"),
        pytest.param(httpx2.Response(202, json={"accepted": True, "id": 7}), Accepted("7"), id="a number"),
        pytest.param(httpx2.Response(200), Refused("200", "not understood: ", retryable=True), id="empty body"),
        pytest.param(
            httpx2.Response(200, html="<html>login</html>"),
            Refused("200", "not understood: <html>login</html>", retryable=True),
            id="a page",
        ),
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
    ],
)
def test_only_a_body_that_says_yes_is_a_yes(
    build: Callable[[Play], Channel], response: httpx2.Response, expected: Accepted | Refused
) -> None:
    assert build(lambda _: response).send(NOTICE) == expected


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(httpx2.ConnectError("refused"), id="no connection"),
        pytest.param(httpx2.ConnectTimeout("5 s"), id="no connection in time"),
        pytest.param(httpx2.ReadTimeout("30 s hang"), id="a hang"),
        pytest.param(httpx2.ReadError("reset after the request was read"), id="reset"),
    ],
)
def test_no_answer_is_unavailable_and_keeps_the_address_secret(
    build: Callable[[Play], Channel], error: httpx2.HTTPError
) -> None:
    def play(_: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(ChannelUnavailable, match=str(error)) as caught:
        build(play).send(NOTICE)
    assert "secret-token" not in str(caught.value)


def test_an_answer_without_end_is_unavailable(build: Callable[[Play], Channel]) -> None:
    with pytest.raises(ChannelUnavailable, match="did not end"):
        build(lambda _: httpx2.Response(200, content=iter([b"x" * 40_000] * 9))).send(NOTICE)


def test_another_notice_has_another_key(build: Callable[[Play], Channel]) -> None:
    seen: list[httpx2.Request] = []
    channel = build(noted(seen))
    channel.send(NOTICE)
    channel.send(replace(NOTICE, key="a/2/0//webhook"))
    assert [request.headers["Idempotency-Key"] for request in seen] == ["a/1/0//webhook", "a/2/0//webhook"]

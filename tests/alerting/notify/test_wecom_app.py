import time
from collections.abc import Callable

import httpx2
import pytest

from alerting.notify.channel import Accepted, Refused
from alerting.notify.http import Http
from alerting.notify.wecom_app import Application, WeComApp
from tests.alerting.notify.adapters import notice

TOKEN = {"errcode": 0, "errmsg": "ok", "access_token": "t", "expires_in": 7200}
Handler = Callable[[httpx2.Request], httpx2.Response]


class Company:
    """Answers from lists, the last answer for ever."""

    def __init__(self, tokens: list[object], answers: list[object]) -> None:
        self.tokens, self.answers = tokens, answers
        self.asked = 0
        client = httpx2.Client(transport=httpx2.MockTransport(self.play))
        self.channel = WeComApp(Application("https://wecom.example", "corp", 7, "secret"), Http(client))

    def play(self, request: httpx2.Request) -> httpx2.Response:
        token = request.url.path == "/cgi-bin/gettoken"
        self.asked += token
        found = self.tokens if token else self.answers
        return httpx2.Response(200, json=found.pop(0) if len(found) > 1 else found[0])

    def send(self) -> Accepted | Refused:
        return self.channel.send(notice("wecom_app"))


def test_a_company_that_hands_out_no_answer_is_tried_again() -> None:
    client = httpx2.Client(transport=httpx2.MockTransport(lambda _: httpx2.Response(502, text="away")))
    channel = WeComApp(Application("https://wecom.example", "corp", 7, "secret"), Http(client))
    assert channel.send(notice("wecom_app")) == Refused("502", "away", retryable=True)


@pytest.mark.parametrize("field", ["invaliduser", "unlicenseduser"])
def test_who_was_not_reached_was_not_told(field: str) -> None:
    answer = Company([TOKEN], [{"errcode": 0, "errmsg": "ok", "msgid": "m", field: "li"}]).send()
    assert answer == Refused("invaliduser", "nobody reached: li", retryable=False)


def test_a_token_is_asked_for_once() -> None:
    company = Company([TOKEN], [{"errcode": 0, "msgid": "m"}])
    assert [company.send(), company.send(), company.asked] == [Accepted("m"), Accepted("m"), 1]


@pytest.mark.parametrize("code", [40014, 42001])
def test_a_token_that_is_believed_no_more_is_replaced_at_the_next_attempt(code: int) -> None:
    company = Company([TOKEN], [{"errcode": code, "errmsg": "expired"}, {"errcode": 0, "msgid": "m"}])
    assert company.send() == Refused(str(code), "expired", retryable=True)
    assert (company.send(), company.asked) == (Accepted("m"), 2)


def test_a_token_is_not_used_to_its_last_second(monkeypatch: pytest.MonkeyPatch) -> None:
    now_s = [1_000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now_s[0])
    company = Company([TOKEN], [{"errcode": 0, "msgid": "m"}])
    company.send()
    now_s[0] += 6_899
    company.send()
    assert company.asked == 1
    now_s[0] += 2
    company.send()
    assert company.asked == 2


@pytest.mark.parametrize(
    "token",
    [{"errcode": 40001, "errmsg": "invalid credential"}, {"errcode": 0, "errmsg": "ok"}, {"errcode": 45009}],
)
def test_without_a_token_nothing_is_sent(token: dict[str, object]) -> None:
    company = Company([token], [{"errcode": 0, "msgid": "m"}])
    answer = company.send()
    assert isinstance(answer, Refused)
    assert (answer.retryable, "no token" in answer.text) == (True, True)

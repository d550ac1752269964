import httpx2
import pytest

from alerting.notify.channel import Accepted, Refused
from alerting.notify.feishu import Feishu
from alerting.notify.http import Http
from tests.alerting.notify.adapters import notice
from tests.alerting.notify.stand_in import NOW_NS


def exchanged(response: object, todo: str = "疏散") -> tuple[httpx2.Request, Accepted | Refused]:
    seen: list[httpx2.Request] = []

    def play(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=response)

    client = httpx2.Client(transport=httpx2.MockTransport(play))
    answer = Feishu("https://feishu.example/hook/x", "secret", Http(client), lambda: NOW_NS).send(
        notice("feishu", what_to_do={"zh": todo})
    )
    return seen[0], answer


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ({"StatusCode": 0, "StatusMessage": "success"}, Accepted()),
        ({"StatusCode": 19024, "StatusMessage": "Key Words Not Found"}, Refused("19024", "Key Words Not Found", True)),  # noqa: FBT003
        ({"code": 19024, "msg": "no", "StatusCode": 0}, Refused("19024", "no", True)),  # noqa: FBT003
        ({"msg": "success"}, Refused("200", 'not understood: {"msg":"success"}', True)),  # noqa: FBT003
    ],
)
def test_old_and_new_answers_are_understood(response: object, expected: Accepted | Refused) -> None:
    assert exchanged(response)[1] == expected


def test_the_longest_text_stays_within_twenty_kilobytes() -> None:
    request, _ = exchanged({"code": 0}, '"疏散"\n' * 9_000)
    assert 19_000 < len(request.content) < 20 * 1024
    assert "4711" in request.content.decode()

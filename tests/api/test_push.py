import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from api.services import Push
from tests.api.conftest import Plant

TOKEN = "k" * 32
POINT = b'{"type":1,"at":1768449600000,"dev_id":7,"ds_id":"gas_value","value":6.3}'
REPORT = b'{"messageType":"dataReport","deviceId":"0a1b","timestamp":1768449600000,"payload":{"gas_value":1}}'
Pushed = list[tuple[str, str, str, bytes]]


@pytest.fixture
def pushed() -> Pushed:
    return []


@pytest.fixture
def client(plant: Plant, pushed: Pushed) -> Iterator[TestClient]:
    push = Push(TOKEN, lambda *one: pushed.append(one))
    with TestClient(create_app(replace(plant.services(), push=push))) as made:
        yield made


def post(client: TestClient, path: str, body: bytes, token: str = TOKEN) -> int:
    return client.post(f"/api/v1/push/{path}?token={token}", content=body).status_code


def test_a_push_is_logged_as_it_came_under_the_name_of_its_device(client: TestClient, pushed: Pushed) -> None:
    wrapped = b'{"msg":' + POINT + b',"msg_signature":"x","nonce":"y"}'
    two = b'{"msg":[' + POINT + b"," + POINT.replace(b":7", b':"8"') + b'],"nonce":"y"}'
    assert [post(client, "ctwing/lian", REPORT), post(client, "onenet/lian", POINT)] == [200, 200]
    assert [post(client, "onenet/lian", wrapped), post(client, "onenet/lian", two)] == [200, 200]
    assert pushed[:3] == [
        ("ctwing", "lian", "0a1b", REPORT),
        ("onenet", "lian", "7", POINT),
        ("onenet", "lian", "7", wrapped),
    ]
    assert pushed[3] == ("onenet", "lian", "7", b'{"msg":' + POINT + b"}")
    assert [one[2] for one in pushed[4:]] == ["8"]


@pytest.mark.parametrize("body", [b"", b"\xff", b"[]", b"{}", b'{"msg":1}', b'{"dev_id":[]}', b'{"deviceId":"\xff"}'])
def test_what_cannot_be_read_is_kept_all_the_same(body: bytes, client: TestClient, pushed: Pushed) -> None:
    assert [post(client, "ctwing/lian", body), post(client, "onenet/lian", body)] == [200, 200]
    assert pushed == [("ctwing", "lian", "", body), ("onenet", "lian", "", body)]


def test_without_the_word_nothing_is_taken(client: TestClient, pushed: Pushed, plant: Plant) -> None:
    assert [post(client, f"{way}/lian", POINT, "x") for way in ("ctwing", "onenet")] == [403, 403]
    with TestClient(create_app(plant.services())) as closed:
        assert [post(closed, f"{way}/lian", POINT) for way in ("ctwing", "onenet")] == [404, 404]
        assert closed.get("/api/v1/push/onenet/lian?msg=a&nonce=b&signature=c").status_code == 404
    assert pushed == []


def test_onenet_gets_its_message_back_for_a_signature_of_our_word(client: TestClient) -> None:
    digest = hashlib.md5(f"{TOKEN}nonceabc".encode(), usedforsecurity=False).digest()
    query = {"msg": "abc", "nonce": "nonce", "signature": base64.b64encode(digest).decode()}
    answer = client.get("/api/v1/push/onenet/lian", params=query)
    assert (answer.status_code, answer.text) == (200, "abc")
    assert client.get("/api/v1/push/onenet/lian", params=query | {"msg": "abd"}).status_code == 403

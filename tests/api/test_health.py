from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.application import create_app
from api.services import Reader
from tests.api.conftest import Plant, wait_for


@pytest.fixture
def eager(plant: Plant) -> Iterator[TestClient]:
    """A client of an application that has looked once."""
    with TestClient(create_app(plant.services())) as client:
        wait_for(lambda: ask(client)["checks"]["watch"]["ok"], 5, "the first look")
        yield client


def ask(client: TestClient) -> Any:  # noqa: ANN401 - JSON
    answer = client.get("/readyz")
    body = answer.json()
    assert (answer.status_code == 200) is body["ready"] is all(check["ok"] for check in body["checks"].values())
    return body


def test_is_green_when_every_check_holds(eager: TestClient) -> None:
    body = ask(eager)
    assert body["ready"]
    assert body["checks"].keys() == {"records", "log", "broker", "probe", "watch"}
    assert {check["text"] for check in body["checks"].values()} == {""}


@pytest.mark.parametrize("part", ["log", "broker", "probe"])
def test_each_role_that_complains_is_a_line_of_its_own(plant: Plant, eager: TestClient, part: str) -> None:
    said: dict[str, Any] = {part: "what it says"}
    plant.pipeline = plant.pipeline._replace(**said)
    checks = ask(eager)["checks"]
    assert checks.pop(part) == {"ok": False, "text": "what it says"}
    assert all(check["ok"] for check in checks.values())


@pytest.mark.parametrize(
    ("readers", "text"),
    [
        ({"watch": Reader(900, 15.0)}, "the watch is 15 s behind"),
        ({"watch": Reader(900, 1e7)}, "the watch is very long behind"),
        ({"write": Reader(0, 0.0)}, "nobody knows yet how far the watch is"),
        ({"watch": Reader(0, 14.9), "write": Reader(9_999, 9_999.0)}, ""),
    ],
)
def test_the_watch_must_follow_and_the_write_may_wait(
    plant: Plant, eager: TestClient, readers: dict[str, Reader], text: str
) -> None:
    plant.readers = readers
    wait_for(lambda: ask(eager)["checks"]["watch"]["text"] == text, 5, text)


def test_a_listener_that_is_configured_must_turn_over(plant: Plant, eager: TestClient) -> None:
    plant.pipeline = plant.pipeline._replace(turned={"listen": plant.clock_ns(), "connect": 0})
    assert ask(eager)["ready"]
    plant.pipeline = plant.pipeline._replace(turned={"listen": plant.clock_ns() - 16 * 10**9})
    assert ask(eager)["checks"]["listen"]["text"] == "listen has said nothing for 16 s"

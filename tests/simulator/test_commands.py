import logging
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from domain.asset import Assets
from simulator.frames import Outgoing
from simulator.scenario import Scenario
from simulator.timetext import S_NS
from simulator.world import World

Parse = Callable[[str], Scenario]
Payloads = Callable[[list[Outgoing], str, str], list[dict[str, Any]]]
Values = Callable[[list[Outgoing], str, str], dict[float, float]]
TOPIC = "gas/v1/R1/CV1/command"


def command(command_id: str, *, name: str = "close", expires: object = "2026-01-15T12:00:40+08:00") -> bytes:
    return msgspec.json.encode({"command_id": command_id, "command": name, "expires": expires, "reason": "drill"})


@pytest.fixture
def after(scenario: Parse, hamlet: Assets) -> Callable[..., list[Outgoing]]:
    """Run half a minute, hear these messages, run another half."""

    def said(*heard: tuple[str, bytes], events: str = "", pause_s: float = 0) -> list[Outgoing]:
        world = World(scenario(events), hamlet)
        world.step_to(world.start_ns + 30 * S_NS)
        messages: list[Outgoing] = []
        for number, (topic, payload) in enumerate(heard):
            messages += world.step_to(world.start_ns + round((30 + number * pause_s) * S_NS))
            world.hear(topic, payload)
        return messages + world.step_to(world.start_ns + 60 * S_NS)

    return said


After = Callable[..., list[Outgoing]]


def results(answers: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(answer["result"], answer["detail"]) for answer in answers]


@pytest.mark.parametrize("expires", ["2026-01-15T12:00:40+08:00", 1_768_449_640_000])
def test_a_valve_closes_and_says_so(after: After, payloads: Payloads, values: Values, expires: object) -> None:
    messages = after((TOPIC, command("c1", expires=expires)))
    answers = payloads(messages, "CV1", "command_result")
    assert results(answers) == [("accepted", ""), ("done", "")]
    assert {answer["command_id"] for answer in answers} == {"c1"}
    valve = values(messages, "CV1", "valve_open")
    assert {v for t, v in valve.items() if t > 32} == {0}
    assert values(messages, "CV2", "valve_open")[max(values(messages, "CV2", "valve_open"))] == 1


def test_a_command_delivered_twice_is_carried_out_once(after: After, payloads: Payloads) -> None:
    answers = payloads(after(*[(TOPIC, command("c1"))] * 2, pause_s=5), "CV1", "command_result")
    assert results(answers) == [("accepted", ""), ("done", ""), ("done", "")]


def test_a_valve_that_is_closed_already_is_done_at_once(after: After, payloads: Payloads) -> None:
    answers = payloads(after((TOPIC, command("c1")), (TOPIC, command("c2")), pause_s=5), "CV1", "command_result")
    assert [(a["command_id"], a["result"]) for a in answers[2:]] == [("c2", "accepted"), ("c2", "done")]


def test_an_expired_command_is_refused(after: After, payloads: Payloads, values: Values) -> None:
    messages = after((TOPIC, command("c1", expires="2026-01-15T12:00:29+08:00")))
    assert results(payloads(messages, "CV1", "command_result")) == [("refused", "expired")]
    assert set(values(messages, "CV1", "valve_open").values()) == {1}


@pytest.mark.parametrize("name", ["open", "OPEN", "", "close "])
def test_nothing_but_close_is_obeyed(after: After, payloads: Payloads, values: Values, name: str) -> None:
    messages = after((TOPIC, command("c1")), (TOPIC, command("c2", name=name)), pause_s=10)
    assert results(payloads(messages, "CV1", "command_result"))[2:] == [("refused", "expected close, to a valve")]
    valve = values(messages, "CV1", "valve_open")
    assert valve[max(valve)] == 0


def test_a_jammed_valve_accepts_and_then_has_to_refuse(after: After, payloads: Payloads) -> None:
    messages = after((TOPIC, command("c1")), events="events: [{kind: fault, device: CV1, what: jam}]")
    assert results(payloads(messages, "CV1", "command_result")) == [
        ("accepted", ""),
        ("refused", "limit switch not reached"),
    ]


def test_a_device_that_is_no_valve_refuses(after: After, payloads: Payloads) -> None:
    messages = after(("gas/v1/R1/FN1/command", command("c1")))
    assert results(payloads(messages, "FN1", "command_result")) == [("refused", "expected close, to a valve")]


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("gas/v1/R1/CV9/command", command("c1")),
        ("gas/v1/R2/CV1/command", command("c1")),
        ("gas/v1/R1/CV1/telemetry", command("c1")),
        (TOPIC, b"close!"),
        (TOPIC, b'{"command_id":"c1","command":"close"}'),
        (TOPIC, command("c1", expires="soon")),
        (TOPIC, command("c1", expires=1.5)),
    ],
)
def test_what_cannot_be_answered_is_logged_and_changes_nothing(
    topic: str, payload: bytes, after: After, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        messages = after((topic, payload))
    assert not [m for m in messages if m.topic.endswith("command_result")]
    assert len(caplog.records) == 1


def test_a_silent_valve_hears_nothing(after: After, caplog: pytest.LogCaptureFixture) -> None:
    messages = after((TOPIC, command("c1")), events="events: [{kind: fault, device: CV1, what: silent, at: 10s}]")
    assert not [m for m in messages if "/CV1/" in m.topic]
    assert "reaches no device" in caplog.text

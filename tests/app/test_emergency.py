import threading

import msgspec
import pytest

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from app.roles.emergency import Emergency, Everywhere, unrecorded
from domain.alarm import AlarmKind, alarm_id
from domain.finding import Finding, Transition
from domain.record import Notice
from tests.app.support import S, configuration, wait_for

ASSETS = configuration().assets


def finding(number: int = 1) -> Finding:
    return Finding("d", AlarmKind.GAS_HIGH, "G1", "", Transition.ONSET, 1, 7, S, onset_ns=number, value=60, limit=50)


def test_the_message_names_place_value_and_alarm_and_says_that_it_is_not_recorded() -> None:
    body = msgspec.json.decode(unrecorded(finding(), ASSETS).body)
    assert (body["unrecorded"], body["priority"], body["kind"]) == (True, 1, "gas_high")
    assert (body["device"], body["site"], body["zone"], body["value"]) == ("G1", "S1", "Z1", 60)
    assert body["id"] == alarm_id("G1", AlarmKind.GAS_HIGH)
    assert "Old Town Kitchen" in body["text"]["en"]


def test_a_receiver_that_is_away_costs_one_message_and_delays_nobody(caplog: pytest.LogCaptureFixture) -> None:
    sent: list[str] = []
    go = threading.Event()

    def send(notice: Notice) -> Accepted | Refused:
        go.wait(10)
        sent.append(notice.key)
        if len(sent) == 1:
            raise ChannelUnavailable("ConnectError: refused")
        return Accepted("")

    tell = Emergency(send, ASSETS)
    for number in range(1_500):
        tell(finding(number))
    assert "not posted: too many wait" in caplog.text
    go.set()
    wait_for(lambda: len(sent) >= 1_000)
    assert "ConnectError" in caplog.text
    assert len(set(sent)) == len(sent)


def test_a_way_that_hangs_delays_no_other() -> None:
    go, sent = threading.Event(), list[str]()

    def hangs(_notice: Notice) -> Accepted | Refused:
        go.wait(10)
        return Accepted("")

    def works(notice: Notice) -> Accepted | Refused:
        sent.append(notice.key)
        return Accepted("")

    tell = Everywhere([Emergency(hangs, ASSETS), Emergency(works, ASSETS)])
    tell(finding(1))
    tell(finding(2))
    wait_for(lambda: len(sent) == 2)
    go.set()

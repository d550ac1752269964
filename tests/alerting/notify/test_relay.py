import pytest

from alerting.notify.channel import Accepted, ChannelUnavailable
from alerting.notify.relay import Relay
from app.roles.emergency import unrecorded
from domain.alarm import AlarmKind
from domain.finding import Finding, Transition
from tests.app.support import S, configuration

FINDING = Finding("d", AlarmKind.GAS_HIGH, "G1", "", Transition.ONSET, 1, 7, S, onset_ns=1, value=60, limit=50)
NOTICE = unrecorded(FINDING, configuration().assets)


class Broker:
    """Takes what is published, and acknowledges or not."""

    def __init__(self, *, there: bool) -> None:
        self.there, self.stopped = there, False
        self.taken: list[tuple[str, bytes]] = []

    def publish(self, topic: str, payload: bytes) -> None:
        if self.stopped:
            raise ConnectionError("the publisher was stopped")
        self.taken.append((topic, payload))

    def stop(self) -> None:
        self.stopped = True

    def drain(self, _timeout_s: float) -> bool:
        return self.there


def test_sends_the_body_of_the_notice_to_its_topic() -> None:
    broker = Broker(there=True)
    assert Relay(broker, "gas/_relay/alarm").send(NOTICE) == Accepted("gas/_relay/alarm")
    assert broker.taken == [("gas/_relay/alarm", NOTICE.body.encode())]


def test_a_broker_that_does_not_acknowledge_is_away() -> None:
    with pytest.raises(ChannelUnavailable, match="no PUBACK within 5 s"):
        Relay(Broker(there=False), "x").send(NOTICE)


def test_a_publisher_that_was_stopped_is_away_too() -> None:
    broker = Broker(there=True)
    broker.stop()
    with pytest.raises(ChannelUnavailable, match="relay: the publisher was stopped"):
        Relay(broker, "x").send(NOTICE)

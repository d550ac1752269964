"""The local relay: a siren or lamp that hears MQTT, for what cannot wait until the records are back."""

from typing import Protocol

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from domain.record import Notice

_PATIENCE_S = 5.0


class Publisher(Protocol):
    """Sends at QoS 1, and again after a lost connection: `ingest.mqtt.Publisher`."""

    def publish(self, topic: str, payload: bytes) -> None: ...
    def drain(self, timeout_s: float) -> bool: ...


class Relay:
    """Sends the body of a notice, never retained: a relay that comes later must not sound for what is over.

    Args:
        publisher: connected, or on its way; it keeps what it was given until it is.
        topic: that the relay hears.
    """

    def __init__(self, publisher: Publisher, topic: str) -> None:
        self._publisher, self._topic = publisher, topic

    def send(self, notice: Notice) -> Accepted | Refused:
        try:
            self._publisher.publish(self._topic, notice.body.encode())
        except ConnectionError as error:  # stopped before there ever was a connection
            raise ChannelUnavailable(f"relay: {error}") from None
        if not self._publisher.drain(_PATIENCE_S):
            raise ChannelUnavailable(f"relay: no PUBACK within {_PATIENCE_S:g} s; it is sent when the broker is back")
        return Accepted(self._topic)

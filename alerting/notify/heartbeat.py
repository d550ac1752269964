"""Ways of a heartbeat: the local siren relay, which sounds by itself without one, and a monitor outside."""

from collections.abc import Mapping
from typing import Protocol

from alerting.notify.channel import ChannelUnavailable
from alerting.notify.http import Answer, by_status

_PATIENCE_S = 3.0
_EXPIRY_S = 30
_JSON = {"Content-Type": "application/json"}


class Publisher(Protocol):
    """`ingest.mqtt.Publisher`."""

    trouble: str

    def publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> None: ...
    def connects(self, timeout_s: float) -> bool: ...
    def drain(self, timeout_s: float) -> bool: ...


class Http(Protocol):
    """`alerting.notify.http.Http`."""

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> Answer: ...


class RelayBeat:
    """Publishes, never retained; what cannot leave now is not kept: an old heartbeat would hold the siren back.

    Args:
        publisher: connected, or on its way.
        topic: that the relay hears.
    """

    def __init__(self, publisher: Publisher, topic: str) -> None:
        self._publisher, self._topic = publisher, topic

    def beat(self, body: bytes) -> None:
        """Send (ChannelUnavailable: it did not leave)."""
        if self._publisher.trouble or not self._publisher.connects(_PATIENCE_S):
            raise ChannelUnavailable(f"relay: {self._publisher.trouble or 'no connection to the broker'}")
        self._publisher.publish(self._topic, body, expiry_s=_EXPIRY_S)
        if not self._publisher.drain(_PATIENCE_S):
            raise ChannelUnavailable(f"relay: no PUBACK within {_PATIENCE_S:g} s")


class MonitorBeat:
    """Posts to a monitor that calls somebody when nothing comes; any status of success is its yes.

    Args:
        url: of the check; it is a secret.
        http: by which it is called.
    """

    def __init__(self, url: str, http: Http) -> None:
        self._url, self._http = url, http

    def beat(self, body: bytes) -> None:
        """Send (ChannelUnavailable: it was not taken)."""
        refused = by_status(self._http.post(self._url, body, _JSON))
        if refused:
            raise ChannelUnavailable(f"monitor: {refused.code} {refused.text}")

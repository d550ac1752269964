"""The canary: a test alarm a minute by the way of every real one, and an alarm when it does not come through.

It is published at the broker, received, logged, read by `watch`, written into the outbox and taken by a channel of role
`notify` that does nothing but note when. No person, incident, list or KPI sees it; one row and one notice are kept.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import msgspec

from alerting.notify.channel import Accepted
from app.pulse import CanaryPulse, PulseFile
from app.roles.ourselves import Health
from domain.alarm import AlarmKind
from domain.errors import StoreUnavailable
from domain.finding import Finding
from domain.frame import HEALTH_TOPIC
from domain.record import Notice

_LOGGER = logging.getLogger(__name__)
_STARTING_S = 30.0
_LOOK_S = 1.0
_AGAIN_NS = 300_000_000_000
_PATIENCE_S = 3.0
_MISSES = 2


class Publisher(Protocol):
    """`ingest.mqtt.Publisher`."""

    trouble: str

    def publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> None: ...
    def connects(self, timeout_s: float) -> bool: ...


class Numbers(NamedTuple):
    """How often it sings, and from when on it is late."""

    every_ns: int
    late_ns: int


class CanaryEnd:
    """The channel at the end of its way.

    Args:
        file: that says when it arrived.
        clock_ns: wall clock.
    """

    def __init__(self, file: PulseFile[CanaryPulse], clock_ns: Callable[[], int]) -> None:
        self._file, self._clock_ns = file, clock_ns

    def send(self, notice: Notice) -> Accepted:
        self._file.write(CanaryPulse(int(notice.body), self._clock_ns()))
        return Accepted()


class Canary:
    """Sings, listens, and tells: level 1 when it is late, level 2 when two in a row did not come.

    As long as none ever came through it stays at level 1: rather its right at the broker is missing than the way of all
    alarms broken from the first day on.

    Args:
        sing: publishes a payload (ConnectionError: it did not leave, which is a miss).
        heard: the newest arrival.
        numbers: of the rulebook.
        append: takes entries of the log.
        tell: a way that needs neither watch nor senders.
    """

    def __init__(
        self,
        sing: Callable[[bytes], None],
        heard: Callable[[], CanaryPulse],
        numbers: Numbers,
        append: Callable[[Sequence[tuple[int, str, bytes]]], object],
        tell: Callable[[Finding], None],
    ) -> None:
        self._sing, self._heard, self._numbers = sing, heard, numbers
        self._append, self._tell = append, tell
        self._sent_ns = self._misses = self._told_ns = 0
        self._said: int | None = None

    def look(self, now_ns: int) -> int:
        """Look once, every second or so; give the level."""
        heard, took_ns = self._heard(), 0
        back = heard.sent_ns == self._sent_ns
        if self._sent_ns and back:
            self._misses, took_ns = 0, heard.arrived_ns - heard.sent_ns
        elif self._sent_ns:
            took_ns = now_ns - self._sent_ns
        if not self._sent_ns or abs(now_ns - self._sent_ns) >= self._numbers.every_ns:
            self._misses += bool(self._sent_ns) and not back
            self._send(now_ns)
        level = 2 if self._misses >= _MISSES else int(took_ns > self._numbers.late_ns or self._misses > 0)
        level, reason = (level, "") if heard.sent_ns or not level else (1, "never_came")
        self._say(Health(AlarmKind.CANARY_LATE, level, took_ns / 1e9, self._numbers.late_ns / 1e9, reason), now_ns)
        return level

    def _send(self, now_ns: int) -> None:
        self._sent_ns = now_ns
        try:
            self._sing(msgspec.json.encode({"sent_ns": now_ns}))
        except ConnectionError as error:
            _LOGGER.warning("canary: %s", error)

    def _say(self, health: Health, now_ns: int) -> None:
        if health.level == _MISSES and now_ns - self._told_ns >= _AGAIN_NS:
            self._tell(health.finding("canary", now_ns))
            self._told_ns = now_ns
        elif health.level != _MISSES:
            self._told_ns = 0
        if health.level != self._said:
            self._append([(now_ns, HEALTH_TOPIC, msgspec.json.encode(health))])
            self._said = health.level  # after it: what the log refused is said again


def singing(publisher: Publisher, topic: str) -> Callable[[bytes], None]:
    """Give what publishes a canary, or raises: one that waits would arrive as one that was slow."""

    def sing(payload: bytes) -> None:
        if publisher.trouble or not publisher.connects(_PATIENCE_S):
            raise ConnectionError(publisher.trouble or "no connection to the broker")
        publisher.publish(topic, payload)

    return sing


def run_canary(canary: Canary, clock_ns: Callable[[], int], stop: threading.Event) -> None:
    """Look every second until `stop`; not at once, since the roles on its way may still be starting."""
    stop.wait(_STARTING_S)
    while not stop.wait(_LOOK_S):
        try:
            canary.look(clock_ns())
        except StoreUnavailable as error:
            _LOGGER.warning("canary: %s; trying again", error)

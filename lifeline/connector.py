"""One target at work: fill its outbox, send from it, say that we are there, forget what was accepted long ago."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

from alerting.notify.channel import ChannelUnavailable, Refused
from domain.errors import StoreUnavailable
from domain.parcel import Backlog
from lifeline.canon import Canon
from lifeline.collect import Collector
from lifeline.courier import Courier
from lifeline.measure import Measurer
from lifeline.sender import Sender
from lifeline.shape import NoCode

_LOGGER = logging.getLogger(__name__)
_IDLE_S = 0.5
_LONGEST_S = 5.0
"""At the end of a wait the journal is read again, also while the target is away."""
_SENDING_NS = 1_000_000_000
_FORGET_S = 600.0
_KEPT = ("alarm", "disposal", "hazard", "reply")
_READINGS_NS = 3_600_000_000_000
"""The series have them."""
_ROUND = 1_000
_S = 1_000_000_000


class Records(Protocol):
    """What is needed of the records database besides sending and filling."""

    def backlog(self, target: str) -> Backlog: ...
    def forget_parcels(self, target: str, kinds: Sequence[str], before_ns: int, limit: int) -> int: ...


class Habits(NamedTuple):
    """What a target's connector does besides.

    Attributes:
        beat_s: between heartbeats; 0: none.
        keep_ns: accepted parcels are kept so long.
    """

    beat_s: float
    keep_ns: int


class Target(NamedTuple):
    """The parts of one target's connector."""

    name: str
    collector: Collector
    sender: Sender
    courier: Courier
    canon: Canon
    measurer: Measurer | None = None


class Connector:
    """Works for one target until it is told to stop.

    Args:
        records: for counts and for forgetting.
        target: its parts.
        habits: how often.
        clock_ns: wall clock, of heartbeats and of what is forgotten.
        turned: told at the end of each turn, of whatever outcome.
        steady_ns: clock that nobody sets, for when to do so.
    """

    def __init__(
        self,
        records: Records,
        target: Target,
        habits: Habits,
        clock_ns: Callable[[], int],
        *,
        turned: Callable[[], object] = lambda: None,
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._records, self._target, self._habits = records, target, habits
        self._clock_ns, self._steady_ns = clock_ns, steady_ns
        self._turned = turned
        self._beat_ns = self._forget_ns = 0
        self._told = ""

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            try:
                busy = self._turn(stop)
            except StoreUnavailable as error:
                _LOGGER.warning("city %s: %s; trying again", self._target.name, error)
                busy = False
            self._turned()
            wait_s = self._target.sender.wait_s()
            stop.wait(min(_LONGEST_S, max(wait_s, 0.0 if busy else _IDLE_S)))

    def _turn(self, stop: threading.Event) -> bool:
        collected, sent = self._target.collector.work(), self._send(stop)
        self._say(self._target.sender.trouble)
        self._beat()
        self._forget()
        if self._target.measurer is not None:
            self._target.measurer.work()
        return bool(collected or sent)

    def _send(self, stop: threading.Event) -> bool:
        """Send for a while before the journal is read again: a call may carry one record alone."""
        sender, until_ns, sent = self._target.sender, self._steady_ns() + _SENDING_NS, False
        while sender.work():
            sent = True
            if self._steady_ns() >= until_ns or stop.wait(min(sender.wait_s(), _IDLE_S)):
                break
        return sent

    def _say(self, trouble: str) -> None:
        """Log an outage once, and its end."""
        if bool(trouble) != bool(self._told):
            _LOGGER.warning("city %s: %s", self._target.name, trouble or "takes records again")
        self._told = trouble

    def _beat(self) -> None:
        if not self._habits.beat_s or self._steady_ns() < self._beat_ns:
            return
        self._beat_ns, now_ns = self._steady_ns() + round(self._habits.beat_s * _S), self._clock_ns()
        backlog = self._records.backlog(self._target.name)
        try:
            answer = self._target.courier.beat(self._target.canon.heartbeat(now_ns, backlog.waiting, backlog.dead))
        except (ChannelUnavailable, NoCode) as error:
            _LOGGER.info("city %s: heartbeat: %s", self._target.name, error)
            return
        if isinstance(answer, Refused):
            _LOGGER.warning("city %s: heartbeat: %s %s", self._target.name, answer.code, answer.text)

    def _forget(self) -> None:
        if self._steady_ns() < self._forget_ns:
            return
        self._forget_ns, now_ns = self._steady_ns() + round(_FORGET_S * _S), self._clock_ns()
        for kinds, keep_ns in ((("reading",), _READINGS_NS), (_KEPT, self._habits.keep_ns)):
            while self._records.forget_parcels(self._target.name, kinds, now_ns - keep_ns, _ROUND) == _ROUND:
                pass

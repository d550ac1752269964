"""How many messages a provider takes, kept by ourselves: beyond its limits it drops them, blocks us, or says nothing.

A limit counts attempts within a window that ends now: those to one receiver, or all of a group's robot. Half of each
is kept for priority 1: alarms of lower priority find the limit at half its number, so that a rain of them never spends
what a leak needs. Attempts are counted here; of the time before our start, what the records know to have been taken on.
"""

import re
import threading
from collections import deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from typing import NamedTuple, Protocol

from alerting.notify.channel import Accepted, Channel, Refused
from alerting.notify.codes import QUOTA
from domain.record import Notice

_S = 1_000_000_000
_UNITS_S = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_FORM = re.compile(r"([1-9]\d{0,5})/(s|min|h|d)")
_PASSES_S = 60
"""A limit of a minute or less passes by itself; one of an hour or a day needs another way or another person."""


class Limit(NamedTuple):
    """So many attempts within so many seconds."""

    most: int
    window_s: int

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Read ``20/min`` (ValueError: another form).

        Example:
            >>> Limit.parse("50/d")
            Limit(most=50, window_s=86400)
        """
        found = _FORM.fullmatch(text)
        if not found:
            raise ValueError(
                f"{text!r}; expected a number of messages in a second, minute, hour or day, such as 20/min"
            )
        return cls(int(found[1]), _UNITS_S[found[2]])

    def __str__(self) -> str:
        unit = next(name for name, window_s in _UNITS_S.items() if window_s == self.window_s)
        return f"{self.most}/{unit}"

    def allowed(self, priority: int) -> int:
        """Give how many a priority may use; half is kept for priority 1, but one always remains."""
        return self.most if priority == 1 else max(1, self.most // 2)


def exceeded(limits: Collection[Limit], attempts_ns: Sequence[int], priority: int, now_ns: int) -> Limit | None:
    """Give the longest limit that one more attempt would break; None where it may be made.

    Args:
        limits: of the provider.
        attempts_ns: times of the attempts so far.
        priority: of the message.
        now_ns: wall clock.

    Example:
        >>> limits = [Limit.parse("4/min")]
        >>> exceeded(limits, [0, 0], priority=3, now_ns=1), exceeded(limits, [0, 0], priority=1, now_ns=1)
        (Limit(most=4, window_s=60), None)
    """
    for limit in sorted(limits, key=lambda limit: -limit.window_s):
        begin_ns = now_ns - limit.window_s * _S
        if sum(time_ns > begin_ns for time_ns in attempts_ns) >= limit.allowed(priority):
            return limit
    return None


class History(Protocol):
    """The notices of the records database."""

    def accepted_since(self, channel: str, address: str | None, since_ns: int) -> Sequence[int]:
        """Give when the provider of a channel took notices on, those to one address or to all (None)."""


class Metered:
    """A channel within its limits; all senders share it.

    What the provider refused was not taken on and does not count; what it did not answer may have been.

    Args:
        channel: that sends.
        name: of it in the records.
        limits: of the provider.
        shared: whether they are for all receivers together, as those of a robot, or for each.
        history: what it took on before our start.
        clock_ns: wall clock.
    """

    def __init__(
        self,
        channel: Channel,
        name: str,
        limits: Collection[Limit],
        *,
        shared: bool,
        history: History,
        clock_ns: Callable[[], int],
    ) -> None:
        self._channel, self._name, self._limits, self._shared = channel, name, limits, shared
        self._history, self._clock_ns, self._started_ns = history, clock_ns, clock_ns()
        self._longest_ns = max((limit.window_s for limit in limits), default=0) * _S
        self._made: dict[str | None, deque[int]] = {}
        self._counting = threading.Lock()

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt, or none where it would break a limit (StoreUnavailable: nobody knows what was sent)."""
        now_ns, receiver = self._clock_ns(), None if self._shared else notice.address
        broken = self._count(receiver, notice.priority, now_ns)
        if broken:
            told = f"our own limit of {broken}, half of it kept for priority 1"
            return Refused(QUOTA, told, retryable=self._shared or broken.window_s <= _PASSES_S)
        answer = self._channel.send(notice)
        if isinstance(answer, Refused) and answer.code != QUOTA:
            with self._counting, suppress(ValueError):  # it may have left its window meanwhile
                self._made[receiver].remove(now_ns)
        return answer

    def _count(self, receiver: str | None, priority: int, now_ns: int) -> Limit | None:
        with self._counting:
            made = self._made.get(receiver)
            if made is None:
                made = self._made[receiver] = deque(self._earlier(receiver))
            while made and made[0] <= now_ns - self._longest_ns:
                made.popleft()
            broken = exceeded(self._limits, made, priority, now_ns)
            if broken is None:
                made.append(now_ns)
            return broken

    def _earlier(self, receiver: str | None) -> list[int]:
        found = self._history.accepted_since(self._name, receiver, self._started_ns - self._longest_ns)
        return sorted(time_ns for time_ns in found if time_ns < self._started_ns)

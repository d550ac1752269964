"""The dead-man's heartbeat: it says that alerting works, so nothing sends it but alerting that was seen to work.

There is no timer of its own: the auditor beats at the end of a round, which fails with the records; `watch` counts by
the log time of what it has committed, and each sender by its last look into the outbox.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

import msgspec

from alerting.notify.channel import ChannelUnavailable
from app.pulse import BEAT_S, NotifyPulse, PulseFile, TurnPulse
from app.readers import WATCH
from domain.frame import Frame
from domain.record import Notice

_LOGGER = logging.getLogger(__name__)


class Way(Protocol):
    """Where a heartbeat goes: `alerting.notify.heartbeat`."""

    def beat(self, body: bytes) -> None: ...


class Limits(NamedTuple):
    """When there is silence.

    Attributes:
        stale_ns: whoever has not moved for so long stands still.
        silence_ns: the relay sounds so long after the work that the last heartbeat stood for.
    """

    stale_ns: int
    silence_ns: int


class Heart:
    """Beats, unless somebody stands still.

    Args:
        moved: when each part of alerting last moved, wall clock; 0 never.
        ways: told in this order; one that is away holds up no other.
        limits: of the rulebook.
    """

    def __init__(self, moved: Callable[[], Mapping[str, int]], ways: Sequence[Way], limits: Limits) -> None:
        self._moved, self._ways, self._limits = moved, ways, limits

    def beat(self, now_ns: int) -> bool:
        """Beat once; tell whether anybody heard of it."""
        if not self._ways:
            return False
        ages_ns = {name: abs(now_ns - moved_ns) for name, moved_ns in self._moved().items()}
        still = sorted(name for name, age_ns in ages_ns.items() if age_ns > self._limits.stale_ns)
        if still:
            _LOGGER.error("no heartbeat: %s stands still", ", ".join(still))
            return False
        valid_s = (self._limits.silence_ns - max(ages_ns.values())) // 1_000_000_000
        body = msgspec.json.encode({"heartbeat": True, "time_ns": now_ns, "valid_s": valid_s})
        for way in self._ways:
            try:
                way.beat(body)
            except ChannelUnavailable as error:
                _LOGGER.error("heartbeat: %s", error)  # noqa: TRY400 - the line says it all; silence is the alarm
        return True


class Log(Protocol):
    """The frame log."""

    def read(self, after: int, limit: int) -> list[Frame]: ...


@dataclass(frozen=True, slots=True)
class Moved:
    """When each part of alerting last moved.

    Args:
        log: whose ticks say how late it was where `watch` has committed.
        cursor: of a reader, as the records have it; alarms and escalations advance with it.
        notify: pulse of that role.
    """

    log: Log
    cursor: Callable[[str], int]
    notify: Callable[[], NotifyPulse]

    def __call__(self) -> Mapping[str, int]:
        frames = self.log.read(max(0, self.cursor(WATCH) - 1), 1)
        senders = self.notify().turned
        return {
            "watch": frames[0].received_ns if frames else 0,
            **{f"notify {name}".rstrip(): turned_ns for name, turned_ns in (senders or {"": 0}).items()},
        }


Turned = TypeVar("Turned", bound=TurnPulse)


class Turns(Generic[Turned]):
    """When each part of a role last came round, written by the parts themselves.

    Args:
        file: that others read.
        names: of the parts.
        clock_ns: wall clock.
        begun_ns: said of a part that has not come round yet.
    """

    def __init__(
        self, file: PulseFile[Turned], names: Collection[str], clock_ns: Callable[[], int], *, begun_ns: int = 0
    ) -> None:
        self._file, self._clock_ns, self._lock = file, clock_ns, threading.Lock()
        self._turned = dict.fromkeys(names, begun_ns)
        self._written_ns = 0

    def done(self, name: str) -> None:
        now_ns = self._clock_ns()
        with self._lock:
            self._turned[name] = now_ns
            if abs(now_ns - self._written_ns) >= BEAT_S * 1e9:
                self._file.write(type(self._file.first)(dict(self._turned)))
                self._written_ns = now_ns


class Outbox(Protocol):
    """The notices of the records database."""

    def lease_notices(
        self, now_ns: int, lease_ns: int, limit: int, channels: Collection[str] | None = None
    ) -> list[Notice]: ...
    def settle_notice(self, notice: Notice) -> None: ...
    def hand_over(self, now_ns: int) -> int: ...


class Turning:
    """The outbox as one sender sees it; each look into it that succeeds is a turn.

    Args:
        outbox: of the records.
        turned: told of each turn.
    """

    def __init__(self, outbox: Outbox, turned: Callable[[], None]) -> None:
        self._outbox, self._turned = outbox, turned

    def lease_notices(
        self, now_ns: int, lease_ns: int, limit: int, channels: Collection[str] | None = None
    ) -> list[Notice]:
        found = self._outbox.lease_notices(now_ns, lease_ns, limit, channels)
        self._turned()
        return found

    def settle_notice(self, notice: Notice) -> None:
        self._outbox.settle_notice(notice)

    def hand_over(self, now_ns: int) -> int:
        found = self._outbox.hand_over(now_ns)
        self._turned()
        return found

"""What a watch outside sees of us, such as Grafana's dead-man rules: as frames of the log, when it changes."""

import threading
from collections.abc import Callable, Mapping

import msgspec

from app.roles.ourselves import Health
from domain.alarm import AlarmKind
from domain.frame import HEALTH_TOPIC
from domain.record import AuditEntry
from store.framelog import FrameLog
from store.records import Records

_MOST = 100
"""Signs that are kept; of more the oldest are forgotten."""


class DeadMan:
    """Keeps what is missed, and says it to the log and the audit.

    A sign is told again and again while it lasts; that changes nothing. After a start nothing is known, and the first
    word goes into the log whatever it is: whoever watches repeats what still lasts.

    Args:
        records: with the audit.
        log: of this thread.
        clock_ns: wall clock.
    """

    def __init__(self, records: Records, log: Callable[[], FrameLog], clock_ns: Callable[[], int]) -> None:
        self._records, self._log, self._clock_ns = records, log, clock_ns
        self._lock = threading.Lock()
        self._missed: dict[str, str] = {}
        self._told: str | None = None

    def __call__(self, signs: Mapping[str, str], user: str) -> None:
        """Take codes by fingerprint, "" where it is over (StoreUnavailable: it must be said again)."""
        with self._lock:
            lasting = {name: code for name, code in {**self._missed, **signs}.items() if code}
            missed = dict(list(lasting.items())[-_MOST:])
            reason = ", ".join(sorted(set(missed.values())))
            if reason != self._told:
                self._say(reason, user)
            self._missed, self._told = missed, reason

    def _say(self, reason: str, user: str) -> None:
        now_ns = self._clock_ns()
        health = Health(AlarmKind.DEAD_MAN, int(bool(reason)), 0.0, 0.0, reason)
        with self._records.unit() as unit:
            unit.audit(AuditEntry(now_ns, user, "dead_man", reason or "over"))
            self._log().append([(now_ns, HEALTH_TOPIC, msgspec.json.encode(health))])

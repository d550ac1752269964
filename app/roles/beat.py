"""The pulse of role `ingest`: what it alone can see, written for the other processes."""

import threading
from collections.abc import Callable

from app.pulse import BEAT_S, Commits, IngestPulse, PulseFile
from app.roles.ingest import FULL, Prober, is_full
from domain.errors import StoreUnavailable
from ingest.link import IntakeHealth
from store.framelog import FrameLog


class Beat:
    """Writes how the intake is.

    The broker's count of dropped messages goes on over our own restarts: what it dropped while nobody was here is more
    than what the last pulse said. A smaller number is a broker that began anew; all of it is new then.

    Args:
        file: of the pulse.
        health: of the intake.
        log: whose space is measured; an instance of its own.
        commits: how long they took.
        prober: of the broker's queue.
        clock_ns: wall clock.
    """

    def __init__(
        self,
        file: PulseFile[IngestPulse],
        *,
        health: Callable[[], IntakeHealth],
        log: FrameLog,
        commits: Callable[[], Commits],
        prober: Prober,
        clock_ns: Callable[[], int],
    ) -> None:
        self._file, self._health, self._prober, self._clock_ns = file, health, prober, clock_ns
        self._log, self._commits = log, commits
        before = file.read()
        self._dropped, self._dropped_ns = before.dropped, before.dropped_ns

    def run(self, stop: threading.Event) -> None:
        """Beat until `stop`."""
        self.beat()
        while not stop.wait(BEAT_S):
            self.beat()

    def beat(self) -> None:
        """Write one pulse."""
        health, now_ns = self._health(), self._clock_ns()
        self._count(health.dropped, now_ns)
        pulse = IngestPulse(
            time_ns=now_ns,
            broker=self._prober.waiting or health.broker,
            log=health.log or self._full(),
            probe=self._prober.verdict,
            dropped=self._dropped,
            dropped_ns=self._dropped_ns,
            commits=self._commits(),
        )
        self._file.write(pulse)

    def _full(self) -> str:
        """Say why the log would take nothing, also while nobody sends anything."""
        try:
            return FULL if is_full(self._log.size()) else ""
        except StoreUnavailable as error:
            return str(error)

    def _count(self, dropped: int | None, now_ns: int) -> None:
        if dropped is None:
            return
        before = self._dropped
        grew = before is not None and (dropped > before or 0 < dropped < before)
        self._dropped, self._dropped_ns = dropped, now_ns if grew else self._dropped_ns

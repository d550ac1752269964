"""How soon `watch` records what it finds, for charts: the slowest commit of each few seconds."""

from collections.abc import Callable

from app.pulse import PulseFile, WatchPulse

WINDOW_NS = 10_000_000_000


class Delay:
    """Keeps the slowest; one thread at a time tells it.

    Args:
        pulse: that is written.
        clock_ns: wall clock.
    """

    def __init__(self, pulse: PulseFile[WatchPulse], clock_ns: Callable[[], int]) -> None:
        self._pulse, self._clock_ns = pulse, clock_ns
        self._slowest = WatchPulse()

    def recorded(self, arrived_ns: int) -> None:
        """Take note of transitions that were just committed, and whose first frame arrived then."""
        now_ns = self._clock_ns()
        took_s = (now_ns - arrived_ns) / 1e9
        if took_s > self._slowest.took_s or abs(now_ns - self._slowest.time_ns) > WINDOW_NS:
            self._slowest = WatchPulse(now_ns, took_s)
            self._pulse.write(self._slowest)

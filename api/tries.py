"""How often somebody may guess."""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable

_KEYS = 10_000


class Tries:
    """Counts tries in a sliding window, in memory, for the latest 10 000 keys.

    Args:
        limit: tries for each key within the window.
        window_s: length of the window, seconds.
        clock_s: a clock that only goes forward, seconds.

    Example:
        >>> tries = Tries(2, 60.0, iter([0.0, 1.0, 2.0, 61.0]).__next__)
        >>> [tries.wait_s("wang") for _ in range(4)]
        [0.0, 0.0, 58.0, 0.0]
    """

    def __init__(self, limit: int, window_s: float, clock_s: Callable[[], float]) -> None:
        self._limit, self._window_s, self._clock_s = limit, window_s, clock_s
        self._times: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._lock = threading.Lock()

    def wait_s(self, key: Hashable) -> float:
        """Take one try: 0.0 when it is allowed, else how long to wait for the next one."""
        now = self._clock_s()
        with self._lock:
            times = self._times.setdefault(key, deque())
            self._times.move_to_end(key)
            if len(self._times) > _KEYS:
                self._times.popitem(last=False)
            while times and times[0] <= now - self._window_s:
                times.popleft()
            if len(times) >= self._limit:
                return times[0] + self._window_s - now
            times.append(now)
            return 0.0

    def forget(self, key: Hashable) -> None:
        """Start anew: the right password was given."""
        with self._lock:
            self._times.pop(key, None)

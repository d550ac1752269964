"""How long commits take, counted by length."""

from bisect import bisect_left

from app.pulse import Commits

BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Histogram:
    """One thread counts, any reads.

    Example:
        >>> commits = Histogram()
        >>> commits.observe(0.02)
        >>> commits.read().counts[4], commits.read().total_s
        (1, 0.02)
    """

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS_S) + 1)
        self._total_s = 0.0

    def observe(self, took_s: float) -> None:
        self._counts[bisect_left(BOUNDS_S, took_s)] += 1
        self._total_s += took_s

    def read(self) -> Commits:
        return Commits(tuple(self._counts), self._total_s)

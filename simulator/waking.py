"""Which rooms are awake: where something is fast, each turn of 0.1 s counts; elsewhere steps of seconds will do."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from simulator.dice import FloatArray, RowArray
from simulator.timetext import S_NS

CALM_NS = S_NS
"""Step of a room in which little changes, on a grid that begins with the run."""
STILL_NS = 5 * S_NS
"""Step of a room in which nothing changes that its sensors could tell, and of all that is in no room."""
_STAYS_UP_NS = 10 * S_NS
_LONG_AGO_NS = np.iinfo(np.int64).min

Flags = npt.NDArray[np.bool_]


class Waking:
    """The time of each space: awake ones are stepped at every turn, calm ones each second, still ones every 5 s.

    Which of these a space is follows from what goes on in it and in those that it shares air or a controller with, and
    from nothing else: so a leak elsewhere, another device or the speed of the run changes no step here.

    Args:
        spaces: number of them.
        joined: spaces that wake up together.
        time_ns: of the beginning.
        grid_ns: any time on the grid.

    Attributes:
        awake: spaces that are stepped at every turn.
        calm: spaces that are stepped each second at least.
        pace_ns: how long the next step may be at most; 0: the next turn must not be left out.
    """

    def __init__(self, spaces: int, joined: Iterable[Sequence[int]], time_ns: int, grid_ns: int) -> None:
        self._group: RowArray = np.arange(spaces, dtype=np.intp)
        for rows in joined:
            self._group[rows] = min(rows)
        self.awake, self.calm = np.zeros(spaces, np.bool_), np.zeros(spaces, np.bool_)
        self._until_ns = np.full(spaces, _LONG_AGO_NS, np.int64)
        self._at_ns = np.full(spaces, time_ns, np.int64)
        self._still_ns, self._grid_ns, self._began = time_ns, grid_ns, False
        self.pace_ns = STILL_NS

    def _set_pace(self) -> None:
        self.pace_ns = 0 if self.awake.any() else CALM_NS if self.calm.any() else STILL_NS

    def wake(self, spaces: Sequence[int], time_ns: int) -> None:
        """Let these be awake from now on, for ten seconds at least."""
        self._until_ns[spaces] = time_ns + _STAYS_UP_NS
        self.awake |= self._spread(self._until_ns > time_ns)
        self._set_pace()

    def judge(self, fast: Flags, slow: Flags, time_ns: int) -> None:
        """Let those be awake where something is fast or that were woken a moment ago, and calm where it is slow."""
        self.awake = self._spread(fast | (self._until_ns > time_ns))
        self.calm = self._spread(slow)
        self._set_pace()

    def _spread(self, up: Flags) -> Flags:
        if not up.any():
            return up
        leads = np.zeros(len(up), np.bool_)
        leads[self._group[up]] = True
        found: Flags = leads[self._group]
        return found

    def step(self, time_ns: int) -> tuple[float | FloatArray, float] | None:
        """Go on to this time.

        Returns:
            The step of each space, or of all alike, and that of what is in no space; None: nothing is due.
        """
        passed_ns = time_ns - self._grid_ns
        if passed_ns % STILL_NS == 0 or not self._began:
            self._began = True
            still_s, alike = (time_ns - self._still_ns) / S_NS, bool((self._at_ns == self._still_ns).all())
            step_s = still_s if alike else (time_ns - self._at_ns) / S_NS
            self._at_ns[:] = self._still_ns = time_ns
            return step_s, still_s
        due = self.awake if passed_ns % CALM_NS else self.awake | self.calm
        if not due.any():
            return None
        step_ns = np.where(due, time_ns - self._at_ns, 0)
        self._at_ns += step_ns
        return step_ns / S_NS, 0.0

"""Which rooms are awake: where something is fast, each turn of 0.1 s counts; elsewhere a step of a second will do."""

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from simulator.dice import FloatArray, RowArray
from simulator.timetext import S_NS

CALM_NS = S_NS
"""Step of all that is calm, on a grid that begins with the run."""
_STAYS_UP_NS = 10 * S_NS
_LONG_AGO_NS = np.iinfo(np.int64).min


class Waking:
    """The time of each space: awake ones are stepped at every turn, the others on the grid of whole seconds.

    Whether a space is awake follows from what goes on in it and in those that it shares air or a controller with, and
    from nothing else: so a leak elsewhere, another device or the speed of the run changes no step here.

    Args:
        spaces: number of them.
        joined: spaces that wake up together.
        time_ns: of the beginning.
        grid_ns: any time on the grid.

    Attributes:
        awake: of each space.
    """

    def __init__(self, spaces: int, joined: Iterable[Sequence[int]], time_ns: int, grid_ns: int) -> None:
        self._group: RowArray = np.arange(spaces, dtype=np.intp)
        for rows in joined:
            self._group[rows] = min(rows)
        self.awake = np.zeros(spaces, np.bool_)
        self._until_ns = np.full(spaces, _LONG_AGO_NS, np.int64)
        self._at_ns = np.full(spaces, time_ns, np.int64)
        self._calm_ns, self._grid_ns = time_ns, grid_ns

    def wake(self, spaces: Sequence[int], time_ns: int) -> None:
        """Let these be awake from now on, for ten seconds at least."""
        self._until_ns[spaces] = time_ns + _STAYS_UP_NS
        self.awake |= self._spread(self._until_ns > time_ns)

    def judge(self, stirring: npt.NDArray[np.bool_], time_ns: int) -> None:
        """Let those be awake where something is fast, and those that were woken a moment ago."""
        up = stirring | (self._until_ns > time_ns)
        self.awake = self._spread(up) if up.any() else up

    def _spread(self, up: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        leads = np.zeros(len(up), np.bool_)
        leads[self._group[up]] = True
        found: npt.NDArray[np.bool_] = leads[self._group]
        return found

    def step(self, time_ns: int) -> tuple[float | FloatArray, float]:
        """Go on to this time; give the step of each space, or of all alike, and that of all that is in no space."""
        if (time_ns - self._grid_ns) % CALM_NS:
            step_ns = np.where(self.awake, time_ns - self._at_ns, 0)
            self._at_ns += step_ns
            return step_ns / S_NS, 0.0
        calm_s, alike = (time_ns - self._calm_ns) / S_NS, bool((self._at_ns == self._calm_ns).all())
        step_s = calm_s if alike else (time_ns - self._at_ns) / S_NS
        self._at_ns[:] = self._calm_ns = time_ns
        return step_s, calm_s

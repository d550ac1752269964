"""Valves of the network: open, closing, closed, stuck half-way, or leaking through their seat."""

import math

import numpy as np
import numpy.typing as npt

from domain.network import Valve

Array = npt.NDArray[np.float64]

_SEAT_ZETA = 2.7
"""Loss of a contraction to the open share s of the area: 2.7·(1/s² - 1), an orifice of discharge coefficient 0.6."""
_SHUT_SHARE = 1e-6
"""What is open less than this is shut."""


class Valves:
    """State of every valve; the open share of its area moves linearly in time.

    There is no command that opens: `open_by_hand` is staff on site.

    Attributes:
        share: open share of each valve's area, 0 closed to 1 open; what a position sensor sees.
    """

    def __init__(self, valves: tuple[Valve, ...]) -> None:
        self._row = {valve.id: row for row, valve in enumerate(valves)}
        self._diameter_m = np.array([valve.inner_diameter_m for valve in valves], np.float64)
        self.share = np.array([float(valve.open) for valve in valves], np.float64)
        self._goal, self._speed = self.share.copy(), np.zeros(len(valves))
        self._stuck_at, self._leak = np.full(len(valves), np.nan), np.zeros(len(valves))

    def close(self, valve: str, travel_s: float = 0.0) -> None:
        """Begin to close; a whole travel takes so long."""
        self._move(valve, 0.0, travel_s)

    def open_by_hand(self, valve: str, travel_s: float = 0.0) -> None:
        self._move(valve, 1.0, travel_s)

    def stick(self, valve: str, share: float) -> None:
        """Jam it: it closes and opens no further than this share, until `free`."""
        self._stuck_at[self._row[valve]] = share

    def free(self, valve: str) -> None:
        self._stuck_at[self._row[valve]] = np.nan

    def leak_through_seat(self, valve: str, hole_mm: float) -> None:
        """Let a closed valve pass what a hole of this size passes; 0 ends it."""
        row = self._row[valve]
        self._leak[row] = (hole_mm / 1000 / self._diameter_m[row]) ** 2

    def advance(self, dt_s: float) -> None:
        """Move for a while."""
        if not self._row:
            return
        before = self.share
        moved = before + np.clip(self._goal - before, -self._speed * dt_s, self._speed * dt_s)
        stuck = ~np.isnan(self._stuck_at)
        crossed = stuck & ((before - self._stuck_at) * (moved - self._stuck_at) <= 0)
        self.share = np.where(crossed, self._stuck_at, moved)

    def openings(self) -> tuple[npt.NDArray[np.bool_], Array]:
        """Tell which are shut (as Booleans), and the loss coefficient that each of the others adds."""
        passing = np.maximum(self.share, self._leak)
        return passing < _SHUT_SHARE, _SEAT_ZETA * (np.maximum(passing, _SHUT_SHARE) ** -2 - 1)

    def copy(self) -> "Valves":
        twin = Valves(())
        twin._row, twin._diameter_m = self._row, self._diameter_m
        twin.share, twin._goal, twin._speed = self.share.copy(), self._goal.copy(), self._speed.copy()
        twin._stuck_at, twin._leak = self._stuck_at.copy(), self._leak.copy()
        return twin

    def _move(self, valve: str, goal: float, travel_s: float) -> None:
        row = self._row[valve]
        self._goal[row], self._speed[row] = goal, math.inf if travel_s <= 0 else 1 / travel_s

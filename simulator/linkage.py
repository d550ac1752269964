"""The cut-off on site: local controllers, valves and fans. It needs no network and no platform."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simulator.dice import FloatArray, RowArray

_NEAR_PCT_LEL = 1.0
"""So near to its threshold a controller is watched at every turn; no calm reading goes farther in a second."""


class Linkage:
    """Controllers of all rooms, and the valves and fans that they move.

    A controller trips once the reading has been at or above its threshold for the confirmation time; then it closes
    every valve of its room and starts every fan, and stays tripped. Valves travel at constant speed and only ever
    close here: opening is done by hand on site, and resets the controller. A jammed valve stays where it is.

    Args:
        threshold_pct_lel: of each room's controller; lower trips earlier.
        confirm_s: how long a reading must stay there, for each room.
        valve_rooms: room of each valve.
        travel_s: from open to closed, for each valve.
        fan_rooms: room of each fan.
        feedback_s: until the limit switch of each valve tells its position; None: at once.

    Attributes:
        tripped: controllers that have acted.
        wired: rooms whose controller is connected to anything.
        opening: open share of each valve.
        closing: valves that have been told to close.
        jammed: valves that stay where they are.
        slowness: factor on each valve's travel.
        seat_share: that each valve lets through when it is closed.
        inverted: valves whose limit switches tell the opposite.
        fan_on: fans that shall turn.
        fan_powered: fans that can.
    """

    def __init__(
        self,
        threshold_pct_lel: FloatArray,
        confirm_s: FloatArray,
        valve_rooms: Sequence[int],
        travel_s: FloatArray,
        fan_rooms: Sequence[int],
        *,
        feedback_s: FloatArray | None = None,
    ) -> None:
        rooms, valves = len(threshold_pct_lel), len(valve_rooms)
        self._threshold, self._confirm_s = threshold_pct_lel, confirm_s
        self._above_s = np.zeros(rooms)
        self.tripped, self.wired = np.zeros(rooms, np.bool_), np.ones(rooms, np.bool_)
        self._valve_rooms: RowArray = np.array(valve_rooms, np.intp)
        self._travel_s, self.slowness = travel_s, np.ones(valves)
        self.opening, self.seat_share = np.ones(valves), np.zeros(valves)
        self.closing, self.jammed, self._by_hand, self.inverted = (np.zeros(valves, np.bool_) for _ in range(4))
        self._feedback_s = np.zeros(valves) if feedback_s is None else feedback_s
        self._positions, self._shown, self._differs_s = np.ones(valves), np.ones(valves), np.zeros(valves)
        self._fan_rooms: RowArray = np.array(fan_rooms, np.intp)
        self.fan_on, self.fan_powered = np.zeros(len(fan_rooms), np.bool_), np.ones(len(fan_rooms), np.bool_)

    def watch(self, reading_pct_lel: FloatArray, dt_s: float) -> RowArray:
        """Judge each room's reading, and give the rooms whose controller trips now."""
        above = reading_pct_lel >= self._threshold
        self._above_s = np.where(above, self._above_s + dt_s, 0.0)
        trips = above & (self._above_s >= self._confirm_s - 1e-9) & ~self.tripped
        if trips.any():
            self.tripped |= trips
            acts = trips & self.wired
            self.closing |= acts[self._valve_rooms]
            self.fan_on |= acts[self._fan_rooms]
        return np.flatnonzero(trips)

    def restless(self, reading_pct_lel: FloatArray) -> npt.NDArray[np.bool_]:
        """Tell in which rooms a controller may trip within a second, or a valve or its limit switch is on the move."""
        found = (reading_pct_lel >= self._threshold - _NEAR_PCT_LEL) & ~self.tripped
        shuts = self.closing & ~self.jammed & (self.opening > 0)
        opens = self._by_hand & ~self.closing & ~self.jammed & (self.opening < 1)
        found[self._valve_rooms[shuts | opens | (self._positions != self._shown)]] = True
        return found

    def advance(self, dt_s: float) -> None:
        if self.closing.any() or self._by_hand.any():
            self._move(dt_s)
        self._feed_back(dt_s)

    def _move(self, dt_s: float) -> None:
        step = dt_s / (self._travel_s * self.slowness)
        moving = self.closing & ~self.jammed
        self.opening = np.where(moving, np.maximum(0.0, self.opening - step), self.opening)
        rising = self._by_hand & ~self.closing & ~self.jammed
        self.opening = np.where(rising, np.minimum(1.0, self.opening + step), self.opening)
        self._positions = np.where(self.opening == 1.0, 1.0, np.where(self.opening == 0.0, 0.0, 0.5))

    def _feed_back(self, dt_s: float) -> None:
        """Let limit switches tell a position that has held for as long as they take."""
        now = self._positions
        if np.array_equal(now, self._shown):
            self._differs_s[:] = 0.0
            return
        self._differs_s = np.where(now == self._shown, 0.0, self._differs_s + dt_s)
        self._shown = np.where(self._differs_s >= self._feedback_s, now, self._shown)

    def close(self, valve: int) -> None:
        self.closing[valve] = True

    def open_by_hand(self, valve: int) -> None:
        """Staff on site open a valve and reset the controller of its room; nothing else ever does."""
        self.closing[valve], self._by_hand[valve] = False, True
        room = self._valve_rooms[valve]
        self.tripped[room] = False
        self.fan_on[self._fan_rooms == room] = False

    def closed(self, valve: int) -> bool:
        return bool(self.opening[valve] == 0.0)

    def supply(self, rooms: int) -> FloatArray:
        """Open share of each room's supply: of several valves in a row the narrowest counts."""
        share = np.ones(rooms)
        np.minimum.at(share, self._valve_rooms, np.maximum(self.opening, self.seat_share))
        return share

    def fans(self, rooms: int) -> FloatArray:
        """1 where a fan of the room turns, else 0."""
        share = np.zeros(rooms)
        np.maximum.at(share, self._fan_rooms, (self.fan_on & self.fan_powered).astype(np.float64))
        return share

    def positions(self) -> npt.NDArray[np.float64]:
        """As they are: 1 open, 0 closed, 0.5 in between."""
        return self._positions

    def shown(self) -> FloatArray:
        """As limit switches report them: late, and wrong where they are wired the wrong way round."""
        return np.where(self.inverted, 1.0 - self._shown, self._shown)

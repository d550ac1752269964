"""The cut-off on site: local controllers, valves and fans. It needs no network and no platform."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simulator.dice import FloatArray, RowArray


class Linkage:
    """Controllers of all rooms, and the valves and fans that they move.

    A controller trips once the reading has been at or above its threshold for the confirmation time; then it closes
    every valve of its room and starts every fan, and stays tripped. Valves travel at constant speed and only ever
    close here: opening is done by hand on site. A jammed valve stays where it is.

    Args:
        threshold_pct_lel: of each room's controller; lower trips earlier.
        confirm_s: how long a reading must stay there, for each room.
        valve_rooms: room of each valve.
        travel_s: from open to closed, for each valve.
        fan_rooms: room of each fan.
    """

    def __init__(
        self,
        threshold_pct_lel: FloatArray,
        confirm_s: FloatArray,
        valve_rooms: Sequence[int],
        travel_s: FloatArray,
        fan_rooms: Sequence[int],
    ) -> None:
        self._threshold, self._confirm_s = threshold_pct_lel, confirm_s
        self._above_s = np.zeros(len(threshold_pct_lel))
        self.tripped = np.zeros(len(threshold_pct_lel), np.bool_)
        self._valve_rooms: RowArray = np.array(valve_rooms, np.intp)
        self._travel_s = travel_s
        self.opening = np.ones(len(valve_rooms))
        self.closing = np.zeros(len(valve_rooms), np.bool_)
        self.jammed = np.zeros(len(valve_rooms), np.bool_)
        self._fan_rooms: RowArray = np.array(fan_rooms, np.intp)
        self.fan_on = np.zeros(len(fan_rooms), np.bool_)
        self.fan_powered = np.ones(len(fan_rooms), np.bool_)

    def watch(self, reading_pct_lel: FloatArray, dt_s: float) -> RowArray:
        """Judge each room's reading, and give the rooms whose controller trips now."""
        above = reading_pct_lel >= self._threshold
        self._above_s = np.where(above, self._above_s + dt_s, 0.0)
        trips = above & (self._above_s >= self._confirm_s - 1e-9) & ~self.tripped
        if trips.any():
            self.tripped |= trips
            self.closing |= trips[self._valve_rooms]
            self.fan_on |= trips[self._fan_rooms]
        return np.flatnonzero(trips)

    def advance(self, dt_s: float) -> None:
        moving = self.closing & ~self.jammed
        self.opening = np.where(moving, np.maximum(0.0, self.opening - dt_s / self._travel_s), self.opening)

    def close(self, valve: int) -> None:
        self.closing[valve] = True

    def closed(self, valve: int) -> bool:
        return bool(self.opening[valve] == 0.0)

    def supply(self, rooms: int) -> FloatArray:
        """Open share of each room's supply: of several valves in a row the narrowest counts."""
        share = np.ones(rooms)
        np.minimum.at(share, self._valve_rooms, self.opening)
        return share

    def fans(self, rooms: int) -> FloatArray:
        """1 where a fan of the room turns, else 0."""
        share = np.zeros(rooms)
        np.maximum.at(share, self._fan_rooms, (self.fan_on & self.fan_powered).astype(np.float64))
        return share

    def positions(self) -> npt.NDArray[np.float64]:
        """As limit switches report them: 1 open, 0 closed, 0.5 in between."""
        return np.where(self.opening == 1.0, 1.0, np.where(self.opening == 0.0, 0.0, 0.5))

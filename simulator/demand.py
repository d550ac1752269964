"""What customers draw from the network: profile of the day, weather, and appliances that come and go by chance."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.daily import demand as share_of_peak
from simulator.daily import hour_of_day
from simulator.dice import generator
from simulator.timetext import S_NS

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

APPLIANCE_KG_S = 1.4e-4
"""A stove with two burners: 0.7 m³/h of natural gas."""
USE_S = 600.0
"""How long one is used, on average."""
_HEATS_BELOW_C = 15.0


class Habits(NamedTuple):
    """How a town uses gas.

    Attributes:
        flat: the same at every hour, at the peak: for studies.
        by_chance: appliances come and go; else the mean alone.
        per_degree: how much more is drawn for each degree below 15 °C, as a share.
        utc_offset_h: of the town's clock.
    """

    flat: bool = False
    by_chance: bool = True
    per_degree: float = 0.02
    utc_offset_h: float = 8.0


class Demand:
    """Draws at the nodes of a network.

    The appliances in use at a node are a queue without waiting (M/M/∞): with mean ``N(t) = peak·profile(t)/a`` and mean
    time of use τ, in a step dt so many begin as a Poisson number of mean ``N·dt/τ`` says, and each of those in use ends
    with probability ``1 - exp(-dt/τ)``. Its stationary distribution is Poisson with mean N, whatever the step.

    Args:
        peak_kg_s: what each node draws at the peak of the day; a negative one feeds in, always the same.
        habits: of the town.
        seed: of the run.

    Example:
        >>> demand = Demand(np.array([0.014]), Habits(by_chance=False, per_degree=0.0), 1)
        >>> noon_ns = 4 * 3_600_000_000_000
        >>> print(f"{demand.step(noon_ns, 20.0)[0]:.4f} kg/s")
        0.0138 kg/s
    """

    def __init__(self, peak_kg_s: Array, habits: Habits, seed: int) -> None:
        self._peak_kg_s, self._habits = peak_kg_s, habits
        self._dice = generator(seed, "network", "demand")
        self._in_use: Counts | None = None
        self._time_ns = 0

    def step(self, time_ns: int, temperature_c: float) -> Array:
        """Go on to this time; give what each node draws, kg/s."""
        share = 1.0 if self._habits.flat else share_of_peak(hour_of_day(time_ns, self._habits.utc_offset_h))
        share *= 1.0 + self._habits.per_degree * max(0.0, _HEATS_BELOW_C - temperature_c)
        drawing = self._peak_kg_s > 0
        mean_kg_s = np.where(drawing, share * self._peak_kg_s, self._peak_kg_s)
        if not self._habits.by_chance:
            return mean_kg_s
        used_kg_s = self._count(time_ns, np.where(drawing, mean_kg_s, 0.0) / APPLIANCE_KG_S) * APPLIANCE_KG_S
        return np.where(drawing, used_kg_s, self._peak_kg_s)

    def _count(self, time_ns: int, mean: Array) -> Counts:
        dt_s, self._time_ns = (time_ns - self._time_ns) / S_NS, time_ns
        if self._in_use is None:
            self._in_use = self._dice.poisson(mean)
        elif dt_s > 0:
            end = -math.expm1(-dt_s / USE_S)
            going_on = self._in_use - self._dice.binomial(self._in_use, end)
            self._in_use = going_on + self._dice.poisson(mean * end)
        return self._in_use

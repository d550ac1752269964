"""What makes a manhole different from a room: gas out of mud and soil, air pressure, water, and a cover."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simulator.dice import FloatArray
from simulator.soil import Cover, SoilPath

_PUMPING_H_KPA = 14.0
_MOST_PUMPING = 4.0
_OPEN_AIR_M3_S = 0.25
_IMMERSED_LEVEL = 0.6
_HIGHEST_LEVEL = 0.95


def biogas_m3_s(at_20_c_m3_s: FloatArray, temperature_c: float, q10: float | FloatArray = 2.2) -> FloatArray:
    """Methane that a sewer's mud gives off: `q10` times as much for each 10 K more.

    The manhole's concentration follows the temperature later, by about its volume over its air.
    """
    exponent = (temperature_c - 20.0) / 10.0
    factors = [math.pow(base, exponent) for base in np.broadcast_to(q10, at_20_c_m3_s.shape).tolist()]
    return at_20_c_m3_s * np.array(factors, np.float64)


def pumped(trend_kpa_h: float) -> float:
    """Factor on the flow out of the soil: falling air pressure pumps gas out, rising pressure stops it.

    At a landfill the emission more than doubled over a fall of 1.7 kPa within a day (Czepiel et al.); the slope of
    that is used, and the factor ends at 4.

    Args:
        trend_kpa_h: change of the air pressure in an hour.

    Example:
        >>> [round(pumped(trend), 2) for trend in (-0.1, 0.0, 0.05, 0.2)]
        [2.4, 1.0, 0.3, 0.0]
    """
    return min(_MOST_PUMPING, max(0.0, 1.0 - _PUMPING_H_KPA * trend_kpa_h))


@dataclass(slots=True)
class Well:
    """One manhole.

    Attributes:
        space: its row among the spaces.
        mud_m3_s: methane of its mud at 20 °C.
        q10: how much more mud gives off for 10 K more.
        level: share of its height under water.
        cover_open: whether somebody works there.
        path: to the leaking pipe, where there is one.
        cover: of the ground in dry weather.
    """

    space: int
    mud_m3_s: float
    q10: float = 2.2
    level: float = 0.0
    cover_open: bool = False
    path: SoilPath | None = None
    cover: Cover = Cover.ASPHALT

    @property
    def immersed(self) -> bool:
        """Whether water reaches the sensor below the cover."""
        return self.level >= _IMMERSED_LEVEL


class Wells:
    """All manholes.

    Args:
        wells: in any order.

    Attributes:
        biogas: out of the mud into each well, m³/s.
        soil: out of the ground into each well, m³/s; the truth holds both.
    """

    def __init__(self, wells: Sequence[Well]) -> None:
        self.wells = wells
        self.spaces = np.array([well.space for well in wells], np.intp)
        self._mud_m3_s = np.array([well.mud_m3_s for well in wells], np.float64)
        self._q10 = np.array([well.q10 for well in wells], np.float64)
        self.biogas, self.soil = np.zeros(len(wells)), np.zeros(len(wells))

    def breathe(
        self, temperature_c: float, trend_kpa_h: float = 0.0, rain_mm_h: float = 0.0, dt_s: float = 0.0
    ) -> None:
        """Go on by `dt_s` under this weather; rain wets the ground."""
        self.biogas = biogas_m3_s(self._mud_m3_s, temperature_c, self._q10)
        factor = pumped(trend_kpa_h)
        for row, well in enumerate(self.wells):
            if well.path is not None:
                well.path.cover = Cover.WET if rain_mm_h > 0 else well.cover
                well.path.advance(dt_s)
                self.soil[row] = factor * well.path.flow_m3_s

    def stir(self, space: int, factor: float) -> None:
        """Let the mud of a well give off so many times as much as now."""
        self._mud_m3_s[self.spaces == space] *= factor

    def dry_share(self) -> FloatArray:
        """Share of each well's volume that holds air."""
        return np.array([1.0 - min(_HIGHEST_LEVEL, well.level) for well in self.wells], np.float64)

    def window_m3_s(self) -> FloatArray:
        """Air through open covers; it empties a usual well within a minute."""
        return np.array([_OPEN_AIR_M3_S * well.cover_open for well in self.wells], np.float64)


def usual_air_changes_h(volume_m3: float) -> float:
    """Air that a closed cover lets through, 8e-5 m³/s."""
    return 8e-5 * 3600 / volume_m3


def ethane_share(natural: float, biogas: float, of_natural: float) -> float:
    """Ethane in the gas of a well: natural gas has some, mud makes none.

    Args:
        natural: volume share of natural gas.
        biogas: volume share of biogas.
        of_natural: ethane in natural gas.

    Example:
        >>> ethane_share(0.01, 0.03, 0.04)
        0.01
    """
    total = natural + biogas
    return of_natural * natural / total if total > 0 else 0.0

"""How gas comes from a leaking pipe through the ground: diffusion, and a cheap link that is fitted to it."""

import math
from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from scipy.special import erfc, erfcinv

_METHANE_IN_AIR_M2_S = 2.2e-5
_ADVECTION_M = 1.25
_SHORTEST_M = 0.2
_FIT = (0.05, 0.4)
_REACH_M = 2.0
_SHARE_AT_THE_PIPE = 0.02


class Cover(StrEnum):
    """What lies over the ground; all but open ground hold gas down and lead it away."""

    OPEN = "open"
    ASPHALT = "asphalt"
    WET = "wet"
    FROZEN = "frozen"


SPREAD = {Cover.OPEN: 1.0, Cover.ASPHALT: 3.5, Cover.WET: 3.5, Cover.FROZEN: 3.5}
"""How many times faster and farther gas goes under each cover (trials of SMU, reported 2024: 3.5 and 3 to 4 times)."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What gas diffuses through.

    Attributes:
        porosity: share of pores.
        water: share of water; what is left of the pores holds air.
    """

    porosity: float = 0.40
    water: float = 0.15

    @property
    def air(self) -> float:
        return self.porosity - self.water

    @property
    def diffusivity_m2_s(self) -> float:
        """Effective diffusivity, ``D0·ε^(10/3)/φ²``.

        Example:
            >>> f"{Ground().diffusivity_m2_s:.6e}"
            '1.353431e-06'

        References:
            Millington and Quirk, Permeability of porous solids, Trans. Faraday Soc. 57, 1961.
        """
        return _METHANE_IN_AIR_M2_S * math.pow(self.air, 10 / 3) / math.pow(self.porosity, 2)

    @property
    def _spread_m2_s(self) -> float:
        return self.diffusivity_m2_s / self.air

    def share(self, distance_m: float, time_s: float) -> float:
        """Concentration over that at a plane source held constant, ``erfc(x/(2·√(D·t/ε)))``.

        Args:
            distance_m: from the source.
            time_s: since the source began.

        Example:
            >>> [round(Ground().share(2.0, 3600 * h), 6) for h in (24, 72, 168)]
            [0.038658, 0.232537, 0.434475]
        """
        return float(erfc(distance_m / (2 * math.sqrt(self._spread_m2_s * time_s)))) if time_s > 0 else 0.0

    def point(self, source_m3_s: float, distance_m: float, time_s: float) -> float:
        """Concentration around a point source in open ground, ``q/(4π·D·r)·erfc(r/(2·√(D·t/ε)))``, at most 1."""
        steady = source_m3_s / (4 * math.pi * self.diffusivity_m2_s * distance_m)
        return min(1.0, steady * self.share(distance_m, time_s))

    def arrival_s(self, distance_m: float, share: float) -> float:
        """When the concentration reaches this share of its final one; the inverse of `share`."""
        return math.pow(distance_m / (2 * float(erfcinv(share))), 2) / self._spread_m2_s

    def lag(self, distance_m: float) -> tuple[float, float]:
        """Delay and time constant in s of the first-order lag that has 5 and 40 % when diffusion has them.

        Diffusion has no end: behind 40 % the lag is ahead of it, before 5 % it is silent.
        """
        first, second = (self.arrival_s(distance_m, share) for share in _FIT)
        constant_s = (second - first) / (math.log1p(-_FIT[0]) - math.log1p(-_FIT[1]))
        return first + constant_s * math.log1p(-_FIT[0]), constant_s


def diffusion_m(distance_m: float) -> float:
    """Part of the way that is diffusion: next to the leak the jet itself drives the gas (1 to 1.5 m)."""
    return max(_SHORTEST_M, distance_m - _ADVECTION_M)


def reaching_share(distance_m: float, cover: Cover) -> float:
    """Share of a pipe's leak that ends in a manhole so far away. A guess: nobody has measured it."""
    return _SHARE_AT_THE_PIPE * math.exp(-diffusion_m(distance_m) / (_REACH_M * SPREAD[cover]))


class SoilPath:
    """Flow from one leaking pipe into one manhole: a delay, then a first-order lag. Exact for any step.

    Args:
        distance_m: between pipe and manhole; the time grows with its square.
        cover: of the ground at the beginning.
        ground: that lies between.
        gain: share of the leak that arrives in the end; None for the usual one of distance and cover.

    Attributes:
        cover: now; rain and frost change how fast gas goes and how far.
        flow_m3_s: that enters the manhole.

    Example:
        >>> path = SoilPath(2.0, Cover.ASPHALT)
        >>> path.leak(0.004)
        >>> path.advance(72 * 3600.0)
        >>> f"{3600 * path.flow_m3_s:.2f} of {3600 * 0.004} m³/h"
        '0.26 of 14.4 m³/h'
    """

    def __init__(
        self, distance_m: float, cover: Cover, *, ground: Ground | None = None, gain: float | None = None
    ) -> None:
        self.cover = cover
        self._distance_m, self._gain = distance_m, gain
        self._delay_s, self._constant_s = (ground or Ground()).lag(diffusion_m(distance_m))
        self._now_s = self._leak_m3_s = self._arrived_m3_s = self._lagged_m3_s = 0.0
        self._coming: deque[tuple[float, float]] = deque()

    @property
    def flow_m3_s(self) -> float:
        gain = reaching_share(self._distance_m, self.cover) if self._gain is None else self._gain
        return gain * self._lagged_m3_s

    def leak(self, leak_m3_s: float) -> None:
        """Let the pipe leak so much from now on."""
        if leak_m3_s != self._leak_m3_s:
            self._leak_m3_s = leak_m3_s
            self._coming.append((self._now_s + self._delay_s / SPREAD[self.cover], leak_m3_s))

    def advance(self, dt_s: float) -> None:
        end_s = self._now_s + dt_s
        while self._coming and self._coming[0][0] <= end_s:
            arrival_s, flow_m3_s = self._coming.popleft()
            self._relax(max(self._now_s, arrival_s))
            self._arrived_m3_s = flow_m3_s
        self._relax(end_s)

    def _relax(self, until_s: float) -> None:
        gone = -math.expm1(-(until_s - self._now_s) * SPREAD[self.cover] / self._constant_s)
        self._lagged_m3_s += gone * (self._arrived_m3_s - self._lagged_m3_s)
        self._now_s = until_s

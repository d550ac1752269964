"""Flow through an orifice, for many at once, with its slopes: what leaks, seats and chokes have in common."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_LINEAR = 1e-6
"""At a smaller relative pressure difference the flow is taken as linear: its slope stays finite at rest."""


class Jet(NamedTuple):
    """Mass flow in kg/s, and how it changes with the pressure (Pa) before and behind the orifice."""

    flow: Array
    by_inside: Array
    by_outside: Array


def orifice(area_m2: Array, inside_pa: Array, outside_pa: Array, *, specific_j_kg: float, ratio: float) -> Jet:
    """Isentropic flow up to the throat; chokes where ``outside/inside`` is at or below ``(2/(k+1))^(k/(k-1))``.

    Args:
        area_m2: of the hole times its discharge coefficient.
        inside_pa: absolute pressure before it.
        outside_pa: absolute pressure behind it; nothing flows back where it is the higher one.
        specific_j_kg: R·T/M of the gas.
        ratio: heat capacity ratio k.

    References:
        Perry's Chemical Engineers' Handbook, discharge through orifices and critical flow.
    """
    critical = (2 / (ratio + 1)) ** (ratio / (ratio - 1))
    behind = np.clip(outside_pa / inside_pa, critical, 1 - _LINEAR)
    part = behind ** (1 / ratio)
    jet = part * part - behind * part  # r^(2/k) - r^((k+1)/k)
    scale = area_m2 * np.sqrt(2 * ratio / ((ratio - 1) * specific_j_kg))
    root = np.sqrt(jet)
    bend = (2 * part * part / behind - (ratio + 1) * part) / (2 * ratio * root)  # d(root)/d(behind)
    bend = np.where(behind > critical, bend, 0.0)
    flow, by_inside, by_outside = scale * inside_pa * root, scale * (root - behind * bend), scale * bend
    # close to rest: a straight line through it
    rest = np.clip((1 - outside_pa / inside_pa) / _LINEAR, 0.0, 1.0)
    steep = scale * root / _LINEAR
    still = rest < 1
    return Jet(
        flow * rest,
        np.where(still, np.where(rest > 0, steep, 0.0), by_inside),
        np.where(still, np.where(rest > 0, -steep, 0.0), by_outside),
    )


def straightened(area_m2: Array, inside_pa: Array, outside_pa: Array, *, specific_j_kg: float, ratio: float) -> Jet:
    """Flow through an orifice whose straight part near rest goes on below it, as a flow back.

    The flow is concave then, and Newton's method finds rest; with nothing flowing back it would jump to and fro.
    """
    line_pa = np.maximum(inside_pa, outside_pa * (1 + _LINEAR / 2))
    jet = orifice(area_m2, line_pa, outside_pa, specific_j_kg=specific_j_kg, ratio=ratio)
    return Jet(jet.flow + jet.by_inside * (inside_pa - line_pa), jet.by_inside, jet.by_outside)

"""Friction in a pipe: four laws for the Darcy factor, and the standard's formulas for a design check.

Each law gives the *drag* of a Reynolds number: ``λ·Re`` and the slope ``d(λ·Re²)/dRe``. Unlike λ itself both are finite
at rest, and they are what Newton's method needs: ``λ·m·|m| = κ·(λ·Re)·m`` and ``d(λ·m·|m|)/dm = κ·d(λ·Re²)/dRe`` with
``κ = |m|/Re = π·D·μ/4``.
"""

import math
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.network import Friction

Array = npt.NDArray[np.float64]


class Drag(NamedTuple):
    """Drag of each pipe: λ·Re and d(λ·Re²)/dRe."""

    lambda_re: Array
    slope: Array


Law = Callable[[Array, Array], Drag]
"""Takes Reynolds numbers and relative roughness K/D (the law `constant`: the factor itself)."""

_LAMINAR = 64.0
_REST_RE = 4.0
"""Below it a law without a laminar branch goes on as λ ~ 1/Re: no drag at rest."""
_TWO_LOG = 2 / math.log(10)
_LEAST_X = 0.5
"""Left of every solution x = 1/√λ at or above that Reynolds number: from there Newton's method cannot overshoot."""
_WIDTH = 0.01
"""A jump of λ between two regimes is spread over so much of Re on each side: the flow stays unique."""


def gb50028(re: Array, roughness: Array) -> Drag:
    """Laminar, critical and turbulent (Altshul) regime of the Chinese design code.

    Re ≤ 2100: ``64/Re``; up to 3500: ``0.03 + (Re - 2100)/(65·Re - 1e5)``; above: ``0.11·(K/D + 68/Re)^0.25``.

    References:
        GB 50028, section 6.2, by way of secondary sources; the text of the standard was not at hand.
    """
    turbulent = np.maximum(re, 2000.0)  # below, no other branch than the laminar one is of interest
    critical = 65 * turbulent - 1e5
    base = roughness + 68 / turbulent
    altshul = 0.11 * np.sqrt(np.sqrt(base))
    laminar = _LAMINAR / turbulent
    factor, slope = _joined(
        turbulent, 3500.0,
        (0.03 + (turbulent - 2100) / critical, 36_500 / critical**2),
        (altshul, -17 * altshul / (base * turbulent**2)),
    )  # fmt: skip
    factor, slope = _joined(turbulent, 2100.0, (laminar, -laminar / turbulent), (factor, slope))
    flowing = re > turbulent * (1 - _WIDTH)
    drag, rise = factor * turbulent, turbulent * (2 * factor + turbulent * slope)
    return Drag(np.where(flowing, drag, _LAMINAR), np.where(flowing, rise, _LAMINAR))


def _joined(re: Array, at: float, below: tuple[Array, Array], above: tuple[Array, Array]) -> tuple[Array, Array]:
    """Join two regimes, each given as factor and slope, by a cubic step around their border."""
    x = np.clip((re / at - 1) / (2 * _WIDTH) + 0.5, 0.0, 1.0)
    share, rise = x * x * (3 - 2 * x), 6 * x * (1 - x) / (2 * _WIDTH * at)
    slope = below[1] + share * (above[1] - below[1]) + rise * (above[0] - below[0])
    return below[0] + share * (above[0] - below[0]), slope


def colebrook(re: Array, roughness: Array) -> Drag:
    """Colebrook-White at every Reynolds number, without a laminar branch, as STANET and pandapipes use it.

    ``1/√λ = -2·lg(K/(3.71·D) + 2.51/(Re·√λ))``, solved for ``x = 1/√λ`` by Newton's method.

    References:
        Colebrook (1939), J. Inst. Civ. Eng. 11, 133-156.
    """
    flowing = np.maximum(re, _REST_RE)
    rough, thin = roughness / 3.71, 2.51 / flowing
    x = np.maximum(-1.8 * np.log10(6.9 / flowing + rough**1.11), _LEAST_X)  # Haaland (1983): within 2 %
    for _ in range(4):
        gain = _TWO_LOG * thin / (rough + thin * x)
        x = x - (x + _TWO_LOG * np.log(rough + thin * x)) / (1 + gain)
    gain = _TWO_LOG * thin / (rough + thin * x)
    drag = flowing / x**2
    return Drag(drag, np.where(re > _REST_RE, 2 * drag / (1 + gain), drag))


def nikuradse(re: Array, roughness: Array) -> Drag:
    """Laminar term plus fully rough term: ``64/Re + 1/(2·lg(D/K) + 1.14)²``."""
    rough = re / (1.14 - 2 * np.log10(roughness)) ** 2
    return Drag(_LAMINAR + rough, _LAMINAR + 2 * rough)


def constant(re: Array, factor: Array) -> Drag:
    """Take the factor as given; linear below the Reynolds number 4, so that a flow at rest is defined."""
    drag = factor * np.maximum(re, _REST_RE)
    return Drag(drag, np.where(re > _REST_RE, 2 * drag, drag))


LAWS: Mapping[Friction, Law] = {
    Friction.GB50028: gb50028,
    Friction.COLEBROOK: colebrook,
    Friction.NIKURADSE: nikuradse,
    Friction.CONSTANT: constant,
}


def darcy(law: Friction, re: float, roughness: float) -> float:
    """Darcy factor λ of one pipe.

    Args:
        law: of friction.
        re: Reynolds number, above 0.
        roughness: K/D; for the law `constant` the factor itself.

    Example:
        >>> round(darcy(Friction.GB50028, 6_407, 0.01 / 73.6), 6)
        0.035419
    """
    return float(LAWS[law](np.array([re]), np.array([roughness])).lambda_re[0]) / re


# ---------------------------------------------------------------- the standard's formulas, for a design check
class DesignFlow(NamedTuple):
    """What the standard's formulas ask for.

    Attributes:
        normal_m3_h: flow at 0 °C and 101.325 kPa.
        diameter_mm: inner one.
        density_kg_m3: of the gas at 0 °C and 101.325 kPa.
        temperature_k: of the gas.
    """

    normal_m3_h: float
    diameter_mm: float
    density_kg_m3: float
    temperature_k: float

    def base(self) -> float:
        """Q²/d⁵·ρ₀·T/T₀, which all of them have in common."""
        return self.normal_m3_h**2 / self.diameter_mm**5 * self.density_kg_m3 * self.temperature_k / 273.15


def low_pressure_drop_pa_m(flow: DesignFlow, friction_factor: float) -> float:
    """Drop per metre up to 10 kPa: ``ΔP/l = 6.26e7·λ·Q²/d⁵·ρ₀·T/T₀``.

    It takes the pipe to be near 101 kPa: at Dali's altitude the true drop is 24 % larger. For design checks only;
    the solver uses absolute pressures.

    Example:
        >>> flow = DesignFlow(normal_m3_h=20, diameter_mm=73.6, density_kg_m3=0.74, temperature_k=288.15)
        >>> f"{300 * low_pressure_drop_pa_m(flow, 0.035419):.2f} Pa"
        '96.17 Pa'
    """
    return 6.26e7 * friction_factor * flow.base()


def medium_pressure_outlet_kpa(
    flow: DesignFlow, friction_factor: float, *, inlet_kpa_abs: float, length_km: float, z: float = 1.0
) -> float:
    """Outlet pressure above 10 kPa: ``(P₁² - P₂²)/L = 1.27e10·λ·Q²/d⁵·ρ₀·T/T₀·Z``; nan where the inlet cannot push it.

    Example:
        >>> flow = DesignFlow(normal_m3_h=1_500, diameter_mm=130.8, density_kg_m3=0.74, temperature_k=288.15)
        >>> f"{medium_pressure_outlet_kpa(flow, 0.014803, inlet_kpa_abs=301.325, length_km=3):.2f} kPa"
        '254.80 kPa'
    """
    square = inlet_kpa_abs**2 - 1.27e10 * friction_factor * flow.base() * z * length_km
    return math.sqrt(square) if square >= 0 else math.nan

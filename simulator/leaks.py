"""How much gas leaves a hole."""

import math

import numpy as np

from simulator.gases import NORMAL_K, NORMAL_PA, Properties
from simulator.orifice import orifice

HOLES_MM = {
    "valve seat": 0.2,
    "thread": 0.5,
    "gasket": 1.0,
    "corrosion pit": 2.0,
    "burner nozzle": 3.0,
    "hose off": 9.5,
}
"""Usual holes by name, as equivalent diameter."""

SHARP = 0.62
"""Discharge coefficient of a sharp edge; 0.75 torn, 0.97 rounded."""


def mass_flow_kg_s(
    hole_mm: float,
    inside_pa_abs: float,
    ambient_pa: float,
    gas: Properties,
    *,
    discharge: float = SHARP,
    temperature_k: float = 288.15,
) -> float:
    """Flow through an orifice, isentropic up to its throat.

    With ``r = ambient/inside`` and ``k`` the heat capacity ratio the throat reaches the speed of sound (chokes) at
    ``r <= (2/(k+1))^(k/(k-1))``; from there on the flow depends on the inside pressure alone.

    Args:
        hole_mm: equivalent diameter; the flow grows with its square.
        inside_pa_abs: absolute pressure before the hole.
        ambient_pa: absolute pressure behind it.
        gas: that flows.
        discharge: share of the hole's area that the jet fills.
        temperature_k: of the gas before the hole.

    Returns:
        Mass flow; 0 where the inside is at or below ambient.

    Example:
        >>> from domain.asset import Gas
        >>> from simulator.gases import PROPERTIES
        >>> f"{1000 * mass_flow_kg_s(HOLES_MM['hose off'], 81_700, 79_700, PROPERTIES[Gas.NATURAL]):.2f} g/s"
        '2.06 g/s'

    References:
        Perry's Chemical Engineers' Handbook, discharge through orifices and critical flow.
    """
    specific = gas.volume_m3_kg(1.0, temperature_k)  # R·T/M
    area_m2 = discharge * math.pi / 4 * math.pow(hole_mm / 1000, 2)
    columns = (np.array([area_m2]), np.array([inside_pa_abs]), np.array([ambient_pa]))
    return float(orifice(*columns, specific_j_kg=specific, ratio=gas.heat_capacity_ratio).flow[0])


def normal_m3_h(mass_kg_s: float, gas: Properties) -> float:
    return mass_kg_s * 3600 * gas.volume_m3_kg(NORMAL_PA, NORMAL_K)

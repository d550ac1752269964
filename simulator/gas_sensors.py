"""How gas sensors work: which gases each principle sees, how much of them, and what disturbs it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from domain.asset import Gas
from simulator.dice import FloatArray
from simulator.gases import LEL_SHARE, OXYGEN_SHARE, Basis, Component, Mixture, lpg

_METHANE = Mixture({Component.METHANE: 1.0})
CALIBRATED_ON = {Gas.NATURAL: _METHANE, Gas.LPG: lpg()}
"""What a detector of each gas is calibrated with."""

USUAL_HUMIDITY_PCT = 60.0
BLINDING_HUMIDITY_PCT = 95.0


class Principle(StrEnum):
    """How a gas sensor works."""

    CATALYTIC = "catalytic"
    SEMICONDUCTOR = "semiconductor"
    INFRARED = "infrared"
    LASER = "laser"


@dataclass(frozen=True, slots=True)
class GasSensor:
    """Defaults of one principle.

    Attributes:
        t90_s: time to 90 % of a step.
        noise_pct_lel: standard deviation.
        alcohol: reading per true share of alcohol vapour, both in %LEL of their own gas.
        response: reading for each component, per true %LEL of that component, methane 1; missing ones are not seen.
        gases: that it sees.
        heavy: factor on `t90_s` for heavier gases than air.
        burns: whether it needs oxygen, so that its signal falls when there is too much gas.
        per_k: reading that a kelvin above 20 °C adds, %LEL.
        humid_pct_lel: reading that saturated air adds against usual air.
        blinded: whether condensation takes its light away.
    """

    t90_s: float
    noise_pct_lel: float
    alcohol: float
    response: Mapping[Component, float]
    gases: frozenset[Gas] = frozenset(Gas)
    heavy: float = 1.0
    burns: bool = False
    per_k: float = 0.0
    humid_pct_lel: float = 0.0
    blinded: bool = False


def _response(*, ethane: float, propane: float, butane: float, ether: float, hydrogen: float) -> dict[Component, float]:
    return {
        Component.METHANE: 1.0,
        Component.ETHANE: ethane,
        Component.PROPANE: propane,
        Component.BUTANE: butane,
        Component.DIMETHYL_ETHER: ether,
        Component.HYDROGEN: hydrogen,
    }


GAS_SENSORS = {  # responses are from memory of makers' tables, unverified
    Principle.CATALYTIC: GasSensor(
        20.0,
        0.12,
        0.8,
        _response(ethane=0.85, propane=0.65, butane=0.6, ether=0.45, hydrogen=1.2),
        heavy=2.0,
        burns=True,
        humid_pct_lel=-1.0,
    ),
    Principle.SEMICONDUCTOR: GasSensor(
        30.0,
        0.2,
        1.5,
        _response(ethane=1.1, propane=1.2, butane=1.3, ether=1.2, hydrogen=1.5),
        per_k=-0.05,
        humid_pct_lel=3.0,
    ),
    Principle.INFRARED: GasSensor(
        20.0,
        0.15,
        0.3,
        _response(ethane=1.3, propane=1.5, butane=1.4, ether=0.8, hydrogen=0.0),
        humid_pct_lel=2.0,
    ),
    Principle.LASER: GasSensor(3.0, 0.05, 0.0, {Component.METHANE: 1.0}, gases=frozenset({Gas.NATURAL}), blinded=True),
}


def relative_response(principle: Principle, gas: Gas, mixture: Mixture) -> float:
    """Reading that a mixture causes over the reading that as much of the calibration gas would cause.

    A component counts with its response in %LEL over its own limit; what the sensor is calibrated on divides that.

    Args:
        principle: of the sensor.
        gas: on which it is calibrated.
        mixture: that it meets.

    Example:
        LPG with 30 % dimethyl ether reads low, and a laser sees natural gas by its methane alone.

        >>> mixed = lpg(dimethyl_ether_share=0.3)
        >>> round(relative_response(Principle.CATALYTIC, Gas.LPG, mixed), 2)
        0.82
        >>> relative_response(Principle.LASER, Gas.NATURAL, mixed)
        0.0
    """
    known, own = _strength(principle, CALIBRATED_ON[gas]), _strength(principle, mixture)
    return own / known


def _strength(principle: Principle, mixture: Mixture) -> float:
    response, limit = GAS_SENSORS[principle].response, LEL_SHARE[Basis.CN_1]
    return sum(share * response.get(component, 0.0) / limit[component] for component, share in mixture.shares.items())


def burnt(share: FloatArray, oxygen_per_mole: FloatArray) -> FloatArray:
    """Share of gas that a catalytic bead can burn: all of it, until the air that is left lacks oxygen.

    ``min(C, 0.209·(1 − C)/ν)``: the signal rises up to the stoichiometric mixture (methane 9.5 %VOL) and then falls, to
    nothing in pure gas. A detector without a latch then shows a low, harmless reading.

    Args:
        share: true volume share.
        oxygen_per_mole: ν, moles of oxygen that burn one mole of the gas.

    Example:
        >>> burnt(np.array([0.02, 0.0946, 0.5, 0.9, 1.0]), np.full(5, 2.0)).round(4).tolist()
        [0.02, 0.0946, 0.0522, 0.0104, 0.0]
    """
    found: FloatArray = np.minimum(share, OXYGEN_SHARE * (1.0 - share) / oxygen_per_mole)
    return found

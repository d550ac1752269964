"""What a gas is made of, how heavy it is, what it burns with, and from which concentration it explodes."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from domain.asset import Gas

R_J_MOL_K = 8.314462618
NORMAL_K = 273.15
NORMAL_PA = 101_325.0
AIR_KG_MOL = 0.02896
OXYGEN_SHARE = 0.209


class Component(StrEnum):
    """A pure gas or vapour."""

    METHANE = "methane"
    ETHANE = "ethane"
    PROPANE = "propane"
    BUTANE = "butane"
    DIMETHYL_ETHER = "dimethyl_ether"
    METHANOL = "methanol"
    ETHANOL = "ethanol"
    HYDROGEN = "hydrogen"


class Basis(StrEnum):
    """Edition of the table of explosive limits; a new figure is a new edition, never a changed one.

    The same methane reads 14 % higher in %LEL on the IEC's basis than on the Chinese one.
    """

    CN_1 = "cn-1"
    IEC_1 = "iec-1"


@dataclass(frozen=True, slots=True)
class Properties:
    """Of one gas.

    Attributes:
        molar_mass_kg_mol: mean over its mixture.
        heat_capacity_ratio: c_p/c_v, decides when an orifice chokes.
        lel_share: lower explosive limit as a volume share (Chinese basis: methane 5.0 %VOL, not 4.4).
    """

    molar_mass_kg_mol: float
    heat_capacity_ratio: float
    lel_share: float

    def volume_m3_kg(self, pressure_pa_abs: float, temperature_k: float) -> float:
        """Volume of a kilogram, ideal gas."""
        return R_J_MOL_K * temperature_k / (self.molar_mass_kg_mol * pressure_pa_abs)

    @property
    def density_against_air(self) -> float:
        """Below 1 it gathers under the ceiling, above 1 on the floor."""
        return self.molar_mass_kg_mol / AIR_KG_MOL


PURE = {  # molar mass kg/mol, heat capacity ratio
    Component.METHANE: (0.01604, 1.31),
    Component.ETHANE: (0.03007, 1.19),
    Component.PROPANE: (0.0441, 1.13),
    Component.BUTANE: (0.0581, 1.09),
    Component.DIMETHYL_ETHER: (0.0461, 1.11),
    Component.METHANOL: (0.03204, 1.2),
    Component.ETHANOL: (0.04607, 1.13),
    Component.HYDROGEN: (0.002016, 1.41),
}

LEL_SHARE: Mapping[Basis, Mapping[Component, float]] = {
    Basis.CN_1: {
        Component.METHANE: 0.050,
        Component.ETHANE: 0.030,
        Component.PROPANE: 0.021,
        Component.BUTANE: 0.015,
        Component.DIMETHYL_ETHER: 0.034,
        Component.METHANOL: 0.060,
        Component.ETHANOL: 0.033,
        Component.HYDROGEN: 0.040,
    },
    Basis.IEC_1: {
        Component.METHANE: 0.044,
        Component.ETHANE: 0.024,
        Component.PROPANE: 0.017,
        Component.BUTANE: 0.014,
        Component.DIMETHYL_ETHER: 0.027,
        Component.METHANOL: 0.060,
        Component.ETHANOL: 0.031,
        Component.HYDROGEN: 0.040,
    },
}
"""Lower explosive limits. Methane, propane and butane as instruments in China and IEC 60079-20-1 have them; the others
from memory of handbooks, unverified."""

OXYGEN_PER_MOLE = {
    Component.METHANE: 2.0,
    Component.ETHANE: 3.5,
    Component.PROPANE: 5.0,
    Component.BUTANE: 6.5,
    Component.DIMETHYL_ETHER: 3.0,
    Component.METHANOL: 1.5,
    Component.ETHANOL: 3.0,
    Component.HYDROGEN: 0.5,
}
"""Moles of oxygen that burn one mole: what a catalytic bead lacks when there is too much gas."""


@dataclass(frozen=True, slots=True)
class Mixture:
    """A fuel by volume shares of its components, which add up to 1.

    Example:
        >>> lpg = Mixture({Component.PROPANE: 0.7, Component.BUTANE: 0.3})
        >>> f"{100 * lpg.lel_share(Basis.CN_1):.2f} %VOL", round(lpg.density_against_air, 2)
        ('1.88 %VOL', 1.67)
    """

    shares: Mapping[Component, float]

    def __post_init__(self) -> None:
        if abs(sum(self.shares.values()) - 1.0) > 1e-9 or min(self.shares.values(), default=-1.0) < 0:  # noqa: PLR2004
            raise ValueError(f"shares {dict(self.shares)} do not add up to 1")

    def lel_share(self, basis: Basis = Basis.CN_1) -> float:
        """Explosive limit by Le Chatelier, ``1/Σ(x_i/LEL_i)``: with DME or butane it moves, and so does every %LEL."""
        table = LEL_SHARE[basis]
        return 1.0 / sum(share / table[component] for component, share in self.shares.items())

    @property
    def molar_mass_kg_mol(self) -> float:
        return sum(share * PURE[component][0] for component, share in self.shares.items())

    @property
    def density_against_air(self) -> float:
        return self.molar_mass_kg_mol / AIR_KG_MOL

    @property
    def oxygen_per_mole(self) -> float:
        return sum(share * OXYGEN_PER_MOLE[component] for component, share in self.shares.items())

    def properties(self, basis: Basis = Basis.CN_1) -> Properties:
        """What flow and explosion need; molar heat capacities add up, so ``1/(k − 1)`` does."""
        capacity = sum(share / (PURE[component][1] - 1.0) for component, share in self.shares.items())
        return Properties(self.molar_mass_kg_mol, 1.0 + 1.0 / capacity, self.lel_share(basis))


def natural_gas(ethane_share: float = 0.04) -> Mixture:
    """Natural gas with this much ethane (0.5 to 8 %), which biogas never has; 4 % weigh 16.6 g/mol."""
    return Mixture({Component.METHANE: 1.0 - ethane_share, Component.ETHANE: ethane_share})


def lpg(propane_share: float = 0.7, dimethyl_ether_share: float = 0.0) -> Mixture:
    """LPG with this share of propane in its hydrocarbons, and some of it replaced by dimethyl ether (掺混二甲醚)."""
    rest = 1.0 - dimethyl_ether_share
    return Mixture(
        {
            Component.PROPANE: rest * propane_share,
            Component.BUTANE: rest * (1.0 - propane_share),
            Component.DIMETHYL_ETHER: dimethyl_ether_share,
        }
    )


PROPERTIES = {
    Gas.NATURAL: Properties(0.0166, 1.31, 0.05),
    Gas.LPG: Properties(0.0483, 1.1, 1 / (0.7 / 0.021 + 0.3 / 0.015)),  # 70/30 propane/butane, limit by Le Chatelier
}
"""As the instruments of each gas are calibrated, on the basis cn-1."""

ETHANOL_LEL_PPM = 33_000.0

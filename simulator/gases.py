"""What a gas is made of, and from which concentration it explodes."""

from dataclasses import dataclass

from domain.asset import Gas

R_J_MOL_K = 8.314462618
NORMAL_K = 273.15
NORMAL_PA = 101_325.0


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


PROPERTIES = {
    Gas.NATURAL: Properties(0.0166, 1.31, 0.05),
    Gas.LPG: Properties(0.0483, 1.1, 1 / (0.7 / 0.021 + 0.3 / 0.015)),  # 70/30 propane/butane, limit by Le Chatelier
}
ETHANOL_LEL_PPM = 33_000.0

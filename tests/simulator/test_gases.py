import pytest

from domain.asset import Gas
from simulator.gases import (
    ETHANOL_LEL_PPM,
    LEL_SHARE,
    OXYGEN_PER_MOLE,
    PROPERTIES,
    PURE,
    Basis,
    Component,
    Mixture,
    lpg,
    natural_gas,
)


def test_every_table_knows_every_component() -> None:
    for known in (set(PURE), set(OXYGEN_PER_MOLE), *map(set, LEL_SHARE.values())):
        assert known == set(Component)


def test_the_same_methane_reads_14_per_cent_higher_on_the_iec_basis() -> None:
    methane = Mixture({Component.METHANE: 1.0})
    assert methane.lel_share(Basis.CN_1) / methane.lel_share(Basis.IEC_1) == pytest.approx(50 / 44)


def test_le_chatelier_gives_the_limit_of_lpg_and_dimethyl_ether_raises_it() -> None:
    assert lpg().lel_share() == pytest.approx(PROPERTIES[Gas.LPG].lel_share, rel=1e-12)
    # by hand: 1/(0.56/2.1 + 0.24/1.5 + 0.2/3.4) %VOL
    assert lpg(dimethyl_ether_share=0.2).lel_share() == pytest.approx(0.0205977, rel=1e-5)
    assert lpg(1.0).lel_share(Basis.IEC_1) == pytest.approx(0.017)


def test_weights_are_those_of_the_notes() -> None:
    assert natural_gas().molar_mass_kg_mol == pytest.approx(PROPERTIES[Gas.NATURAL].molar_mass_kg_mol, rel=1e-3)
    assert lpg().molar_mass_kg_mol == pytest.approx(PROPERTIES[Gas.LPG].molar_mass_kg_mol, rel=1e-12)
    assert natural_gas(0.0).density_against_air == pytest.approx(0.55, abs=0.005)
    assert PROPERTIES[Gas.LPG].density_against_air == pytest.approx(1.67, abs=0.005)


def test_a_pure_gas_keeps_its_own_properties() -> None:
    methane = natural_gas(0.0).properties()
    assert (methane.molar_mass_kg_mol, methane.lel_share) == (0.01604, 0.05)
    assert methane.heat_capacity_ratio == pytest.approx(1.31)
    assert natural_gas(0.0).oxygen_per_mole == 2.0
    assert lpg(0.0).oxygen_per_mole == 6.5


def test_ethanol_has_one_limit() -> None:
    assert pytest.approx(1e6 * LEL_SHARE[Basis.CN_1][Component.ETHANOL]) == ETHANOL_LEL_PPM


@pytest.mark.parametrize("shares", [{}, {Component.METHANE: 0.9}, {Component.METHANE: 1.1, Component.ETHANE: -0.1}])
def test_shares_that_do_not_add_up_are_refused(shares: dict[Component, float]) -> None:
    with pytest.raises(ValueError, match="do not add up"):
        Mixture(shares)

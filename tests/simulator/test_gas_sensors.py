import numpy as np
import pytest

from domain.asset import Gas
from simulator.gas_sensors import CALIBRATED_ON, GAS_SENSORS, Principle, burnt, relative_response
from simulator.gases import Component, Mixture, lpg, natural_gas

HYDROGEN = Mixture({Component.HYDROGEN: 1.0})


@pytest.mark.parametrize("principle", Principle)
def test_a_sensor_reads_its_own_calibration_gas_right(principle: Principle) -> None:
    for gas in GAS_SENSORS[principle].gases:
        assert relative_response(principle, gas, CALIBRATED_ON[gas]) == 1.0


def test_a_laser_sees_methane_and_nothing_else() -> None:
    assert relative_response(Principle.LASER, Gas.NATURAL, lpg()) == 0.0
    assert relative_response(Principle.LASER, Gas.NATURAL, HYDROGEN) == 0.0
    assert relative_response(Principle.LASER, Gas.NATURAL, natural_gas(0.05)) == pytest.approx(0.95)
    assert GAS_SENSORS[Principle.LASER].alcohol == 0.0


def test_infrared_is_blind_to_hydrogen_and_a_bead_is_not() -> None:
    assert relative_response(Principle.INFRARED, Gas.NATURAL, HYDROGEN) == 0.0
    assert relative_response(Principle.CATALYTIC, Gas.NATURAL, HYDROGEN) > 1.0


@pytest.mark.parametrize("principle", [Principle.CATALYTIC, Principle.INFRARED])
def test_dimethyl_ether_in_lpg_makes_a_detector_read_low(principle: Principle) -> None:
    shares = [relative_response(principle, Gas.LPG, lpg(dimethyl_ether_share=x)) for x in (0.0, 0.1, 0.3)]
    assert shares[0] == 1.0
    assert shares[0] > shares[1] > shares[2] > 0.5


def test_a_bead_without_oxygen_falls_to_nothing() -> None:
    # methane burns with two of oxygen: 0.209·(1 − C)/2 crosses C at 9.46 %VOL
    shares = np.array([0.0, 0.05, 0.0946, 0.15, 0.6, 1.0])
    assert burnt(shares, np.full(6, 2.0)) == pytest.approx([0.0, 0.05, 0.0946, 0.0888, 0.0418, 0.0], abs=1e-4)

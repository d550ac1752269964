import pytest

from detectors.regulator_fault import OutletNumbers, RegulatorFault
from domain.channels import Channels
from domain.finding import Finding
from domain.quality import Quality
from tests.detectors.street import HOLE, Street
from tests.detectors.test_pipe_rupture import Minutes, metered, town

NUMBERS = OutletNumbers(creep=0.15, droop=0.2, shut=0.3, wave=0.005, times=4, spans=3)
SET = 120.3
"""Gauge set point of the regulator of `test_parts`, kPa: 2e5 Pa absolute."""


def built(channels: Channels) -> RegulatorFault:
    return RegulatorFault(channels=channels, span_s=60, fall=0.06, surge=0.2, numbers=NUMBERS)


def of_street(street: Street) -> list[tuple[str, int, str]]:
    return [(f.transition.value, f.level, f.reason) for f in street.play(built(street.channels))]


def play(log: Minutes, channels: Channels | None = None) -> list[Finding]:
    channels = channels or metered()
    return log.script.play(built(channels), channels)


def seen(log: Minutes, channels: Channels | None = None) -> list[tuple[str, int, str]]:
    return [(f.transition.value, f.level, f.reason) for f in play(log, channels)]


def usual(flow: float | None = 100.0, kpa: float = SET) -> Minutes:
    return Minutes(flow).minutes(15, S1=kpa, S2=kpa, S3=kpa)


# ---------------------------------------------------------------- a street of the simulator


METERED = ("P-M2", "P-L1", "P-L2", "F-M2")
UNMETERED = METERED[:3]


@pytest.mark.parametrize(("devices", "told"), [(METERED, ("frozen", 2)), (UNMETERED, ("slam_shut", 2))])
def test_ice_takes_pressure_and_flow(devices: tuple[str, ...], told: tuple[str, int]) -> None:
    street = Street(devices).minutes(12)
    street.fault.limit_share = 0.1
    street.minutes(8)
    street.fault.limit_share = 1.0
    assert of_street(street.minutes(10)) == [("onset", told[1], f"{told[0]} R"), ("end", 0, "")]


def test_a_slam_shut_valve_leaves_nothing() -> None:
    street = Street().minutes(12)
    street.grid.regulators.trip("R")
    assert of_street(street.minutes(5)) == [("onset", 2, "slam_shut R")]


@pytest.mark.parametrize(("devices", "told"), [(METERED, ("falling", 1)), (UNMETERED, ("even", 2))])
def test_a_set_point_that_moves_brings_no_more_gas(devices: tuple[str, ...], told: tuple[str, int]) -> None:
    street = Street(devices).minutes(12)
    street.fault.drift_pa = -400.0
    assert of_street(street.minutes(5)) == [("onset", told[1], f"{told[0]} R")]


def test_after_an_hour_a_new_level_within_the_bounds_is_the_level() -> None:
    street = Street().minutes(12)
    street.fault.drift_pa = -400.0
    assert [t for t, _, _ in of_street(street.minutes(80))] == ["onset", "end"]
    street = Street().minutes(12)
    street.fault.drift_pa = -600.0
    assert [t for t, _, _ in of_street(street.minutes(80))] == ["onset"]


def test_a_seat_that_leaks_lets_the_outlet_climb_while_nobody_draws() -> None:
    street = Street(demand_kg_s=0.0003).minutes(12)
    street.fault.seat_m2 = 2e-6
    assert of_street(street.minutes(10)) == [("onset", 1, "creep R")]


def test_hunting_shows_at_two_sensors_once_their_usual_swing_is_known() -> None:
    street = Street()
    street.fault.hunting_hz = 0.0431
    street.fault.hunting_pa = 0.0
    street.minutes(250)
    street.fault.hunting_pa = 200.0
    street.minutes(12)
    street.fault.hunting_pa = 0.0
    assert of_street(street.minutes(60)) == [("onset", 1, "hunting R"), ("end", 0, "")]


def test_neither_more_demand_nor_a_torn_pipe_is_a_regulator() -> None:
    street = Street().minutes(12)
    street.grid.demand_kg_s[street.grid.topology.number("L3")] = 0.06
    assert of_street(street.minutes(10)) == []
    street = Street().minutes(12)
    street.grid.open_hole("torn", HOLE, 80.0, 0.75)
    assert of_street(street.minutes(10)) == []


# ---------------------------------------------------------------- rows of a script


def test_a_meter_of_which_little_was_heard_says_nothing() -> None:
    log = usual(None).minutes(3, S1=SET, S2=SET, S3=SET)
    log.flow = 100.0
    assert seen(log.minutes(3, S1=100.0, S2=100.0, S3=100.0)) == [("onset", 2, "even R-1")]


def test_a_low_outlet_is_told_when_it_came_slowly_too() -> None:
    log = usual()
    for minute in range(60):
        kpa = SET - minute * 0.5
        log.minutes(1, S1=kpa, S2=kpa, S3=kpa)
    assert seen(log) == [("onset", 1, "droop R-1")]
    assert [t for t, _, _ in seen(log.minutes(9, S1=SET, S2=SET, S3=SET))] == ["onset", "end"]


def test_a_low_outlet_through_which_less_and_less_comes_is_frozen() -> None:
    log = usual()
    for minute in range(60):
        kpa = SET - minute * 0.5
        log.minutes(1, S1=kpa, S2=kpa, S3=kpa, OUT=100.0 * 0.95**minute)
    assert ("frozen R-1") in [reason for _, _, reason in seen(log)]


def test_what_worsens_is_told_again() -> None:
    log = usual().minutes(5, S1=SET * 1.2, S2=SET * 1.2, S3=SET * 1.2).minutes(5, S1=1.0, S2=1.0, S3=1.0, OUT=0.0)
    assert seen(log) == [
        ("onset", 1, "creep R-1"),
        ("escalate", 2, "slam_shut R-1"),
    ]


def test_a_usual_pressure_of_a_day_widens_the_bounds_of_a_wrong_set_point() -> None:
    log = Minutes(100.0).minutes(1500, S1=SET * 1.1, S2=SET * 1.1, S3=SET * 1.1)
    assert seen(log.minutes(9, S1=SET * 1.25, S2=SET * 1.25, S3=SET * 1.25)) == []
    assert seen(log.minutes(9, S1=SET * 1.28, S2=SET * 1.28, S3=SET * 1.28)) == [("onset", 1, "creep R-1")]


def test_the_worst_sensor_is_the_subject_and_the_limit_is_the_bound() -> None:
    (finding,) = play(usual().minutes(5, S1=SET * 1.2, S2=SET * 1.2, S3=SET * 1.3))
    assert finding.device == "S3"
    assert finding.value == pytest.approx(SET * 1.3, abs=0.001)
    assert finding.limit == pytest.approx(SET * 1.15, abs=0.1)


def test_one_sensor_that_is_high_is_not_the_regulator_but_a_silent_one_does_not_count() -> None:
    assert seen(usual().minutes(9, S1=SET, S2=SET * 1.2, S3=SET * 1.2)) == []
    log = usual()
    log.names = ("S2", "S3", "IN", "GATE")
    assert seen(log.minutes(12, S2=SET * 1.2, S3=SET * 1.2)) == [("onset", 1, "creep R-1")]


def test_a_supply_that_fell_explains_what_is_low_behind_it() -> None:
    log = usual().minutes(9, IN=200.0, GATE=200.0, S1=80.0, S2=80.0, S3=80.0)
    assert [(f.device, f.reason) for f in play(log)] == [("IN", "even")]


def test_without_a_network_the_usual_pressure_stands_for_the_set_point() -> None:
    log = usual(None).minutes(9, S1=SET * 1.2, S2=SET * 1.2, S3=SET * 1.2, IN=360.0, GATE=360.0)
    assert seen(log, town(None)) == [("onset", 1, "creep")]


def test_bad_readings_neither_begin_nor_end() -> None:
    assert seen(usual().minutes(9, Quality.BAD, S1=SET * 1.2, S2=SET * 1.2, S3=SET * 1.2)) == []
    log = usual().minutes(5, S1=SET * 1.2, S2=SET * 1.2, S3=SET * 1.2).minutes(20, Quality.BAD, S1=SET, S2=SET, S3=SET)
    assert [t for t, _, _ in seen(log)] == ["onset"]


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="creep"):
        RegulatorFault(channels=town(), span_s=60, fall=0.06, surge=0.2, numbers=NUMBERS._replace(creep=0))

import numpy as np
import pytest

from simulator.linkage import Linkage

DT_S = 0.1


def linkage() -> Linkage:
    """Two rooms with thresholds 25 and 50; both have a valve, the first has a fan."""
    return Linkage(np.array([25.0, 50.0]), np.array([1.0, 1.0]), [0, 1], np.array([2.0, 2.0]), [0])


def run(town: Linkage, reading: tuple[float, float], seconds: float) -> list[int]:
    trips: list[int] = []
    for _ in range(round(seconds / DT_S)):
        trips += town.watch(np.array(reading), DT_S).tolist()
        town.advance(DT_S)
    return trips


def test_trips_once_after_the_confirmation_and_only_where_the_threshold_is_reached() -> None:
    town = linkage()
    assert run(town, (30.0, 30.0), 0.9) == []
    assert run(town, (30.0, 30.0), 60) == [0]
    assert town.supply(2).tolist() == [0.0, 1.0]
    assert town.fans(2).tolist() == [1.0, 0.0]


def test_a_short_peak_does_not_trip() -> None:
    town = linkage()
    for _ in range(20):
        assert run(town, (30.0, 0.0), 0.8) == []
        assert run(town, (20.0, 0.0), 0.2) == []


def test_a_valve_reports_moving_while_it_travels() -> None:
    town = linkage()
    town.close(1)
    seen = [town.positions()[1]]
    for _ in range(25):
        town.advance(DT_S)
        seen.append(town.positions()[1])
    assert seen[0] == 1
    assert seen[1:20] == [0.5] * 19
    assert set(seen[21:]) == {0}
    assert town.closed(1)


def test_a_jammed_valve_stays_open_though_it_is_told_to_close() -> None:
    town = linkage()
    town.jammed[0] = True
    assert run(town, (90.0, 0.0), 60) == [0]
    assert town.positions()[0] == 1
    assert town.supply(2)[0] == 1


def test_a_closed_valve_stays_closed_when_the_gas_has_gone() -> None:
    town = linkage()
    run(town, (30.0, 0.0), 10)
    assert run(town, (0.0, 0.0), 3_600) == []
    assert town.supply(2)[0] == 0


def test_of_two_valves_in_a_row_the_narrowest_counts() -> None:
    town = Linkage(np.array([25.0]), np.array([1.0]), [0, 0], np.array([2.0, 4.0]), [])
    town.close(1)
    town.advance(1.0)
    assert town.supply(1)[0] == pytest.approx(0.75)


def test_a_fan_without_power_does_not_turn() -> None:
    town = linkage()
    run(town, (30.0, 0.0), 2)
    town.fan_powered[0] = False
    assert town.fans(2)[0] == 0


def test_a_slow_valve_takes_longer_and_a_leaking_seat_never_ends() -> None:
    town = linkage()
    town.slowness[0], town.seat_share[0] = 5.0, 0.05
    for valve in (0, 1):
        town.close(valve)
    town.advance(5.0)
    assert town.positions().tolist() == [0.5, 0.0]
    town.advance(5.0)
    assert town.positions().tolist() == [0.0, 0.0]
    assert town.supply(2).tolist() == [0.05, 0.0]


def test_what_is_not_wired_trips_and_moves_nothing() -> None:
    town = linkage()
    town.wired[0] = False
    assert run(town, (30.0, 0.0), 10) == [0]
    assert town.supply(2)[0] == 1.0
    assert town.fans(2)[0] == 0.0


def test_staff_open_a_valve_and_reset_its_controller() -> None:
    town = linkage()
    run(town, (30.0, 0.0), 10)
    town.open_by_hand(0)
    run(town, (0.0, 0.0), 1)
    assert town.positions()[0] == 0.5
    run(town, (0.0, 0.0), 2)
    assert (town.positions()[0], town.fans(2)[0]) == (1.0, 0.0)
    assert run(town, (30.0, 0.0), 10) == [0]


def test_limit_switches_tell_late_and_the_wrong_way_round() -> None:
    town = Linkage(np.array([25.0]), np.array([1.0]), [0], np.array([1.0]), [], feedback_s=np.array([2.0]))
    town.close(0)
    told = []
    for _ in range(5):
        town.advance(1.0)
        told.append(float(town.shown()[0]))
    assert told == [1.0, 0.0, 0.0, 0.0, 0.0]
    town.inverted[0] = True
    assert town.shown()[0] == 1.0

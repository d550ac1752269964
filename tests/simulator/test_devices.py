import pytest

from domain.asset import Device, DeviceKind
from simulator.devices import STORED_SAMPLES, Unit, battery_v
from simulator.timetext import S_NS

DAY_STEPS = 864_000


@pytest.fixture
def unit() -> Unit:
    return Unit(Device("MH1", DeviceKind.MANHOLE, "M1"), 0, "gas/v1/M1/MH1", 600, 1, 80.0)


def test_a_battery_falls_slowly_and_faster_when_it_decays(unit: Unit) -> None:
    assert unit.charge_pct(10 * DAY_STEPS) == pytest.approx(79.5)
    unit.decay_pct_h, unit.decay_from = 2.0, 0
    assert unit.charge_pct(DAY_STEPS) == pytest.approx(80 - 0.05 - 48)
    assert unit.charge_pct(10 * DAY_STEPS) == 0.0
    unit.battery_low = True
    assert unit.charge_pct(0) == 12.0


def test_an_emptying_battery_makes_a_terminal_save(unit: Unit) -> None:
    assert unit.pace(0) == 600
    unit.decay_pct_h = 5.0
    assert unit.pace(0) == 600
    assert unit.pace(13 * 36_000) == 2_400


def test_a_lithium_cell_is_flat_and_then_has_a_knee() -> None:
    volts = [battery_v(pct) for pct in range(0, 101, 5)]
    assert volts == sorted(volts)
    assert battery_v(100) - battery_v(20) < 0.1
    assert battery_v(20) - battery_v(0) > 1.0
    assert battery_v(20) == pytest.approx(battery_v(19.999), abs=1e-3)


def test_a_clock_goes_ahead_and_farther_every_day(unit: Unit) -> None:
    unit.skew_ns = 5 * S_NS
    assert unit.ahead_ns(10**18) == 5 * S_NS
    unit.drift, unit.drift_from_ns = 2 / 86_400, 0
    assert unit.ahead_ns(86_400 * S_NS) == 7 * S_NS


def test_a_store_holds_600_samples(unit: Unit) -> None:
    unit.stored.extend(str(n) for n in range(700))
    assert (len(unit.stored), unit.stored[0]) == (STORED_SAMPLES, "100")


def test_a_device_stores_when_it_must(unit: Unit) -> None:
    assert not unit.stores()
    unit.upload = 6_000
    assert unit.stores()


def test_old_answers_are_forgotten(unit: Unit) -> None:
    for n in range(150):
        unit.remember(str(n), "done", "")
    assert (len(unit.answers), "49" in unit.answers, "50" in unit.answers) == (100, False, True)

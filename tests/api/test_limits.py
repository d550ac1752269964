import dataclasses

import pytest

from api.limits import MAIN, limits_of, quantity_of
from domain.alarm import SYSTEM, Alarm, AlarmKind
from domain.asset import DeviceKind, Tier
from domain.quantity import Quantity
from tests.api.conftest import Plant, town

TOWN = town()


def test_every_kind_of_device_has_a_main_quantity() -> None:
    assert MAIN.keys() == set(DeviceKind)


@pytest.mark.parametrize(
    ("kind", "device", "reason", "quantity"),
    [
        (AlarmKind.GAS_LOW, "G1", "", Quantity.GAS_PCT_LEL),
        (AlarmKind.DEVICE_SILENT, "P9", "watchdog", Quantity.PRESSURE_KPA),
        (AlarmKind.POWER_LOST, "V1", "", Quantity.POWER_OK),
        (AlarmKind.BATTERY_LOW, "G1", "battery_v", Quantity.BATTERY_V),
        (AlarmKind.READER_LAG, SYSTEM, "watch", None),
        (AlarmKind.UNKNOWN_DEVICE, "stranger", "", None),
    ],
)
def test_the_trend_explains_the_alarm(kind: AlarmKind, device: str, reason: str, quantity: Quantity | None) -> None:
    alarm = Alarm("id", kind, device, device, "S1", "Z1", reason=reason)
    assert quantity_of(alarm, TOWN) == quantity


def test_a_detector_with_its_own_set_points_shows_those(plant: Plant) -> None:
    own = dataclasses.replace(TOWN.devices["G1"], gas_low_pct_lel=10.0, gas_high_pct_lel=40.0)
    assert [limit.value for limit in limits_of(own, Quantity.GAS_PCT_LEL, plant.rulebook)] == [10.0, 40.0]


@pytest.mark.parametrize("tier", list(Tier))
def test_pressure_limits_rise_in_every_tier(plant: Plant, tier: Tier) -> None:
    sensor = dataclasses.replace(TOWN.devices["P9"], tier=tier)
    values = [limit.value for limit in limits_of(sensor, Quantity.PRESSURE_KPA, plant.rulebook)]
    assert len(values) == 4
    assert values == sorted(values)
    assert limits_of(TOWN.devices["V1"], Quantity.VALVE_OPEN, plant.rulebook) == []

"""A records database of its own, a small town, and a desk over both."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerting.desk import Desk
from domain.alarm import AlarmKind, Definition
from domain.asset import Assets, Device, DeviceKind, Site, Zone
from store.records import Records
from tests.blank import blank_records

S = 1_000_000_000
DEFINITIONS = {
    AlarmKind.GAS_LOW: Definition(AlarmKind.GAS_LOW, (3,), (0,)),
    AlarmKind.GAS_HIGH: Definition(
        AlarmKind.GAS_HIGH, (2,), (0,), latching=True, safety_critical=True, realarm_ns=3600 * S
    ),
    AlarmKind.LINKAGE_FAILED: Definition(
        AlarmKind.LINKAGE_FAILED, (1,), (0,), latching=True, safety_critical=True, realarm_ns=900 * S
    ),
    AlarmKind.PRESSURE_LOW: Definition(
        AlarmKind.PRESSURE_LOW, (3, 2, 1), (15 * S, 15 * S, 15 * S), off_delay_ns=15 * S, realarm_ns=60 * S
    ),
    AlarmKind.LOG_SPACE: Definition(AlarmKind.LOG_SPACE, (2, 1), (0, 0)),
    AlarmKind.GAS_SEVERAL: Definition(AlarmKind.GAS_SEVERAL, (1,), (0,), latching=True, safety_critical=True),
    AlarmKind.DEVICES_AWAY: Definition(AlarmKind.DEVICES_AWAY, (3,), (0,)),
    AlarmKind.POWER_CUT: Definition(AlarmKind.POWER_CUT, (3,), (0,)),
    AlarmKind.DEVICE_SILENT: Definition(AlarmKind.DEVICE_SILENT, (4, 2), (0, 0)),
    AlarmKind.POWER_LOST: Definition(AlarmKind.POWER_LOST, (4, 3), (0, 0)),
    AlarmKind.MANHOLE_GAS: Definition(AlarmKind.MANHOLE_GAS, (4, 3, 2, 1), (0, 0, 0, 0)),
}


@pytest.fixture(scope="session")
def assets() -> Assets:
    return Assets(
        sites={"S1": Site("S1", "老街小厨", "Old Street Kitchen", "restaurant", "Z1", "D", 103.9, 30.6)},
        zones={"Z1": Zone("Z1", "老街", "Old Street")},
        devices={"DL-GD-0001": Device("DL-GD-0001", DeviceKind.GAS_DETECTOR, "S1")},
    )


@pytest.fixture
def build_desk(assets: Assets) -> Callable[..., Desk]:
    def build(*channels: str) -> Desk:
        return Desk(definitions=DEFINITIONS, assets=assets, configuration="v1", channels=channels)

    return build


@pytest.fixture
def desk(build_desk: Callable[..., Desk]) -> Desk:
    return build_desk("webhook", "wall")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = blank_records(tmp_path / "records.db")
    yield records
    records.close()

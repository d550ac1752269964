import pytest

from domain.asset import Assets, Device, DeviceKind, Site, Tier
from simulator.leaks import HOLES_MM
from simulator.mains import PROFILES, DailyMains, PipeLeak

HOUR_NS = 3_600_000_000_000
NIGHT_NS, NOON_NS = 19 * HOUR_NS, 4 * HOUR_NS  # 3 h and 12 h of the town's clock


@pytest.fixture
def mains() -> DailyMains:
    devices = [
        Device("PR1", DeviceKind.PRESSURE_SENSOR, "P", tier=Tier.MEDIUM_B),
        Device("FM1", DeviceKind.FLOW_METER, "P"),
    ]
    sites = {name: Site(name, name, name, "x", "Z", "D", 100.0, 25.0) for name in ("P", "Q")}
    return DailyMains(Assets(sites, {}, {d.id: d for d in devices}), {"Q": 5.0}, 79.7, 8.0)


def test_pressure_is_lower_and_flow_higher_at_noon(mains: DailyMains) -> None:
    shown = []
    for time_ns in (NIGHT_NS, NOON_NS):
        mains.step(time_ns, (), {})
        shown.append((mains.pressure_kpa("PR1"), mains.flow_m3h("FM1")))
    (night_kpa, night_m3h), (noon_kpa, noon_m3h) = shown
    assert night_kpa > noon_kpa
    assert night_m3h < noon_m3h <= PROFILES[Tier.LOW_NATURAL].peak_m3h


def test_a_site_has_the_usual_supply_or_its_own(mains: DailyMains) -> None:
    assert (mains.pressure_kpa("P"), mains.pressure_kpa("Q")) == (2.0, 5.0)


def test_a_hole_in_a_pipe_leaks_what_the_table_says(mains: DailyMains) -> None:
    # 5 mm at 200 kPa leak 29.6 Nm³/h in Dali, at 70 kPa 15.8; medium pressure B at night has 158.4 kPa
    mains.step(NIGHT_NS, [PipeLeak("L", "P21", 0.5, Tier.MEDIUM_B, 5.0, 0.62)], {})
    assert mains.flow_m3h("L") == pytest.approx(25.0, rel=0.03)
    mains.step(NIGHT_NS, [PipeLeak("L", "P21", 0.5, Tier.LOW_LPG, HOLES_MM["gasket"], 0.62)], {})
    assert 0 < mains.flow_m3h("L") < 0.2

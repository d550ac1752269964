import functools

import numpy as np
import pytest

from detectors.catalogue import CATALOGUE
from detectors.series import series
from detectors.slow_leak import SlowLeak, SlowNumbers
from domain.asset import Assets, Device, DeviceKind, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Network
from domain.quantity import Quantity
from simulator.hydraulics import Hydraulics
from tests.detectors.script import LOCATING, RULES
from tests.detectors.test_locate import NETWORK, SENSORS, gauges

S = 1_000_000_000
NUMBERS = SlowNumbers(learn=2, odds=1e6, drift_kpa=0.01, meter=0.005, demand=0.02, apart=0.001)
NOISE_KPA = 0.1
"""Of an hour's mean."""
METER_NOISE_M3H = 0.5
WEEK, DAY = 168, 24
METER = Device("F-GATE", DeviceKind.FLOW_METER, "GATE", tier=Tier.MEDIUM_B)
NORMAL_KG_M3 = 0.0166 * 101_325 / (8.314462618 * 273.15)
ALL = {name: Device(f"P-{name}", DeviceKind.PRESSURE_SENSOR, name, tier=Tier.MEDIUM_B) for name in SENSORS}


@functools.cache
def measured(load: float, hole_mm: float) -> np.ndarray:
    hydraulics = Hydraulics(NETWORK, places=[("P-BC", 0.5)])
    hydraulics.demand_kg_s = load * hydraulics.demand_kg_s
    if hole_mm:
        hydraulics.open_hole("L", ("P-BC", 0.5), hole_mm)
    kpa = gauges(hydraulics) / 1000
    return np.append(kpa, 3_600 * hydraulics.balance().supply_kg_s / NORMAL_KG_M3)


class Weeks:
    """A town by the hour: nights and days, noise, holes for some of the hours; with a meter at its gate, or none."""

    def __init__(
        self,
        network: Network | None = NETWORK,
        *,
        demand: float = NUMBERS.demand,
        noise_kpa: float = NOISE_KPA,
        metered: bool = False,
    ) -> None:
        devices = {device.id: device for device in (*ALL.values(), *([METER] * metered))}
        self.channels = Channels(Assets({}, {}, devices, network))
        self.at = {f"P-{name}": self.channels.find(f"P-{name}", Quantity.PRESSURE_KPA) for name in ALL}
        if metered:
            self.at[METER.id] = self.channels.find(METER.id, Quantity.FLOW_M3H)
        numbers = NUMBERS._replace(demand=demand)
        self.detector = SlowLeak(channels=self.channels, span_s=3_600, numbers=numbers, locating=LOCATING)
        self.dice, self.hour, self.told = np.random.default_rng(3), 0, list[Finding]()
        self.noise_kpa, self.away = noise_kpa, set[str]()

    @classmethod
    def taught(cls, *, demand: float = NUMBERS.demand, noise_kpa: float = NOISE_KPA, metered: bool = False) -> "Weeks":
        """Give a town that knows its two weeks."""
        weeks = cls(demand=demand, noise_kpa=noise_kpa, metered=metered)
        weeks.detector.restore(two_weeks(noise_kpa, metered=metered))
        weeks.hour = 2 * WEEK
        return weeks

    def pass_by(self, hours: int, *, hole_mm: float = 0.0, drawn: float = 1.0, shift_kpa: float = 0.0) -> "Weeks":
        for _ in range(hours):
            load = 0.3 if self.hour % DAY < 8 else 0.7
            noise = np.append(np.full(len(SENSORS), self.noise_kpa), METER_NOISE_M3H)
            seen = measured(load * drawn, hole_mm) + noise * self.dice.standard_normal(len(noise))
            seen[0] += shift_kpa
            for (name, channel), value in zip(self.at.items(), seen.tolist(), strict=False):
                if name not in self.away:
                    self.told += self.detector.update(series(channel, [3_600 * self.hour + 60], [value]))
            self.told += self.tick()
        return self

    def tick(self) -> list[Finding]:
        self.hour += 1
        return self.detector.advance(3_600 * self.hour * S, self.hour)


@functools.cache
def two_weeks(noise_kpa: float, *, metered: bool) -> bytes:
    weeks = Weeks(noise_kpa=noise_kpa, metered=metered).pass_by(2 * WEEK)
    assert weeks.told == []
    return weeks.detector.snapshot()


def words(told: list[Finding]) -> list[tuple[str, str, int]]:
    return [(finding.transition.value, finding.reason, finding.level) for finding in told]


def test_a_hole_is_told_after_a_day_placed_better_after_a_week_and_ended_when_it_is_mended() -> None:
    weeks = Weeks.taught().pass_by(DAY)
    assert weeks.told == []
    weeks.pass_by(9 * DAY, hole_mm=10.0)
    assert words(weeks.told) == [("onset", "day", 1), ("escalate", "week", 2)]
    first, second = weeks.told
    assert first.device == second.device
    assert first.value is not None
    assert first.limit is not None
    assert first.value < first.limit
    for finding in weeks.told:
        assert finding.location is not None
        assert finding.location.pipes[0].pipe == "P-BC"
    weeks.pass_by(9 * DAY)
    assert words(weeks.told)[2:] == [("end", "", 0)]


def test_a_hole_that_hides_for_a_day_is_told_by_a_week_and_again_when_all_of_it_leaked() -> None:
    weeks = Weeks.taught(noise_kpa=0.8).pass_by(13 * DAY, hole_mm=5.3)
    assert words(weeks.told) == [("onset", "week", 1), ("escalate", "week", 2)]


def test_a_meter_tells_in_a_day_what_pressures_tell_in_a_week() -> None:
    metered = Weeks.taught(noise_kpa=0.8, metered=True).pass_by(2 * DAY, hole_mm=5.3)
    assert words(metered.told) == [("onset", "day", 1)]
    assert metered.told[0].device in {device.id for device in ALL.values()}


def test_a_meter_alone_is_not_judged() -> None:
    weeks = Weeks.taught(metered=True)
    weeks.away = {device.id for device in ALL.values()}
    assert weeks.pass_by(2 * DAY, hole_mm=10.0).told == []


def test_a_hole_that_shows_in_a_day_ends_by_a_day() -> None:
    weeks = Weeks.taught().pass_by(2 * DAY, hole_mm=10.0).pass_by(2 * DAY)
    assert words(weeks.told) == [("onset", "day", 1), ("end", "", 0)]


@pytest.mark.parametrize(("drawn", "shift_kpa"), [(1.0, 0.0), (1.1, 0.0), (1.0, -1.0)])
def test_neither_quiet_weeks_nor_cold_ones_nor_a_zero_that_moved_are_a_leak(drawn: float, shift_kpa: float) -> None:
    weeks = Weeks.taught(demand=0.15).pass_by(WEEK + 3, drawn=drawn, shift_kpa=shift_kpa)
    assert weeks.told == []


def test_hours_without_readings_neither_tell_nor_end() -> None:
    weeks = Weeks.taught().pass_by(2 * DAY, hole_mm=10.0)
    for _ in range(WEEK - 2 * DAY):
        weeks.told += weeks.tick()
    weeks.pass_by(2 * DAY, hole_mm=10.0)
    assert words(weeks.told) == [("onset", "day", 1)]


def test_what_stands_is_told_of_its_sensor_though_that_is_away() -> None:
    weeks = Weeks.taught().pass_by(2 * DAY, hole_mm=10.0)
    subject = weeks.told[0].device
    weeks.away = {subject}
    weeks.pass_by(8 * DAY, hole_mm=10.0)
    assert words(weeks.told) == [("onset", "day", 1), ("escalate", "week", 2)]
    assert weeks.told[1].device == subject


def test_without_a_network_it_is_silent() -> None:
    assert Weeks(None).pass_by(DAY).told == []


def test_is_built_from_the_rulebook() -> None:
    assert isinstance(CATALOGUE["slow_leak"](Weeks().channels, RULES), SlowLeak)


def test_refuses_numbers_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="drift_kpa"):
        SlowLeak(channels=Weeks().channels, span_s=3_600, numbers=NUMBERS._replace(drift_kpa=0.0), locating=LOCATING)

from dataclasses import replace

import numpy as np
import pytest

from detectors.night_flow import NightFlow, NightNumbers
from domain.asset import Assets, Device, DeviceKind, Site, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Network
from domain.quality import Quality
from domain.quantity import Quantity
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady
from tests.detectors.script import Script
from tests.detectors.street import HOLE, M3H_S_KG
from tests.detectors.test_parts import NETWORK
from tests.simulator.support import two_tiers

NUMBERS = NightNumbers(2, 4, 8, learn=3, limit=4, at_once=8, floor_m3h=1, floor_share=0.02)
DAY_S, HOUR_S = 86_400, 3_600
FIRST_S = 150_400
"""Local midnight before Friday, 17 November 2023, in seconds of a `Script`: nights count from Friday."""


def town(names: tuple[str, ...] = ("OUT",), network: Network | None = NETWORK, zones: str = "ZZ") -> Channels:
    devices = {name: Device(name, DeviceKind.FLOW_METER, name, tier=Tier.MEDIUM_B) for name in names}
    sites = {n: Site(n, n, n, "x", z, "D", 100.0, 25.0) for n, z in zip(names, zones, strict=False)}
    return Channels(Assets(sites=sites, zones={}, devices=devices, network=network))


class Nights:
    """A log of nights, Monday first: flow at one hour, and the ticks that judge it."""

    def __init__(self, names: tuple[str, ...] = ("OUT",), day: int = 3) -> None:
        self.names, self.script, self.midnight_s = names, Script(), FIRST_S + DAY_S * day

    def nights(
        self, *flows: float, hour: float = 2.5, quality: Quality = Quality.GOOD, weekends: bool = False
    ) -> "Nights":
        for flow in flows:
            while self._is_weekend() != weekends:
                self.midnight_s += DAY_S
            for name in self.names:
                self.script.row(name, Quantity.FLOW_M3H, self.midnight_s + hour * HOUR_S + 60, flow, quality)
            for half_hour in range(2, 13):
                self.script.tick(self.midnight_s + half_hour * HOUR_S / 2)
            self.midnight_s += DAY_S
        return self

    def _is_weekend(self) -> bool:
        return (self.midnight_s - FIRST_S) // DAY_S % 7 in {1, 2}


def play(log: Nights, channels: Channels | None = None) -> list[Finding]:
    channels = channels or town()
    return log.script.play(NightFlow(channels=channels, span_s=1800, numbers=NUMBERS), channels)


def seen(log: Nights, channels: Channels | None = None) -> list[str]:
    return [finding.transition.value for finding in play(log, channels)]


def usual() -> Nights:
    return Nights().nights(20, 20.5, 19.5)


def test_a_night_far_above_the_usual_is_told_at_once_and_ends_with_one_that_is_not() -> None:
    onset, end = play(usual().nights(29, 29, 20))
    assert (onset.transition.value, onset.value, onset.limit) == ("onset", 29, 24)
    assert onset.reason == "surplus 9.0 m³/h"
    assert (end.transition.value, end.value) == ("end", 20)


def test_two_of_three_nights_somewhat_above_it_are_told() -> None:
    assert seen(usual().nights(25)) == []
    assert seen(usual().nights(25, 20, 25)) == ["onset"]
    assert seen(usual().nights(25, 20, 20, 25)) == []


def test_what_is_odd_does_not_become_usual() -> None:
    assert seen(usual().nights(*[25] * 60)) == ["onset"]


def test_the_spread_of_the_nights_is_their_scale() -> None:
    log = Nights().nights(10, 20, 30, 20, 10, 30)
    assert seen(log.nights(55, 55)) == []


def test_weekends_are_held_against_weekends() -> None:
    log = usual().nights(30, 30, 30, weekends=True)
    assert seen(log.nights(30, weekends=True)) == []
    assert seen(log.nights(30)) == ["onset"]


def test_only_the_least_mean_of_the_night_counts() -> None:
    assert seen(usual().nights(90, hour=1.0).nights(90, hour=4.0)) == []
    log = usual()
    log.script.row("OUT", Quantity.FLOW_M3H, log.midnight_s + 3 * HOUR_S + 60, 90.0)
    assert seen(log.nights(20)) == []


def test_nights_without_good_readings_are_no_nights() -> None:
    assert seen(usual().nights(29, 29, quality=Quality.BAD)) == []


def test_a_part_with_a_feed_that_nobody_measures_is_silent() -> None:
    more = replace(NETWORK.regulators[0], id="R-2", to_node="S2")
    network = replace(NETWORK, regulators=(*NETWORK.regulators, more))
    assert seen(usual().nights(60), town(network=network)) == []
    both = Nights(("OUT", "S2")).nights(20, 20, 20, 60)
    assert [(f.device, f.value) for f in play(both, town(("OUT", "S2"), network))] == [("OUT", 120)]


def test_without_a_network_the_meters_of_a_tier_of_a_zone_are_added() -> None:
    log = Nights(("A", "B")).nights(20, 20, 20, 60)
    assert [(f.device, f.value) for f in play(log, town(("A", "B"), None))] == [("A", 120)]
    assert [f.device for f in play(log, town(("A", "B"), None, "YZ"))] == ["A", "B"]


def test_a_hole_of_the_simulator_shows_at_night() -> None:
    street = Hydraulics(two_tiers(), places=[HOLE])
    rng = np.random.default_rng(1)

    def night() -> float:
        street.demand_kg_s[street.topology.number("L3")] = 0.004 * rng.uniform(0.95, 1.05)
        solve_steady(street)
        return M3H_S_KG * street.regulator_flow_kg_s("R")

    log = Nights(("M2",)).nights(*(night() for _ in range(6)))
    street.open_hole("corroded", HOLE, 12.0)
    (finding,) = play(log.nights(night(), night()), town(("M2",), two_tiers()))
    assert float(finding.reason.split()[1]) == pytest.approx(18.2, abs=1.5)  # 12 mm at 2.5 kPa, and the demand's chance


def test_a_night_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="from_h"):
        NightFlow(channels=town(), span_s=1800, numbers=NUMBERS._replace(to_h=1))

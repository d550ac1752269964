import dataclasses

import numpy as np
import pytest

from detectors.feeding import Feeding
from detectors.pressure import Pressure, PressureLimits
from domain.asset import Assets, Device, DeviceKind, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Network, Node, Pipe, Regulator, Valve
from domain.quality import Quality
from domain.quantity import Quantity
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady
from tests.detectors.script import Script
from tests.simulator.support import DALI_PA, network, two_tiers

KPA, OPEN = Quantity.PRESSURE_KPA, Quantity.VALVE_OPEN
LIMITS = {tier: PressureLimits(1.0, 1.5, 3.0, 3.6) for tier in Tier}
RING = network(
    Node("GATE", fixed_pressure_pa_abs=DALI_PA + 2e5),
    *(Node(name) for name in ("IN", "A", "B", "C", "D", "FAR")),
    Pipe("P", "GATE", "IN", 100.0, 0.1),
    Regulator("R", "IN", "A", DALI_PA + 2_400),
    Valve("V-1", "A", "B", 0.1),
    Valve("V-2", "A", "C", 0.1),
    Pipe("P-B", "B", "D", 100.0, 0.1),
    Pipe("P-C", "C", "D", 100.0, 0.1),
    Valve("V-3", "D", "FAR", 0.1, open=False),
)


def town(net: Network | None = RING, **site_of: str) -> Channels:
    places = {"P-D": "D", "P-FAR": "FAR", "P-K": "K"}
    sensors = [Device(name, DeviceKind.PRESSURE_SENSOR, at, tier=Tier.LOW_NATURAL) for name, at in places.items()]
    sites = {"V-1": "X1", "V-2": "X2", "R": "X3", "CV": "K", **site_of}
    valves = [Device(name, DeviceKind.CUTOFF_VALVE, at) for name, at in sites.items()]
    return Channels(Assets({}, {}, {device.id: device for device in (*sensors, *valves)}, net))


def play(script: Script, channels: Channels | None = None, step: int = 1_000_000) -> list[Finding]:
    channels = channels or town()
    detector = Pressure(channels=channels, limits=LIMITS, low_reset_band=0.02, high_reset_band=0.02, page_s=900)
    return script.play(detector, channels, step=step)


def seen(script: Script, channels: Channels | None = None) -> list[tuple[str, int, str]]:
    return [(f.transition.value, f.level, f.reason) for f in play(script, channels)]


def rows(*entries: tuple[str, float]) -> Script:
    """Each second one row: a valve's position or a pressure."""
    script = Script()
    for second, (device, value) in enumerate(entries):
        script.row(device, KPA if device.startswith("P") else OPEN, second, value)
    return script


def test_low_pressure_behind_a_closed_valve_of_its_site_names_it_and_stays_at_level_1() -> None:
    assert seen(rows(("CV", 0), ("P-K", 0.2), ("P-D", 0.2))) == [("onset", 1, "valve_closed CV"), ("onset", 2, "")]


def test_it_worsens_once_the_valve_is_open_and_the_pressure_still_gone() -> None:
    script = rows(("CV", 0), ("P-K", 0.2), ("P-K", 0.1), ("CV", 1), ("P-K", 0.2))
    assert seen(script) == [("onset", 1, "valve_closed CV"), ("escalate", 2, "")]


def test_a_mesh_is_cut_off_by_all_valves_that_feed_it() -> None:
    assert seen(rows(("V-1", 0), ("P-D", 0.2))) == [("onset", 2, "")]
    assert seen(rows(("V-1", 0), ("V-2", 0), ("P-D", 0.2))) == [("onset", 1, "valve_closed V-1, V-2")]


def test_a_regulator_that_reports_shut_cuts_off_all_behind_it() -> None:
    assert seen(rows(("R", 0), ("P-D", 0.2))) == [("onset", 1, "valve_closed R")]
    assert seen(rows(("V-1", 0), ("R", 0), ("P-D", 0.2))) == [("onset", 1, "valve_closed R")]


def test_a_device_stands_for_the_valve_at_whose_end_it_stands() -> None:
    channels = town(SLAM="IN")
    assert seen(rows(("SLAM", 0), ("P-D", 0.2)), channels) == [("onset", 1, "valve_closed SLAM")]


def test_what_is_drawn_shut_or_not_drawn_is_explained_by_nothing() -> None:
    assert seen(rows(("V-1", 0), ("V-2", 0), ("P-FAR", 0.2))) == [("onset", 2, "")]
    assert seen(rows(("V-1", 0), ("V-2", 0), ("P-K", 0.2))) == [("onset", 2, "")]
    assert seen(rows(("CV", 0), ("P-D", 0.2)), town(None)) == [("onset", 2, "")]


def test_high_pressure_is_explained_by_no_valve() -> None:
    assert seen(rows(("CV", 0), ("P-K", 4.0))) == [("onset", 2, "")]


@pytest.mark.parametrize(("quality", "delay_s", "reason"), [
    (Quality.UNCERTAIN, 0, "valve_closed CV"), (Quality.BAD, 0, ""), (Quality.GOOD, 99, ""),
])  # fmt: skip
def test_only_live_usable_words_of_a_valve_count(quality: Quality, delay_s: float, reason: str) -> None:
    script = Script()
    script.row("CV", OPEN, 0, 0.0, quality, delay_s=delay_s)
    script.row("P-K", KPA, 200, 0.2)
    assert play(script)[0].reason == reason


def test_an_older_word_of_a_valve_changes_nothing() -> None:
    script = Script()
    for second, value in ((10, 0.0), (5, 1.0)):
        script.row("CV", OPEN, second, value)
    script.row("P-K", KPA, 20, 0.2)
    assert play(script)[0].reason == "valve_closed CV"


@pytest.mark.parametrize("first", ["CV", "P-K"])
def test_a_frame_does_not_explain_itself_whatever_the_size_of_the_batch(first: str) -> None:
    script = rows(("CV", 1), ("P-K", 2.0))
    both = {"CV": (OPEN, 0.0), "P-K": (KPA, 0.2)}
    for device in sorted(both, key=lambda name: name != first):
        quantity, value = both[device]
        script.row(device, quantity, 9, value)
    script.entries[-1] = dataclasses.replace(script.entries[-1], position=script.entries[-2].position)
    assert [f.reason for f in play(script)] == [f.reason for f in play(script, step=1)] == [""]


def test_goes_on_from_a_snapshot_as_if_never_stopped() -> None:
    script = rows(("V-1", 0), ("V-2", 0), ("P-D", 0.2))
    channels = town()
    first, second = (
        Pressure(channels=channels, limits=LIMITS, low_reset_band=0.02, high_reset_band=0.02, page_s=900)
        for _ in range(2)
    )
    script.play(first, channels, stop=2)
    second.restore(first.snapshot())
    assert [f.reason for f in script.play(second, channels, start=2)] == ["valve_closed V-1, V-2"]


def test_a_street_valve_of_the_simulator_explains_what_is_low_behind_it() -> None:
    net = two_tiers()
    grid = Hydraulics(net)
    solve_steady(grid)
    devices = (
        Device("P-L2", DeviceKind.PRESSURE_SENSOR, "L2", tier=Tier.LOW_NATURAL),
        Device("P-L3", DeviceKind.PRESSURE_SENSOR, "L3", tier=Tier.LOW_NATURAL),
        Device("V", DeviceKind.CUTOFF_VALVE, "X"),
    )
    channels, script = Channels(Assets({}, {}, {device.id: device for device in devices}, net)), Script()
    grid.valves.close("V")
    for second in range(0, 120, 5):
        grid.step(5.0)
        script.row("V", OPEN, second, float(np.ceil(grid.valves.share[0])))
        for device in devices[:2]:
            script.row(device.id, KPA, second + 1, grid.gauge_pa(device.site) / 1000)
    assert [(f.device, f.level, f.reason) for f in play(script, channels)] == [("P-L3", 1, "valve_closed V")]


def test_gas_goes_through_a_regulator_one_way() -> None:
    net = network(Node("HIGH"), Node("LOW", fixed_pressure_pa_abs=2e5), Regulator("R", "HIGH", "LOW", 1.5e5))
    assert not Feeding(net).reaches("HIGH", frozenset())

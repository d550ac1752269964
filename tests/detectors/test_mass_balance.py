from dataclasses import replace

import numpy as np
import pytest

from detectors.mass_balance import BalanceNumbers, MassBalance
from domain.asset import Assets, Device, DeviceKind, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Network, Node, Pipe, Regulator
from domain.quality import Quality
from domain.quantity import Quantity
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady
from tests.detectors.script import Script
from tests.detectors.street import M3H_S_KG
from tests.simulator.support import DALI_PA, network

NUMBERS = BalanceNumbers(learn_s=36_000, leak_m3h=10, leak_share=0.01, false_alarm=1e-6, miss=0.01)
HOLE = ("P", 0.5)
DISTRICT = network(
    Node("GATE", fixed_pressure_pa_abs=DALI_PA + 350_000),
    Node("A"),
    Node("B"),
    Node("STREET"),
    Node("HOUSES", demand_kg_s=0.1),
    Pipe("P", "A", "B", 5_000.0, 0.1, 1e-5, tier="medium_b"),
    Pipe("PL", "STREET", "HOUSES", 300.0, 0.25, 1e-5, tier="low_natural"),
    Regulator("RS", "GATE", "A", DALI_PA + 160_000),
    Regulator("R", "B", "STREET", DALI_PA + 2_500),
)
DEVICES = (
    Device("F-A", DeviceKind.FLOW_METER, "A"),
    Device("F-B", DeviceKind.FLOW_METER, "B"),
    Device("P-B", DeviceKind.PRESSURE_SENSOR, "B", tier=Tier.MEDIUM_B),
)


def town(devices: tuple[Device, ...] = DEVICES, net: Network | None = DISTRICT) -> Channels:
    return Channels(Assets({}, {}, {device.id: device for device in devices}, net))


class Spans:
    """A log of means over five minutes."""

    def __init__(self, noise: float = 1.0) -> None:
        self.script, self.number, self._rng, self._noise = Script(), 0, np.random.default_rng(5), noise

    def spans(
        self,
        count: int,
        come: float = 400.0,
        gone: float = 400.0,
        kpa: float = 158.0,
        *,
        rise: float = 0.0,
        quality: Quality = Quality.GOOD,
    ) -> "Spans":
        for number in range(count):
            start_s = 300 * self.number
            self.script.row("F-A", Quantity.FLOW_M3H, start_s + 1, come + self._rng.normal(0, self._noise), quality)
            self.script.row("F-B", Quantity.FLOW_M3H, start_s + 2, gone + self._rng.normal(0, self._noise), quality)
            self.script.row("P-B", Quantity.PRESSURE_KPA, start_s + 3, kpa + rise * number, quality)
            self.number += 1
            self.script.tick(300 * self.number)
        return self


def play(log: Spans, channels: Channels | None = None, **numbers: float) -> list[Finding]:
    channels = channels or town()
    detector = MassBalance(channels=channels, span_s=300, numbers=NUMBERS._replace(**numbers))
    return log.script.play(detector, channels)


def seen(log: Spans, channels: Channels | None = None) -> list[tuple[str, str]]:
    return [(f.device, f.transition.value) for f in play(log, channels)]


def day(log: Spans | None = None, gain: float = 1.0) -> Spans:
    """A day of load, as the meters show it."""
    log = log or Spans()
    for hour in range(24):
        flow = 300 + 200 * np.sin(hour / 4)
        log.spans(12, gain * flow, flow)
    return log


def test_a_leak_is_told_with_its_size_and_ends_when_it_is_mended() -> None:
    onset, end = play(day().spans(20, 415, 400).spans(20))
    assert (onset.device, onset.transition.value, end.transition.value) == ("F-A", "onset", "end")
    assert onset.value == pytest.approx(15, abs=1)
    assert onset.limit == 10


def test_a_small_leak_or_none_is_not_told_however_long() -> None:
    assert seen(day(day().spans(300, 402, 400))) == []


def test_what_fills_the_pipes_is_no_leak() -> None:
    filling = 1.5 * 0.38 * 12  # 1.5 kPa in five minutes into 39 m³ of pipe
    log = day()
    assert seen(log.spans(20, 400 + filling, 400, 130.0, rise=1.5)) == []
    assert seen(day().spans(20, 400 + filling + 14, 400, 130.0, rise=1.5)) == [("F-A", "onset")]
    assert seen(day().spans(20, 400 + 4 * filling, 400)) == [("F-A", "onset")]


def test_a_meter_that_errs_by_a_share_of_the_flow_is_learnt() -> None:
    assert seen(day(day(gain=1.03), gain=1.03).spans(40, 515, 500)) == []
    assert seen(day(day(gain=1.03), gain=1.03).spans(40, 530, 500)) == [("F-A", "onset")]


def test_a_share_of_the_flow_counts_where_it_is_more() -> None:
    log = day().spans(40, 415, 400)
    assert play(log, leak_share=0.1) == []


def test_noise_makes_it_later_and_not_wrong() -> None:
    loud = day(day(Spans(20.0)))
    assert seen(loud) == []
    assert seen(loud.spans(200, 420, 400))[0] == ("F-A", "onset")


def test_nothing_is_told_while_it_learns_or_where_readings_are_missing() -> None:
    assert seen(Spans().spans(60).spans(60, 430, 400)) == []
    assert seen(day().spans(20, 430, 400, quality=Quality.BAD)) == []


def test_parts_that_are_not_wholly_measured_are_silent() -> None:
    log = day().spans(40, 430, 400)
    for missing in DEVICES:
        assert seen(log_without(log, missing), town(tuple(d for d in DEVICES if d is not missing))) == []
    assert seen(log, town(tuple(replace(d, tier=Tier.MEDIUM_B) for d in DEVICES), None)) == []
    customer = replace(
        DISTRICT, nodes=tuple(replace(n, demand_kg_s=0.01) if n.id == "A" else n for n in DISTRICT.nodes)
    )
    assert seen(log, town(net=customer)) == [("F-A", "onset")]  # its meter is known, though it stands at the inlet


def log_without(log: Spans, device: Device) -> Spans:
    fewer = Spans()
    fewer.script.entries = [e for e in log.script.entries if getattr(e, "device", "") != device.id]
    return fewer


@pytest.mark.untraced
def test_a_hole_of_the_simulator_is_found_within_an_hour() -> None:
    grid = Hydraulics(DISTRICT, places=[HOLE])
    solve_steady(grid)
    houses = grid.topology.number("HOUSES")
    log, rng = Spans(0.5), np.random.default_rng(2)

    def spans(count: int) -> None:
        for _ in range(count):
            grid.demand_kg_s[houses] = 0.06 + 0.04 * np.sin(log.number / 20) + rng.normal(0, 0.002)
            for _ in range(30):
                grid.step(10.0)
            come, gone = (M3H_S_KG * grid.regulator_flow_kg_s(name) for name in ("RS", "R"))
            log.spans(1, come, gone, grid.gauge_pa("B") / 1000 + rng.normal(0, 0.1))

    spans(150)
    grid.open_hole("corroded", HOLE, 6.0)
    spans(12)
    (finding,) = play(log)
    assert finding.value == pytest.approx(M3H_S_KG * grid.leak_kg_s("corroded"), rel=0.2)


def test_a_leak_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="leak_m3h"):
        MassBalance(channels=town(), span_s=300, numbers=NUMBERS._replace(leak_m3h=0))

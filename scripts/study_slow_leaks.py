#!/usr/bin/env python3
"""What the live detector `slow_leak` tells of holes in a town, and where: the counterpart of `locate_study.py`.

Hour by hour: a steady network at the demand of the hour, a town that draws some per cent more or less from day to day
and each of its parts for itself, customers by chance, the noise of each sensor's mean, meters of class 1. Four quiet
weeks teach, further ones count false alarms, then each hole stands for days from the same state.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from dali_network import network_json, planned, text_of, widen
from locate_study import DEMAND, NEAR_M, ROOT, Study, noise

from app.configuration import read_assets
from detectors.catalogue import CATALOGUE
from detectors.parts import Parts
from domain.asset import Assets, DeviceKind, Tier
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Pipe, parse_network
from domain.quantity import Quantity
from domain.rulebook import Rulebook
from simulator.daily import demand
from simulator.demand import APPLIANCE_KG_S, USE_S
from simulator.hydraulics import Hydraulics
from simulator.mains import PROFILES

_HOUR_NS, _DAY, _LEARN_D = 3_600_000_000_000, 24, 28
_MEMORY_D = 0.6
"""Of yesterday's more or less drawn that is left today: weather lasts."""
_PART = 0.03
"""What a part of the town draws more or less than the town, as a standard deviation."""
_READING, _GAIN = 2e-3, 0.01
"""Of a meter: noise of a reading as a share of its largest flow, and standard deviation of its gain."""

Floats = npt.NDArray[np.float64]


class Told(NamedTuple):
    """What became of one hole: error and claim of each level, None where it was not told."""

    error_m: dict[str, float]
    within_m: dict[str, float]


class Town(Study):
    """The town by the hour, and the detector that listens to it."""

    def __init__(self, registry: Assets, *, metered: bool) -> None:
        super().__init__(registry)
        self.channels, grid = Channels(registry), self.locator.grid
        rules = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
        self.detector = CATALOGUE["slow_leak"](self.channels, rules)
        meters = [d for d in registry.devices.values() if d.kind is DeviceKind.FLOW_METER and d.site in grid.node_of]
        self.meters = meters if metered else []
        at = [self.channels.find(sensor.id, Quantity.PRESSURE_KPA) for sensor in self.sensors]
        at += [self.channels.find(meter.id, Quantity.FLOW_M3H) for meter in self.meters]
        self.at = np.array(at, np.int32)
        self.nodes, self.metering = (
            np.array([grid.node_of[device.site] for device in devices], np.intp)
            for devices in (self.sensors, self.meters)
        )
        self.unit = np.array([1e-3] * len(self.sensors) + [3_600 / grid.normal_kg_m3] * len(self.meters))
        reading = [
            _READING * PROFILES[meter.tier or Tier.LOW_NATURAL].peak_m3h * np.sqrt((meter.interval_s or 60.0) / 3_600)
            for meter in self.meters
        ]
        self.noise = np.array([noise(sensor, 3_600.0) / 1000 for sensor in self.sensors] + reading)
        self.gain = np.array([1.0] * len(self.sensors) + self.rng.normal(1.0, _GAIN, len(self.meters)).tolist())
        parts = Parts(self.network)
        self.part = np.array([parts.of(node.id) for node in self.network.nodes], np.intp)
        self.loads = [round(demand(hour + 0.5), 3) for hour in range(_DAY)]
        self.usual = {load: self.truth(load) for load in self.loads}
        self.answers = {load: self.answering(load) for load in self.loads}
        self.hour, self.drawn = 0, np.zeros(1 + len(parts))

    def answering(self, load: float) -> Floats:
        """What each instrument shows of 1 kg/s out of each node."""
        grid, working = self.locator.grid, self.locator.grid.working(load)
        return np.concatenate([-grid.falls(working, self.nodes), grid.through(working, self.metering)])

    def truth(self, load: float, place: tuple[str, float] | None = None, hole_mm: float = 0.0) -> Floats:
        """Pressures, Pa, and flows, kg/s."""
        hydraulics = Hydraulics(self.network, places=[place] if place else [])
        hydraulics.demand_kg_s = hydraulics.demand_kg_s * load
        if place:
            hydraulics.open_hole("L", place, hole_mm)
        return np.concatenate([self.gauges(hydraulics), _through_kg_s(hydraulics)[self.metering]])

    def live(self, days: int, change: dict[float, Floats]) -> list[Finding]:
        told = []
        for _ in range(days * _DAY):
            if self.hour % _DAY == 0:
                step = self.rng.standard_normal(len(self.drawn)) * np.sqrt(1 - _MEMORY_D**2)
                self.drawn = _MEMORY_D * self.drawn + step
            load = self.loads[self.hour % _DAY]
            told += self.tell(self.usual[load] + change[load] + self.answers[load] @ self.more(load))
        return told

    def more(self, load: float) -> Floats:
        """What each node draws more than usual, kg/s."""
        mean = load * np.maximum(self.locator.grid.demand_kg_s, 0.0)
        count = np.sqrt(mean * APPLIANCE_KG_S * min(1.0, 2 * USE_S / 3_600)) * self.rng.standard_normal(len(mean))
        found: Floats = mean * (DEMAND * self.drawn[0] + _PART * self.drawn[1:][self.part]) + count
        return found

    def tell(self, true: Floats) -> list[Finding]:
        count, at_ns = len(self.at), self.hour * _HOUR_NS + _HOUR_NS // 2
        time_ns = np.full(count, at_ns, np.int64)
        good, live = np.zeros(count, np.int8), np.zeros(count, np.bool_)
        position = np.full(count, self.hour, np.int64)
        value = self.gain * self.unit * true + self.noise * self.rng.standard_normal(count)
        self.detector.update(Batch(self.at, time_ns, time_ns, value, good, live, position))
        self.hour += 1
        return self.detector.advance(self.hour * _HOUR_NS, self.hour)

    def quiet(self) -> dict[float, Floats]:
        return dict.fromkeys(self.loads, np.zeros(len(self.at)))

    def hole(self, tier: Tier, hole_mm: float) -> tuple[Pipe, float, dict[float, Floats]]:
        pipes = [pipe for pipe in self.network.pipes if pipe.tier == tier and pipe.in_service]
        length_m = np.array([pipe.length_m for pipe in pipes])
        pipe = pipes[int(self.rng.choice(len(pipes), p=length_m / length_m.sum()))]
        share = float(self.rng.uniform(0.02, 0.98))
        place = (pipe.id, share)
        return pipe, share, {load: self.truth(load, place, hole_mm) - usual for load, usual in self.usual.items()}

    def one(self, tier: Tier, hole_mm: float, state: tuple[bytes, int], days: int) -> Told:
        blob, self.hour = state
        self.detector.restore(blob)
        pipe, share, change = self.hole(tier, hole_mm)
        error_m, within_m = dict[str, float](), dict[str, float]()
        for _ in range(days):
            for finding in self.live(1, change):
                if finding.location is not None:  # the first word, and that of a whole week
                    error_m[finding.reason] = self.error_m(finding.location, pipe, share)
                    within_m[finding.reason] = float(finding.location.within_m or 0.0)
            if "week" in error_m:
                break
        return Told(error_m, within_m)


def _through_kg_s(hydraulics: Hydraulics) -> Floats:
    """All that comes into each node."""
    topology, state = hydraulics.topology, hydraulics.state
    flow, count = state.flow_kg_s[: len(topology.tail)], len(state.pressure_pa)
    into = np.bincount(topology.head, np.maximum(flow, 0.0), count)
    found: Floats = np.maximum(0.0, state.supply_kg_s) + into
    return found + np.bincount(topology.tail, np.maximum(-flow, 0.0), count)


def laid_out(registry: Assets, seed: int) -> Assets:
    """The same town with other streets and pipes."""
    plan = planned(seed)
    widen(plan)
    return replace(registry, network=parse_network(text_of(network_json(plan)), "network.json"))


def row(tier: Tier, hole_mm: float, level: str, found: list[Told]) -> str:
    error_m = np.array([one.error_m[level] for one in found if level in one.error_m])
    within_m = [one.within_m[level] for one in found if level in one.within_m]
    spread = " | ".join(f"{np.quantile(error_m, share):.0f}" if len(error_m) else "–" for share in (0.5, 0.8))
    near, told = (f"{n / len(found):.0%}" for n in (int((error_m <= NEAR_M).sum()), len(error_m)))
    claim = f"{np.median(within_m):.0f}" if within_m else "–"
    return f"| {tier} | {hole_mm:g} mm | {level} | {told} | {spread} | {near} | {claim} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path, default=ROOT / "examples" / "dali", metavar="DIR")
    parser.add_argument("--holes", type=int, default=40, metavar="N", help="for each tier (default: 40)")
    parser.add_argument("--hole-mm", type=float, default=10.0)
    parser.add_argument("--tier", choices=("medium_b", "medium_a"), help="this one alone")
    parser.add_argument("--quiet-weeks", type=int, default=26, metavar="N")
    parser.add_argument("--days", type=int, default=9, metavar="N", help="that each hole stands (default: 9)")
    parser.add_argument("--layout", type=int, metavar="SEED", help="of other streets and pipes for examples/dali")
    parser.add_argument("--pressures-alone", action="store_true", help="as if the town had no meters")
    options = parser.parse_args()
    registry = read_assets(options.assets)
    registry = registry if options.layout is None else laid_out(registry, options.layout)
    town = Town(registry, metered=not options.pressures_alone)
    told = town.live(_LEARN_D, town.quiet())
    state = (town.detector.snapshot(), town.hour)
    told += town.live(7 * options.quiet_weeks, town.quiet())
    print(f"{_LEARN_D // 7 + options.quiet_weeks} quiet weeks: {len(told)} findings", flush=True)
    print("| tier | hole | word of a | told | error, median, m | 80 %, m | within 200 m | claimed, m |")
    print("|---|---|---|---|---|---|---|---|")
    for tier in (Tier(options.tier),) if options.tier else (Tier.MEDIUM_B, Tier.MEDIUM_A):
        found: list[Told] = []
        for number in range(options.holes):
            found.append(town.one(tier, options.hole_mm, state, options.days))
            print(number + 1, found[-1].error_m, file=sys.stderr, flush=True)
        for level in ("day", "week"):
            print(row(tier, options.hole_mm, level, found), flush=True)


if __name__ == "__main__":
    main()

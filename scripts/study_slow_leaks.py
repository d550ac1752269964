#!/usr/bin/env python3
"""What the live detector `slow_leak` tells of holes in a town, and where: the counterpart of `locate_study.py`.

Hour by hour: a steady network at the demand of the hour, a town that draws some per cent more or less from day to day,
customers by chance, and the noise of each sensor's mean. Four quiet weeks teach, further ones count false alarms, then
each hole stands for eight days from the same state.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from locate_study import DEMAND, NEAR_M, ROOT, Study, noise

from app.configuration import read_assets
from detectors.catalogue import CATALOGUE
from domain.asset import Tier
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Pipe
from domain.quantity import Quantity
from domain.rulebook import Rulebook
from simulator.daily import demand
from simulator.demand import APPLIANCE_KG_S, USE_S
from simulator.hydraulics import Hydraulics

_HOUR_NS, _DAY, _LEARN_D, _LEAK_D = 3_600_000_000_000, 24, 28, 9
_MEMORY_D = 0.6
"""Of yesterday's more or less drawn that is left today: weather lasts."""

Floats = npt.NDArray[np.float64]


class Told(NamedTuple):
    """What became of one hole: error and claim of each level, None where it was not told."""

    error_m: dict[str, float]
    within_m: dict[str, float]


class Town(Study):
    """The town by the hour, and the detector that listens to it."""

    def __init__(self, assets: Path) -> None:
        registry = read_assets(assets)
        super().__init__(registry)
        self.channels = Channels(registry)
        rules = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
        self.detector = CATALOGUE["slow_leak"](self.channels, rules)
        at = [self.channels.find(sensor.id, Quantity.PRESSURE_KPA) for sensor in self.sensors]
        self.at = np.array(at, np.int32)
        self.noise_pa = np.array([noise(sensor, 3_600.0) for sensor in self.sensors])
        self.nodes = np.array([self.locator.grid.node_of[sensor.site] for sensor in self.sensors], np.intp)
        self.loads = [demand(hour + 0.5) for hour in range(_DAY)]
        self.usual_pa = [self.pressures(load) for load in self.loads]
        more = [self.pressures(load * (1 + DEMAND)) for load in self.loads]
        self.together_pa = [one - usual for one, usual in zip(more, self.usual_pa, strict=True)]
        self.hour, self.drawn = 0, 0.0

    def pressures(self, load: float, place: tuple[str, float] | None = None, hole_mm: float = 0.0) -> Floats:
        hydraulics = Hydraulics(self.network, places=[place] if place else [])
        hydraulics.demand_kg_s = hydraulics.demand_kg_s * load
        if place:
            hydraulics.open_hole("L", place, hole_mm)
        return self.gauges(hydraulics)

    def live(self, days: int, change_pa: list[Floats]) -> list[Finding]:
        told = []
        for _ in range(days * _DAY):
            hour = self.hour % _DAY
            if hour == 0:
                step = self.rng.standard_normal() * np.sqrt(1 - _MEMORY_D**2)
                self.drawn = _MEMORY_D * self.drawn + float(step)
            told += self.tell(
                self.usual_pa[hour] + change_pa[hour] + self.drawn * self.together_pa[hour] + self.chance(hour)
            )
        return told

    def chance(self, hour: int) -> Floats:
        """Customers and sensors, Pa."""
        load, grid = self.loads[hour], self.locator.grid
        count = np.sqrt(load * np.maximum(grid.demand_kg_s, 0.0) * APPLIANCE_KG_S * min(1.0, 2 * USE_S / 3_600))
        drawn = count * self.rng.standard_normal(len(count))
        falls = grid.falls(grid.working(load), self.nodes) @ drawn
        found: Floats = self.noise_pa * self.rng.standard_normal(len(self.at)) - falls
        return found

    def tell(self, pressure_pa: Floats) -> list[Finding]:
        count, at_ns = len(self.at), self.hour * _HOUR_NS + _HOUR_NS // 2
        time_ns = np.full(count, at_ns, np.int64)
        good, live = np.zeros(count, np.int8), np.zeros(count, np.bool_)
        position = np.full(count, self.hour, np.int64)
        self.detector.update(Batch(self.at, time_ns, time_ns, pressure_pa / 1000, good, live, position))
        self.hour += 1
        return self.detector.advance(self.hour * _HOUR_NS, self.hour)

    def quiet(self) -> list[Floats]:
        return [np.zeros(len(self.at))] * _DAY

    def hole(self, tier: Tier, hole_mm: float) -> tuple[Pipe, float, list[Floats]]:
        pipes = [pipe for pipe in self.network.pipes if pipe.tier == tier and pipe.in_service]
        length_m = np.array([pipe.length_m for pipe in pipes])
        pipe = pipes[int(self.rng.choice(len(pipes), p=length_m / length_m.sum()))]
        share = float(self.rng.uniform(0.02, 0.98))
        place = (pipe.id, share)
        holed = [self.pressures(load, place, hole_mm) for load in self.loads]
        return pipe, share, [one - usual for one, usual in zip(holed, self.usual_pa, strict=True)]

    def one(self, tier: Tier, hole_mm: float, state: tuple[bytes, int]) -> Told:
        blob, self.hour = state
        self.detector.restore(blob)
        pipe, share, change_pa = self.hole(tier, hole_mm)
        error_m, within_m = dict[str, float](), dict[str, float]()
        for _ in range(_LEAK_D):
            for finding in self.live(1, change_pa):
                if finding.location is not None:
                    error_m[finding.reason] = self.error_m(finding.location, pipe, share)
                    within_m[finding.reason] = float(finding.location.within_m or 0.0)
            if "week" in error_m:
                break
        return Told(error_m, within_m)


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
    options = parser.parse_args()
    town = Town(options.assets)
    told = town.live(_LEARN_D, town.quiet())
    state = (town.detector.snapshot(), town.hour)
    told += town.live(7 * options.quiet_weeks, town.quiet())
    print(f"{_LEARN_D // 7 + options.quiet_weeks} quiet weeks: {len(told)} findings", flush=True)
    print("| tier | hole | word of a | told | error, median, m | 80 %, m | within 200 m | claimed, m |")
    print("|---|---|---|---|---|---|---|---|")
    for tier in (Tier(options.tier),) if options.tier else (Tier.MEDIUM_B, Tier.MEDIUM_A):
        found = [town.one(tier, options.hole_mm, state) for _ in range(options.holes)]
        for level in ("day", "week"):
            print(row(tier, options.hole_mm, level, found), flush=True)


if __name__ == "__main__":
    main()

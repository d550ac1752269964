"""How far off the place of a leak is: random holes in a network, its sensors' noise, averages of several lengths."""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.configuration import read_assets
from detectors.binned import metres
from detectors.locate import Locator, Seen, locating
from domain.asset import Assets, Device, DeviceKind, Tier
from domain.location import Location
from domain.network import Network, Pipe
from domain.rulebook import Rulebook
from simulator.demand import APPLIANCE_KG_S, USE_S
from simulator.hydraulics import Hydraulics
from simulator.mains import PROFILES
from simulator.steady import solve_steady

ROOT = Path(__file__).parents[1]
LOADS, DEMAND, WANDER_S, INTERVAL_S = (0.15, 0.5, 1.0), 0.03, 90.0, 15.0
SPANS_S = {"10 min": 600.0, "1 h": 3_600.0, "6 h": 21_600.0, "1 d": 86_400.0, "7 d": 604_800.0, "no noise": math.inf}
NEAR_M = 200.0

Floats = npt.NDArray[np.float64]


class Found(NamedTuple):
    """How one hole was found: how far off, how near it was said to be, and whether its pipe was the first."""

    error_m: float
    within_m: float
    first: bool


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assets", type=Path, default=ROOT / "examples" / "dali", metavar="DIR")
    parser.add_argument("--holes", type=int, default=100, metavar="N", help="for each line (default: 100)")
    parser.add_argument("--hole-mm", type=float, default=10.0)
    options = parser.parse_args()
    study = Study(read_assets(options.assets))
    print("| tier | averaged over | median, m | 80 %, m | 90 %, m | within 200 m | first pipe right | told, m |")
    print("|---|---|---|---|---|---|---|---|")
    for tier in (Tier.MEDIUM_B, Tier.MEDIUM_A):
        for name, span_s in SPANS_S.items():
            found = [study.trial(tier, span_s, options.hole_mm) for _ in range(options.holes)]
            print(row(f"| {tier} | {name} |", found), flush=True)


def row(head: str, found: Sequence[Found]) -> str:
    error_m = np.array([one.error_m for one in found])
    spread = " | ".join(f"{np.quantile(error_m, share):.0f}" for share in (0.5, 0.8, 0.9))
    first, within_m = np.mean([one.first for one in found]), np.median([one.within_m for one in found])
    return f"{head} {spread} | {np.mean(error_m <= NEAR_M):.0%} | {first:.0%} | {within_m:.0f} |"


class Study:
    """A town, and dice that are always the same."""

    def __init__(self, assets: Assets) -> None:
        assert assets.network is not None  # noqa: S101 - the study is of one
        self.network: Network = assets.network
        known = {node.id for node in self.network.nodes}
        kind = DeviceKind.PRESSURE_SENSOR
        self.sensors = [d for d in assets.devices.values() if d.kind is kind and d.tier and d.site in known]
        rules = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
        self.locator, self.rng = Locator(self.network, locating(rules)), np.random.default_rng(1)

    def trial(self, tier: Tier, span_s: float, hole_mm: float) -> Found:
        pipes = [pipe for pipe in self.network.pipes if pipe.tier == tier and pipe.in_service]
        length_m = np.array([pipe.length_m for pipe in pipes])
        pipe = pipes[int(self.rng.choice(len(pipes), p=length_m / length_m.sum()))]
        share = float(self.rng.uniform(0.02, 0.98))
        noise_pa = np.array([noise(sensor, span_s) for sensor in self.sensors])
        usual_pa, change_pa = self.measured((pipe.id, share), hole_mm, span_s)
        change_pa += noise_pa * self.rng.standard_normal(len(noise_pa))
        names = [sensor.site for sensor in self.sensors]
        location = self.locator.locate(Seen(names, usual_pa, change_pa, noise_pa, span_s=span_s))
        first = bool(location.pipes) and location.pipes[0].pipe == pipe.id
        return Found(self.error_m(location, pipe, share), float(location.within_m or 0.0), first)

    def measured(self, place: tuple[str, float], hole_mm: float, span_s: float) -> tuple[Floats, Floats]:
        """Usual pressures, and how the hole and customers by chance change them."""
        hydraulics = Hydraulics(self.network, places=[place])
        mean = hydraulics.demand_kg_s = hydraulics.demand_kg_s * float(self.rng.choice(LOADS))
        usual_pa = self.gauges(hydraulics)
        noisy = math.isfinite(span_s)
        count = np.sqrt(mean * APPLIANCE_KG_S * min(1.0, 2 * USE_S / span_s)) * self.rng.standard_normal(len(mean))
        together = 1 + DEMAND * noisy * self.rng.standard_normal()
        hydraulics.demand_kg_s = np.maximum(0.0, mean * together + count)
        hydraulics.open_hole("L", place, hole_mm)
        return usual_pa, self.gauges(hydraulics) - usual_pa

    def gauges(self, hydraulics: Hydraulics) -> Floats:
        solve_steady(hydraulics)
        return np.array([hydraulics.gauge_pa(sensor.site) for sensor in self.sensors])

    def error_m(self, found: Location, pipe: Pipe, share: float) -> float:
        nodes = {node.id: (node.lon or 0.0, node.lat or 0.0) for node in self.network.nodes}
        one, other = nodes[pipe.from_node], nodes[pipe.to_node]
        at = ((1 - share) * one[0] + share * other[0], (1 - share) * one[1] + share * other[1])
        east, north = metres(np.array(found.lon), np.array(found.lat), at)
        return float(np.hypot(east, north))


def noise(sensor: Device, span_s: float) -> float:
    """Deviation of a mean, Pa: white noise of each reading, and a wander that is correlated."""
    assert sensor.tier is not None  # noqa: S101 - chosen so
    profile = PROFILES[sensor.tier]
    white = profile.noise * math.sqrt(INTERVAL_S / span_s)
    return 1_000 * math.hypot(white, profile.wander * min(1.0, math.sqrt(2 * WANDER_S / span_s)))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""How well natural gas is told from biogas in wells: many simulated leaks and as many spells of fermenting mud.

Each town is simulated in spans of ten minutes and heard by `ManholeGas` alone. After four to seven calm days some wells
have a leak near them, in others the mud is stirred. What counts is what an alarm says within two days of that: its
probability of natural gas, over all leaks and all biogas, gives the area under the curve of hits against false hits.
"""

import argparse
import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from study_parts.spells import lognormal

from detectors.locate import locating
from detectors.manhole_gas import ManholeGas
from domain.asset import Assets, Device, DeviceKind, Site, Tier, Zone
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quantity import Quantity
from domain.rulebook import Rulebook
from simulator.daily import demand, hour_of_day
from simulator.dice import FloatArray, generator
from simulator.manholes import Well, Wells, usual_air_changes_h
from simulator.soil import Cover, SoilPath
from simulator.spaces import Fuel, Space, Spaces
from simulator.weather import Climate, Weather

SPAN_S, DAY_SPANS, DAYS = 600.0, 144, 10
_SPAN_NS = 600_000_000_000
SURE = 0.731
_START_NS = 20_470 * 86_400_000_000_000
_TYPES = ("sewer", "storm_drain", "power", "telecom", "valve_pit")
_ETHANE_SHARE, _WITHIN_SPANS, _ONE_IN = 0.04, 2 * DAY_SPANS, 5


class Case(NamedTuple):
    """What became of one well.

    Attributes:
        leak: whether gas came from a pipe.
        ethane: whether ethane was measured.
        natural: probability at the first alarm; NaN where there was none.
        later: probability when the alarm last worsened within two days.
    """

    leak: bool
    ethane: bool
    natural: float
    later: float


class Town:
    """Wells in pairs, 60 m apart; the first of each has the event, and a leak reaches the second one later."""

    def __init__(self, pairs: int, seed: int) -> None:
        draw = generator(seed, "study", "biogas")
        self.pairs, self._draw, count = pairs, draw, 2 * pairs
        self.types = [str(draw.choice(_TYPES, p=(0.35, 0.2, 0.15, 0.15, 0.15))) for _ in range(count)]
        dirty = np.array([name in {"sewer", "storm_drain"} for name in self.types])
        mud = 1.5e-7 * np.minimum(6.0, draw.lognormal(0.0, 0.7, count)) * np.where(dirty, 1.0, 0.3)
        self.leak = np.repeat(draw.random(pairs) < 0.5, 2)
        self.begins = np.repeat(draw.integers(4 * DAY_SPANS, 7 * DAY_SPANS, pairs), 2)
        self.begins[2 * (pairs // _ONE_IN) :] = DAYS * DAY_SPANS  # most have nothing: what is everywhere is weather
        self._lasts = np.repeat(draw.integers(36, 3 * DAY_SPANS, pairs), 2)
        self._factor = np.where(np.arange(count) % 2 == 0, draw.uniform(2, 9, count), draw.uniform(1, 3, count))
        distance = np.where(np.arange(count) % 2 == 0, draw.uniform(0.5, 3, count), draw.uniform(2, 6, count))
        covers = [Cover(str(draw.choice(["open", "asphalt", "wet"], p=(0.2, 0.6, 0.2)))) for _ in range(count)]
        paths = [SoilPath(float(far), cover) for far, cover in zip(distance, covers, strict=True)]
        self._flow = np.repeat(lognormal(1.0, 0.8, 20)(draw, pairs) / 3_600, 2)
        wells = [
            Well(row, float(flow), float(draw.uniform(1.8, 2.6)), path=path if leak else None, cover=path.cover)
            for row, (flow, path, leak) in enumerate(zip(mud, paths, self.leak.tolist(), strict=True))
        ]
        self._wells, self._paths = Wells(wells), paths
        self._spaces = Spaces([Space(f"W{n}", 2.5, 2.5 * usual_air_changes_h(2.5) / 3600) for n in range(count)])
        self._weather = Weather(Climate(mean_c=19, amplitude_c=6, noise_c=2.5), [], [], seed)
        self.ethane = np.flatnonzero(draw.random(count) < 0.4)
        self.sulphide = np.flatnonzero(dirty & (draw.random(count) < 0.3))
        self._still = np.zeros(count)

    def assets(self) -> Assets:
        sites, devices = {}, {}
        for row, name in enumerate(self.types):
            lon = 100.0 + 0.05 * (row // 2) + 0.0006 * (row % 2)
            sites[f"S{row}"] = Site(f"S{row}", "", "", name, "Z", "D", lon, 25.0)
            devices[f"W{row}"] = Device(f"W{row}", DeviceKind.MANHOLE, f"S{row}")
        devices["MAIN"] = Device("MAIN", DeviceKind.PRESSURE_SENSOR, "S0", tier=Tier.MEDIUM_B)
        return Assets(sites=sites, zones={"Z": Zone("Z", "", "")}, devices=devices)

    def span(self, number: int) -> dict[Quantity, FloatArray]:
        """Go on by a span; give the mean of each quantity of each well."""
        time_ns = _START_NS + number * _SPAN_NS
        warm = self._weather.temperature_c(time_ns)
        kpa = 160 - 20 * demand(hour_of_day(time_ns, 8.0))
        now = (number >= self.begins) & (number < self.begins + self._lasts)
        for row in np.flatnonzero(self.leak & (number >= self.begins)).tolist():
            self._paths[row].leak(float(self._flow[row]) * (kpa / 160) ** 0.5)
        self._wells.breathe(warm, self._weather.pressure_trend_kpa_h(time_ns), 0.0, SPAN_S)
        mud = self._wells.biogas * np.where(now & ~self.leak, self._factor, 1.0)
        self._spaces.source_m3_s[Fuel.BIOGAS] = np.minimum(mud, 0.6 * 0.05 * 8e-5)
        self._spaces.source_m3_s[Fuel.NATURAL] = np.where(self.leak, self._wells.soil, 0.0)
        if number == 0:
            self._spaces.settle()
        self._spaces.advance(SPAN_S, self._still)
        return self._measured(warm, kpa)

    def _measured(self, warm: float, kpa: float) -> dict[Quantity, FloatArray]:
        count = len(self.types)
        noise = self._draw.normal(0.0, 1.0, (4, count))
        share = self._spaces.share
        level = self._spaces.total() / 0.05 * 100
        return {
            Quantity.GAS_PCT_LEL: np.minimum(100.0, level) + 0.05 * noise[0],
            Quantity.TEMPERATURE_C: np.full(count, warm) + 0.1 * noise[1],
            Quantity.ETHANE_PPM: np.maximum(0.0, 1e6 * _ETHANE_SHARE * share[Fuel.NATURAL] + 2 * noise[2]),
            Quantity.H2S_PPM: np.maximum(0.0, share[Fuel.BIOGAS] / 0.05 * 25 + 0.2 * noise[3]),
            Quantity.PRESSURE_KPA: np.array([kpa + 0.3 * float(noise[0, 0])]),
        }


def study(pairs: int, seed: int) -> list[Case]:
    town = Town(pairs, seed)
    channels = Channels(town.assets())
    rules = Rulebook.parse((Path(__file__).parents[1] / "rulebook.toml").read_text(encoding="utf-8"))
    detector = ManholeGas(
        channels=channels, span_s=SPAN_S, rise_pct_lel=3.0, learn_s=3_600.0, neighbour_m=300.0, locating=locating(rules)
    )
    everyone = np.arange(2 * pairs)
    of = dict.fromkeys((Quantity.GAS_PCT_LEL, Quantity.TEMPERATURE_C), everyone)
    of |= {Quantity.ETHANE_PPM: town.ethane, Quantity.H2S_PPM: town.sulphide}
    rows = {q: np.array([channels.find(f"W{n}", q) for n in who.tolist()], np.int32) for q, who in of.items()}
    rows[Quantity.PRESSURE_KPA] = np.array([channels.find("MAIN", Quantity.PRESSURE_KPA)], np.int32)
    of[Quantity.PRESSURE_KPA] = np.zeros(1, np.intp)
    told: dict[int, list[float]] = {}
    for number in range(DAYS * DAY_SPANS):
        values = town.span(number)
        channel = np.concatenate([rows[quantity] for quantity in rows])
        value = np.concatenate([values[quantity][of[quantity]] for quantity in rows])
        now_ns = _START_NS + number * _SPAN_NS
        detector.update(batch(channel, value, now_ns + _SPAN_NS // 2, number))
        for finding in detector.advance(now_ns + _SPAN_NS, number):
            note(told, finding, number, town)
    ethane = set(town.ethane.tolist())
    none = [float("nan")]
    wells = range(0, 2 * (pairs // _ONE_IN), 2)
    return [Case(bool(town.leak[n]), n in ethane, told.get(n, none)[0], told.get(n, none)[-1]) for n in wells]


def note(told: dict[int, list[float]], finding: Finding, number: int, town: Town) -> None:
    """Keep the probabilities of natural gas that an alarm tells within two days of the event."""
    well = int(finding.device[1:])
    late = number - 3 - int(town.begins[well])
    if finding.transition is not Transition.END and 0 <= late <= _WITHIN_SPANS:
        told.setdefault(well, []).append(float(finding.reason.split()[1].rstrip("%")) / 100)


def batch(channel: npt.NDArray[np.int32], value: FloatArray, time_ns: int, position: int) -> Batch:
    count = len(value)
    at, good, live = np.full(count, time_ns, np.int64), np.zeros(count, np.int8), np.zeros(count, np.bool_)
    return Batch(channel, at, at, value, good, live, np.full(count, position, np.int64))


def area(leaks: Sequence[float], mud: Sequence[float]) -> float:
    """Probability that a leak has the higher probability than biogas has, ties half: the area under the ROC."""
    one, other = np.array(leaks)[:, None], np.array(mud)[None, :]
    return float(((one > other) + 0.5 * (one == other)).mean()) if len(leaks) and len(mud) else float("nan")


def row(name: str, cases: Sequence[Case]) -> str:
    leaks, mud = ([c for c in cases if c.leak is leak] for leak in (True, False))
    told, said = ([c for c in some if not math.isnan(c.natural)] for some in (leaks, mud))
    first = area([c.natural for c in told], [c.natural for c in said])
    later = area([c.later for c in told], [c.later for c in said])
    wrong, false = sum(c.later < 1 - SURE for c in told), sum(c.later > SURE for c in said)
    parts = (name, f"{len(told)} of {len(leaks)}", f"{len(said)} of {len(mud)}", f"{first:.3f}", f"{later:.3f}")
    return f"| {' | '.join(parts)} | {wrong} of {len(told)} | {false} of {len(said)} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=100)
    options = parser.parse_args()
    cases = [case for seed in range(1, options.seeds + 1) for case in study(options.pairs, seed)]
    print("| wells | leaks told | biogas told | area, first | area, last | leaks as biogas | biogas as leaks |")
    print("|---|---|---|---|---|---|---|")
    print(row("all", cases))
    print(row("with ethane", [c for c in cases if c.ethane]))
    print(row("without", [c for c in cases if not c.ethane]))


if __name__ == "__main__":
    main()

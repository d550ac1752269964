#!/usr/bin/env python3
"""How many leaks in kitchens are told before the air under the ceiling reaches 20 %LEL, by size and by interval.

Rooms of two layers with a detector under the ceiling, leaks of every size at every hour of the day, half an hour after
the detectors were switched on; leak and reports know nothing of each other. What counts is the first alarm of gas:
early warning, rise, or set-point. Beside it stands what any detector could do: leaks of which one report, or two,
showed gas in time.
"""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from bench_parts.table import ROOT
from study_parts.spells import lognormal

from detectors.catalogue import CATALOGUE
from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Transition
from domain.quantity import Quantity
from domain.rulebook import Rulebook
from simulator.dice import FloatArray, generator
from simulator.sensors import Sensor, Sensors
from simulator.spaces import Fuel, Space, Spaces

_DETECTORS = ("gas_threshold", "gas_rising", "gas_early")
_CALM_S, _MOST_S, _STEP_S = 1_800, 6 * 3_600, 5
_DANGER_PCT_LEL, _S_NS = 20.0, 1_000_000_000
_SIZES = (1.0, 2.5, 6.0, 15.0)
_VISIBLE_PCT_LEL = 1.0
"""Six times the noise and wander of a reading."""


class Leak(NamedTuple):
    """What became of one.

    Attributes:
        flow_m3_h: of gas.
        danger_s: from its beginning until 20 %LEL under the ceiling.
        told_s: until its first alarm; None for none.
        visible: reports before the danger in which gas could be seen.
    """

    flow_m3_h: float
    danger_s: float
    told_s: float | None
    visible: int


def assets(count: int, interval_s: float) -> Assets:
    site = Site("K", "", "", "restaurant", "Z", "D", 100.0, 25.0)
    names = [f"G{n}" for n in range(count)]
    devices = {name: Device(name, DeviceKind.GAS_DETECTOR, "K", interval_s=interval_s) for name in names}
    return Assets(sites={"K": site}, zones={"Z": Zone("Z", "", "")}, devices=devices)


def rooms(count: int, draw: np.random.Generator) -> tuple[Spaces, FloatArray]:
    volume, changes = draw.uniform(20, 150, count), draw.uniform(0.5, 6, count)
    exchange = draw.uniform(0.5, 4, count) * volume
    spaces = [
        Space(f"K{n}", v, v * a / 3_600, layers=2, upper_share=0.3, exchange_m3_s=x / 3_600)
        for n, (v, a, x) in enumerate(zip(volume.tolist(), changes.tolist(), exchange.tolist(), strict=True))
    ]
    return Spaces(spaces), lognormal(1.5, 0.9, 15)(draw, count)


def study(count: int, interval_s: int, seed: int) -> list[Leak]:
    draw = generator(seed, "study", "leaks")
    spaces, flow = rooms(count, draw)
    sensors = Sensors(
        [Sensor(f"G{n}", 20.0, 0.12, 0.1, -5, 100, float(draw.uniform(0, 2)), wander=0.1) for n in range(count)], seed
    )
    channels = Channels(assets(count, interval_s))
    channel = np.array([channels.find(f"G{n}", Quantity.GAS_PCT_LEL) for n in range(count)], np.int32)
    rules = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
    chain = [CATALOGUE[name](channels, rules) for name in _DETECTORS]
    begins_ns = 20_470 * 86_400 * _S_NS + int(draw.integers(0, 24)) * 3_600 * _S_NS
    danger, told, visible = np.full(count, np.nan), dict[int, float](), np.zeros(count, np.int64)
    every, still = interval_s // _STEP_S, np.zeros(count)
    phase = draw.integers(0, every, count)
    for step in range((_CALM_S + _MOST_S) // _STEP_S):
        now_s = step * _STEP_S - _CALM_S
        if now_s == 0:
            spaces.source_m3_s[Fuel.NATURAL, spaces.upper] = flow / 3_600
        spaces.advance(float(_STEP_S), still)
        ceiling = spaces.total()[spaces.upper] / 0.05 * 100
        danger = np.where(np.isnan(danger) & (ceiling >= _DANGER_PCT_LEL), now_s + _STEP_S, danger)
        sensors.advance(ceiling, float(_STEP_S))
        time_ns = begins_ns + (now_s + _STEP_S) * _S_NS
        due = np.flatnonzero(phase == step % every)
        batch = readings(channel[due], sensors.read(due, time_ns), time_ns, step)
        visible[due] += (sensors.signal[due] >= _VISIBLE_PCT_LEL) & ~(danger[due] < now_s + _STEP_S)
        for finding in [finding for detector in chain for finding in detector.update(batch)]:
            if finding.transition is Transition.ONSET and now_s >= 0:
                told.setdefault(int(finding.device[1:]), now_s + _STEP_S)
    return [
        Leak(float(flow[n]), float(danger[n]), told.get(n), int(visible[n]))
        for n in range(count)
        if np.isfinite(danger[n])
    ]


def readings(channel: npt.NDArray[np.int32], value: FloatArray, time_ns: int, row: int) -> Batch:
    count = len(value)
    at, good, live = np.full(count, time_ns, np.int64), np.zeros(count, np.int8), np.zeros(count, np.bool_)
    return Batch(channel, at, at, value, good, live, np.full(count, row, np.int64))


def table(interval_s: int, leaks: Sequence[Leak]) -> None:
    groups: dict[str, list[Leak]] = defaultdict(list)
    for leak in leaks:
        size = next((f"up to {edge:g}" for edge in _SIZES if leak.flow_m3_h <= edge), "more")
        groups[size].append(leak)
        groups["all"].append(leak)
    for name in (*(f"up to {edge:g}" for edge in _SIZES), "all"):
        some = groups[name]
        early = sum(leak.told_s is not None and leak.told_s <= leak.danger_s for leak in some)
        soon = np.median([leak.danger_s for leak in some]) if some else float("nan")
        late = [leak.told_s - leak.danger_s for leak in some if leak.told_s is not None and leak.told_s > leak.danger_s]
        most = f"{max(late):.0f}" if late else "–"
        missed = sum(leak.told_s is None for leak in some)
        shares = [early, *(sum(leak.visible >= least for leak in some) for least in (1, 2))]
        told, one, two = (f"{share / max(1, len(some)):.1%}" for share in shares)
        print(
            f"| {interval_s} s | {name} m³/h | {len(some)} | {told} | {one} | {two} | {soon:.0f} | {most} | {missed} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--kitchens", type=int, default=100)
    options = parser.parse_args()
    print(
        "| reports | leak | leaks to 20 %LEL | told before | one report shows it | two | median s | latest s | never |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for interval_s in (5, 60):
        found = [leak for seed in range(1, options.seeds + 1) for leak in study(options.kitchens, interval_s, seed)]
        table(interval_s, found)


if __name__ == "__main__":
    main()

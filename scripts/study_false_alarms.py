#!/usr/bin/env python3
"""How often the whole default chain raises a false alarm of priority 1 or 2, over many sensor-months without a leak.

A town of kitchens, wells and pressure points is simulated minute by minute with everything that looks like a leak:
alcohol, steam, unburnt gas, drift, warm-up, biogas, rain, moving regulators, silent carriers, jumping clocks. Every
reading goes through decoder, continuity, detectors and alarm desk as it would in role `watch`. Ticks come every five
seconds, not every second: time enough for every deadline here, and a fifth of the work.
"""

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator

import msgspec
import numpy as np
from bench_parts.table import ROOT
from study_parts.nuisances import DAY_NS, MINUTE_NS, Kitchens, Mains, Mud, Nuisance, Reading
from study_parts.spells import Spells, either, lognormal
from study_parts.town import GATEWAY, ROOT_TOPIC, Size, build

from alerting.memory import MemoryUnit
from alerting.texts import text
from app.configuration import Configuration
from app.roles.engine import Engine
from app.roles.watch import desk_for
from domain.asset import Assets
from domain.frame import TICK_TOPIC, Frame
from domain.rulebook import Rulebook
from simulator.daily import hour_of_day
from simulator.dice import generator

START_NS = 20_470 * DAY_NS
_TICK_NS, _MOST_RECORDS = 5_000_000_000, 400
_TOPIC = f"{ROOT_TOPIC}/GATE/{GATEWAY}/batch"
_URGENT = 2
_FOUNDED = frozenset({"protection_missing"})
"""Flooded wells are without protection for real."""
_MONTH_D = 30


class Town:
    """All devices of a town; gives the records of a minute."""

    def __init__(self, assets: Assets, seed: int, days: int) -> None:
        self._parts: list[Nuisance] = [Kitchens(assets, seed), Mud(assets, seed, days), Mains(assets, seed)]
        draw = generator(seed, "study", "transport")
        devices = list(assets.devices.values())
        self._row = {device.id: row for row, device in enumerate(devices)}
        zones = list(assets.zones)
        self._zone = np.array([zones.index(assets.sites[device.site].zone) for device in devices], np.intp)
        self._away = Spells(len(zones), 0.1, (2, 40), lognormal(1, 0, 1), draw)
        self._mute = Spells(len(devices), 0.05, (3, 60), lognormal(1, 0, 1), draw)
        self._skewed = Spells(len(devices), 0.01, (60, 600), either(20, 7_200), draw)
        self._early_ms = draw.integers(0, 3_000, len(devices))

    def records(self, time_ns: int) -> list[dict[str, object]]:
        hour = hour_of_day(time_ns, 8.0)
        away, mute, skewed = self._away.advance() > 0, self._mute.advance() > 0, self._skewed.advance()
        gone = away[self._zone] | mute
        moment = time_ns // 1_000_000 - self._early_ms + (skewed * 1e3).astype(np.int64)
        found: dict[str, dict[str, object]] = {}
        for part in self._parts:
            for reading in part.advance(time_ns, hour):
                self._put(found, reading, gone.tolist(), moment.tolist())
        return list(found.values())

    def _put(self, found: dict[str, dict[str, object]], reading: Reading, gone: list[bool], moment: list[int]) -> None:
        quality = reading.quality or [""] * len(reading.devices)
        for device, value, how in zip(reading.devices, reading.value.tolist(), quality, strict=True):
            row = self._row[device]
            if gone[row] or value != value:  # noqa: PLR0124 - not a number
                continue
            record = found.setdefault(device, {"device": device, "time": moment[row], "values": {}})
            values = record["values"]
            assert isinstance(values, dict)  # noqa: S101 - for the type checker
            values[reading.quantity] = round(value, 3)
            if how:
                record["quality"] = {reading.quantity: how}


def frames(town: Town, days: int) -> Iterator[list[Frame]]:
    """Give the frames and ticks of each minute."""
    position = 0
    for minute in range(days * 1_440):
        now_ns = START_NS + minute * MINUTE_NS
        bite, records = [], town.records(now_ns)
        for first in range(0, len(records), _MOST_RECORDS):
            position += 1
            payload = msgspec.json.encode({"records": records[first : first + _MOST_RECORDS]})
            bite.append(Frame(position, now_ns, _TOPIC, payload))
        for tick in range(12):
            position += 1
            bite.append(Frame(position, now_ns + (tick + 1) * _TICK_NS - 1, TICK_TOPIC, b""))
        yield bite


class Judge:
    """Engine and desk over a town; counts what is raised."""

    def __init__(self, assets: Assets) -> None:
        rulebook = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
        configuration = Configuration(assets, rulebook, ROOT_TOPIC, "study", b"")
        self._assets, self._engine = assets, Engine(configuration)
        self._desk, self._unit = desk_for(configuration, ()), MemoryUnit()
        self.raised: Counter[tuple[int, str]] = Counter()
        self.urgent: list[str] = []
        self.quarantined = 0

    def feed(self, bite: list[Frame]) -> None:
        outcome = self._engine.feed(bite)
        self.quarantined += len(outcome.quarantined)
        for step in outcome.steps:
            self._desk.apply(self._unit, step.findings, step.log_ns)
            if step.tick:
                self._desk.advance(self._unit, step.log_ns, step.position)
        self._count()

    def _count(self) -> None:
        for entry in self._unit.entries:
            if entry.event in {"raise", "worsen"}:
                self.raised[entry.priority, entry.kind] += 1
                alarm = self._unit.alarm(entry.alarm_id)
                if entry.priority <= _URGENT and entry.kind not in _FOUNDED and alarm is not None:
                    day = (entry.time_ns - START_NS) / DAY_NS
                    self.urgent.append(f"P{entry.priority} day {day:.2f} {text(alarm, self._assets)['en']}")
        self._unit.entries.clear()


def study(size: Size, days: int, seed: int) -> tuple[Judge, float]:
    """Run one town; give what was raised, and the sensor-months."""
    assets = build(size, seed)
    judge, sensors = Judge(assets), len(assets.devices) - 1
    started_s = time.monotonic()
    for minute, bite in enumerate(frames(Town(assets, seed, days), days)):
        judge.feed(bite)
        if minute % 1_440 == 0:
            passed = time.monotonic() - started_s
            print(f"seed {seed} day {minute // 1_440}, {passed:.0f} s, urgent {judge.urgent}", file=sys.stderr)
    return judge, sensors * days / _MONTH_D


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--days", type=int, default=7)
    parser.add_argument("--zones", type=int, default=30)
    parser.add_argument("--kitchens", type=int, default=720)
    parser.add_argument("--wells", type=int, default=280)
    parser.add_argument("--mains", type=int, default=320)
    options = parser.parse_args()
    size = Size(options.zones, options.kitchens, options.wells, options.mains)
    judge, months = study(size, options.days, options.seed)
    print(f"{months:.0f} sensor-months, {judge.quarantined} parts refused")
    for (priority, kind), count in sorted(judge.raised.items()):
        print(f"| P{priority} | {kind} | {count} | {count / months:.3f} |")
    print(*judge.urgent, sep="\n")


if __name__ == "__main__":
    main()

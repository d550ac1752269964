"""How long InfluxDB takes to answer all questions of a dashboard: 500 devices, of which it holds 30 days.

Roll-ups are there for all the time that a question reaches, points for the newest day: no question of a dashboard that
was just opened goes further. So are the points of alarms, of our own health and of what waits to be sent. Each question
asks for as many points as its panel has pixels on a screen 1920 wide, as Grafana does.
"""

import math
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from bench_parts.table import ROOT, Row

from app.grafana import Server
from domain.alarm import Alarm, AlarmKind, Condition, Life, StateLetter
from domain.asset import Assets, Device, DeviceKind, Power, Site, Tier, Zone
from domain.network import Friction, Gas, Network, Node, Pipe
from domain.quantity import Quantity
from domain.record import JournalEntry
from domain.rollup import HOUR_NS, MINUTE_NS, Rollup
from domain.rulebook import Rulebook
from domain.sample import Sample
from grafana.asking import questions
from grafana.boards.catalogue import build
from grafana.build.dashboard import Plan
from store import alarm_line
from store.influx_rolled import Lines
from store.levels import DAY_NS
from store.line import head, lines
from tests.store.influx_server import INFLUXD, Influxd, influxd

S = 1_000_000_000
END_NS = 1_768_449_600 * S
LINES = 20_000
POINTS_NS, MINUTES_NS, HOURS_NS = DAY_NS, 8 * DAY_NS, 30 * DAY_NS
MOST_MS = 1_000

_KINDS = {
    DeviceKind.GAS_DETECTOR: (
        *(160, 10),
        (Quantity.GAS_PCT_LEL, Quantity.TEMPERATURE_C, Quantity.DEVICE_ALARM, Quantity.DEVICE_FAULT),
    ),
    DeviceKind.CUTOFF_VALVE: (160, 30, (Quantity.VALVE_OPEN, Quantity.POWER_OK)),
    DeviceKind.FAN: (60, 30, (Quantity.FAN_ON,)),
    DeviceKind.PRESSURE_SENSOR: (60, 30, (Quantity.PRESSURE_KPA, Quantity.BATTERY_V)),
    DeviceKind.MANHOLE: (40, 600, (Quantity.GAS_PCT_LEL, Quantity.COVER_OPEN, Quantity.BATTERY_PCT)),
    DeviceKind.FLOW_METER: (20, 30, (Quantity.FLOW_M3H,)),
}
"""How many, how often in seconds, and what they tell."""
_READ = (
    *(Quantity.GAS_PCT_LEL, Quantity.PRESSURE_KPA, Quantity.FLOW_M3H),
    *(Quantity.DEVICE_ALARM, Quantity.DEVICE_FAULT),
)
"""Quantities whose roll-ups dashboards read; each is a measurement of its own, so the others change nothing."""
_STANDING, _CALLS_A_DAY = 50, 2_000
_LEDGERS = ("admitted", "duplicates", "missing", "quarantined", "notices_late", "detect_s", "canary_s", "canary_age_s")
_WAITING = {"waiting": 1.0, "failing": 0.0, "oldest_s": 2.0}
_USUAL = {Quantity.PRESSURE_KPA: 2.4, Quantity.TEMPERATURE_C: 22.0, Quantity.GAS_PCT_LEL: 2.0}


def dashboards() -> list[Row]:
    """Fill, ask each dashboard as it opens, and add up."""
    if INFLUXD is None:
        print("left out: dashboards (no influxd)")
        return []
    plan = Plan(Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8")), _town())
    with tempfile.TemporaryDirectory() as data, influxd(Path(data)) as server:
        server.create("gas")
        _send(server, "gas", _points(plan.assets))
        _send(server, "gas", _ourselves(plan.assets))
        for bucket, step_ns, length_ns in (("gas_1m", MINUTE_NS, MINUTES_NS), ("gas_1h", HOUR_NS, HOURS_NS)):
            _send(server, bucket, _rolled(plan.assets, step_ns, length_ns))
        with closing(Server(server.url, "gas")) as ask:
            return [
                row
                for name, text in build(plan).items()
                for row in _asked(name.removesuffix(".json"), msgspec.json.decode(text), ask, server)
            ]


def _asked(name: str, board: dict[str, Any], ask: Server, server: Influxd) -> list[Row]:
    took_ms: dict[str, float] = {}
    before_s = server.cpu_s()
    for one in questions(board, END_NS, _chosen(board)):
        begin = time.perf_counter()
        ask(one.query)
        took_ms[one.where] = 1e3 * (time.perf_counter() - begin)
    cpu_ms = 1e3 * (server.cpu_s() - before_s)
    all_ms, slowest = sum(took_ms.values()), max(took_ms, key=lambda where: took_ms[where])
    print(f"{name}: the slowest of {len(took_ms)} questions took {took_ms[slowest]:.0f} ms: {slowest}")
    return [
        Row(f"{name}: all questions, one by one", all_ms, "ms", f"at most {MOST_MS:,}", all_ms <= MOST_MS),
        Row(f"{name}: CPU of InfluxDB for them", cpu_ms, "ms", "", None),
    ]


def _chosen(board: dict[str, Any]) -> dict[str, list[str]]:
    """Give what is chosen when it opens; All is left out."""
    asked = [one for one in board["templating"]["list"] if one["type"] == "query"]
    return {one["name"]: one["current"]["value"] for one in asked if one["current"]["value"] != ["$__all"]}


def _town() -> Assets:
    sites: dict[str, Site] = {}
    devices: dict[str, Device] = {}
    for kind, (count, every_s, _) in _KINDS.items():
        for n in range(count):
            place = f"S{n}"
            sites[place] = Site(place, "点", "Place", "restaurant", "Z1", f"D{n % 5}", 100.2, 25.6)
            tier = list(Tier)[n % len(Tier)] if kind is DeviceKind.PRESSURE_SENSOR else None
            power = Power.BATTERY if kind is DeviceKind.MANHOLE else Power.MAINS
            name = f"{kind[:2].upper()}{n}"
            dates = {"calibrated_on": date(2025, 6, 1), "expires_on": date(2028, 6, 1)}
            devices[name] = Device(name, kind, place, tier=tier, power=power, interval_s=every_s, **dates)
    return Assets(sites, {"Z1": Zone("Z1", "片", "Quarter")}, devices, _network())


def _network() -> Network:
    """Give a main with a meter at its one inlet and at each of its outlets."""
    outlets = [f"S{n}" for n in range(1, _KINDS[DeviceKind.FLOW_METER][0])]
    return Network(
        gas=Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5),
        ambient_pressure_pa=79_700,
        friction=Friction.GB50028,
        nodes=(Node("S0", fixed_pressure_pa_abs=4e5), *(Node(name, demand_kg_s=0.1) for name in outlets)),
        pipes=tuple(Pipe(f"P{name}", "S0", name, 500, 0.2) for name in outlets),
    )


def _value(quantity: Quantity, device: int, at_ns: int) -> float:
    """Give a wave of a day; a gas detector in twenty is beyond its limits now and then, all others never."""
    wave = math.sin(2 * math.pi * (at_ns % DAY_NS) / DAY_NS + device)
    if quantity is Quantity.GAS_PCT_LEL and device % 20 == 0 and wave > 0.98:
        return 60.0
    return round(_USUAL.get(quantity, 0.0) * (1 + wave / 4), 3)


def _points(assets: Assets) -> Iterator[str]:
    for start, n, device in _heads(assets):
        step_ns = round((device.interval_s or 60) * S)
        samples: list[Sample] = []
        for at_ns in range(END_NS - POINTS_NS, END_NS, step_ns):
            values = {quantity: _value(quantity, n, at_ns) for quantity in _KINDS[device.kind][2]}
            samples.append(Sample(device.id, at_ns, "b", at_ns // step_ns, values, {}, late=False))
        yield from lines({device.id: start}.__getitem__, samples)


def _ourselves(assets: Assets) -> Iterator[str]:
    """Give a day of a town with fifty standing alarms, two thousand calls, and what the mirror tells every 10 s."""
    devices = list(assets.devices.values())
    life = Life(Condition.ACTIVE, level=1)
    alarms = [
        Alarm(f"{n:016x}", AlarmKind.GAS_HIGH, one.id, one.id, one.site, "Z1", life, priority=1 + n % 4, value=55.0)
        for n, one in enumerate(devices[:_STANDING])
    ]
    health = dict.fromkeys(("unread", "lag_s", *_LEDGERS), 1.0)
    for at_ns in range(END_NS - POINTS_NS, END_NS, 10 * S):
        yield from (alarm_line.active_line(one, assets.sites[one.site], "text of it", at_ns) for one in alarms)
        yield from alarm_line.count_lines(alarms, at_ns)
        yield from (alarm_line.pipeline_line(reader, health, at_ns) for reader in ("watch", "write", "all"))
        yield from (alarm_line.outbox_line("notice", target, _WAITING, at_ns) for target in ("sms", "mail", "push"))
        yield alarm_line.outbox_line("city", "province", _WAITING, at_ns)
    for at_ns in range(END_NS - POINTS_NS, END_NS, HOUR_NS):
        yield from (alarm_line.site_line(site, at_ns) for site in assets.sites.values())
        yield from alarm_line.calibration_lines(devices, assets.sites, at_ns)
    for n in range(_CALLS_A_DAY):
        yield from _called(alarms[n % _STANDING], n, assets)


def _called(alarm: Alarm, number: int, assets: Assets) -> Iterator[str]:
    states = StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED
    for after_s, event in enumerate(("annunciate", "acknowledge", "return")):
        at_ns = END_NS - POINTS_NS + number * POINTS_NS // _CALLS_A_DAY + after_s * S
        what = event, *states, AlarmKind.GAS_HIGH, alarm.priority, 1
        entry = JournalEntry(alarm.id, 1, *what, alarm.device, alarm.site, "Z1", 1, at_ns, 55.0, 50.0, seq=number)
        yield alarm_line.event_line(entry, alarm.subject, assets.sites[alarm.site], "text of it")


def _rolled(assets: Assets, step_ns: int, length_ns: int) -> Iterator[str]:
    for start, n, device in _heads(assets):
        rolled, trusted = Lines(step_ns), max(1, step_ns // round((device.interval_s or 60) * S))
        for at_ns in range(END_NS - length_ns, END_NS - step_ns, step_ns):
            for quantity in set(_READ).intersection(_KINDS[device.kind][2]):
                value = _value(quantity, n, at_ns)
                part = Rollup(value - 0.1, value, value + 0.1, value, trusted, int(n % 50 == 0))
                rolled.see(start, [(quantity, part)], at_ns)
        yield from rolled.by_series()


def _heads(assets: Assets) -> Iterator[tuple[str, int, Device]]:
    for n, device in enumerate(assets.devices.values()):
        yield head(device, assets.sites[device.site]), n, device


def _send(server: Influxd, bucket: str, lines: Iterable[str]) -> None:
    found = iter(lines)
    with httpx2.Client(base_url=server.url, timeout=60) as http:
        while batch := list(islice(found, LINES)):
            answer = http.post("/write", params={"db": bucket, "precision": "ns"}, content="\n".join(batch).encode())
            answer.raise_for_status()

"""What the database of these tests holds: a simulated hamlet, and what no simulation of ten minutes has."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from app.clock import now_ns
from app.grafana import Server
from app.roles.mirror import Mirror
from domain.alarm import SYSTEM, Alarm, AlarmKind, Condition, Life, StateLetter
from domain.asset import Assets, Device, DeviceKind, Power, Site, Tier, Zone
from domain.frame import Frame
from domain.network import Friction, Gas, Network, Node, Pipe
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import JournalEntry
from domain.rollup import HOUR_NS
from domain.rulebook import Rulebook
from domain.sample import Sample
from grafana.build.dashboard import Plan
from ingest.decoder import Decoder
from simulator.scenario import Scenario
from simulator.world import World
from store.influx import InfluxSeries
from store.records import Records
from tests.blank import blank_records
from tests.store.influx_server import Influxd

ROOT = Path(__file__).parents[2]
S = 1_000_000_000
DAY_NS = 86_400 * S
_LENGTH_NS = 600 * S
_SCENARIO = """
version: 1
name: {zh: 村, en: hamlet}
events:
  - {kind: leak, site: R1, hole_mm: 9.5, at: -160s}
  - {kind: fault, device: GD2, what: silent, at: 1s, for: 4min}
"""


_PIPE = Network(
    gas=Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5),
    ambient_pressure_pa=79_700,
    friction=Friction.GB50028,
    nodes=(Node("P1", fixed_pressure_pa_abs=4e5), Node("P2", demand_kg_s=0.1)),
    pipes=(Pipe("P", "P1", "P2", 500, 0.2),),
)


class Filled(NamedTuple):
    """The server, the end of what it holds, and as whom Grafana asks it."""

    url: str
    end_ns: int
    reader: str

    def opened(self, bucket: str = "gas") -> Server:
        return Server(self.url, bucket, self.reader)


def plan() -> Plan:
    """Two kitchens, a manhole, a pressure point of each class, a pipe with a meter at each end; in two districts."""
    names = [
        ("R1", "restaurant", "甲"),
        ("R2", "restaurant", "乙"),
        ("M1", "manhole", "甲"),
        ("P1", "pressure_point", "乙"),
        ("P2", "pressure_point", "乙"),
    ]
    sites = {name: Site(name, "点", "Place", kind, "Z1", place, 100.2, 25.6) for name, kind, place in names}
    devices = [device for n in (1, 2) for device in _kitchen(n)]
    devices += [
        Device("MH1", DeviceKind.MANHOLE, "M1", power=Power.BATTERY),
        Device("FM1", DeviceKind.FLOW_METER, "P1", interval_s=30),
        Device("FM2", DeviceKind.FLOW_METER, "P2", interval_s=30),
        *(Device(f"PR-{tier}", DeviceKind.PRESSURE_SENSOR, "P1", tier=tier, interval_s=30) for tier in Tier),
    ]
    rulebook = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
    zones = {"Z1": Zone("Z1", "片", "Quarter")}
    return Plan(rulebook, Assets(sites, zones, {one.id: one for one in devices}, _PIPE))


def _kitchen(number: int) -> list[Device]:
    site = f"R{number}"
    return [
        Device(
            f"GD{number}",
            DeviceKind.GAS_DETECTOR,
            site,
            interval_s=10,
            calibrated_on=_CALIBRATED_ON,
            expires_on=_EXPIRES_ON,
        ),
        Device(f"CV{number}", DeviceKind.CUTOFF_VALVE, site, interval_s=30),
        Device(f"FN{number}", DeviceKind.FAN, site, interval_s=30),
    ]


def fill(server: Influxd, folder: Path, plan: Plan) -> int:
    """Write it, and give the end of its time."""
    start_ns = now_ns() - _LENGTH_NS
    with closing(server.open(plan.bucket, folder / "cursor.db")) as series:
        series.configure(plan.assets)
        series.reach()
        for position, samples in enumerate((list(_simulated(plan, start_ns)), list(_by_hand(start_ns))), 1):
            assert not series.write(samples, cursor=position, frames=1, log_ns=start_ns + _LENGTH_NS)
        for hours in (2, 4):  # minutes, and the hours that they mark
            assert not series.roll(start_ns + _LENGTH_NS + hours * HOUR_NS)
        _mirror(series, blank_records(folder / "records.db"), plan, start_ns + _LENGTH_NS)
    return start_ns + _LENGTH_NS + 10 * S


def _simulated(plan: Plan, start_ns: int) -> Iterator[Sample]:
    scenario = Scenario.parse(_SCENARIO, "hamlet.yaml")
    world, decoder = World(scenario, plan.assets, start_ns=start_ns, seed=1), Decoder(plan.assets, plan.rulebook)
    for position, message in enumerate(world.step_to(start_ns + _LENGTH_NS), 1):
        frame = Frame(position, message.time_ns, message.topic, message.payload)
        yield from decoder.decode(frame).samples


def _by_hand(start_ns: int) -> Iterator[Sample]:
    """Give what happened two hours before, which the roll-ups of hours need, and what no simulated device tells."""
    before_ns = (start_ns // HOUR_NS - 2) * HOUR_NS
    for name, values in _EARLIER.items():
        for number in range(4):
            rising = {quantity: value + number for quantity, value in values.items()}
            yield Sample(name, before_ns + number * 30 * S, "hand", number, rising, {}, late=False)
    late = {Quantity.GAS_PCT_LEL: 1.0, Quantity.DEVICE_ALARM: 1.0, Quantity.DEVICE_FAULT: 3.0}
    yield Sample("GD1", start_ns + 500 * S, "hand", 1, late, {Quantity.GAS_PCT_LEL: Quality.BAD}, late=True)


def _mirror(series: InfluxSeries, records: Records, plan: Plan, end_ns: int) -> None:
    """Have an alarm that called twice within a minute, was answered, and stands; and our own health."""
    life = Life(Condition.ACTIVE, level=1, occurrence=2)
    alarm = Alarm("9d22", AlarmKind.GAS_HIGH, "GD1", "GD1", "R1", "Z1", life, priority=2, value=55.0, limit=50.0)
    with closing(records):
        with records.unit() as unit:
            unit.save(replace(alarm, raised_ns=end_ns - 300 * S))
            unit.save(Alarm("5ed0", AlarmKind.LOG_SPACE, SYSTEM, SYSTEM, "", "", life, priority=2))
            for second, event in enumerate(("annunciate", "return", "annunciate", "acknowledge")):
                what = event, StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED, AlarmKind.GAS_HIGH, 2, 1
                at_ns = end_ns + (second - 300) * S
                unit.journal(JournalEntry("9d22", 1, *what, "GD1", "R1", "", 1, at_ns, 55.0, 50.0))
        times_ns = iter([end_ns - before_s * S for before_s in (120, 60, 5)])
        health = {"watch": {"unread": 1.0, "lag_s": 0.5}, "all": dict.fromkeys(_LEDGERS, 2.0)}
        waiting = {"waiting": 2.0, "failing": 1.0, "oldest_s": 3.0}
        mirror = Mirror(
            records,
            series,
            assets=plan.assets,
            health=lambda: health,
            clock_ns=lambda: next(times_ns),
            keep_ns=DAY_NS,
            outboxes=lambda: {("notice", "sms"): waiting, ("city", "province"): waiting},
        )
        assert not any(mirror.step() for _ in range(3))


_LEDGERS = (
    *("admitted", "duplicates", "missing", "quarantined", "notices_late"),
    *("detect_s", "canary_s", "canary_age_s"),
)
_CALIBRATED_ON, _EXPIRES_ON = date(2026, 1, 15), date(2029, 1, 15)
_EARLIER = {
    "GD1": {Quantity.GAS_PCT_LEL: 60.0, Quantity.DEVICE_ALARM: 1.0, Quantity.DEVICE_FAULT: 3.0},
    "FM1": {Quantity.FLOW_M3H: 12.0},
    "FM2": {Quantity.FLOW_M3H: 11.0},
    "PR-low_natural": {Quantity.PRESSURE_KPA: 3.2},
    "PR-low_lpg": {Quantity.PRESSURE_KPA: 1.9},
    "PR-medium_b": {Quantity.PRESSURE_KPA: 205.0},
    "PR-medium_a": {Quantity.PRESSURE_KPA: 220.0},
}
"""Beyond a limit, each of them, and rising by one every 30 s of two minutes."""

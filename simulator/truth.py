"""What really happened, kept apart from everything that is measured. It never goes over MQTT."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timezone
from pathlib import Path

import msgspec

from domain.alarm import AlarmKind
from domain.asset import Assets
from simulator.events import (
    Care,
    Event,
    Fault,
    Flood,
    Leak,
    Mud,
    Opening,
    Regulation,
    Steam,
    Transport,
    ValveWork,
    Vapour,
    Weathering,
)
from simulator.fitting import MEASURES
from simulator.hydraulics import Balance
from simulator.scenario import Scenario
from simulator.timetext import S_NS, instant_text
from simulator.whereabouts import Whereabouts

_LEVELS_PCT_LEL = (10.0, 25.0, 50.0)
_DANGEROUS_PCT_LEL = 25.0
_OBSERVABLE_SIGMAS = 3.0
_NOTED_CHANGE = 1.05
_FAULT_ALARMS: dict[str, AlarmKind | None] = {
    "silent": AlarmKind.DEVICE_SILENT,
    "dead": AlarmKind.DEVICE_SILENT,
    "stuck": AlarmKind.SENSOR_STUCK,
    "drift": None,
    "battery_low": AlarmKind.BATTERY_LOW,
    "power_cut": AlarmKind.POWER_LOST,
    "clock_skew": AlarmKind.CLOCK_WRONG,
    "powered_off": AlarmKind.DEVICE_SILENT,
    "battery_decay": AlarmKind.BATTERY_LOW,
    "unit_error": AlarmKind.GAS_HIGH,
    "expired": AlarmKind.DEVICE_FAULT,
}
_HIDDEN = frozenset({"jam", "not_wired", "slow_valve", "leaking_seat"})
"""Faults that nobody can see before a valve shall close."""
_BROKEN_LINKS = frozenset({"jam", "not_wired"})
_CONFOUNDERS: dict[type, str] = {
    Vapour: "alcohol",
    Steam: "weather",
    Weathering: "weather",
    Flood: "weather",
    Mud: "biogas",
    Care: "maintenance",
    ValveWork: "maintenance",
    Regulation: "regulator",
    Opening: "maintenance",
    Transport: "transport",
}
"""What looks like a leak and is none."""


@dataclass(frozen=True, slots=True)
class TruthEvent:
    """What a score asks for: exactly one alarm of the expected kind at that site; None marks a confounder."""

    id: str
    kind: str
    site: str
    zone: str
    onset: str
    expected_kind: str | None


@dataclass(slots=True)
class Course:
    """How a leak went (nanoseconds since 1970).

    Attributes:
        mass_flow_kg_s: with the valve open.
        crossed_ns: when the true concentration first reached 10, 25 and 50 %LEL.
        observable_ns: when each sensor's noise-free signal first stood three sigmas above its reading without a leak.
        isolated_ns: when a valve first held the gas back.
        dangerous_s: above 25 %LEL before that.
        holes: of a growing one: time, diameter in mm and flow in kg/s, at each change of a twentieth.
    """

    mass_flow_kg_s: float
    crossed_ns: dict[float, int] = field(default_factory=dict)
    observable_ns: dict[str, int] = field(default_factory=dict)
    isolated_ns: int | None = None
    dangerous_s: float = 0.0
    holes: list[tuple[int, float, float]] = field(default_factory=list)

    def observe(self, time_ns: int, pct_lel: float, *, isolated: bool, dt_s: float) -> None:
        """Take in the true concentration of the worst place, and whether a closed valve ends the leak."""
        if isolated and self.isolated_ns is None:
            self.isolated_ns = time_ns
        if self.isolated_ns is None and pct_lel >= _DANGEROUS_PCT_LEL:
            self.dangerous_s += dt_s
        for level in _LEVELS_PCT_LEL:
            if pct_lel >= level:
                self.crossed_ns.setdefault(level, time_ns)

    def note_hole(self, time_ns: int, hole_mm: float, mass_flow_kg_s: float) -> None:
        if not self.holes or hole_mm >= _NOTED_CHANGE * self.holes[-1][1]:
            self.holes.append((time_ns, hole_mm, mass_flow_kg_s))

    def observe_sensor(self, time_ns: int, device: str, signal: float, sigma: float) -> None:
        if signal > _OBSERVABLE_SIGMAS * sigma:
            self.observable_ns.setdefault(device, time_ns)


class Truth:
    """The truth about one run.

    Args:
        scenario: that is run.
        assets: in which it happens.
        seed: of the run.
        start_ns: of the run.
        at: time zone of the texts.

    Attributes:
        events: what a score compares with the alarms.
        until_ns: how far the run has come.
    """

    def __init__(self, scenario: Scenario, assets: Assets, seed: int, start_ns: int, at: timezone) -> None:
        self._scenario, self._assets, self._seed, self._start_ns, self._at = scenario, assets, seed, start_ns, at
        self._courses: dict[str, Course] = {}
        self._whereabouts = Whereabouts(scenario, assets)
        self.until_ns = start_ns
        self._linkage: list[dict[str, object]] = []
        self._steps: list[dict[str, object]] = []
        self.ids = [event.id or f"E{number}" for number, event in enumerate(scenario.events, 1)]
        told = [(i, e) for i, e in zip(self.ids, scenario.events, strict=True) if self._is_told(e)]
        self.events = [self._event(event_id, event) for event_id, event in told]

    def begin(self, event_id: str, course: Course) -> None:
        self._courses[event_id] = course

    def linkage(self, time_ns: int, site: str, what: str, device: str = "") -> None:
        self._linkage.append(
            {"record": "linkage", "time": instant_text(time_ns, self._at), "site": site, "what": what, "device": device}
        )

    def step(self, time_ns: int, wells: Mapping[str, tuple[float, float]], balance: Balance | None) -> None:
        """Note both sources of each space in the ground (biogas and soil, m³/s), and the network's gas."""
        found: dict[str, object] = {"record": "step", "time": instant_text(time_ns, self._at)}
        found["wells"] = {
            space: {"biogas_m3_s": round(mud, 12), "soil_m3_s": round(leak, 12)} for space, (mud, leak) in wells.items()
        }
        if balance is not None:
            found |= {name: round(value, 9) for name, value in balance._asdict().items()}
        self._steps.append(found)

    def records(self) -> list[dict[str, object]]:
        """Everything, one record for each line: the run, its events and faults, and every step of the linkage."""
        run = f"{self._scenario.digest[:12]}-{self._seed}-{self._start_ns}"
        head: dict[str, object] = {
            "record": "run",
            "run_id": run,
            "seed": self._seed,
            "scenario_sha256": self._scenario.digest,
            "start": instant_text(self._start_ns, self._at),
            "end": instant_text(max(self._start_ns, self.until_ns), self._at),
            "sensors": sum(device.kind in MEASURES for device in self._assets.devices.values()),
        }
        pairs = zip(self.ids, self._scenario.events, strict=True)
        return [head, *(self._record(event_id, event) for event_id, event in pairs), *self._linkage, *self._steps]

    def write(self, path: Path) -> None:
        lines = b"".join(msgspec.json.encode(record) + b"\n" for record in self.records())
        path.write_bytes(lines)

    def _is_told(self, event: Event) -> bool:
        return not (isinstance(event, Fault) and event.what in _HIDDEN) or "expect" in event.model_fields_set

    def sites_of(self, event: Event) -> tuple[str, ...]:
        return self._whereabouts.sites_of(event)

    def _event(self, event_id: str, event: Event) -> TruthEvent:
        spot = self._whereabouts.spot(event)
        onset = instant_text(self._start_ns + event.at, self._at)
        return TruthEvent(event_id, event.kind, spot.site, spot.zone, onset, self._expected(event))

    def _expected(self, event: Event) -> AlarmKind | None:
        if "expect" in event.model_fields_set:
            return event.expect
        if isinstance(event, Leak):
            return self._expected_of_leak(event)
        if isinstance(event, Regulation):
            return _expected_of_regulator(event) if self.sites_of(event) else None
        return _FAULT_ALARMS.get(event.what) if isinstance(event, Fault) else None

    def _expected_of_leak(self, leak: Leak) -> AlarmKind | None:
        if leak.site is None:
            return AlarmKind.GAS_LOW if self.sites_of(leak) else None
        return AlarmKind.LINKAGE_FAILED if self._unlinked(leak.site) else AlarmKind.GAS_HIGH

    def _unlinked(self, site: str) -> bool:
        faults = (event for event in self._scenario.events if isinstance(event, Fault))
        return any(f.what in _BROKEN_LINKS and self._assets.devices[f.device].site == site for f in faults)

    def _record(self, event_id: str, event: Event) -> dict[str, object]:
        spot = self._whereabouts.spot(event)
        expected, confounder = self._expected(event), _CONFOUNDERS.get(type(event), "none")
        record: dict[str, object] = {
            "record": "fault" if isinstance(event, Fault | Transport) else "event",
            "id": event_id,
            "kind": event.kind,
            **spot._asdict(),
            "t_on": instant_text(self._start_ns + event.at, self._at),
            "t_off": None if event.end_ns is None else instant_text(self._start_ns + event.end_ns, self._at),
            "expected_kind": expected,
            "expected_alarm": "no" if expected is None else "yes",
            "confounder": confounder,
        }
        return record | self._details(event_id, event)

    def _details(self, event_id: str, event: Event) -> dict[str, object]:
        match event:
            case Regulation():
                told = event.model_dump(include={"regulator", "fault", "hole_mm", "share", "by_kpa"}, exclude_none=True)
                return told | {"sites": list(self.sites_of(event))}
            case Fault():
                return {"device": event.device, "what": event.what}
            case Transport():
                return {"what": event.fault, "devices": event.devices, "sites": event.sites}
            case Leak():
                return {"hole_mm": _hole(event), "pipe": event.pipe} | self._course(event_id)
            case Vapour():
                return {"what": event.what, "ppm": event.ppm}
        return {}

    def _course(self, event_id: str) -> dict[str, object]:
        course = self._courses.get(event_id)
        if course is None:
            return {}
        text = {f"t_{level:.0f}_pct_lel": instant_text(t, self._at) for level, t in course.crossed_ns.items()}
        seen = {device: instant_text(t, self._at) for device, t in course.observable_ns.items()}
        found: dict[str, object] = {"mass_flow_kg_s": course.mass_flow_kg_s, **text, "t_first_observable": seen}
        if course.holes:
            found["growth"] = [(instant_text(t, self._at), round(d, 3), round(m, 9)) for t, d, m in course.holes]
        isolated = None if course.isolated_ns is None else instant_text(course.isolated_ns, self._at)
        return found | {"t_isolated": isolated, "above_25_pct_lel_s": round(course.dangerous_s, 1)}


def _expected_of_regulator(event: Regulation) -> AlarmKind | None:
    """What rises or falls for good is an alarm; one that swings around its set point need not be."""
    if event.fault in {"creep", "rupture"} or (event.fault == "set_point" and (event.by_kpa or 0) > 0):
        return AlarmKind.PRESSURE_HIGH
    return None if event.fault == "hunting" else AlarmKind.PRESSURE_LOW


def _hole(leak: Leak) -> object:
    hole = leak.hole_mm
    return hole if isinstance(hole, float) else {"from": hole.first, "to": hole.to, "over_s": hole.over / S_NS}

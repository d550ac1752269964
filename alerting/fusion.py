"""Alarms that follow from other alarms, and alarms that others explain. Pure: everything is read from the rows.

Several detectors of a site, or wells beside each other, with gas at once are an alarm of their own. So are many silent
devices and many sites without power: one cause instead of a rain of consequences, which it suppresses by design. A
device that saw gas before it fell silent, a valve that stays open without power, gas and pressure are never
consequences of these. Low pressure is one behind a cut-off valve that gas or a power cut has closed.
"""

import math
import re
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple, Protocol

from domain.alarm import Alarm, AlarmKind, alarm_id
from domain.asset import Assets, DeviceKind, Site
from domain.finding import Finding, Transition

_DEGREE_M = 111_320.0
_ROOM_GAS = frozenset({AlarmKind.GAS_LOW, AlarmKind.GAS_HIGH, AlarmKind.GAS_DECLARED})
_CLOSES_VALVES = _ROOM_GAS | {AlarmKind.POWER_LOST}
_SEVERAL, _MOST = 2, 10_000
_NATURAL = "natural"


class Numbers(NamedTuple):
    """From the rulebook.

    Attributes:
        away_devices: so many silent devices of a zone, at least, are one outage.
        away_share: and at least this share of the zone's devices.
        away_window_ns: within so long.
        cut_sites: so many sites of a zone without power are one cut.
        cut_window_ns: within so long.
        reach_m: sites within so many metres are neighbours, and so are their zones.
        sure: confidence that one of several wells must have in natural gas.
    """

    away_devices: int = 5
    away_share: float = 0.1
    away_window_ns: int = 600_000_000_000
    cut_sites: int = 3
    cut_window_ns: int = 600_000_000_000
    reach_m: float = 300.0
    sure: float = 0.95


USUAL = Numbers()


class Rows(Protocol):
    """Alarm rows; `standing` gives those that are not normal, pending ones too, of some kinds in a zone, by id."""

    def alarm(self, alarm_id: str) -> Alarm | None: ...
    def standing(
        self, zone: str, kinds: Collection[AlarmKind], limit: int, *, site: str | None = None
    ) -> list[Alarm]: ...


class Places:
    """Which sites and zones are neighbours.

    Args:
        assets: with the sites.
        reach_m: how far neighbours are apart.
    """

    def __init__(self, assets: Assets, reach_m: float) -> None:
        self._reach_m = reach_m
        self._sites = assets.sites
        self._cells: dict[tuple[int, int], list[Site]] = {}
        for site in assets.sites.values():
            self._cells.setdefault(self._cell(site), []).append(site)
        self._zones: dict[str, frozenset[str]] = {}

    def _cell(self, site: Site) -> tuple[int, int]:
        """Square that is at least as wide as the reach, up to 60 degrees of latitude: neighbours lie in nine."""
        side = self._reach_m / _DEGREE_M
        return math.floor(site.lon / (2 * side)), math.floor(site.lat / side)

    def near(self, one: str, other: str) -> bool:
        first, second = self._sites.get(one), self._sites.get(other)
        return first is not None and second is not None and _metres(first, second) <= self._reach_m

    def zones(self, zone: str) -> frozenset[str]:
        """Give a zone and its neighbours."""
        known = self._zones.get(zone)
        if known is None:
            found = {zone}
            for site in (site for site in self._sites.values() if site.zone == zone):
                found.update(self._around(site, found))
            known = self._zones[zone] = frozenset(found)
        return known

    def _around(self, site: Site, known: Collection[str]) -> list[str]:
        """Give the zones beyond those that are known with a site within reach."""
        east, north = self._cell(site)
        nine = [(east + x, north + y) for x in (-1, 0, 1) for y in (-1, 0, 1)]
        others = (other for cell in nine for other in self._cells.get(cell, ()) if other.zone not in known)
        return [other.zone for other in others if _metres(site, other) <= self._reach_m]


def _metres(one: Site, other: Site) -> float:
    east = (one.lon - other.lon) * math.cos(math.radians((one.lat + other.lat) / 2))
    return _DEGREE_M * math.hypot(east, one.lat - other.lat)


class Fusion:
    """What follows from a change of one alarm.

    Args:
        assets: sites, zones and devices.
        numbers: from the rulebook.
    """

    def __init__(self, assets: Assets, numbers: Numbers) -> None:
        self._assets, self._n = assets, numbers
        self.places = Places(assets, numbers.reach_m)
        in_zone = Counter(assets.sites[d.site].zone for d in assets.devices.values() if d.site in assets.sites)
        self._enough = {z: max(numbers.away_devices, math.ceil(numbers.away_share * n)) for z, n in in_zone.items()}

    # ------------------------------------------------------------ what follows
    def derived(self, unit: Rows, alarm: Alarm, log_ns: int, position: int) -> list[Finding]:
        """Give the state of what an alarm may be a part of; the life cycle takes the same state twice as once."""
        at = (log_ns, position)
        if not alarm.zone:
            return []
        if alarm.kind in _ROOM_GAS and self._is_room(alarm):
            devices = self._devices_of_room(unit, alarm)
            return [_finding(alarm, AlarmKind.GAS_SEVERAL, alarm.site, _Count(devices, _SEVERAL), at)]
        if alarm.kind is AlarmKind.MANHOLE_GAS:
            wells = self._wells_together(unit, alarm.zone)
            return [_finding(alarm, AlarmKind.GAS_SEVERAL, alarm.zone, _Count(wells, _SEVERAL), at)]
        kind = _COMMON.get(alarm.kind)
        if kind is None:
            return []
        count = self._together(unit, alarm, kind, log_ns)
        return [_finding(alarm, kind, alarm.zone, count, at)]

    def _is_room(self, alarm: Alarm) -> bool:
        device = self._assets.devices.get(alarm.device)
        return device is not None and device.kind is DeviceKind.GAS_DETECTOR

    def _devices_of_room(self, unit: Rows, alarm: Alarm) -> int:
        alike = unit.standing(alarm.zone, _ROOM_GAS, _MOST, site=alarm.site)
        return len({a.device for a in alike if a.life.active and self._is_room(a)})

    def _wells_together(self, unit: Rows, zone: str) -> int:
        """Count the wells in and beside a zone with natural gas that have a neighbour with it, one of them for sure."""
        found = [a for z in sorted(self.places.zones(zone)) for a in unit.standing(z, {AlarmKind.MANHOLE_GAS}, _MOST)]
        natural = [alarm for alarm in found if alarm.life.active and alarm.classification == _NATURAL]
        pairs = ((a, b) for a in natural if a.zone == zone for b in natural if self._beside(a, b))
        return len({alarm.site for pair in pairs for alarm in pair})

    def _beside(self, one: Alarm, other: Alarm) -> bool:
        sure = max(one.confidence or 0.0, other.confidence or 0.0) >= self._n.sure
        return sure and one.device != other.device and self.places.near(one.site, other.site)

    def _together(self, unit: Rows, alarm: Alarm, kind: AlarmKind, log_ns: int) -> "_Count":
        """Count what fell together; once it is told, half as many keep it standing."""
        away = kind is AlarmKind.DEVICES_AWAY
        enough = self._enough.get(alarm.zone, self._n.away_devices) if away else self._n.cut_sites
        known = unit.alarm(alarm_id(alarm.zone, kind))
        stands = known is not None and known.life.active
        since_ns = log_ns if known is None or not stands else known.raised_ns
        rows = unit.standing(alarm.zone, {alarm.kind}, 2 * enough if stands else _MOST)
        if stands and len(rows) == 2 * enough:
            return _Count(enough, enough)
        alike = [a for a in rows if a.life.active and a.raised_ns >= since_ns - self._window_ns(kind)]
        count = len({a.device if away else a.site for a in alike})
        return _Count(count, (enough + 1) // 2 if stands else enough)

    def _window_ns(self, kind: AlarmKind) -> int:
        return self._n.away_window_ns if kind is AlarmKind.DEVICES_AWAY else self._n.cut_window_ns

    # ------------------------------------------------------------ what explains
    def causes_of(self, unit: Rows, alarm: Alarm, level: int) -> dict[str, AlarmKind]:
        """Give the alarms in force that explain an alarm at a level, by id."""
        if alarm.kind is AlarmKind.PRESSURE_LOW:
            found = [cause for site in self._valve_sites(alarm) for cause in self._at(unit, site, _CLOSES_VALVES)]
        elif level > 1 or alarm.kind not in _EXPLAINED:
            return {}
        else:
            found = [cause for kind in _EXPLAINED[alarm.kind] if (cause := self._common(unit, alarm, kind))]
            if alarm.kind is AlarmKind.DEVICE_SILENT:
                found += self._at(unit, alarm.site, {AlarmKind.POWER_LOST})
        return {cause.id: cause.kind for cause in found if is_in_force(cause)}

    def _common(self, unit: Rows, alarm: Alarm, kind: AlarmKind) -> Alarm | None:
        """Give the cause of a zone where an alarm began with it or later; silence has one only where power is lost."""
        cause = unit.alarm(alarm_id(alarm.zone, kind))
        if cause is None or alarm.raised_ns < cause.raised_ns - self._window_ns(kind):
            return None
        dark = alarm.kind is not AlarmKind.DEVICE_SILENT or kind is not AlarmKind.POWER_CUT
        lost = dark or any(a.life.active for a in self._at(unit, alarm.site, {AlarmKind.POWER_LOST}))
        return cause if lost else None

    def _at(self, unit: Rows, site: str, kinds: Collection[AlarmKind]) -> list[Alarm]:
        known = self._assets.sites.get(site)
        return [] if known is None else unit.standing(known.zone, kinds, _MOST, site=site)

    def _valve_sites(self, alarm: Alarm) -> list[str]:
        """Sites of the cut-off valves that an alarm's reason names."""
        named = (self._assets.devices.get(word) for word in re.findall(r"[\w-]+", alarm.reason))
        return sorted({d.site for d in named if d is not None and d.kind is DeviceKind.CUTOFF_VALVE})

    def effects_of(self, unit: Rows, alarm: Alarm) -> list[Alarm]:
        """Give the alarms that this one may explain, or has explained until now."""
        kinds = _EFFECTS.get(alarm.kind, frozenset())
        zones = self.places.zones(alarm.zone) if AlarmKind.PRESSURE_LOW in kinds else {alarm.zone}
        return [a for zone in sorted(zones - {""}) for a in unit.standing(zone, kinds, _MOST)] if kinds else []


class _Count(NamedTuple):
    there: int
    enough: int


_COMMON = {AlarmKind.DEVICE_SILENT: AlarmKind.DEVICES_AWAY, AlarmKind.POWER_LOST: AlarmKind.POWER_CUT}
_EXPLAINED = {
    AlarmKind.DEVICE_SILENT: (AlarmKind.DEVICES_AWAY, AlarmKind.POWER_CUT),
    AlarmKind.DATA_MISSING: (AlarmKind.DEVICES_AWAY,),
    AlarmKind.POWER_LOST: (AlarmKind.POWER_CUT,),
}
"""By causes of a zone; gas is never among them."""
_EFFECTS = {
    AlarmKind.DEVICES_AWAY: frozenset({AlarmKind.DEVICE_SILENT, AlarmKind.DATA_MISSING}),
    AlarmKind.POWER_CUT: frozenset({AlarmKind.POWER_LOST, AlarmKind.DEVICE_SILENT}),
    **{kind: frozenset({AlarmKind.PRESSURE_LOW}) for kind in _ROOM_GAS},
    AlarmKind.POWER_LOST: frozenset({AlarmKind.DEVICE_SILENT, AlarmKind.PRESSURE_LOW}),
}


def is_in_force(cause: Alarm) -> bool:
    """A cause explains while it is active itself, and not hidden."""
    return cause.life.active and not cause.life.suppressed


def is_explainable(kind: AlarmKind) -> bool:
    return kind in _EXPLAINED or kind is AlarmKind.PRESSURE_LOW


def _finding(alarm: Alarm, kind: AlarmKind, subject: str, of: _Count, at: tuple[int, int]) -> Finding:
    log_ns, position = at
    begun = of.there >= of.enough
    return Finding(
        detector="fusion",
        kind=kind,
        device=subject,
        site=alarm.site,
        transition=Transition.ONSET if begun else Transition.END,
        level=int(begun),
        position=position,
        time_ns=log_ns,
        onset_ns=log_ns,
        value=float(of.there),
        limit=float(of.enough),
    )

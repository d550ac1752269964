"""From our own words to the canonical records."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from alerting.catalogue import UNIT_BY_REASON, UNITS
from alerting.phrases_zh import ZH
from domain.alarm import Alarm as Row
from domain.asset import Assets, DeviceKind, Gas, Supply
from domain.asset import Device as Unit
from domain.asset import Site as Place
from domain.handling import HandlingStep
from domain.hazard import Hazard as Ledgered
from domain.hazard import HazardState
from domain.instruction import Reply as Answered
from domain.quality import Quality
from domain.quantity import SPANS, Quantity
from lifeline.coordinates import Point, convert
from lifeline.monitored import monitored_class
from lifeline.records import Alarm, Crs, Device, Disposal, Hazard, Heartbeat, Linkage, Reading, Reply, Site
from lifeline.story import Story
from lifeline.times import beijing, day

KINDS = {
    DeviceKind.GAS_DETECTOR: "gas_detector",
    DeviceKind.PRESSURE_SENSOR: "pressure",
    DeviceKind.FLOW_METER: "flow",
    DeviceKind.CUTOFF_VALVE: "valve",
    DeviceKind.MANHOLE: "manhole",
    DeviceKind.GATEWAY: "gateway",
    DeviceKind.FAN: "fan",
}
_METRICS = {
    DeviceKind.GAS_DETECTOR: Quantity.GAS_PCT_LEL,
    DeviceKind.MANHOLE: Quantity.GAS_PCT_LEL,
    DeviceKind.PRESSURE_SENSOR: Quantity.PRESSURE_KPA,
    DeviceKind.FLOW_METER: Quantity.FLOW_M3H,
}
_GASES = {Gas.NATURAL: ("natural_gas", 5.0), Gas.LPG: ("lpg", 1.5)}
"""Outward names, and the lower explosive limit in %VOL as China counts it."""
_SUPPLIES = {Supply.PIPE: "LPG_pipe", Supply.CYLINDER: "LPG_cylinder"}
_QUALITIES = {
    Quality.GOOD: "good",
    Quality.OVER_RANGE: "overrange",
    Quality.WARMUP: "warmup",
    Quality.CALIBRATION: "calib",
    Quality.IMMERSED: "immersed",
}
_RESULTS = {"leak": "true_leak"}
_STEPS = {"acknowledge": "ack"}
_UNKNOWN = Linkage()
_CLASSIFIED = {"natural": "natural_gas", "biogas": "biogas"}


class Limits(NamedTuple):
    """What the rulebook says of devices that do not say it themselves.

    Attributes:
        low: set-point of detectors, %LEL.
        high: set-point of detectors, %LEL.
        calibration_d: from one calibration to the next.
    """

    low: float
    high: float
    calibration_d: float


@dataclass(frozen=True, slots=True)
class Canon:
    """Writes the records of one target.

    Attributes:
        city_code: of GB/T 2260.
        source_system: how we call ourselves.
        assets: the registry.
        limits: of the rulebook.
        crs: of the coordinates that go out.
        owner_unit: who runs the devices.
        org_code: its 统一社会信用代码.
        townships: codes of GB/T 10114 by the districts of the registry.
    """

    city_code: str
    source_system: str
    assets: Assets
    limits: Limits
    crs: Crs = "CGCS2000"
    owner_unit: str = ""
    org_code: str = ""
    townships: Mapping[str, str] = field(default_factory=dict)

    def alarm(self, story: Story, row: Row | None, linkage: Linkage = _UNKNOWN, standing: Sequence[str] = ()) -> Alarm:
        """Write how an alarm stands; its row adds what the journal does not say, while it is of the same occurrence."""
        entry = story.entry
        place = self.assets.sites.get(entry.site)
        now = row if row is not None and row.life.occurrence == entry.occurrence else None
        words = ZH[entry.kind].what
        located = now.location if now else None
        lonlat = (located.lon, located.lat) if located and located.lon is not None and located.lat is not None else None
        return Alarm(
            **self._common(story.last_ns),
            **self._at(Point(*lonlat) if lonlat else _point(place)),
            alarm_id=story.alarm_id,
            device_code=entry.device,
            level=entry.priority,
            type=entry.kind.value,
            type_name=words[min(max(entry.level, 1), len(words)) - 1],
            value=entry.value,
            threshold=entry.limit,
            unit=UNITS.get(entry.kind) or UNIT_BY_REASON.get(now.reason if now else "", ""),
            first_time=beijing(story.first_ns),
            last_time=beijing(story.last_ns),
            state=story.state,
            flag=story.flag,
            monitored_class=monitored_class(entry.kind),
            classification=_classified(now, place),
            p_leak=now.confidence if now and now.classification == "natural" else None,
            site=entry.site,
            site_name=place.name if place else "",
            township=place.district if place else "",
            township_code=self._township(place),
            incident_id=entry.incident_id,
            linkage=linkage,
            test=row is not None and row.drill,
            occurrence=entry.occurrence,
            standing=tuple(standing),
        )

    def acknowledged(self, story: Story) -> Disposal:
        """Write that somebody took an alarm on."""
        entry = story.entry
        return self._disposal(story.alarm_id, entry.time_ns, entry.user, entry.note, step="ack")

    def disposal(self, story: Story, step: HandlingStep) -> Disposal:
        result = _RESULTS.get(step.result, step.result)
        kind = _STEPS.get(step.kind, step.kind.value)
        return self._disposal(story.alarm_id, step.time_ns, step.user, step.text, step=kind, result=result)

    def _disposal(self, alarm_id: str, time_ns: int, person: str, text: str, **said: Any) -> Disposal:  # noqa: ANN401
        common = self._common(time_ns)
        return Disposal(**common, alarm_id=alarm_id, person=person, org=self.owner_unit, text=text, **said)

    def device(self, unit: Unit, time_ns: int, *, silent: bool | None = None) -> Device:
        place = self.assets.sites.get(unit.site)
        gas, lel_pct_vol = _GASES[unit.gas]
        metric = _METRICS.get(unit.kind)
        measures_gas = metric is Quantity.GAS_PCT_LEL
        status = "unknown" if silent is None else "offline" if silent else "online"
        said: Any = {"kind": KINDS[unit.kind], "gas_type": gas, "status": status}
        return Device(
            **self._common(time_ns),
            **self._at(_point(place)),
            **said,
            device_code=unit.id,
            name=f"{place.name if place else unit.site} {unit.id}",
            vendor=unit.vendor,
            model=unit.model,
            serial=unit.serial,
            unit=SPANS[metric].unit if metric else "",
            lel_basis_vol_pct=lel_pct_vol if measures_gas else None,
            range_lo=0.0 if measures_gas else None,
            range_hi=unit.gas_range_pct_lel if measures_gas else None,
            l1=_own(unit.gas_low_pct_lel, self.limits.low) if measures_gas else None,
            l2=_own(unit.gas_high_pct_lel, self.limits.high) if measures_gas else None,
            install_date=day(unit.installed_on),
            expiry_date=day(unit.expires_on),
            last_calibration=day(unit.calibrated_on),
            next_calibration=day(_after(unit.calibrated_on, self.limits.calibration_d)),
            owner_unit=self.owner_unit,
            org_code=self.org_code,
            site_id=unit.site,
            address=(place.address or place.name) if place else "",
            linked_valve=self._beside(unit, DeviceKind.CUTOFF_VALVE),
            linked_fan=self._beside(unit, DeviceKind.FAN),
        )

    def site(self, place: Place, time_ns: int, cylinders: Sequence[str] = ()) -> Site:
        said: Any = {"gas_source": _gas_source(place, cylinders), "level": place.level.value if place.level else ""}
        return Site(
            **self._common(time_ns),
            **self._at(_point(place)),
            **said,
            site_id=place.id,
            name=place.name,
            type=place.type,
            township=place.district,
            township_code=self._township(place),
            responsible_person=place.responsible,
            phone=place.phone,
            cylinders=tuple(cylinders),
        )

    def hazard(self, hazard: Ledgered, time_ns: int) -> Hazard:
        """Write how a hazard stands; what passed its deadline says so, whatever its state."""
        returned = hazard.reopened and hazard.state is HazardState.REGISTERED
        said: Any = {
            "grade": hazard.grade.value,
            "source": hazard.origin.value,
            "state": "overdue" if hazard.overdue(time_ns) else "reopened" if returned else hazard.state.value,
        }
        return Hazard(
            **self._common(time_ns),
            **said,
            hazard_id=hazard.id,
            found_at=beijing(hazard.found_ns),
            found_by=hazard.found_by,
            object=hazard.object,
            address=hazard.address,
            township=hazard.township,
            township_code=self.townships.get(hazard.township, ""),
            rule_code=hazard.rule,
            evidence=hazard.evidence,
            responsible_person=hazard.responsible,
            deadline=beijing(hazard.deadline_ns),
            interim_control=hazard.interim,
            lead_dept=hazard.lead,
            co_depts=hazard.co,
            rectified_at=_maybe(hazard.rectified_ns),
            rectified_evidence=hazard.rectified_evidence,
            rechecked_by=hazard.rechecked_by,
            rechecked_at=_maybe(hazard.rechecked_ns),
            closed_at=_maybe(hazard.closed_ns or 0),
            reopened_count=hazard.reopened,
        )

    def reading(
        self,
        device: str,
        quantity: Quantity,
        value: float,
        quality: Quality,
        *,
        sample_ns: int,
        received_ns: int | None = None,
        late: bool = False,
        seq: int | None = None,
    ) -> Reading:
        """Write one value; what we only half believe goes out as invalid with the reason, never as good."""
        known = _QUALITIES.get(quality)
        said: Any = {"quality": "late" if late and known == "good" else known or "invalid"}
        return Reading(
            **self._common(sample_ns),
            **said,
            device_code=device,
            metric=quantity.value,
            value=value,
            unit=SPANS[quantity].unit,
            sample_time=beijing(sample_ns),
            recv_time="" if received_ns is None else beijing(received_ns),
            quality_reason="" if known else quality.name.lower(),
            seq=seq,
        )

    def reply(self, reply: Answered) -> Reply:
        return Reply(
            **self._common(reply.time_ns),
            inquiry_id=reply.instruction_id,
            person=reply.user,
            text=reply.text,
            asked_at=beijing(reply.asked_ns),
            answered_at=beijing(reply.time_ns),
            in_time=reply.time_ns <= reply.answer_by_ns,
        )

    def heartbeat(self, time_ns: int, waiting: int, dead: int) -> Heartbeat:
        return Heartbeat(**self._common(time_ns), id=str(time_ns), waiting=waiting, dead=dead)

    def _common(self, time_ns: int) -> dict[str, Any]:
        return {"city_code": self.city_code, "time": beijing(time_ns), "source_system": self.source_system}

    def _at(self, point: Point | None) -> dict[str, Any]:
        if point is None:
            return {"crs": self.crs}
        moved = convert(point, self.crs)
        return {"lng": round(moved.lon, 6), "lat": round(moved.lat, 6), "crs": self.crs}

    def _township(self, place: Place | None) -> str:
        return "" if place is None else self.townships.get(place.district, "")

    def _beside(self, unit: Unit, kind: DeviceKind) -> str:
        """Name the valve or fan of a detector's site where there is one alone."""
        found = self.assets.of_kind(unit.site, kind)
        return found[0].id if unit.kind is DeviceKind.GAS_DETECTOR and len(found) == 1 else ""


def _maybe(time_ns: int) -> str:
    return beijing(time_ns) if time_ns else ""


def _own(value: float | None, usual: float) -> float:
    return usual if value is None else value


def _after(since: date | None, days: float) -> date | None:
    return since and date.fromordinal(min(since.toordinal() + round(days), date.max.toordinal()))


def _gas_source(place: Place, cylinders: Sequence[str]) -> str:
    if place.supply is Supply.NONE:
        return "none"
    if place.gas is Gas.NATURAL:
        return "NG"
    supply = Supply.CYLINDER if cylinders else place.supply
    return _SUPPLIES[supply] if supply else ""


def _point(place: Place | None) -> Point | None:
    return None if place is None else Point(place.lon, place.lat)


def _classified(row: Row | None, place: Place | None) -> Any:  # noqa: ANN401 - one of the record's words
    said = row.classification if row else ""
    if said == "natural" and place is not None and place.gas is Gas.LPG:
        return "lpg"
    return _CLASSIFIED.get(said, "unknown")

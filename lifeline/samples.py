"""One sample of every canonical record, by which a mapping is shown."""

from collections.abc import Mapping
from typing import Any

import msgspec

from lifeline.coordinates import Point, convert
from lifeline.mapping import CityMapping
from lifeline.records import Alarm, Crs, Device, Disposal, Hazard, Heartbeat, Linkage, Reading, Record, Reply, Site
from lifeline.shape import Shaper

DEVICE = "DL-GD-0001"
_AT = "2026-01-15T12:00:00.000+08:00"
_COMMON: dict[str, Any] = {"city_code": "532901", "time": _AT, "source_system": "gas-lifeline", "id": "sample"}
_PLACE: dict[str, Any] = {"lng": 100.259783, "lat": 25.618551}

_SAMPLES: Mapping[str, Record] = {
    "alarm": Alarm(
        **_COMMON,
        **_PLACE,
        alarm_id="9d22e3e5a875a8e6-3",
        device_code=DEVICE,
        level=2,
        type="gas_high",
        type_name="可燃气体",
        value=52.0,
        threshold=50.0,
        unit="%LEL",
        first_time=_AT,
        last_time=_AT,
        state="ack",
        monitored_class="adjacent_closed_space",
        classification="natural_gas",
        p_leak=0.93,
        site="DL-R-0001",
        site_name="三塘烧烤",
        township="城北街道",
        incident_id="1f0c",
        occurrence=3,
        linkage=Linkage(valve_cmd_time=_AT, valve_closed_time=_AT, fan_on_time=_AT),
        standing=("gas_high",),
    ),
    "disposal": Disposal(**_COMMON, alarm_id="9d22e3e5a875a8e6-3", step="isolate", person="wang", text="关阀"),
    "hazard": Hazard(
        **_COMMON,
        hazard_id="H-2026-0001",
        found_at=_AT,
        found_by="li",
        object="三塘烧烤",
        rule_code="R04",
        grade="general",
        responsible_person="zhang",
        deadline="2026-01-22T12:00:00.000+08:00",
        source="inspection",
        state="registered",
    ),
    "site": Site(
        **_COMMON,
        **_PLACE,
        site_id="DL-R-0001",
        name="三塘烧烤",
        type="restaurant",
        gas_source="NG",
        level="ground",
    ),
    "device": Device(
        **_COMMON,
        **_PLACE,
        device_code=DEVICE,
        name="三塘烧烤 DL-GD-0001",
        kind="gas_detector",
        gas_type="natural_gas",
        unit="%LEL",
        range_lo=0.0,
        range_hi=100.0,
        l1=20.0,
        l2=50.0,
        site_id="DL-R-0001",
    ),
    "reading": Reading(
        **_COMMON,
        device_code=DEVICE,
        metric="gas_pct_lel",
        value=3.2,
        unit="%LEL",
        sample_time=_AT,
        recv_time=_AT,
        quality="good",
    ),
    "heartbeat": Heartbeat(**_COMMON, waiting=0, dead=0),
    "reply": Reply(
        **_COMMON,
        inquiry_id="CG-20260115-0001",
        person="wang",
        text="在岗",
        asked_at=_AT,
        answered_at=_AT,
        in_time=True,
    ),
}


_TOLD: Mapping[str, dict[str, Any]] = {
    "acknowledge": {"alarm_id": "9d22e3e5a875a8e6-3", "occurrence": 4, "text": "已通知街道"},
    "step": {"alarm_id": "9d22e3e5a875a8e6-3", "step": "arrive", "text": "到场"},
    "supervise": {"hazard_id": "H-2026-0001", "text": "限期整改"},
    "inquiry": {"text": "在岗？", "answer_s": 600},
}
INSTRUCTIONS: Mapping[str, Mapping[str, Any]] = {
    kind: {"kind": kind, "id": f"CG-20260115-{n:04}", "person": "zhou"} | told
    for n, (kind, told) in enumerate(_TOLD.items(), start=1)
}
"""What a platform may tell us, by which its words are shown."""


def sample(kind: str, crs: Crs) -> Record:
    """Give a record of a kind, with its place as a target wants it."""
    found = _SAMPLES[kind]
    if not isinstance(found, Alarm | Site | Device):
        return found
    moved = convert(Point(_PLACE["lng"], _PLACE["lat"]), crs)
    return msgspec.structs.replace(found, lng=round(moved.lon, 6), lat=round(moved.lat, 6), crs=crs)


def bodies(mapping: CityMapping) -> dict[str, bytes]:
    """Write the call with a sample of each record that a mapping has; none where it says frames (NoCode)."""
    shaper, kinds = Shaper(mapping), () if mapping.frame else mapping.records
    return {kind: shaper.of(kind, sample(kind, mapping.crs)) for kind in kinds}

"""The canonical records: what we say to the outside, whatever a city's own words are.

A superset of what provinces and cities ask for; a mapping file (`lifeline.mapping`) picks, renames and converts. Times
are Beijing time with its offset, coordinates carry their system, codes are those of `lifeline.codes`. Fields that we do
not know are empty or null, never guessed.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

SCHEMA_VERSION = "1"

Time = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00$")]
MaybeTime = Annotated[str, Meta(pattern=r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+08:00)?$")]
MaybeDate = Annotated[str, Meta(pattern=r"^(\d{4}-\d\d-\d\d)?$")]
CityCode = Annotated[str, Meta(pattern=r"^\d{6}$", description="GB/T 2260")]
TownshipCode = Annotated[str, Meta(pattern=r"^(\d{9})?$", description="GB/T 10114")]
OrgCode = Annotated[str, Meta(pattern="^([0-9A-Z]{18})?$", description="统一社会信用代码 of GB 32100")]
Longitude = Annotated[float, Meta(ge=-180, le=180)]
Latitude = Annotated[float, Meta(ge=-90, le=90)]
Crs = Literal["CGCS2000", "WGS84", "GCJ02"]
MonitoredClass = Literal["network_leak", "operation_safety", "adjacent_closed_space"]
"""The three that the plan names: 管网漏损, 运行安全, 周边重要密闭空间."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What all records have.

    Attributes:
        id: of this version of the record; the same at every attempt, so that a repeat can be told.
        city_code: GB/T 2260, six digits.
        time: of what it says.
        source_system: who says so.
        sign: over the record, where a mapping asks for one.
    """

    city_code: CityCode
    time: Time
    source_system: str
    id: str = ""
    schema_version: str = SCHEMA_VERSION
    sign: str = ""


class Device(Record, frozen=True, kw_only=True):
    """设备: a detector, meter, valve or what connects them.

    Attributes:
        next_calibration: the last one and the time of the rulebook.
        height_ref: always empty: the registry has no heights of devices.
        status: offline while an alarm `device_silent` of it stands.
    """

    device_code: str
    name: str
    kind: Literal["gas_detector", "pressure", "flow", "valve", "manhole", "gateway", "fan"]
    vendor: str = ""
    model: str = ""
    serial: str = ""
    gas_type: Literal["natural_gas", "lpg", ""] = ""
    unit: str = ""
    lel_basis_vol_pct: float | None = None
    range_lo: float | None = None
    range_hi: float | None = None
    l1: float | None = None
    l2: float | None = None
    install_date: MaybeDate = ""
    expiry_date: MaybeDate = ""
    last_calibration: MaybeDate = ""
    next_calibration: MaybeDate = ""
    owner_unit: str = ""
    org_code: OrgCode = ""
    site_id: str = ""
    address: str = ""
    lng: Longitude | None = None
    lat: Latitude | None = None
    crs: Crs = "CGCS2000"
    height_ref: str = ""
    linked_valve: str = ""
    linked_fan: str = ""
    status: Literal["online", "offline", "unknown"] = "unknown"


class Site(Record, frozen=True, kw_only=True):
    """场所: where devices are.

    Attributes:
        gas_source: "" where it is LPG and nobody knows how it comes.
        level: "" where nobody knows.
        cylinders: codes 一瓶一码 of the LPG cylinders that stand there.
    """

    site_id: str
    name: str
    type: str
    gas_source: Literal["NG", "LPG_pipe", "LPG_cylinder", "none", ""]
    level: Literal["ground", "underground", "semi", ""] = ""
    township: str = ""
    township_code: TownshipCode = ""
    responsible_person: str = ""
    phone: str = ""
    cylinders: tuple[str, ...] = ()
    lng: Longitude | None = None
    lat: Latitude | None = None
    crs: Crs = "CGCS2000"


class Reading(Record, frozen=True, kw_only=True):
    """监测: one value."""

    device_code: str
    metric: str
    value: float
    unit: str
    sample_time: Time
    recv_time: MaybeTime = ""
    quality: Literal["good", "late", "invalid", "warmup", "calib", "immersed", "overrange"]
    quality_reason: str = ""
    seq: int | None = None


class Linkage(msgspec.Struct, frozen=True, kw_only=True):
    """联动: when valve and fan acted; empty where they did not, or where that is not known.

    Attributes:
        valve_cmd_time: when we first asked a valve of the site to close; its own controller acts without being asked.
        valve_closed_time: when the last valve of the site reported closed.
        fan_on_time: when the first fan of the site reported that it runs.
    """

    valve_cmd_time: MaybeTime = ""
    valve_closed_time: MaybeTime = ""
    fan_on_time: MaybeTime = ""


AlarmState = Literal["new", "ack", "handling", "cleared", "closed", "false"]


class Alarm(Record, frozen=True, kw_only=True):
    """报警: how one alarm stood after a change, from its raise to its end.

    Attributes:
        alarm_id: the same from raise to end; the next raise has another.
        level: 1 (worst) to 4.
        type: our kind of alarm.
        state: after this change.
        flag: why nobody is called although the alarm stands.
        monitored_class: of the plan.
        p_leak: probability of a leak, where a detector gives one.
        test: a drill.
        standing: types of all alarms that stand at its device then, or at its site where it has none; told to targets
            that hear of states alone, otherwise empty.
        occurrence: that an acknowledgement from outside names: worsening and re-alarm begin a new one.
    """

    alarm_id: str
    device_code: str
    level: Annotated[int, Meta(ge=1, le=4)]
    type: str
    type_name: str
    value: float | None
    threshold: float | None
    unit: str
    first_time: Time
    last_time: Time
    state: AlarmState
    flag: Literal["", "shelved", "suppressed", "out_of_service"] = ""
    monitored_class: MonitoredClass
    classification: Literal["natural_gas", "biogas", "lpg", "unknown"] = "unknown"
    p_leak: float | None = None
    linkage: Linkage = Linkage()
    site: str
    site_name: str
    township: str
    township_code: TownshipCode = ""
    incident_id: str
    lng: Longitude | None = None
    lat: Latitude | None = None
    crs: Crs = "CGCS2000"
    test: bool = False
    occurrence: int = 0
    standing: tuple[str, ...] = ()


class Disposal(Record, frozen=True, kw_only=True):
    """处置反馈: one step of one person towards the end of an alarm.

    Attributes:
        photos: always empty, like `measured_value`: a step here has words alone.
    """

    alarm_id: str
    step: Literal["ack", "dispatch", "arrive", "isolate", "evacuate", "measure", "repair", "recheck", "close"]
    person: str
    org: str = ""
    text: str = ""
    photos: tuple[str, ...] = ()
    measured_value: float | None = None
    result: Literal["true_leak", "biogas", "false_alarm", "test", "device_fault", ""] = ""


class Hazard(Record, frozen=True, kw_only=True):
    """隐患: one entry of the hazard ledger."""

    hazard_id: str
    found_at: Time
    found_by: str
    object: str
    address: str = ""
    township: str = ""
    township_code: TownshipCode = ""
    rule_code: Annotated[str, Meta(pattern=r"^[RN]\d\d$")]
    grade: Literal["general", "major"]
    evidence: str = ""
    responsible_person: str
    deadline: Time
    interim_control: str = ""
    lead_dept: str = ""
    co_depts: tuple[str, ...] = ()
    source: Literal["inspection", "telemetry", "public_report", "enterprise_self"]
    state: Literal["registered", "dispatched", "fixing", "awaiting_recheck", "closed", "overdue", "reopened"]
    rectified_at: MaybeTime = ""
    rectified_evidence: str = ""
    rechecked_by: str = ""
    rechecked_at: MaybeTime = ""
    closed_at: MaybeTime = ""
    reopened_count: int = 0


class Reply(Record, frozen=True, kw_only=True):
    """查岗应答: what a person on duty answered to an inquiry of the platform.

    Attributes:
        inquiry_id: that the platform gave its inquiry.
        in_time: answered before the time that the inquiry set.
    """

    inquiry_id: str
    person: str
    text: str
    asked_at: Time
    answered_at: Time
    in_time: bool


class Heartbeat(Record, frozen=True, kw_only=True):
    """心跳: that we are there, and how much waits."""

    waiting: int
    dead: int


KINDS: Mapping[str, type[Record]] = {
    "alarm": Alarm,
    "disposal": Disposal,
    "hazard": Hazard,
    "site": Site,
    "device": Device,
    "reading": Reading,
    "heartbeat": Heartbeat,
    "reply": Reply,
}
"""By the name that mapping files and the outbox use."""

RANKS: Mapping[str, int] = {"alarm": 0, "disposal": 0, "reply": 0, "hazard": 1, "site": 2, "device": 2, "reading": 3}
"""Who goes first at a target that is behind: alarms before readings."""

"""Shapes of answers. Additions are free; what stands in the contract stays."""

from typing import Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict

T = TypeVar("T")


class Out(BaseModel):
    """Part of an answer: no NaN, no Infinity."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False)


class Page(Out, Generic[T]):
    """A page of a list.

    Attributes:
        next: pass it as `after` for the next page; None at the end.
    """

    items: list[T]
    next: str | None = None


class Text(Out):
    """The same in both languages."""

    zh: str
    en: str


class Location(Out):
    """A place, degrees."""

    lon: float
    lat: float
    crs: Literal["CGCS2000"] = "CGCS2000"


class PipeShare(Out):
    """How likely a pipe is."""

    pipe: str
    probability: float


class AlarmLocation(Location):
    """Where an alarm is: its site, or, where the network may leak, the place to begin at and the likeliest pipes.

    Half of the probability lies within `within_m` of it; `elsewhere` is that of no pipe of the network.
    """

    within_m: float | None = None
    pipes: list[PipeShare] = []
    elsewhere: float | None = None


class State(Out):
    """ISA-18.2 state of an alarm."""

    letter: str
    name: str


class Linked(Out):
    """A valve or fan of the alarm's site; `position` 1 open or running, 0 closed or standing, None unknown."""

    device: str
    position: float | None
    online: bool
    time: str | None


class Linkage(Out):
    """What stands beside the alarm and should have acted."""

    valves: list[Linked] = []
    fans: list[Linked] = []


class AlarmOut(Out):
    """An alarm as the contract writes it, with what a screen needs beside it.

    Attributes:
        classification: what the gas is taken for: natural, biogas, vapour, unclear; unknown where nothing says.
        confidence: in that, 0 to 1.
        causes: alarms that explain it and hide it while they stand.
    """

    id: str
    incident_id: str | None
    priority: int
    kind: str
    device: str
    site: str
    site_name: Text | None
    zone: str
    state: State
    active: bool
    acknowledged: bool
    latched: bool
    suppressed: bool
    occurrence: int
    value: float | None
    limit: float | None
    unit: str
    quantity: str | None
    classification: str = "unknown"
    confidence: float | None = None
    causes: list[str] = []
    location: AlarmLocation | None
    first_time: str | None
    raised_time: str | None
    last_time: str | None
    acknowledged_by: str | None
    acknowledged_time: str | None
    shelved_until: str | None
    out_of_service_until: str | None
    permit_no: str | None
    text: Text
    what: Text
    what_to_do: Text
    reasons: list[str]
    linkage: Linkage
    drill: bool
    safety_critical: bool


class SilencedOut(AlarmOut):
    """An alarm that is hidden, and by whose word.

    Attributes:
        hidden_time: since when.
        hidden_by: who hid it; None: by design.
        hidden_why: the reason or the compensating measure.
        hidden_until: when it comes back by itself; None: with its cause.
    """

    hidden_time: str | None
    hidden_by: str | None
    hidden_why: Text | None
    hidden_until: str | None


class TransitionOut(Out):
    """One line of the journal; `reason` is what a code in `note` means."""

    seq: int
    alarm_id: str
    occurrence: int
    event: str
    before: str
    after: str
    kind: str
    priority: int
    level: int
    device: str
    site: str
    value: float | None
    limit: float | None
    user: str | None
    note: str | None
    reason: Text | None
    position: int
    time: str | None


class AlarmDetail(AlarmOut):
    """An alarm with its journal, oldest line first."""

    journal: list[TransitionOut]


class ValueOut(Out):
    """Newest value of a quantity; None where it is no finite number."""

    value: float | None
    unit: str
    time: str | None
    quality: str
    late: bool


class DeviceOut(Out):
    """A device and how it stands; `completeness` is frames that came over frames that were sent."""

    id: str
    kind: str
    site: str
    zone: str
    gas: str
    power: str
    uplink: str
    tier: str | None
    interval_s: float
    quantity: str
    online: bool
    heard: bool
    stale: bool
    newest_time: str | None
    position: float | None
    position_time: str | None
    frames: int
    duplicates: int
    missing: int
    completeness: float | Literal["unknown"]
    clock_shift_s: float


class DeviceDetail(DeviceOut):
    """A device with its newest values by quantity."""

    latest: dict[str, ValueOut]


class SiteState(Out):
    """How the devices of a site stand; with an empty id, those of the whole town."""

    id: str
    devices: int
    offline: int
    stale: int
    valves: int
    valves_closed: int


class SiteOut(SiteState):
    """A site and how its devices stand.

    Attributes:
        cylinders: codes of the LPG cylinders that stand there.
    """

    name: str
    name_en: str
    type: str
    zone: str
    district: str
    gas: str
    location: Location
    cylinders: list[str] = []


class ZoneOut(Out):
    """A zone."""

    id: str
    name: str
    name_en: str


class LimitOut(Out):
    """A line across a trend."""

    name: Text
    value: float


class SeriesOut(Out):
    """Columns of one quantity, oldest first, thinned out so that extremes stay.

    Over a long time the points are the lowest and highest values of minutes or hours, and `step_s` is the length of
    those; 0: they are as measured.
    """

    device: str
    quantity: str
    unit: str
    time: list[str]
    value: list[float | None]
    quality: list[str]
    step_s: int
    limits: list[LimitOut]


class QuarantineOut(Out):
    """A refused part of a frame; `payload` is base64."""

    id: int
    position: int
    part: str
    reason: str
    detail: str
    device: str | None
    site: str | None
    topic: str
    payload: str
    received: str | None
    retried_position: int | None


class GapOut(Out):
    """Messages that did not arrive; `completeness` is that of the device."""

    device: str
    boot_id: str
    from_seq: int
    to_seq: int
    opened: str | None
    closed: str | None
    reason: str
    completeness: float | Literal["unknown"]


class Me(Out):
    """Who is logged in; every later POST carries `csrf` as X-CSRF-Token (a program has none and needs none).

    Attributes:
        townships: whose sites are seen; both this and `sites` empty: everything.
    """

    name: str
    display_name: str
    role: str
    rights: list[str]
    townships: tuple[str, ...]
    sites: tuple[str, ...]
    csrf: str


class Feature(Out):
    """A GeoJSON point (a site) or line (a pipe)."""

    type: Literal["Feature"] = "Feature"
    id: str
    geometry: dict[str, str | tuple[float, float] | list[tuple[float, float]]]
    properties: dict[str, str | float | bool | None]


class Network(Out):
    """GeoJSON; coordinates CGCS2000."""

    type: Literal["FeatureCollection"] = "FeatureCollection"
    features: list[Feature]


class Retried(Out):
    """Position of the frame that a retry appended."""

    position: int


class ReaderOut(Out):
    """Where a reader of the frame log stands."""

    lag_frames: int
    lag_s: float


class Check(Out):
    """One condition of readiness.

    Attributes:
        ok: whether it holds.
        text: why not; "" when it does.
    """

    ok: bool
    text: str


class Ready(Out):
    """Whether the service does its work: when every check holds."""

    ready: bool
    version: str
    age_s: float | None
    readers: dict[str, ReaderOut]
    checks: dict[str, Check]

"""What happens in a scenario: leaks, things that look like leaks, weather, people, and failures."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, model_validator

from domain.asset import Gas, Tier
from simulator.schema import Duration, Kind, Lasting, Onset, Share, Strict


class Occurrence(Strict):
    """Any event: when it begins, for how long, and which alarm it deserves."""

    id: str = ""
    at: Onset = 0
    lasts: Lasting | None = Field(default=None, alias="for")
    expect: Kind | None = None

    @property
    def end_ns(self) -> int | None:
        return None if self.lasts is None else self.at + self.lasts


class Growth(Strict):
    """A hole that grows, linearly in its diameter."""

    first: float = Field(alias="from", gt=0, le=1000)
    to: float = Field(gt=0, le=1000)
    over: Lasting


Hole = Annotated[
    Annotated[float, Field(gt=0, le=1000), Tag("number")] | Annotated[Growth, Tag("growth")],
    Discriminator(lambda value: "growth" if isinstance(value, dict | Growth) else "number"),
]
"""Diameter in mm, or how it grows."""


class Leak(Occurrence):
    """A hole in a space behind a site's cut-off valve, or in a pipe; with `for`, somebody repairs it at its end.

    Attributes:
        site: where the gas comes out, for a leak indoors.
        space: of the site; its main one where it is missing.
        layer: into which the gas goes; None: light gas up, heavy gas down.
        gas: that leaks, where it is not the site's.
        behind_valve: whether the cut-off valve ends it. It does not end what a cylinder spills.
        pipe: that leaks, for a leak in the street.
        position: along the pipe.
        tier: of the pipe; needed where no network tells its pressure.
    """

    kind: Literal["leak"]
    site: str | None = None
    space: str | None = None
    layer: Literal["upper", "lower"] | None = None
    gas: Gas | None = Field(default=None, strict=False)
    behind_valve: bool = True
    pipe: str | None = None
    position: Share = 0.5
    tier: Tier | None = Field(default=None, strict=False)
    hole_mm: Hole
    discharge: float = Field(default=0.62, gt=0, le=1)

    @model_validator(mode="after")
    def _is_somewhere(self) -> "Leak":
        if (self.site is None) == (self.pipe is None):
            raise ValueError("expected a site or a pipe, and not both")
        return self

    def hole_at(self, time_ns: int) -> float:
        """Diameter in mm, by time after the start of the run."""
        if isinstance(self.hole_mm, float):
            return self.hole_mm
        grown = min(1.0, max(0.0, (time_ns - self.at) / self.hole_mm.over))
        return self.hole_mm.first + grown * (self.hole_mm.to - self.hole_mm.first)


class Vapour(Occurrence):
    """Cooking wine or alcohol fuel near a detector: it may react, an alarm would be wrong."""

    kind: Literal["vapour"]
    site: str
    what: Literal["ethanol", "methanol"]
    ppm: float = Field(gt=0, le=20_000)


class Steam(Occurrence):
    """Damp air around a site's detectors: it shifts some and takes a laser's light away."""

    kind: Literal["steam"]
    site: str
    humidity_pct: float = Field(default=98.0, ge=0, le=100)


class ValveWork(Occurrence):
    """Staff on site work a valve by hand; nobody else can open one."""

    kind: Literal["valve"]
    valve: str
    action: Literal["close", "open"]


RegulatorWhat = Literal["creep", "freeze", "set_point", "hunting", "rupture", "slam_shut"]
_REGULATOR_NUMBERS = {"creep": "hole_mm", "freeze": "share", "set_point": "by_kpa", "hunting": "by_kpa"}


class Regulation(Occurrence):
    """A regulator of the network fails; with `for`, somebody repairs it at its end.

    Attributes:
        fault: `creep` lets gas through a seat that should be closed, as through a hole; `freeze` leaves a share of the
            largest flow; `set_point` moves it; `hunting` lets it swing; a `rupture` of the diaphragm opens it wide; a
            `slam_shut` valve has tripped.
        over: in which the fault grows, linearly; None: at once.
        hz: of the swing.
    """

    kind: Literal["regulator"]
    regulator: str
    fault: RegulatorWhat
    hole_mm: float | None = Field(default=None, gt=0, le=100)
    share: Share | None = None
    by_kpa: float | None = Field(default=None, ge=-5_000, le=5_000)
    hz: float = Field(default=0.1, gt=0, le=1)
    over: Lasting | None = None

    @model_validator(mode="after")
    def _has_its_number(self) -> "Regulation":
        wanted = _REGULATOR_NUMBERS.get(self.fault)
        for name in ("hole_mm", "share", "by_kpa"):
            if (getattr(self, name) is not None) != (name == wanted):
                raise ValueError(f"a {self.fault} needs {wanted or 'no number'}, and nothing else")
        return self

    def grown(self, time_ns: int) -> float:
        """Share of the fault that is there, by time after the start of the run."""
        return 1.0 if self.over is None else min(1.0, max(0.0, (time_ns - self.at) / self.over))


class Opening(Occurrence):
    """A door or window stands open: to the outside from a space, or wider than usual between two."""

    kind: Literal["opening"]
    space: str | None = None
    air_changes_h: float | None = Field(default=None, gt=0, le=1000)
    link: str | None = None
    flow_m3h: float | None = Field(default=None, ge=0, le=1e6)

    @model_validator(mode="after")
    def _is_of_one_kind(self) -> "Opening":
        outside, inside = (self.space, self.air_changes_h), (self.link, self.flow_m3h)
        if sorted((outside.count(None), inside.count(None))) != [0, 2]:
            raise ValueError("expected space and air_changes_h, or link and flow_m3h")
        return self


class Weathering(Occurrence):
    """A front or a rain."""

    kind: Literal["front", "rain"]
    change_kpa: float | None = Field(default=None, ge=-5, le=5)
    mm_h: float | None = Field(default=None, gt=0, le=200)

    @model_validator(mode="after")
    def _has_its_number(self) -> "Weathering":
        wanted, other = ("change_kpa", "mm_h") if self.kind == "front" else ("mm_h", "change_kpa")
        if getattr(self, wanted) is None or getattr(self, other) is not None or self.lasts is None:
            raise ValueError(f"a {self.kind} needs {wanted} and for, and nothing else")
        return self


class Mud(Occurrence):
    """The mud of a manhole gives off more gas than usual."""

    kind: Literal["biogas"]
    site: str
    factor: float = Field(gt=0, le=1000)


class Flood(Occurrence):
    """Water stands in a manhole: less air, and a sensor under water from 0.6 of its height."""

    kind: Literal["flood"]
    site: str
    level: Share


class Care(Occurrence):
    """People on site: a calibration of a device, or an open cover of a manhole."""

    kind: Literal["calibration", "maintenance"]
    device: str | None = None
    site: str | None = None

    @model_validator(mode="after")
    def _has_its_place(self) -> "Care":
        wanted, other = ("device", "site") if self.kind == "calibration" else ("site", "device")
        if getattr(self, wanted) is None or getattr(self, other) is not None:
            raise ValueError(f"a {self.kind} needs a {wanted}")
        return self


TransportWhat = Literal[
    "outage", "flap", "drop", "burst", "duplicate", "reorder", "malformed", "wrong_topic", "oversize", "will_late"
]


class Transport(Occurrence):
    """What happens between devices and broker.

    Attributes:
        fault: `outage` holds messages back and fills in later, at most 600 for each device; `flap` does so every other
            45 s and tells wills and births; `burst` loses runs of messages; `will_late` lets the will of the last
            connection arrive behind the birth of the next.
        devices: that it hits; none: by sites.
        sites: that it hits; none: all.
        every: message that `drop` loses.
        share: of the messages that other faults hit.
    """

    kind: Literal["transport"]
    fault: TransportWhat
    devices: list[str] = Field(default_factory=list)
    sites: list[str] = Field(default_factory=list)
    every: int = Field(default=10, ge=1)
    share: Share = 0.2


What = Literal[
    "silent",
    "dead",
    "stuck",
    "jam",
    "drift",
    "battery_low",
    "power_cut",
    "clock_skew",
    "dropout",
    "burst_loss",
    "duplicate",
    "reorder",
    "late",
    "reboot",
    "battery_decay",
    "calibration_jump",
    "unit_error",
    "swapped",
    "poison",
    "immersed",
    "muted",
    "powered_off",
    "expired",
    "not_wired",
    "feedback_wrong",
    "slow_valve",
    "leaking_seat",
]
NUMBERS: dict[str, tuple[What, ...]] = {
    "rate_per_h": ("drift", "poison", "battery_decay"),
    "skew": ("clock_skew",),
    "share": ("dropout", "burst_loss", "duplicate", "reorder", "leaking_seat"),
    "by": ("calibration_jump",),
    "other": ("swapped",),
    "factor": ("slow_valve",),
}
"""Which number belongs to which faults, and to nothing else."""


class Fault(Occurrence):
    """A device that fails.

    Attributes:
        what: `silent` sends nothing more, `dead` is destroyed and the broker publishes its will; both boot anew at the
            end. A `stuck` sensor repeats its last reading, a `jam` holds the valve where it is. `late` stores samples
            and sends them at the end. A `slow_valve` takes `factor` times as long, a `leaking_seat` lets `share` of the
            gas through a closed valve. The others stand in docs/scenarios.md.
        rate_per_h: of `drift`, in the unit of the reading; of `poison`, share of the response lost; of
            `battery_decay`, percent.
        skew: of `clock_skew`: how far the clock goes ahead.
        drift_s_day: of `clock_skew`: how much farther each day.
        share: of messages or readings; of the flow through a leaking seat.
        by: what a `calibration_jump` adds to the reading.
        other: the device with which a `swapped` one has changed names.
        factor: of a `slow_valve`.
    """

    kind: Literal["fault"]
    device: str
    what: What
    rate_per_h: float | None = None
    skew: Duration | None = None
    drift_s_day: float = Field(default=0.0, ge=-86_400, le=86_400)
    share: Share | None = None
    by: float | None = None
    other: str | None = Field(default=None, alias="with")
    factor: float | None = Field(default=None, ge=1, le=1000)

    @model_validator(mode="after")
    def _has_its_number(self) -> "Fault":
        for name, whats in NUMBERS.items():
            if (getattr(self, name) is None) == (self.what in whats):
                shown = "with" if name == "other" else name
                raise ValueError(f"{shown} belongs to {', '.join(whats)} and to nothing else")
        if self.drift_s_day and self.what != "clock_skew":
            raise ValueError("drift_s_day belongs to clock_skew and to nothing else")
        return self


Event = Annotated[
    Leak | Vapour | Steam | ValveWork | Regulation | Opening | Weathering | Mud | Flood | Care | Transport | Fault,
    Field(discriminator="kind"),
]
GasEvent = Leak | Vapour | Steam

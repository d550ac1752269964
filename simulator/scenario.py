"""The scenario file: which town, which weather, and what goes wrong when."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, ValidationError, model_validator

from domain.alarm import AlarmKind
from domain.asset import Assets, DeviceKind, Power
from domain.errors import ConfigurationError
from simulator.gas_sensors import Principle
from simulator.timetext import DURATION_HINT, S_NS, duration_ns, instant_ns
from simulator.yaml_lines import Document

WARM_START_NS = -3600 * S_NS
"""How far before the start an event may begin."""
_MEASURES = frozenset({DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE, DeviceKind.PRESSURE_SENSOR})
_ROOT = r"^(sim/)?[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"


def _duration(value: object) -> object:
    if isinstance(value, str):
        return duration_ns(value)
    if isinstance(value, int):
        raise ValueError(f"{DURATION_HINT} (YAML reads an unquoted 12:00 as the number 720)")  # noqa: TRY004 - pydantic
    return value


def _instant(value: object) -> object:
    if isinstance(value, str):
        return instant_ns(value)
    raise ValueError("expected a time in quotes, such as '2026-01-15T12:00:00+08:00'")


Duration = Annotated[int, BeforeValidator(_duration)]
Lasting = Annotated[int, BeforeValidator(_duration), Field(gt=0)]
Onset = Annotated[int, BeforeValidator(_duration), Field(ge=WARM_START_NS)]
Instant = Annotated[int, BeforeValidator(_instant)]
Kind = Annotated[AlarmKind, Field(strict=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True)


class Name(_Strict):
    """In both languages."""

    zh: str
    en: str


class DailyTemperature(_Strict):
    """A sine over the day."""

    mean: float = Field(default=9.0, ge=-40, le=45)
    amplitude: float = Field(default=6.0, ge=0, le=20)
    peak_hour: float = Field(default=15.0, ge=0, lt=24)


class Ambient(_Strict):
    """What surrounds the town; the defaults are Dali's in January."""

    pressure_kpa: float = Field(default=79.7, ge=50, le=110)
    temperature_c: DailyTemperature = DailyTemperature()
    utc_offset_h: float = Field(default=8.0, ge=-12, le=14)


class Room(_Strict):
    """A site's enclosed space and its linkage.

    Attributes:
        volume_m3: the larger, the slower gas gathers.
        air_changes_h: infiltration.
        fan_air_changes_h: more, while the fan turns.
        supply_kpa: gauge pressure behind the cut-off valve; None for the usual one of its gas.
        initial_pct_lel: true concentration at the start of the simulation.
        threshold_pct_lel: of the local controller.
        confirm: how long it waits at its threshold.
        valve_travel: from open to closed.
    """

    volume_m3: float = Field(default=60.0, gt=0, le=100_000)
    air_changes_h: float = Field(default=2.0, ge=0, le=100)
    fan_air_changes_h: float = Field(default=12.0, ge=0, le=100)
    supply_kpa: float | None = Field(default=None, gt=0, le=400)
    initial_pct_lel: float = Field(default=0.0, ge=0, le=1000)
    threshold_pct_lel: float = Field(default=25.0, gt=0, le=50)
    confirm: Lasting = S_NS
    valve_travel: Lasting = 1_500_000_000


class SensorChoice(_Strict):
    """What differs from the usual sensor of a gas detector or manhole."""

    kind: Principle | None = Field(default=None, strict=False)
    t90_s: float | None = Field(default=None, gt=0, le=600)
    drop_share: float = Field(default=0.0, ge=0, lt=1)


class _Event(_Strict):
    id: str = ""
    at: Onset = 0
    lasts: Lasting | None = Field(default=None, alias="for")
    expect: Kind | None = None

    @property
    def end_ns(self) -> int | None:
        return None if self.lasts is None else self.at + self.lasts


class Leak(_Event):
    """A hole behind a site's cut-off valve; with `for`, somebody closes the hand valve at its end."""

    kind: Literal["leak"]
    site: str
    hole_mm: float = Field(gt=0, le=100)
    discharge: float = Field(default=0.62, gt=0, le=1)


class Vapour(_Event):
    """Cooking wine or alcohol fuel near a detector: it may react, an alarm would be wrong."""

    kind: Literal["vapour"]
    site: str
    what: Literal["ethanol"]
    ppm: float = Field(gt=0, le=20_000)


What = Literal["silent", "dead", "stuck", "jam", "drift", "battery_low", "power_cut", "clock_skew"]


class Fault(_Event):
    """A device that fails.

    Attributes:
        what: `silent` sends nothing more, `dead` is destroyed and the broker publishes its will; both boot anew at the
            end. A `stuck` sensor repeats its last reading, a `jam` holds the valve where it is.
        rate_per_h: of `drift`, in the unit of the reading.
        skew: of `clock_skew`: how far the clock goes ahead.
    """

    kind: Literal["fault"]
    device: str
    what: What
    rate_per_h: float | None = None
    skew: Duration | None = None

    @model_validator(mode="after")
    def _has_its_number(self) -> "Fault":
        for name, what in (("rate_per_h", "drift"), ("skew", "clock_skew")):
            if (getattr(self, name) is None) == (self.what == what):
                raise ValueError(f"{name} belongs to {what} and to nothing else")
        return self


Event = Annotated[Leak | Vapour | Fault, Field(discriminator="kind")]


class Scenario(_Strict):
    """One run of the town.

    Attributes:
        seed: of all random numbers.
        start: time of the run's beginning; None: the caller gives it.
        duration: None: until it is stopped.
        root: of the topics.
        assets: folder of the registry, relative to the scenario's own folder.
        sites: rooms that differ from the usual one.
        sensors: gas sensors that differ from the usual one.
    """

    version: Literal[1]
    name: Name
    seed: int = Field(default=1, ge=0)
    start: Instant | None = None
    duration: Lasting | None = None
    root: str = Field(default="gas/v1", pattern=_ROOT)
    assets: str | None = None
    ambient: Ambient = Ambient()
    sites: dict[str, Room] = {}
    sensors: dict[str, SensorChoice] = {}
    events: list[Event] = []
    _document: Document = PrivateAttr()
    _digest: str = PrivateAttr()

    @property
    def digest(self) -> str:
        """SHA-256 of the file's text."""
        return self._digest

    @classmethod
    def parse(cls, text: str, name: str = "scenario") -> "Scenario":
        """Read a scenario (ConfigurationError: every problem, one line each, with line number and path)."""
        document = Document(text, name)
        try:
            scenario = cls.model_validate(document.data)
        except ValidationError as error:
            problems = [
                f"{document.where(_path(e['loc']))}: {_said(e['msg'])}{_got(e['input'])}" for e in error.errors()
            ]
            raise ConfigurationError(*problems) from None
        scenario._document = document  # noqa: SLF001 - its own
        scenario._digest = hashlib.sha256(text.encode()).hexdigest()  # noqa: SLF001
        return scenario

    def check(self, assets: Assets) -> None:
        """Hold it against a registry (ConfigurationError: every problem, one line each)."""
        problems = [f"{self._document.where(path)}: {problem}" for path, problem in self._problems(assets)]
        if problems:
            raise ConfigurationError(*problems)

    def _problems(self, assets: Assets) -> Iterator[tuple[tuple[str | int, ...], str]]:
        yield from ((("sites", site), _no_room(site, assets)) for site in self.sites if _no_room(site, assets))
        for device in self.sensors:
            found = assets.devices.get(device)
            if found is None or found.kind not in {DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE}:
                yield ("sensors", device), f"{device} is not a gas detector or manhole of the registry"
        ids: set[str] = set()
        for index, event in enumerate(self.events):
            if event.id and event.id in ids:
                yield ("events", index, "id"), f"{event.id} stands there twice"
            ids.add(event.id)
            field = "device" if isinstance(event, Fault) else "site"
            problem = _misfit(event, assets) if isinstance(event, Fault) else _no_room(event.site, assets)
            if problem:
                yield ("events", index, field), problem


def read(path: Path) -> Scenario:
    """Read a scenario file (ConfigurationError: what is wrong with it)."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from None
    return Scenario.parse(text, str(path))


def _path(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Give the path in the file: the union's tag in pydantic's path is not part of it."""
    tagged = len(location) > 2 and location[0] == "events"  # noqa: PLR2004 - events, index, tag
    return (*location[:2], *location[3:]) if tagged else location


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


def _got(value: object) -> str:
    return f", got {value!r}" if isinstance(value, str | int | float) else ""


def _no_room(site: str, assets: Assets) -> str:
    if site not in assets.sites:
        return f"site {site} is not in the registry"
    return "" if assets.of_kind(site, DeviceKind.GAS_DETECTOR) else f"site {site} has no room with a gas detector"


def _misfit(fault: Fault, assets: Assets) -> str:
    device = assets.devices.get(fault.device)
    if device is None:
        return f"device {fault.device} is not in the registry"
    fits = {
        "jam": (device.kind is DeviceKind.CUTOFF_VALVE, "a cut-off valve"),
        "stuck": (device.kind in _MEASURES, "a device that measures"),
        "drift": (device.kind in _MEASURES, "a device that measures"),
        "battery_low": (device.power is Power.BATTERY, "a device on battery"),
        "power_cut": (device.power is Power.MAINS, "a device on mains"),
    }
    fit, wanted = fits.get(fault.what, (True, ""))
    return "" if fit else f"{fault.what} needs {wanted}; {device.id} is a {device.kind} on {device.power}"

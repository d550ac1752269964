"""What stands in the town: sites, zones and devices."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from domain.cylinder import Carrier, Cylinder, CylinderRoom
from domain.network import Network
from domain.product import Product

_EPOCH = date(1970, 1, 1).toordinal()


class DeviceKind(StrEnum):
    """Kind of a device; also the measurement's name in the time series."""

    GAS_DETECTOR = "gas_detector"
    PRESSURE_SENSOR = "pressure_sensor"
    FLOW_METER = "flow_meter"
    CUTOFF_VALVE = "cutoff_valve"
    MANHOLE = "manhole"
    GATEWAY = "gateway"
    FAN = "fan"


class Gas(StrEnum):
    """What a site burns; the lower explosive limit of a detector follows from it."""

    NATURAL = "natural"
    LPG = "lpg"


class Power(StrEnum):
    """How a device is fed; decides how long its answers may take."""

    MAINS = "mains"
    BATTERY = "battery"


class Uplink(StrEnum):
    """How samples travel: at once, or stored and forwarded as NB-IoT devices do."""

    DIRECT = "direct"
    STORE_FORWARD = "store_forward"


class Supply(StrEnum):
    """How the gas of a site comes to it."""

    PIPE = "pipe"
    CYLINDER = "cylinder"
    NONE = "none"


class SiteLevel(StrEnum):
    """How a site lies."""

    GROUND = "ground"
    SEMI = "semi"
    UNDERGROUND = "underground"


class AutoClose(StrEnum):
    """Whether we ask the valves of a site to close by a rule; its own controller cuts off in any case."""

    OFF = "off"
    ON = "on"


class LinksAt(StrEnum):
    """Level of gas at which a site's own controller closes its valves."""

    HIGH = "high"
    """Also where nobody said."""
    LOW = "low"


class Tier(StrEnum):
    """Pressure class of the line that a pressure sensor watches (GB 50028); low pressure is split by gas."""

    LOW_NATURAL = "low_natural"
    LOW_LPG = "low_lpg"
    MEDIUM_B = "medium_b"
    MEDIUM_A = "medium_a"


@dataclass(frozen=True, slots=True)
class Device:
    """A registered device.

    Attributes:
        id: matches ``[A-Za-z0-9_-]{1,64}``; user name, certificate CN and topic segment.
        kind: decides its measurement.
        site: id of the site where it is installed.
        gas: what it detects or carries.
        power: mains or battery.
        uplink: whether it stores and forwards.
        interval_s: declared period of its samples, until its birth message says otherwise.
        tier: of the line, for pressure sensors.
        gas_range_pct_lel: end of the detector's scale; at or above it a reading is `over_range`.
        gas_low_pct_lel: its own first set-point, or None for the rulebook's.
        gas_high_pct_lel: its own second set-point, or None for the rulebook's.
        calibrated_on: day of its last calibration, where known.
        expires_on: last day of its service life, where known.
        pipe_dm3: volume of the pipes behind a cut-off valve, where known.
        gb26875: its address in GB/T 26875.3, where it speaks that (`ingest.gb26875.place`).
        push: product and its name at the carrier's platform, where that pushes what it sends: ``lian/0a1b``.
        vendor: who made it; like the three below only told to platforms of the city.
        model: as on its plate.
        serial: number or IMEI, as on its plate.
        installed_on: day of its installation, where known.
    """

    id: str
    kind: DeviceKind
    site: str
    gas: Gas = Gas.NATURAL
    power: Power = Power.MAINS
    uplink: Uplink = Uplink.DIRECT
    interval_s: float = 60.0
    tier: Tier | None = None
    gas_range_pct_lel: float = 100.0
    gas_low_pct_lel: float | None = None
    gas_high_pct_lel: float | None = None
    calibrated_on: date | None = None
    expires_on: date | None = None
    pipe_dm3: float | None = None
    gb26875: str = ""
    push: str = ""
    vendor: str = ""
    model: str = ""
    serial: str = ""
    installed_on: date | None = None

    @property
    def calibrated_day(self) -> float:
        """Days since 1970, infinite where unknown."""
        return _day(self.calibrated_on)

    @property
    def expires_day(self) -> float:
        """Days since 1970, infinite where unknown."""
        return _day(self.expires_on)


def _day(when: date | None) -> float:
    return math.inf if when is None else when.toordinal() - _EPOCH


@dataclass(frozen=True, slots=True)
class Zone:
    """Unit of neighbour comparison: a pipe zone, or a quarter of the town."""

    id: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place with an address: restaurant, manhole, pressure point, station.

    Attributes:
        type: open list: ``restaurant``, ``manhole``, ``pressure_point``, …
        lon: CGCS2000 degrees.
        lat: CGCS2000 degrees.
        auto_close: whether high gas or a broken main there makes us ask its valves to close.
        address: of the door; "" where the name says it.
        responsible: who answers for hazards found there 整治责任人; "" where nobody is named.
        cylinder_room: whether cylinders have a room of their own there.
        links_at: from which level on a valve there that stays open is a hazard.
        supply: how its gas comes, where known.
        level: how it lies, where known.
        phone: of who is responsible.
    """

    id: str
    name: str
    name_en: str
    type: str
    zone: str
    district: str
    lon: float
    lat: float
    gas: Gas = Gas.NATURAL
    auto_close: AutoClose = AutoClose.OFF
    address: str = ""
    responsible: str = ""
    cylinder_room: CylinderRoom = CylinderRoom.NO
    links_at: LinksAt = LinksAt.HIGH
    supply: Supply | None = None
    level: SiteLevel | None = None
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Assets:
    """The registry. Identities are unique and every reference resolves (checked by whoever builds it).

    Attributes:
        network: the pipes, where a file describes them; its nodes are named like the sites that stand on them.
        products: what the keys of pushed products mean.
        cylinders: of LPG, by their codes.
        carriers: of these, by their vehicles.
    """

    sites: Mapping[str, Site]
    zones: Mapping[str, Zone]
    devices: Mapping[str, Device]
    network: Network | None = None
    products: Mapping[str, Product] = field(default_factory=dict)
    cylinders: Mapping[str, Cylinder] = field(default_factory=dict)
    carriers: Mapping[str, Carrier] = field(default_factory=dict)
    by_site: Mapping[str, tuple[Device, ...]] = field(init=False)

    def __post_init__(self) -> None:
        grouped: dict[str, list[Device]] = {}
        for device in self.devices.values():
            grouped.setdefault(device.site, []).append(device)
        object.__setattr__(self, "by_site", {site: tuple(devices) for site, devices in grouped.items()})

    def of_kind(self, site: str, kind: DeviceKind) -> tuple[Device, ...]:
        return tuple(device for device in self.by_site.get(site, ()) if device.kind is kind)

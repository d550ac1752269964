"""A town without a network: kitchens, wells and pressure points by the hundred, in zones of about a kilometre."""

from typing import NamedTuple

import numpy as np

from domain.asset import Assets, Device, DeviceKind, Gas, Site, Tier, Zone
from simulator.dice import RowArray, generator

ROOT_TOPIC, GATEWAY = "gas/v1", "GW-1"
_TYPES = ("sewer", "storm_drain", "power", "telecom", "valve_pit")
_TYPE_SHARES = (0.35, 0.2, 0.15, 0.15, 0.15)
_ZONE_DEG, _SPREAD_DEG = 0.02, 0.004
_TWO_DETECTORS = 0.1


class Size(NamedTuple):
    """How many there are of each."""

    zones: int
    kitchens: int
    wells: int
    mains: int


def build(size: Size, seed: int) -> Assets:
    """Build the registry: everything reports once a minute."""
    draw = generator(seed, "study", "town")
    zones = {f"Z{n:02}": Zone(f"Z{n:02}", f"片区{n}", f"Quarter {n}") for n in range(size.zones)}
    sites: dict[str, Site] = {}
    devices: dict[str, Device] = {}

    def place(name: str, type_: str, number: int, gas: Gas = Gas.NATURAL) -> None:
        zone = number % size.zones
        east, north = draw.normal(0.0, _SPREAD_DEG, 2)
        lon, lat = 100.2 + _ZONE_DEG * (zone % 5) + east, 25.5 + _ZONE_DEG * (zone // 5) + north
        sites[name] = Site(name, name, name, type_, f"Z{zone:02}", "D", round(lon, 6), round(lat, 6), gas)

    def put(name: str, kind: DeviceKind, site: str, tier: Tier | None = None) -> None:
        devices[name] = Device(name, kind, site, sites[site].gas, interval_s=60.0, tier=tier)

    for number in range(size.kitchens):
        place(f"K{number:04}", "restaurant", number, Gas.NATURAL if draw.random() < 0.7 else Gas.LPG)
        for twin in range(1 + (draw.random() < _TWO_DETECTORS)):
            put(f"GD-{number:04}-{twin}", DeviceKind.GAS_DETECTOR, f"K{number:04}")
    for number in range(size.wells):
        place(f"W{number:04}", str(draw.choice(_TYPES, p=_TYPE_SHARES)), number)
        put(f"MH-{number:04}", DeviceKind.MANHOLE, f"W{number:04}")
    for number in range(size.mains):
        place(f"P{number:04}", "pressure_point", number)
        tier = Tier.MEDIUM_B if number // size.zones % 3 == 0 else Tier.LOW_NATURAL
        put(f"PS-{number:04}", DeviceKind.PRESSURE_SENSOR, f"P{number:04}", tier)
    place("GATE", "station", 0)
    put(GATEWAY, DeviceKind.GATEWAY, "GATE")
    return Assets(sites=sites, zones=zones, devices=devices)


def of_kind(assets: Assets, kind: DeviceKind) -> list[Device]:
    return [device for device in assets.devices.values() if device.kind is kind]


def zone_rows(assets: Assets, devices: list[Device]) -> RowArray:
    """Number of each device's zone."""
    order = {zone: row for row, zone in enumerate(assets.zones)}
    return np.array([order[assets.sites[device.site].zone] for device in devices], np.intp)

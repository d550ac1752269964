"""Deliveries of LPG cylinders, and what is wrong with one."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from domain.asset import Assets, Site

_DEGREE_M = 111_195.0
"""Of a great circle, for a sphere of 6371 km."""


class Breach(StrEnum):
    """What is wrong with a delivery."""

    UNINSPECTED = "uninspected"
    """送气时未随瓶安检"""
    UNPAIRED = "unpaired"
    """人车不对应: vehicle unknown, or the person is none of its own."""
    OUTSIDE_AREA = "outside_area"
    """超出固定配送范围"""
    ELSEWHERE = "elsewhere"
    """定位与送达地址不符: the terminal was far from the site that it names."""
    UNKNOWN_CYLINDER = "unknown_cylinder"
    """气瓶未登记"""
    EXPIRED_CYLINDER = "expired_cylinder"
    """气瓶超过检验有效期"""
    UNKNOWN_SITE = "unknown_site"
    """送达地址未登记"""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One visit of a vehicle at a site.

    Attributes:
        id: of the message, so that the same one sent again is the same delivery.
        device: terminal that reported it.
        vehicle: as registered in `carriers.csv`.
        enterprise: that runs the vehicle, by the registry; as the terminal says where that does not know it.
        site: where to.
        time_ns: when, by the terminal after the clock rules.
        received_ns: when we heard of it.
        delivered: codes of the cylinders left there.
        returned: codes of those taken back.
        inspected: the place was checked 随瓶安检.
        lon: where the terminal was, degrees, None where it does not know.
        lat: the same.
        breaches: what is wrong with it, judged by registry and rulebook of its place in the log.
        seq: order; 0 until it is written.
    """

    id: str
    device: str
    vehicle: str
    enterprise: str
    person: str
    site: str
    time_ns: int
    received_ns: int
    delivered: tuple[str, ...]
    returned: tuple[str, ...]
    inspected: bool
    lon: float | None = None
    lat: float | None = None
    breaches: tuple[str, ...] = ()
    seq: int = 0


def judged(delivery: Delivery, assets: Assets, away_m: float) -> Delivery:
    """Judge a delivery, and name its enterprise; what the registry has no table of is not judged.

    Args:
        delivery: as the terminal says.
        assets: the registry.
        away_m: further than this from its site it was elsewhere, metres.

    Example:
        >>> bare = Delivery("d", "T1", "V1", "", "li", "S1", 0, 0, ("a",), (), inspected=False)
        >>> [str(breach) for breach in judged(bare, Assets({}, {}, {}), 500.0).breaches]
        ['uninspected', 'unknown_site']
    """
    carrier = assets.carriers.get(delivery.vehicle)
    enterprise = delivery.enterprise if carrier is None else carrier.enterprise
    return replace(delivery, enterprise=enterprise, breaches=tuple(_breaches(delivery, assets, away_m)))


def _breaches(delivery: Delivery, assets: Assets, away_m: float) -> Iterator[Breach]:
    carrier, site = assets.carriers.get(delivery.vehicle), assets.sites.get(delivery.site)
    if not delivery.inspected:
        yield Breach.UNINSPECTED
    if assets.carriers and (carrier is None or (carrier.crew and delivery.person not in carrier.crew)):
        yield Breach.UNPAIRED
    if carrier is not None and site is not None and carrier.area and site.district not in carrier.area:
        yield Breach.OUTSIDE_AREA
    if site is None:
        yield Breach.UNKNOWN_SITE
    elif delivery.lon is not None and delivery.lat is not None and _metres(site, delivery.lon, delivery.lat) > away_m:
        yield Breach.ELSEWHERE
    yield from _of_cylinders(delivery, assets)


def _of_cylinders(delivery: Delivery, assets: Assets) -> Iterator[Breach]:
    known = [assets.cylinders.get(code) for code in delivery.delivered]
    if assets.cylinders and None in known:
        yield Breach.UNKNOWN_CYLINDER
    if any(cylinder is not None and cylinder.expired(delivery.time_ns) for cylinder in known):
        yield Breach.EXPIRED_CYLINDER


def _metres(site: Site, lon: float, lat: float) -> float:
    """Give the distance on a sphere (haversine).

    Example:
        >>> from domain.asset import Site
        >>> round(_metres(Site("S", "", "", "", "", "", 100.0, 25.0), 100.0, 25.01))
        1112
    """
    south, north = math.radians(site.lat), math.radians(lat)
    half = math.sin((north - south) / 2) ** 2
    half += math.cos(south) * math.cos(north) * math.sin(math.radians(lon - site.lon) / 2) ** 2
    return 2 * math.degrees(math.asin(min(1.0, math.sqrt(half)))) * _DEGREE_M

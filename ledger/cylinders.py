"""What LPG cylinders prove: too much of them at a site (R02), and deliveries against the rules (R13, R15)."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from domain.asset import Assets
from domain.cylinder import CylinderRoom, Move, standing, weight_kg
from domain.delivery import Delivery
from ledger.facts import CYLINDERS_KG
from ledger.monitoring import FINDINGS, Enterprise, Found, covered

NOTED: dict[str, tuple[str, str]] = {
    "expired_cylinder": ("气瓶超过检验有效期", "a cylinder is beyond its inspection"),
    "unknown_site": ("送达地址未登记", "nobody registered the address"),
}
"""What is noted at a delivery and is no hazard, in both languages: the plan names neither."""
_SHOWN = 20
"""Codes that the evidence names."""


class Records(Protocol):
    """What is read of the records: `store.records.Records`."""

    def last_delivery(self) -> int: ...
    def cylinder_moves(self) -> list[Move]: ...


def of_delivery(delivery: Delivery, assets: Assets) -> Iterator[Found]:
    """Give what a delivery breaks. Its enterprise answers, in the township where it was; each once for all of them.

    At a place that nobody registered it is the township of the terminal's own site. What is in `NOTED` enters nothing.
    """
    carrier, site = assets.carriers.get(delivery.vehicle), assets.sites.get(delivery.site)
    name = delivery.enterprise or delivery.vehicle
    who = Enterprise(name, _township(delivery, assets), (carrier and carrier.responsible) or f"{name}负责人")
    shown = f"{delivery.vehicle} {delivery.person} → {site.name if site else delivery.site} {delivery.id}"
    for breach in delivery.breaches:
        if breach in FINDINGS:
            yield Found("", breach, delivery.time_ns, shown, enterprise=who)


def _township(delivery: Delivery, assets: Assets) -> str:
    """Every record names one."""
    device = assets.devices.get(delivery.device)
    site = assets.sites.get(delivery.site) or assets.sites.get(device.site if device else "")
    return site.district if site else "未知"


def of_storage(assets: Assets, moves: Iterable[Move], now_ns: int, *, gross: bool) -> Iterator[Found]:
    """Give the sites where more stands than may without a room; exactly 100 kg may."""
    for name, codes in standing(assets.cylinders, moves).items():
        site = assets.sites.get(name)
        kg = weight_kg(codes, assets.cylinders, gross=gross)
        if site is not None and covered(site) and site.cylinder_room is CylinderRoom.NO and kg > CYLINDERS_KG:
            yield Found(name, "storage", now_ns, f"{kg:g} kg: {' '.join(codes[:_SHOWN])}", stands=True)


class Storage:
    """Sums what stands at the sites, anew after each delivery and not at every look.

    Args:
        records: to read from.
        assets: the registry.
        gross: count the steel too; else the nominal fill alone.
    """

    def __init__(self, records: Records, assets: Assets, *, gross: bool) -> None:
        self._records, self._assets, self._gross = records, assets, gross
        self._known: tuple[int, list[Found]] | None = None

    def found(self, now_ns: int) -> list[Found]:
        """Give the sites that have too much (StoreUnavailable)."""
        last = self._records.last_delivery()
        if self._known is None or self._known[0] != last:
            moves = self._records.cylinder_moves()
            self._known = last, list(of_storage(self._assets, moves, now_ns, gross=self._gross))
        return self._known[1]

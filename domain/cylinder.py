"""LPG cylinders 瓶装液化石油气 by their codes 一瓶一码, who carries them, and where each stands."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

_EPOCH = date(1970, 1, 1).toordinal()
_DAY_NS, _BEIJING_NS = 86_400_000_000_000, 28_800_000_000_000


class CylinderRoom(StrEnum):
    """Whether a site has a room of its own for cylinders 专用气瓶间."""

    NO = "no"
    """Also where nobody said."""
    YES = "yes"


def begins_ns(day: date) -> int:
    """Give the first moment of a day in China."""
    return (day.toordinal() - _EPOCH) * _DAY_NS - _BEIJING_NS


@dataclass(frozen=True, slots=True)
class Cylinder:
    """A registered cylinder.

    Attributes:
        id: its code, as its tag says it.
        net_kg: nominal fill.
        tare_kg: empty, with its valve.
        site: where it stood when that was written down; "" at no site, such as in the depot.
        counted_on: day of the stocktaking that `site` comes from; None: every delivery is newer.
        valid_until: last day before its next inspection, where known.
    """

    id: str
    net_kg: float
    tare_kg: float
    site: str = ""
    counted_on: date | None = None
    valid_until: date | None = None

    def expired(self, time_ns: int) -> bool:
        return self.valid_until is not None and time_ns >= begins_ns(self.valid_until) + _DAY_NS

    def outdates(self, time_ns: int) -> bool:
        """Tell whether its row is newer than what happened at a time."""
        return self.counted_on is not None and time_ns < begins_ns(self.counted_on)


@dataclass(frozen=True, slots=True)
class Carrier:
    """A vehicle that delivers cylinders, and what it may do.

    Attributes:
        id: of the vehicle, as deliveries name it.
        enterprise: that runs it.
        people: who may deliver with it 人车对应, separated by ``;``; "" anybody.
        townships: where it may deliver 固定配送范围, separated by ``;``; "" anywhere.
        responsible: who answers for the enterprise; "" where nobody is named.
    """

    id: str
    enterprise: str
    people: str = ""
    townships: str = ""
    responsible: str = ""

    @property
    def crew(self) -> frozenset[str]:
        return listed(self.people)

    @property
    def area(self) -> frozenset[str]:
        return listed(self.townships)


def listed(cell: str) -> frozenset[str]:
    """Read a cell that holds several names.

    Example:
        >>> sorted(listed("b; a；"))
        ['a', 'b']
    """
    return frozenset(filter(None, map(str.strip, cell.replace("；", ";").split(";"))))


class Move(NamedTuple):
    """The newest that is known of where a cylinder went.

    Attributes:
        code: of the cylinder.
        site: where it was delivered to; "" it was taken back.
        time_ns: when.
        delivery: that says so; of two at one moment the larger id counts, so that their order does not matter.
    """

    code: str
    site: str
    time_ns: int
    delivery: str


def standing(cylinders: Mapping[str, Cylinder], moves: Iterable[Move]) -> dict[str, tuple[str, ...]]:
    """Give the codes of what stands at each site: the registry, and what was delivered and taken back since.

    Example:
        >>> known = {code: Cylinder(code, 14.5, 16.5, "S1") for code in "ab"}
        >>> standing(known, [Move("b", "", 1, "d"), Move("c", "S1", 2, "e")])
        {'S1': ('a', 'c')}
    """
    moved = {
        move.code: move.site
        for move in moves
        if (known := cylinders.get(move.code)) is None or not known.outdates(move.time_ns)
    }
    at = {code: cylinder.site for code, cylinder in cylinders.items()} | moved
    found: dict[str, list[str]] = {}
    for code, site in sorted(at.items()):
        if site:
            found.setdefault(site, []).append(code)
    return {site: tuple(codes) for site, codes in found.items()}


def weight_kg(codes: Iterable[str], cylinders: Mapping[str, Cylinder], *, gross: bool = False) -> float:
    """Sum what stands somewhere, by nominal fill, full or not; codes that nobody registered have no weight."""
    known = (cylinders[code] for code in codes if code in cylinders)
    return round(sum(one.net_kg + (one.tare_kg if gross else 0.0) for one in known), 6)

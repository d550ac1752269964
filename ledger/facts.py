"""What an inspector sees at a place, and which rules that breaks.

These are answers of one visit, not columns of the registry: they change with every hose that is swapped, each has a
person who signs for it, and the ledger keeps all of them. What nobody looked at is None and decides nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from math import inf
from typing import Any, ClassVar, NamedTuple

CYLINDERS_KG = 100.0
"""R02: what is more needs a room of its own."""
HOSE_M = 2.0
"""R04: what is longer is too long."""
MEDIUM_KPA = 10.0
"""R10: medium pressure B begins at 0.01 MPa (GB 50028)."""
SOURCES = 2
"""R12: so many in one room are too many."""
_MEASURED = ("cylinder_kg", "hose_m", "supply_kpa")


class GasSource(StrEnum):
    """Where the gas of a room comes from."""

    NATURAL = "natural"
    LPG_PIPE = "lpg_pipe"
    LPG_CYLINDER = "lpg_cylinder"


class Level(StrEnum):
    """How a room lies."""

    GROUND = "ground"
    SEMI = "semi"
    UNDERGROUND = "underground"


class Crossed(StrEnum):
    """What a hose runs through."""

    WALL = "wall"
    DOOR_WINDOW = "door_window"
    CEILING = "ceiling"
    FLOOR = "floor"


class Product(StrEnum):
    """What needs a certificate."""

    CYLINDER = "cylinder"
    DETECTOR = "detector"
    VALVE = "valve"
    REGULATOR = "regulator"
    HOSE = "hose"
    STOVE = "stove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Answers of a visit; None: nobody looked (ValueError: a number that nothing can have).

    Attributes:
        gas_sources: of one room.
        cylinder_kg: of all cylinders together, by nominal fill, full or not.
        cylinder_room: they have a room of their own.
        spares_apart: cylinders in reserve stand apart from those in use.
        hose_m: the longest.
        tee: somebody fitted one himself.
        hose_through: what hoses run through; empty: nothing.
        protected: detectors and valve are there, linked, and used as they must be.
        two_phase_cylinder: with outlets for gas and liquid.
        adjustable_regulator: its outlet pressure can be changed.
        supply_kpa: pressure before the burners.
        uncertified: what has no certificate; empty: all has.
        delivered_unchecked: LPG came without a check of the place.
        fuel_adulterated: dimethyl ether was mixed in.
        fuel_forbidden: industrial propane, alcohol or biomass fuel was delivered.
        delivery_unregistered: cylinder, pair of person and vehicle, or area are not those that are registered.
        duties_missing: fire-safety duties, training or plan.
        ways_blocked: ways out, exits, doors or windows.
        pipe_aged: or run with faults.
        pipe_built_over: 占压.
        pipe_through_closed_space: 穿越密闭空间.
        works_unprotected: building work beside the pipe without its plan of protection.
        unpatrolled: pipes are not patrolled as they must be.
        unodorised: piped gas has no odorant.
        users_uninspected: users' fittings are not inspected at regular times.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    gas_sources: tuple[GasSource, ...] | None = None
    level: Level | None = None
    cylinder_kg: float | None = None
    cylinder_room: bool | None = None
    spares_apart: bool | None = None
    hose_m: float | None = None
    tee: bool | None = None
    hose_through: tuple[Crossed, ...] | None = None
    protected: bool | None = None
    two_phase_cylinder: bool | None = None
    adjustable_regulator: bool | None = None
    supply_kpa: float | None = None
    uncertified: tuple[Product, ...] | None = None
    delivered_unchecked: bool | None = None
    fuel_adulterated: bool | None = None
    fuel_forbidden: bool | None = None
    delivery_unregistered: bool | None = None
    duties_missing: bool | None = None
    ways_blocked: bool | None = None
    pipe_aged: bool | None = None
    pipe_built_over: bool | None = None
    pipe_through_closed_space: bool | None = None
    works_unprotected: bool | None = None
    unpatrolled: bool | None = None
    unodorised: bool | None = None
    users_uninspected: bool | None = None

    def __post_init__(self) -> None:
        """Refuse what every boundary would take for kept: not a number, endless, below zero."""
        for name in _MEASURED:
            value = getattr(self, name)
            if value is not None and not 0 <= value < inf:
                raise ValueError(f"{name} is {value}; expected a finite number of at least 0")

    def told(self) -> dict[str, object]:
        """Give what somebody looked at."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}


Truth = bool | None


def _all(*parts: Truth) -> Truth:
    """Kleene's and: one false part decides, else one that is unknown leaves it open."""
    return False if False in parts else None if None in parts else True


def _any(*parts: Truth) -> Truth:
    """Kleene's or: one true part decides."""
    return True if True in parts else None if None in parts else False


def _no(part: Truth) -> Truth:
    return None if part is None else not part


def _some(parts: tuple[StrEnum, ...] | None) -> Truth:
    return None if parts is None else bool(parts)


def _above(value: float | None, most: float) -> Truth:
    return None if value is None else value > most


def _bottled_below_ground(facts: Facts) -> Truth:
    sources, level = facts.gas_sources, facts.level
    bottled = None if sources is None else GasSource.LPG_CYLINDER in sources
    return _all(bottled, None if level is None else level is not Level.GROUND)


def _several_sources(facts: Facts) -> Truth:
    return None if facts.gas_sources is None else len(set(facts.gas_sources)) >= SOURCES


CHECKS: Mapping[str, Callable[[Facts], Truth]] = {
    "R01": _bottled_below_ground,
    "R02": lambda facts: _all(_above(facts.cylinder_kg, CYLINDERS_KG), _no(facts.cylinder_room)),
    "R03": lambda facts: _no(facts.spares_apart),
    "R04": lambda facts: _above(facts.hose_m, HOSE_M),
    "R05": lambda facts: facts.tee,
    "R06": lambda facts: _some(facts.hose_through),
    "R07": lambda facts: _no(facts.protected),
    "R08": lambda facts: facts.two_phase_cylinder,
    "R09": lambda facts: facts.adjustable_regulator,
    "R10": lambda facts: None if facts.supply_kpa is None else facts.supply_kpa >= MEDIUM_KPA,
    "R11": lambda facts: _some(facts.uncertified),
    "R12": _several_sources,
    "R13": lambda facts: _any(facts.delivered_unchecked, facts.fuel_adulterated, facts.fuel_forbidden),
    "R14": lambda facts: _any(facts.duties_missing, facts.ways_blocked),
    "R15": lambda facts: facts.delivery_unregistered,
    "N01": lambda facts: facts.pipe_aged,
    "N02": lambda facts: facts.pipe_built_over,
    "N03": lambda facts: facts.pipe_through_closed_space,
    "N04": lambda facts: facts.works_unprotected,
    "N05": lambda facts: facts.unpatrolled,
    "N06": lambda facts: facts.unodorised,
    "N07": lambda facts: facts.users_uninspected,
}
"""By code of the rule; whether it is broken."""


class Judged(NamedTuple):
    """What the answers of a visit decide, in the order of the rules."""

    kept: tuple[str, ...]
    broken: tuple[str, ...]


def judge(facts: Facts) -> Judged:
    """Hold every rule against the answers; what nobody looked at is in neither list.

    Example:
        >>> judge(Facts(hose_m=2.01, tee=False, cylinder_kg=300.0))
        Judged(kept=('R05',), broken=('R04',))
    """
    truths = {code: check(facts) for code, check in CHECKS.items()}
    kept, broken = (tuple(code for code, truth in truths.items() if truth is wanted) for wanted in (False, True))
    return Judged(kept, broken)

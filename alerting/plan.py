"""The duty plan: who there is, who is on duty when, how each is reached, and who is called next."""

import datetime as dt
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta, Struct

from domain.alarm import AlarmKind
from domain.asset import Assets
from domain.errors import ConfigurationError

Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
ClockTime = Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Hours = tuple[ClockTime, ...]
Priority = Annotated[int, Meta(ge=1, le=4)]
Seconds = Annotated[int, Meta(ge=0, le=86_400)]
TABLES = Path(__file__).parent / "tables.toml"
SECOND_PERSON_S = 300
"""Gas concentration of priority 1 to 3 reaches a second person by then (rule of Nanjing's gas-alarm cloud)."""

_DIGEST = 4  # nobody is called for these


class Place(NamedTuple):
    """Where an alarm is; all empty for one about ourselves."""

    site: str = ""
    zone: str = ""
    township: str = ""
    type: str = ""


class _Area(Struct, frozen=True, forbid_unknown_fields=True):
    sites: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    townships: tuple[str, ...] = ()

    def fits(self, place: Place) -> int:
        """Tell how closely it names a place: 3 its site, 2 its zone, 1 its township; 0 names nothing, -1 others."""
        ranks = (3, self.sites, place.site), (2, self.zones, place.zone), (1, self.townships, place.township)
        named = [rank for rank, names, name in ranks if name in names]
        return max(named, default=-1 if self.sites or self.zones or self.townships else 0)


class Person(Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who can be called.

    Attributes:
        account: with which the person logs in, where there is one.
        addresses: by the name that a medium asks for, such as ``phone``.
        important: media in the person's order for priority 1.
        usual: the same for the rest.
    """

    id: Name
    name: str
    name_en: str = ""
    account: str = ""
    addresses: dict[str, str] = {}
    important: tuple[str, ...] = ()
    usual: tuple[str, ...] = ()


class Medium(Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of message, and the channels that carry it, in the order in which they are tried.

    Attributes:
        address: which of a person's addresses it needs; "" for one receiver for all, such as a siren or a group.
        receipt_s: how long a receipt may take; 0: there is none.
    """

    channels: Annotated[tuple[str, ...], Meta(min_length=1)]
    address: str = ""
    receipt_s: Annotated[int, Meta(ge=0, le=600)] = 0


class Team(_Area, frozen=True):
    """People who answer for some places; for all where none is named.

    Attributes:
        cover: team whose people stand in where nobody of this one is on duty.
    """

    id: Name = ""
    name: str = ""
    name_en: str = ""
    cover: str = ""


class Rotation(Struct, frozen=True, forbid_unknown_fields=True):
    """People of a team who take turns in a role.

    Attributes:
        people: in the order of their turns.
        begins: day of the first turn, at the handover.
        ends: last day on which a turn begins.
        turn_days: length of a turn: 1 daily, 7 weekly.
        handover: time of day.
        hours: of each day that are covered, such as ``["20:00", "08:00"]``; () all. The handover is then at the first.
        on: which days; a day counts from handover to handover.
        handover_signed: whoever leaves and whoever comes sign what stands; else it is an alarm.
    """

    team: Name
    role: Name
    people: Annotated[tuple[str, ...], Meta(min_length=1)]
    begins: dt.date
    ends: dt.date | None = None
    turn_days: Annotated[int, Meta(ge=1, le=366)] = 7
    handover: ClockTime = "08:00"
    hours: Hours = ()
    on: Literal["all", "workdays", "holidays"] = "all"
    handover_signed: bool = False


class Contact(_Area, frozen=True):
    """Somebody who always has a role for some places: an owner, the safety officer of a street."""

    role: Name = ""
    person: str = ""


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to call, by which media, so many seconds after the start."""

    after_s: Seconds
    to: tuple[str, ...]
    by: tuple[str, ...] = ()


class Table(_Area, frozen=True):
    """Whom to call for which alarms; the first table that fits is followed.

    Attributes:
        kinds: of alarms; () all.
        types: of sites; () all.
        hours: of the day at which an alarm is raised; () all.
        again_s: the last step is repeated after so long; 0: it is the last.
    """

    name: Name = ""
    priorities: tuple[Priority, ...] = ()
    kinds: tuple[AlarmKind, ...] = ()
    types: tuple[str, ...] = ()
    hours: Hours = ()
    again_s: Seconds = 0
    step: tuple[Step, ...] = ()


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """One `oncall.toml`.

    Attributes:
        holidays: days that count as holidays although they are none of the weekend.
        workdays: days of a weekend on which work is made up for.
    """

    time_zone: str = "Asia/Shanghai"
    holidays: frozenset[dt.date] = frozenset()
    workdays: frozenset[dt.date] = frozenset()
    media: dict[str, Medium] = {}
    person: tuple[Person, ...] = ()
    team: tuple[Team, ...] = ()
    rotation: tuple[Rotation, ...] = ()
    contact: tuple[Contact, ...] = ()
    table: tuple[Table, ...] = ()

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def people(self) -> Mapping[str, Person]:
        return {person.id: person for person in self.person}

    def roles(self) -> Iterator[tuple[str, str]]:
        """Give every (team, role) that somebody must fill at any time, in the file's order."""
        yield from dict.fromkeys((rotation.team, rotation.role) for rotation in self.rotation)


def minutes(clock_time: str) -> int:
    """Give minutes since midnight.

    Example:
        >>> minutes("08:30")
        510
    """
    return int(clock_time[:2]) * 60 + int(clock_time[3:])


def place_of(site: str, assets: Assets) -> Place:
    known = assets.sites.get(site)
    return Place() if known is None else Place(site, known.zone, known.district, known.type)


def read_plan(text: str, assets: Assets | None = None) -> Plan:
    """Read a duty plan, with the shipped tables behind its own (ConfigurationError: one line for each problem)."""
    plan = _parse(text)
    shipped = _parse(TABLES.read_text(encoding="utf-8"))
    plan = msgspec.structs.replace(plan, table=(*plan.table, *shipped.table))
    problems = list(_problems(plan, len(plan.table) - len(shipped.table), assets))
    if problems:
        raise ConfigurationError(*problems)
    return plan


def _parse(text: str) -> Plan:
    try:
        return msgspec.convert(tomllib.loads(text), Plan)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"not TOML: {error}") from None
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$")
        raise ConfigurationError(f"{where.rstrip('`').lstrip('.') or 'file'}: {what}") from None


# ---------------------------------------------------------------- what the types do not say


def _problems(plan: Plan, own_tables: int, assets: Assets | None) -> Iterator[str]:
    try:
        ZoneInfo(plan.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"time_zone: {plan.time_zone!r} is unknown; expected a name such as Asia/Shanghai"
    yield from _twice("person", [person.id for person in plan.person])
    yield from _twice("team", [team.id for team in plan.team])
    yield from _twice("table", [table.name for table in plan.table])
    yield from _people(plan)
    yield from _teams(plan)
    roles = {role for _, role in plan.roles()} | {contact.role for contact in plan.contact}
    for table in plan.table[:own_tables]:
        yield from _table(plan, table, roles)
    yield from _places(plan, assets)


def _twice(what: str, names: Sequence[str]) -> Iterator[str]:
    for name in dict.fromkeys(name for name in names if not name or names.count(name) > 1):
        yield (
            f"{what} {name}: is there twice; expected one" if name else f"{what}: one has no name; expected id or name"
        )


def _unknown(where: str, what: str, names: Sequence[str], known: Collection[str]) -> Iterator[str]:
    for name in names:
        if name not in known:
            choice = f"one of {', '.join(sorted(known))}" if known else "none: there is none"
            yield f"{where}: {what} {name} is unknown; expected {choice}"


def _people(plan: Plan) -> Iterator[str]:
    for person in plan.person:
        where = f"person {person.id}"
        yield from _unknown(where, "medium", (*person.important, *person.usual), plan.media)
        voice = plan.media.get("voice")
        if voice and person.important and "voice" not in person.important:
            yield f"{where}: important lacks voice, which nobody can switch off for priority 1; expected it in the list"
        if not any(medium.address in person.addresses for medium in plan.media.values() if medium.address):
            needed = sorted({medium.address for medium in plan.media.values() if medium.address})
            if needed:
                yield f"{where}: no medium reaches this person; expected addresses with one of {', '.join(needed)}"


def _teams(plan: Plan) -> Iterator[str]:
    teams, people = {team.id for team in plan.team}, set(plan.people)
    for team in plan.team:
        yield from _unknown(f"team {team.id}", "cover", [team.cover] if team.cover else [], teams - {team.id})
    for rotation in plan.rotation:
        where = f"rotation {rotation.team}/{rotation.role}"
        yield from _unknown(where, "team", [rotation.team], teams)
        yield from _unknown(where, "person", rotation.people, people)
        if rotation.ends and rotation.ends < rotation.begins:
            yield f"{where}: ends {rotation.ends} lies before begins {rotation.begins}; expected a later day"
        yield from _hours(where, rotation.hours)
    for contact in plan.contact:
        yield from _unknown(f"contact {contact.role}", "person", [contact.person], people)
        if not contact.role or contact.fits(Place()) == 0:
            yield f"contact {contact.person}: expected a role, and sites, zones or townships"


def _hours(where: str, hours: Hours) -> Iterator[str]:
    if len(hours) not in {0, 2}:
        yield f'{where}: hours are {list(hours)}; expected from and to, such as ["20:00", "08:00"]'


def _table(plan: Plan, table: Table, roles: set[str]) -> Iterator[str]:
    where = f"table {table.name}"
    if not table.priorities:
        yield f"{where}: priorities are missing; expected some of 1 to 4"
    yield from _hours(where, table.hours)
    for step in table.step:
        yield from _unknown(where, "role", step.to, roles)
        yield from _unknown(where, "medium", step.by, plan.media)
        if not step.to and any(plan.media[by].address for by in step.by if by in plan.media):
            yield f"{where}: nobody is called after {step.after_s} s; expected roles in `to`"
    times = [step.after_s for step in table.step]
    if times != sorted(set(times)) or (times and times[0] != 0):
        yield f"{where}: steps are after {times} s; expected rising times from 0 on"
    if 1 in table.priorities and not table.again_s:
        yield f"{where}: priority 1 is repeated without end; expected again_s"
    if _alone(table):
        yield f"{where}: gas reaches nobody else within {SECOND_PERSON_S} s; expected a second role in `to` by then"


def _alone(table: Table) -> bool:
    """Tell whether gas would wait too long for a second person."""
    gas = not table.kinds or any(kind.value.startswith("gas_") or kind is AlarmKind.MANHOLE_GAS for kind in table.kinds)
    called = {role for step in table.step if step.after_s <= SECOND_PERSON_S for role in step.to}
    return gas and min(table.priorities, default=_DIGEST) < _DIGEST and len(called) <= 1


def _places(plan: Plan, assets: Assets | None) -> Iterator[str]:
    if assets is None:
        return
    townships = {site.district for site in assets.sites.values()}
    named: list[tuple[str, _Area]] = [(f"team {team.id}", team) for team in plan.team]
    named += [(f"contact {contact.role} {contact.person}", contact) for contact in plan.contact]
    named += [(f"table {table.name}", table) for table in plan.table]
    for where, area in named:
        for what, names, known in (
            ("site", area.sites, assets.sites.keys()),
            ("zone", area.zones, assets.zones.keys()),
            ("township", area.townships, townships),
        ):
            for name in names:
                if name not in known:
                    yield f"{where}: {what} {name} is not in the assets; expected one that is"

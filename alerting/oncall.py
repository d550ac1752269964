"""Who is on duty at a moment, from now until a day, and when nobody is. Pure functions of a plan and its overrides."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from alerting.plan import Person, Place, Plan, Rotation, Table, minutes
from domain.alarm import AlarmKind
from domain.duty import Override

_S_NS = 1_000_000_000
_DAY = timedelta(days=1)
_SATURDAY = 5
Source = Literal["rotation", "override", "cover"]


class Duty(NamedTuple):
    """Somebody on duty, and why this one."""

    person: str
    source: Source


class Watch(NamedTuple):
    """A stretch of time with the same person on duty; `duty` is None in a gap."""

    team: str
    role: str
    from_ns: int
    to_ns: int
    duty: Duty | None


class Change(NamedTuple):
    """A duty goes to somebody else."""

    team: str
    role: str
    at_ns: int


def who(plan: Plan, overrides: Sequence[Override], team: str, role: str, at_ns: int) -> Duty | None:
    """Tell who of a team is on duty in a role; None: nobody.

    The last override made that holds wins, then the first rotation that is on, then the covering team. Turns are
    counted in days of the plan's time zone, so that a change of the clocks moves no handover.

    Example:
        >>> from alerting.plan import read_plan
        >>> plan = read_plan('''
        ...     person = [{id = "yang", name = "杨"}, {id = "bai", name = "白"}]
        ...     team = [{id = "duty"}]
        ...     [[rotation]]
        ...     team = "duty"
        ...     role = "first"
        ...     people = ["yang", "bai"]
        ...     begins = 2026-01-05
        ...     turn_days = 1
        ... ''')
        >>> at = datetime(2026, 1, 6, 7, 59, tzinfo=plan.zone)
        >>> [who(plan, (), "duty", "first", in_ns(at + timedelta(minutes=m))).person for m in (0, 1)]
        ['yang', 'bai']
    """
    covers = {known.id: known.cover for known in plan.team}
    asked: list[str] = []
    while team and team not in asked:
        duty = _own(plan, overrides, team, role, at_ns)
        if duty is not None:
            return duty._replace(source="cover") if asked else duty
        asked.append(team)
        team = covers.get(team, "")
    return None


def _own(plan: Plan, overrides: Sequence[Override], team: str, role: str, at_ns: int) -> Duty | None:
    held = [o for o in overrides if (o.team, o.role) == (team, role) and _holds(o, at_ns)]
    if held:
        return Duty(max(held, key=lambda o: (o.made_ns, o.id)).person, "override")
    local = datetime.fromtimestamp(at_ns // _S_NS, UTC).astimezone(plan.zone)
    for rotation in plan.rotation:
        person = _turn(plan, rotation, local) if (rotation.team, rotation.role) == (team, role) else None
        if person is not None:
            return Duty(person, "rotation")
    return None


def _holds(override: Override, at_ns: int) -> bool:
    return override.dropped_ns is None and override.from_ns <= at_ns < override.to_ns


def _turn(plan: Plan, rotation: Rotation, local: datetime) -> str | None:
    start = minutes(rotation.hours[0] if rotation.hours else rotation.handover)
    minute = local.hour * 60 + local.minute
    day = local.date() if minute >= start else local.date() - _DAY
    if day < rotation.begins or (rotation.ends is not None and day > rotation.ends):
        return None
    if rotation.on != "all" and is_workday(plan, day) != (rotation.on == "workdays"):
        return None
    if rotation.hours and not within(rotation.hours, minute):
        return None
    return rotation.people[(day - rotation.begins).days // rotation.turn_days % len(rotation.people)]


def is_workday(plan: Plan, day: date) -> bool:
    return day in plan.workdays or (day.weekday() < _SATURDAY and day not in plan.holidays)


def within(hours: Sequence[str], minute: int) -> bool:
    """Tell whether a minute of the day lies within hours that may pass midnight; the same twice is the whole day."""
    start, end = map(minutes, hours)
    return start <= minute < end if start < end else minute >= start or minute < end


# ---------------------------------------------------------------- for an alarm


def called(plan: Plan, overrides: Sequence[Override], role: str, place: Place, at_ns: int) -> list[Person]:
    """Give the people who have a role for a place: its contacts, and who is on duty of the teams that serve it closest.

    Where nobody of those is, the teams that serve a wider area are asked: better the city's operator than nobody.
    """
    people = plan.people
    found = [people[c.person] for c in plan.contact if c.role == role and c.fits(place) > 0]
    with_role = {team for team, known in plan.roles() if known == role}
    ranked = [(team.fits(place), team.id) for team in plan.team if team.id in with_role]
    for rank in sorted({rank for rank, _ in ranked if rank >= 0}, reverse=True):
        teams = [team for fits, team in ranked if fits == rank]
        duties = [duty for team in teams if (duty := who(plan, overrides, team, role, at_ns)) is not None]
        if duties:
            found += [people[duty.person] for duty in duties if duty.person in people]
            break
    return list({person.id: person for person in found}.values())


def table_for(plan: Plan, kind: AlarmKind, priority: int, place: Place, at_ns: int) -> Table | None:
    """Choose the first table that fits; None: nobody is called."""
    local = datetime.fromtimestamp(at_ns // _S_NS, UTC).astimezone(plan.zone)
    minute = local.hour * 60 + local.minute
    for table in plan.table:
        fits = priority in table.priorities and (not table.kinds or kind in table.kinds)
        there = table.fits(place) >= 0 and (not table.types or place.type in table.types)
        if fits and there and (not table.hours or within(table.hours, minute)):
            return table
    return None


# ---------------------------------------------------------------- for a span of time


def calendar(plan: Plan, overrides: Sequence[Override], from_ns: int, to_ns: int) -> list[Watch]:
    """List who is on duty from one moment to another, for each team and role, in order of time."""
    edges = sorted({from_ns, *(at for at in _edges(plan, overrides, from_ns, to_ns) if from_ns < at < to_ns)})
    found: list[Watch] = []
    for team, role in plan.roles():
        for start_ns, end_ns in zip(edges, [*edges[1:], to_ns], strict=True):
            duty = who(plan, overrides, team, role, start_ns)
            last = found[-1] if found else None
            if last and (last.team, last.role, last.duty, last.to_ns) == (team, role, duty, start_ns):
                found[-1] = last._replace(to_ns=end_ns)
            else:
                found.append(Watch(team, role, start_ns, end_ns, duty))
    return found


def gaps(plan: Plan, overrides: Sequence[Override], from_ns: int, to_ns: int) -> list[Watch]:
    """List when nobody is on duty."""
    return [watch for watch in calendar(plan, overrides, from_ns, to_ns) if watch.duty is None]


def hand_overs(plan: Plan, overrides: Sequence[Override], from_ns: int, to_ns: int) -> list[Change]:
    """List when a duty whose hand-over is signed goes to somebody else; of each role in order of time.

    Who comes back after a gap, or takes over from the same person's override, has nothing to hand over.
    """
    signed = {(rotation.team, rotation.role) for rotation in plan.rotation if rotation.handover_signed}
    held: dict[tuple[str, str], str] = {}
    found: list[Change] = []
    for watch in calendar(plan, overrides, from_ns, to_ns) if signed else ():
        role = watch.team, watch.role
        if watch.duty is None or role not in signed:
            continue
        if held.setdefault(role, watch.duty.person) != watch.duty.person:
            found.append(Change(*role, watch.from_ns))
            held[role] = watch.duty.person
    return found


def in_ns(at: datetime) -> int:
    return round(at.timestamp()) * _S_NS


def _edges(plan: Plan, overrides: Sequence[Override], from_ns: int, to_ns: int) -> Iterator[int]:
    """Give every moment at which somebody else may come on duty."""
    for override in overrides:
        yield from (override.from_ns, override.to_ns)
    times = {edge for rotation in plan.rotation for edge in (rotation.hours or (rotation.handover,))}
    for day in _days(plan.zone, from_ns, to_ns):
        for edge in times:
            yield in_ns(datetime.combine(day, time(*divmod(minutes(edge), 60)), plan.zone))


def _days(zone: ZoneInfo, from_ns: int, to_ns: int) -> Iterator[date]:
    day, last = (datetime.fromtimestamp(at // _S_NS, UTC).astimezone(zone).date() for at in (from_ns, to_ns))
    while day <= last:
        yield day
        day += _DAY

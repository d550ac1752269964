"""Starts the steps that the escalation missed, for the auditor: who is called, by which ways, and with what words.

It does what the escalation would have done under the same keys, so that nobody is called twice for one step whoever of
the two comes first; and it shares the plan, the texts and the answer codes with it, but none of its code.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

import msgspec

from alerting.auditor import Fault, names_of, table_of
from alerting.codes import code_for
from alerting.plan import Contact, Person, Plan, Rotation, Step, Table, Team
from alerting.ports import Unit
from alerting.texts import parts, text, what_to_do
from domain.alarm import Alarm
from domain.asset import Assets
from domain.duty import AnswerCode, Escalation, Override
from domain.record import AuditEntry, Notice, Way

_S_NS = 1_000_000_000
_WAY_NS = 15 * _S_NS
_FRIDAY = 4


class Means(NamedTuple):
    """With what it works.

    Attributes:
        plan: in force.
        assets: for places and names.
        channels: that can be used.
        url: of the console as people reach it; "" where notices carry no link.
    """

    plan: Plan
    assets: Assets
    channels: Collection[str]
    url: str = ""


class _Case(NamedTuple):
    unit: Unit
    alarm: Alarm
    means: Means
    now_ns: int


def start(unit: Unit, fault: Fault, means: Means, now_ns: int) -> int:
    """Start the missing steps of an alarm, and move its escalation past them; give the number of notices.

    A step that finds nobody is passed over for the next one of the table.
    """
    alarm = unit.alarm(fault.alarm_id)
    if alarm is None or not alarm.life.annunciated or alarm.life.occurrence != fault.occurrence:
        return 0  # answered meanwhile
    table = table_of(means.plan, alarm, means.assets)
    if table is None or not table.step:
        return 0
    case, written, number = _Case(unit, alarm, means, now_ns), 0, fault.steps.start
    while number < fault.steps.stop or (written == 0 and number < len(table.step)):
        written += _begin(case, number, table.step[min(number, len(table.step) - 1)])
        number += 1
    if written:
        unit.save_escalation(_moved(unit, alarm, table, number, now_ns))
        done = f"steps {fault.steps.start + 1} to {number} of {table.name}"
        unit.audit(AuditEntry(now_ns, "auditor", "step_started", f"{alarm.id}/{alarm.life.occurrence}", done))
    return written


def _begin(case: _Case, number: int, step: Step) -> int:
    notices = list(_notices(case, number, step))
    for notice in notices:
        case.unit.notice(notice)
    return len(notices)


def _moved(unit: Unit, alarm: Alarm, table: Table, number: int, now_ns: int) -> Escalation:
    """Give the escalation with `number` as its next step: what watch would have done next, and no more."""
    known = unit.escalation(alarm.id, alarm.life.occurrence) or Escalation(
        alarm.id, alarm.life.occurrence, table.name, alarm.priority, alarm.raised_ns
    )
    if known.step >= number and known.ended_ns is None:
        return known
    if number < len(table.step):
        due_ns: int | None = known.began_ns + table.step[number].after_s * _S_NS
    else:
        due_ns = now_ns + table.again_s * _S_NS if table.again_s else None
    return replace(known, step=max(number, known.step), due_ns=due_ns, ended_ns=None, why="")


# ---------------------------------------------------------------- notices


def _notices(case: _Case, number: int, step: Step) -> Iterator[Notice]:
    unit, alarm, means, now_ns = case
    plan = means.plan
    for medium in (plan.media[name] for name in step.by if name in plan.media and not plan.media[name].address):
        for channel in medium.channels:
            if channel in means.channels:
                yield _notice(case, number, "", [Way(channel, "", medium.receipt_s)], None)
    overrides = unit.overrides(now_ns, now_ns + 1)
    people = {person.id: person for role in step.to for person in on_duty(means, overrides, role, alarm, now_ns)}
    for person in people.values():
        chains = list(_chains(means, person, step.by, alarm.priority))
        code = code_for(unit, alarm.id, alarm.life.occurrence, person.id, now_ns) if chains else None
        yield from (_notice(case, number, person.id, chain, code) for chain in chains)


def _notice(case: _Case, number: int, person: str, ways: Sequence[Way], code: AnswerCode | None) -> Notice:
    alarm, way, occurrence = case.alarm, ways[0], case.alarm.life.occurrence
    return Notice(
        f"{alarm.id}/{occurrence}/{number}/{person}/{way.channel}",
        alarm.id,
        occurrence,
        way.channel,
        person,
        _body(alarm, case.means, code),
        due_ns=case.now_ns,
        address=way.address,
        priority=alarm.priority,
        step=number,
        receipt_s=way.receipt_s,
        next_ns=case.now_ns + _WAY_NS if ways[1:] else None,
        then=tuple(ways[1:]),
    )


def _chains(means: Means, person: Person, by: Sequence[str], priority: int) -> Iterator[list[Way]]:
    """Give a chain of ways for each medium of the step that reaches the person, or for the first other that does."""
    order = (person.important if priority == 1 else person.usual) or tuple(means.plan.media)
    reach = {name: _ways(means, person, name) for name in (*by, *order)}
    used = [name for name in by if reach[name]] or [name for name in order if reach[name]][:1]
    others = [way for name in order if name not in used for way in reach[name]]
    for name in used:
        yield [*reach[name], *others]


def _ways(means: Means, person: Person, name: str) -> list[Way]:
    medium = means.plan.media.get(name)
    address = person.addresses.get(medium.address, "") if medium else ""
    if medium is None or not address:
        return []
    return [Way(channel, address, medium.receipt_s) for channel in medium.channels if channel in means.channels]


def _body(alarm: Alarm, means: Means, code: AnswerCode | None) -> str:
    said = {name: part._asdict() for name, part in parts(alarm, means.assets).items()}
    plain = ("id", "incident_id", "kind", "priority", "device", "site", "zone", "value", "limit", "first_ns")
    body = {name: getattr(alarm, name) for name in (*plain, "raised_ns", "drill")} | {
        "occurrence": alarm.life.occurrence,
        "state": alarm.life.letter,
        "text": text(alarm, means.assets),
        "parts": said,
        "what_to_do": what_to_do(alarm.kind),
    }
    if code is not None:
        body["answer"] = {"code": code.code, "url": f"{means.url}/answer/{code.token}" if means.url else ""}
    return msgspec.json.encode(body).decode()


# ---------------------------------------------------------------- people


def on_duty(means: Means, overrides: Sequence[Override], role: str, alarm: Alarm, now_ns: int) -> list[Person]:
    """Give who has a role for an alarm's place now: its contacts, and the teams that name it closest and have anybody.

    Example:
        >>> from domain.alarm import AlarmKind
        >>> from domain.asset import Site
        >>> plan = Plan(person=(Person("wang", "王"),), contact=(Contact(("S1",), role="owner", person="wang"),))
        >>> town = Assets({"S1": Site("S1", "", "", "restaurant", "Z1", "D", 0.0, 0.0)}, {}, {})
        >>> alarm = Alarm("a", AlarmKind.GAS_HIGH, "D1", "D1", "S1", "Z1")
        >>> [person.id for person in on_duty(Means(plan, town, ()), (), "owner", alarm, 0)]
        ['wang']
    """
    plan, assets = means.plan, means.assets
    local = datetime.fromtimestamp(now_ns // _S_NS, UTC).astimezone(plan.zone)
    held = {
        (one.team, one.role): one.person
        for one in sorted(overrides, key=lambda one: (one.made_ns, one.id))
        if one.dropped_ns is None and one.from_ns <= now_ns < one.to_ns
    }
    turns = {team.id: held.get((team.id, role)) or _turn(plan, team.id, role, local) for team in plan.team}
    found = [
        contact.person for contact in plan.contact if contact.role == role and _closeness(contact, alarm, assets) > 0
    ]
    serving = {rotation.team for rotation in plan.rotation if rotation.role == role}
    teams = [(_closeness(team, alarm, assets), team) for team in plan.team if team.id in serving]
    ranked = sorted((known for known in teams if known[0] >= 0), key=lambda known: -known[0])
    for _, alike in groupby(ranked, key=lambda known: known[0]):
        there = [person for _, team in alike if (person := _covered(plan, turns, team.id))]
        if there:
            found += there
            break
    people = {person.id: person for person in plan.person}
    return [people[name] for name in dict.fromkeys(found) if name in people]


def _closeness(area: Contact | Team, alarm: Alarm, assets: Assets) -> int:
    """Give 3, 2 or 1 where it names the site, zone or township, 0 where it names nothing, -1 where it names others."""
    site, zone, township, _ = names_of(alarm, assets)
    for rank, name, named in ((3, site, area.sites), (2, zone, area.zones), (1, township, area.townships)):
        if name in named:
            return rank
    return -1 if area.sites or area.zones or area.townships else 0


def _covered(plan: Plan, turns: dict[str, str], team: str) -> str:
    """Give who has the turn of a team, or of the one that covers it, and so on."""
    covers, seen = {known.id: known.cover for known in plan.team}, set[str]()
    while team and team not in seen and not turns.get(team):
        seen.add(team)
        team = covers.get(team, "")
    return turns.get(team, "")


def _turn(plan: Plan, team: str, role: str, local: datetime) -> str:
    mine = (rotation for rotation in plan.rotation if (rotation.team, rotation.role) == (team, role))
    return next((person for rotation in mine if (person := _person(plan, rotation, local))), "")


def _person(plan: Plan, rotation: Rotation, local: datetime) -> str:
    clock, start = f"{local:%H:%M}", rotation.hours[0] if rotation.hours else rotation.handover
    day = (local if clock >= start else local - timedelta(days=1)).date()
    works = day in plan.workdays or (day.weekday() <= _FRIDAY and day not in plan.holidays)
    if (
        day < rotation.begins
        or (rotation.ends and day > rotation.ends)
        or rotation.on == ("holidays", "workdays")[not works]
    ):
        return ""
    if rotation.hours:
        begin, end = rotation.hours
        inside = begin <= clock < end if begin < end else clock >= begin or clock < end
        if not inside:
            return ""
    return rotation.people[(day - rotation.begins).days // rotation.turn_days % len(rotation.people)]

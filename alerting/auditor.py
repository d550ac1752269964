"""Was everybody told who had to be? Worked out anew from alarms, tables and outbox.

It shares the file's tables with the escalation and no code: a mistake of one must not hide itself in the other.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from alerting.plan import Plan, Table
from domain.alarm import Alarm
from domain.asset import Assets
from domain.record import Notice

_S_NS = 1_000_000_000


class Fault(NamedTuple):
    """Somebody was not told.

    Attributes:
        reason: ``untold``: nobody of the alarm; ``skipped``: a step of priority 1 is missing; ``uncarried``: a notice
            counts as accepted, and the one whose message is said to have carried it was not.
        steps: that are missing.
    """

    alarm_id: str
    occurrence: int
    reason: str
    steps: range = range(0)


def audit(
    asking: Sequence[Alarm],
    told: Mapping[str, Sequence[Notice]],
    *,
    accepted: Collection[str],
    plan: Plan,
    assets: Assets,
    now_ns: int,
    after_ns: int,
) -> Iterator[Fault]:
    """Find alarms whose table says more than was done.

    Args:
        asking: alarms that ask for an answer.
        told: notices of their present occurrence, by alarm.
        accepted: keys of those of their carriers that a provider took on.
        plan: whose tables hold.
        assets: for the places.
        now_ns: wall clock.
        after_ns: how late anything may be.
    """
    for alarm in asking:
        table = table_of(plan, alarm, assets)
        if table is None or not table.step or now_ns - alarm.raised_ns <= after_ns:
            continue
        notices, occurrence = told.get(alarm.id, ()), alarm.life.occurrence
        if any(n.carrier and n.accepted_ns and n.carrier not in accepted for n in notices):
            yield Fault(alarm.id, occurrence, "uncarried")
        if not notices:
            yield Fault(alarm.id, occurrence, "untold", range(1))
        elif alarm.priority == 1 and (missing := _missing(table, notices, now_ns - after_ns)):
            yield Fault(alarm.id, occurrence, "skipped", missing)


def _missing(table: Table, notices: Sequence[Notice], until_ns: int) -> range:
    """Give the steps that time has passed and that have no notice; of missed repetitions only the next one is owed.

    Steps are counted by the highest: one that found nobody has no notice, and the next one's number goes on.
    """
    times = [notice.first_ns or notice.due_ns for notice in notices]  # the due time moves with each further attempt
    made = 1 + max(notice.step for notice in notices)
    if made < len(table.step):
        return range(made, sum(step.after_s * _S_NS <= until_ns - min(times) for step in table.step))
    again = table.again_s and table.again_s * _S_NS <= until_ns - max(times)
    return range(made, made + bool(again))


def table_of(plan: Plan, alarm: Alarm, assets: Assets) -> Table | None:
    """Give the first table that fits; None: nobody is called."""
    names = names_of(alarm, assets)
    raised = datetime.fromtimestamp(alarm.raised_ns // _S_NS, UTC).astimezone(plan.zone).strftime("%H:%M")
    return next((table for table in plan.table if _fits(table, alarm, names, raised)), None)


def names_of(alarm: Alarm, assets: Assets) -> tuple[str, str, str, str]:
    """Give site, zone, township and type of site of an alarm; all empty for one about ourselves."""
    site = assets.sites.get(alarm.site)
    return (site.id, site.zone, site.district, site.type) if site else ("", "", "", "")


def _fits(table: Table, alarm: Alarm, names: tuple[str, str, str, str], raised: str) -> bool:
    site, zone, township, kind_of_site = names
    areas = ((site, table.sites), (zone, table.zones), (township, table.townships))
    place = not any(wanted for _, wanted in areas) or any(name in wanted for name, wanted in areas)
    alike = alarm.priority in table.priorities and (not table.kinds or alarm.kind in table.kinds)
    return place and alike and (not table.types or kind_of_site in table.types) and _at(table.hours, raised)


def _at(hours: Sequence[str], raised: str) -> bool:
    if not hours:
        return True
    start, end = hours
    return start <= raised < end if start < end else raised >= start or raised < end

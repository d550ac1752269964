"""Was everybody told who had to be? Worked out anew from alarms, tables and outbox.

It shares the file's tables with the escalation and no code: a mistake of one must not hide itself in the other.
"""

from collections.abc import Iterator, Mapping, Sequence
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
        reason: ``untold``: nobody of the alarm; ``skipped``: a step of priority 1 is missing.
    """

    alarm_id: str
    reason: str


def audit(
    asking: Sequence[Alarm],
    told: Mapping[str, Sequence[Notice]],
    *,
    plan: Plan,
    assets: Assets,
    now_ns: int,
    after_ns: int,
) -> Iterator[Fault]:
    """Find alarms whose table says more than was done.

    Args:
        asking: alarms that ask for an answer.
        told: notices of their present occurrence, by alarm.
        plan: whose tables hold.
        assets: for the places.
        now_ns: wall clock.
        after_ns: how late anything may be.
    """
    for alarm in asking:
        table = _table(plan, alarm, assets)
        if table is None or not table.step or now_ns - alarm.raised_ns <= after_ns:
            continue
        notices = told.get(alarm.id, ())
        if not notices:
            yield Fault(alarm.id, "untold")
        elif alarm.priority == 1 and _made(notices) < _owed(table, notices, now_ns - after_ns):
            yield Fault(alarm.id, "skipped")


def _made(notices: Sequence[Notice]) -> int:
    """Count steps by the highest: one that found nobody has no notice, and the next one's number goes on."""
    return 1 + max(notice.step for notice in notices)


def _owed(table: Table, notices: Sequence[Notice], until_ns: int) -> int:
    gone_s = (until_ns - min(notice.due_ns for notice in notices)) // _S_NS
    owed = sum(step.after_s <= gone_s for step in table.step)
    beyond_s = gone_s - table.step[-1].after_s
    return owed + (beyond_s // table.again_s if table.again_s and beyond_s > 0 else 0)


def _table(plan: Plan, alarm: Alarm, assets: Assets) -> Table | None:
    site = assets.sites.get(alarm.site)
    names = (site.id, site.zone, site.district, site.type) if site else ("", "", "", "")
    raised = datetime.fromtimestamp(alarm.raised_ns // _S_NS, UTC).astimezone(plan.zone).strftime("%H:%M")
    return next((table for table in plan.table if _fits(table, alarm, names, raised)), None)


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
